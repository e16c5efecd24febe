//! Register tiles of byte products: sums of `u8` times `i8`, exact in `i32`, once per instruction
//! set.
//!
//! Operands come packed in steps of one *word* a row: as many values as the instruction multiplies
//! and adds at once ([`Int8Tiles::group`]). The left one is made of panels of some rows, whose words
//! lie in chunks of [`CHUNK`] row by row, so that packing copies whole cache lines and the inner
//! loop reads at fixed distances. The right one is made of panels of [`Int8Tiles::columns`] rows,
//! word by word side by side.
//!
//! Nothing here knows of layers: the same tiles serve whatever multiplies bytes.

#[cfg(target_arch = "x86_64")]
mod amx;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod portable;

use crate::InstructionSet;

/// Words of one row that lie together in a left panel: a cache line.
pub(crate) const CHUNK: usize = 16;

/// Rows and columns of the largest tile.
pub(crate) const LARGEST: usize = 32 * 32;

/// The longest row whose sum of products fits in an `i32`: 255 × 127 × 66,311 < 2^31, and so does
/// the part that the zero of the bytes adds.
pub(crate) const LONGEST_ROW: usize = 66_311;

/// The byte tiles of one kind that this processor is known to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Int8Tiles(Kind);

/// How a tile multiplies bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Sixteen rows of 64 values with as many columns in one instruction.
    Amx,
    /// Four products and their sum in one instruction.
    Avx512Vnni,
    /// Two products of 16-bit values: that of bytes would saturate.
    Avx512,
    /// As with AVX-512, in half as wide vectors.
    Avx2Vnni,
    /// As with AVX-512, in half as wide vectors.
    Avx2,
    /// One product at a time, for the compiler to vectorise.
    Portable,
}

impl Kind {
    /// All kinds, the fastest first.
    const ALL: [Self; 6] = [
        Self::Amx,
        Self::Avx512Vnni,
        Self::Avx512,
        Self::Avx2Vnni,
        Self::Avx2,
        Self::Portable,
    ];

    /// Tells whether this processor has the instructions.
    fn is_available(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Amx => amx::is_available(),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Vnni => {
                is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vnni")
            }
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => {
                is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw")
            }
            #[cfg(target_arch = "x86_64")]
            Self::Avx2Vnni => {
                InstructionSet::Avx2.is_available() && is_x86_feature_detected!("avxvnni")
            }
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => InstructionSet::Avx2.is_available(),
            #[cfg(not(target_arch = "x86_64"))]
            Self::Amx | Self::Avx512Vnni | Self::Avx512 | Self::Avx2Vnni | Self::Avx2 => false,
            Self::Portable => true,
        }
    }
}

impl Int8Tiles {
    /// Finds the fastest tiles for a set, if the processor has it.
    ///
    /// The earliest processors with AVX-512 lack its instructions on bytes and get the AVX2 tiles.
    pub(crate) fn new(set: InstructionSet) -> Option<Self> {
        let fastest = Self::available(set).next();
        fastest.filter(|_| set.is_available())
    }

    /// Lists the tiles that this processor has and a set allows, the fastest first.
    pub(crate) fn available(set: InstructionSet) -> impl Iterator<Item = Self> {
        let first = match set {
            InstructionSet::Avx512 => 0,
            InstructionSet::Avx2 => 3,
            InstructionSet::Portable => 5,
        };
        let allowed = Kind::ALL.into_iter().skip(first);
        allowed.filter(|kind| kind.is_available()).map(Self)
    }

    /// The set that belongs to the tiles.
    pub(crate) fn instruction_set(self) -> InstructionSet {
        match self.0 {
            Kind::Amx | Kind::Avx512Vnni | Kind::Avx512 => InstructionSet::Avx512,
            Kind::Avx2Vnni | Kind::Avx2 => InstructionSet::Avx2,
            Kind::Portable => InstructionSet::Portable,
        }
    }

