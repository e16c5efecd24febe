//! Register tiles: a block of products that one inner loop computes, once per instruction set.
//!
//! Operands come packed: the left one as panels of [`Tiles::rows`] rows, the right one as panels of
//! [`Tiles::columns`] rows, both value by value side by side.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod portable;
mod screen;

use crate::InstructionSet;

pub use screen::Screen;

/// The tiles of one instruction set that this processor is known to have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tiles(InstructionSet);

impl Tiles {
    /// Checks that the processor has the set; every call below relies on it.
    pub(crate) fn new(set: InstructionSet) -> Option<Self> {
        set.is_available().then_some(Self(set))
    }

    pub(crate) fn instruction_set(self) -> InstructionSet {
        self.0
    }

    /// Rows of the left operand in a tile.
    pub(crate) fn rows(self) -> usize {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx512 => avx512::ROWS,
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2 => avx2::ROWS,
            _ => portable::ROWS,
        }
    }

    /// Rows of the right operand in a tile.
    pub(crate) fn columns(self) -> usize {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx512 => avx512::COLUMNS,
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2 => avx2::COLUMNS,
            _ => portable::COLUMNS,
        }
    }

    /// Multiplies a left panel with a right panel of as many steps.
    ///
    /// Row `r` of the tile is `out[r * stride..][..columns]`. It is overwritten, or with `add`
    /// added to.
    ///
    /// # Panics
    /// Panics if `out` is too short for a tile.
    #[cfg_attr(
        target_arch = "x86_64",
        expect(unsafe_code, reason = "the processor's features are known only here")
    )]
    pub(crate) fn multiply(
        self,
        left: &[f32],
        right: &[f32],
        out: &mut [f32],
        stride: usize,
        add: bool,
    ) {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `Self::new` found AVX-512F.
            InstructionSet::Avx512 => unsafe { avx512::multiply(left, right, out, stride, add) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `Self::new` found AVX2 and FMA.
            InstructionSet::Avx2 => unsafe { avx2::multiply(left, right, out, stride, add) },
            _ => portable::multiply(left, right, out, stride, add),
        }
    }

    /// Puts the places of the products that pass a screen into `passed`.
    #[cfg_attr(
        target_arch = "x86_64",
        expect(unsafe_code, reason = "the processor's features are known only here")
    )]
    pub(crate) fn screen(self, screen: &Screen<'_>, products: &[f32], passed: &mut Vec<u32>) {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `Self::new` found AVX-512F.
            InstructionSet::Avx512 => unsafe { avx512::screen(screen, products, passed) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `Self::new` found AVX2.
            InstructionSet::Avx2 => unsafe { avx2::screen(screen, products, passed) },
            _ => screen.scan(products, passed),
        }
    }
}