    /// Rows of the left operand in the highest tile.
    pub(crate) fn rows(self) -> usize {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Kind::Amx => amx::ROWS,
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512Vnni | Kind::Avx512 => avx512::ROWS,
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2Vnni | Kind::Avx2 => avx2::ROWS,
            _ => portable::ROWS,
        }
    }

    /// Rows of the right operand in a tile.
    pub(crate) fn columns(self) -> usize {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Kind::Amx => amx::COLUMNS,
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512Vnni | Kind::Avx512 => avx512::COLUMNS,
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2Vnni | Kind::Avx2 => avx2::COLUMNS,
            _ => portable::COLUMNS,
        }
    }

    /// Values in a word: 4, 2 or 1.
    pub(crate) fn group(self) -> usize {
        match self.0 {
            Kind::Amx | Kind::Avx512Vnni | Kind::Avx2Vnni => 4,
            Kind::Avx512 | Kind::Avx2 => 2,
            Kind::Portable => 1,
        }
    }

    /// The height of the lowest tile that holds some rows, or the highest there is.
    pub(crate) fn height(self, rows: usize) -> usize {
        let multiple = match self.0 {
            #[cfg(target_arch = "x86_64")]
            Kind::Amx => amx::REGISTER_ROWS,
            _ => 2,
        };
        rows.next_multiple_of(multiple).min(self.rows())
    }

    /// Words of a left row of `values` values, chunks that are begun counted whole.
    pub(crate) fn left_words(self, values: usize) -> usize {
        values.div_ceil(self.group()).next_multiple_of(CHUNK)
    }

    /// Values that a right panel's rows are filled up to a multiple of, with zeros.
    fn right_multiple(self) -> usize {
        match self.0 {
            Kind::Amx => CHUNK * self.group(),
            _ => self.group(),
        }
    }

    /// Bytes of a right panel of rows of `values` values.
    pub(crate) fn right_bytes(self, values: usize) -> usize {
        values.next_multiple_of(self.right_multiple()) * self.columns()
    }

    /// Packs one row into a left panel of `height` rows.
    ///
    /// # Panics
    /// Panics if `bytes` is not made of whole chunks, or the panel is shorter.
    #[expect(clippy::inline_always, reason = "else it loses the caller's features")]
    #[inline(always)]
    pub(crate) fn pack_left(self, bytes: &[u8], panel: &mut [u32], height: usize, row: usize) {
        let chunks = panel.as_chunks_mut::<CHUNK>().0;
        let chunks = chunks[row..].iter_mut().step_by(height);
        match self.group() {
            4 => pack(chunks, bytes, |word: &[u8; 4]| u32::from_le_bytes(*word)),
            2 => pack(chunks, bytes, |word: &[u8; 2]| {
                u32::from(word[0]) | u32::from(word[1]) << 16
            }),
            _ => pack(chunks, bytes, |word: &[u8; 1]| portable::word(word[0])),
        }
    }

    /// Packs one row into a right panel.
    pub(crate) fn pack_right(self, bytes: &[i8], panel: &mut [i8], column: usize) {
        let (group, columns) = (self.group(), self.columns());
        let steps = panel.chunks_exact_mut(group * columns);
        for (step, word) in steps.zip(bytes.chunks(group)) {
            step[column * group..][..word.len()].copy_from_slice(word);
        }
    }

    /// Makes ready to multiply many tiles. On one thread there is one such at a time.
    #[cfg_attr(
        target_arch = "x86_64",
        expect(unsafe_code, reason = "the processor's features are known only here")
    )]
    pub(crate) fn ready(self) -> Ready {
        Ready {
            kind: self.0,
            #[cfg(target_arch = "x86_64")]
            registers: (self.0 == Kind::Amx).then(|| {
                // SAFETY: `available` has found AMX and the permission to use it.
                unsafe { amx::Registers::shape() }
            }),
        }
    }
}

/// Tiles that are ready to multiply, on this thread until it is dropped.
#[derive(Debug)]
pub(crate) struct Ready {
    kind: Kind,
    #[cfg(target_arch = "x86_64")]
    registers: Option<amx::Registers>,
}

impl Ready {
    /// Multiplies a left panel of `height` rows with a right panel of as many steps.
    ///
    /// Row `r` of the tile is `sums[r * columns..][..columns]` and is overwritten.
    ///
    /// # Panics
    /// Panics if there is no tile of that height, or `sums` is too short for it.
    #[cfg_attr(
        target_arch = "x86_64",
        expect(unsafe_code, reason = "the processor's features are known only here")
    )]
    pub(crate) fn multiply(&self, left: &[u32], height: usize, right: &[i8], sums: &mut [i32]) {
        #[cfg(target_arch = "x86_64")]
        if let Some(registers) = &self.registers {
            return registers.multiply(left, height, right, sums);
        }
        match self.kind {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `available` has found AVX-512F and VNNI.
            Kind::Avx512Vnni => unsafe { avx512::multiply_vnni(left, height, right, sums) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `available` has found AVX-512F and BW.
            Kind::Avx512 => unsafe { avx512::multiply(left, height, right, sums) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `available` has found AVX2 and AVX-VNNI.
            Kind::Avx2Vnni => unsafe { avx2::multiply_vnni(left, height, right, sums) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `available` has found AVX2.
            Kind::Avx2 => unsafe { avx2::multiply(left, height, right, sums) },
            _ => portable::multiply(left, height, right, sums),
        }
    }
}

/// Joins the bytes of each word.
#[expect(clippy::inline_always, reason = "else it loses the caller's features")]
#[inline(always)]
fn pack<'a, const GROUP: usize>(
    chunks: impl Iterator<Item = &'a mut [u32; CHUNK]>,
    bytes: &[u8],
    join: impl Fn(&[u8; GROUP]) -> u32,
) {
    let words = bytes.as_chunks::<GROUP>().0.as_chunks::<CHUNK>();
    assert!(words.1.is_empty(), "whole chunks");
    for (chunk, words) in chunks.zip(words.0) {
        for (place, word) in chunk.iter_mut().zip(words) {
            *place = join(word);
        }
    }
}

/// Calls a function with each step of a left panel's chunks, its place in them, and the right word.
#[cfg(target_arch = "x86_64")]
#[expect(clippy::inline_always, reason = "else it loses the caller's features")]
#[inline(always)]
fn for_each_step<const ROWS: usize, Step>(
    left: &[u32],
    right: &[Step],
    mut function: impl FnMut(&[[u32; CHUNK]; ROWS], usize, &Step),
) {
    let chunks = left.as_chunks::<CHUNK>().0.as_chunks::<ROWS>().0;
    let (whole, rest) = right.as_chunks::<CHUNK>();
    for (left, right) in chunks.iter().zip(whole) {
        for (step, right) in right.iter().enumerate() {
            function(left, step, right);
        }
    }
    for (step, right) in rest.iter().enumerate() {
        function(&chunks[whole.len()], step % CHUNK, right);
    }
}

/// Calls the tile of a height, of those listed.
#[cfg(target_arch = "x86_64")]
macro_rules! by_height {
    ($tile:ident: $($height:literal)+; $given:expr, $arguments:tt) => {
        match $given {
            $($height => $tile::<$height> $arguments,)+
            _ => unreachable!("an even height up to the highest"),
        }
    };
}
#[cfg(target_arch = "x86_64")]
use by_height;

#[cfg(test)]
mod tests;
