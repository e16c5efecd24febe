//! A tile: a few rows times a few vectors of columns, summed in registers.
//!
//! The left rows are read where they lie, value by value; the right operand is a packed panel. Each
//! sum is a chain in the order of the values, so a row's bits depend neither on the tile's height
//! nor on the other rows.
#![expect(unsafe_code, reason = "vector loads and stores take raw pointers")]

use super::Runs;
use super::lanes::{Four, Lanes};
use crate::{InstructionSet, size};

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{__m256, __m512};

/// Rows of a tile at most.
pub(super) const ROWS: usize = 6;

/// Vectors of a tile's row at most, on a processor with 32 registers.
const VECTORS: usize = 4;
/// The same where there are 16.
const FEW_VECTORS: usize = 2;

/// Bytes of a panel above which it does not stay in the first cache beside the rows that it meets, so that
/// asking for it ahead pays: for shorter ones asking costs 5 % and more.
const NEAR_BYTES: usize = 40 << 10;
/// Values of a row that a far panel is asked for ahead of its turn.
const PANEL_AHEAD: usize = 4;

/// What is added to finished sums.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ending<'a> {
    /// One value a column.
    pub(super) bias: &'a [f32],
    /// One value a product, laid out as `out` is.
    pub(super) residual: Option<&'a [f32]>,
    /// Whether negative values become zero.
    pub(super) relu: bool,
}

/// Memory to be asked for, so that it is in a cache when it is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ahead<'a> {
    pub(super) values: &'a [f32],
    /// How many of them are asked for with each step.
    pub(super) step: usize,
}

/// One call of a tile.
#[derive(Debug)]
pub(super) struct Tile<'a> {
    /// Where left rows are read.
    pub(super) left: &'a [f32],
    /// Where in `left` each row starts: one to [`ROWS`] of them.
    pub(super) starts: &'a [usize],
    pub(super) runs: Runs,
    /// The right panel: `vectors` vectors of columns for each value.
    pub(super) right: &'a [f32],
    pub(super) vectors: usize,
    /// Where row `r` of the tile begins at `r * stride`.
    pub(super) out: &'a mut [f32],
    pub(super) stride: usize,
    /// Whether to add to `out` what it holds.
    pub(super) add: bool,
    pub(super) ending: Option<Ending<'a>>,
    /// What a later tile reads.
    pub(super) ahead: Ahead<'a>,
}

impl Tile<'_> {
    /// Tells whether the panel comes from beyond the first cache.
    fn is_far(&self) -> bool {
        self.right.len() > NEAR_BYTES / size_of::<f32>()
    }
}

/// The tiles of one instruction set that this processor is known to have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tiles(InstructionSet);

impl Tiles {
    /// Checks that the processor has the set; every call below relies on it.
    pub(super) fn new(set: InstructionSet) -> Option<Self> {
        set.is_available().then_some(Self(set))
    }

    pub(super) fn instruction_set(self) -> InstructionSet {
        self.0
    }

    /// Values of a vector.
    pub(super) fn lanes(self) -> usize {
        match self.0 {
            InstructionSet::Avx512 => 16,
            InstructionSet::Avx2 => 8,
            InstructionSet::Portable => Four::COUNT,
        }
    }

    /// Columns of a tile at most.
    pub(super) fn columns(self) -> usize {
        let many = match self.0 {
            InstructionSet::Avx512 => true,
            InstructionSet::Avx2 => false,
            InstructionSet::Portable => cfg!(target_arch = "aarch64"),
        };
        self.lanes() * if many { VECTORS } else { FEW_VECTORS }
    }

    /// Computes a tile.
    ///
    /// # Panics
    /// Panics if a slice is too short for the tile, or the tile larger than this set's.
    pub(super) fn multiply(self, tile: &mut Tile<'_>) {
        let columns = size::product([tile.vectors, self.lanes()]);
        let before_last = tile.starts.len().max(1) - 1;
        let products = size::sum([size::product([before_last, tile.stride]), columns]);
        assert!(
            (self.lanes()..=self.columns()).contains(&columns),
            "a tile's columns"
        );
        assert!(tile.out.len() >= products, "room for the products");
        assert!(
            tile.right.len() >= size::product([tile.runs.count, tile.runs.len, columns]),
            "a whole panel"
        );
        let last = tile.left.len().checked_sub(tile.runs.span());
        let last = last.expect("a whole row");
        assert!(tile.starts.iter().all(|start| *start <= last), "whole rows");
        if let Some(ending) = &tile.ending {
            let residual = ending.residual.map_or(products, <[f32]>::len);
            assert!(
                ending.bias.len() >= columns && residual >= products,
                "a whole ending"
            );
        }
        // SAFETY: `Self::new` found the set, and the slices were measured just now.
        unsafe {
            match self.0 {
                #[cfg(target_arch = "x86_64")]
                InstructionSet::Avx512 => avx512(tile),
                #[cfg(target_arch = "x86_64")]
                InstructionSet::Avx2 => avx2(tile),
                _ => portable(tile),
            }
        }
    }
}

/// Calls `$function` compiled for the tile's height and width.
///
/// Near and far panels have functions of their own: of both in one the compiler keeps sums in memory.
macro_rules! by_size {
    ($function:ident, $tile:ident, [$($vectors:literal)*], $rows:tt) => {
        match $tile.vectors {
            $($vectors => by_size!(@ $function, $tile, $vectors, $rows),)*
            _ => unreachable!("the width was checked"),
        }
    };
    (@ $function:ident, $tile:ident, $vectors:literal, [$($rows:literal)*]) => {
        match $tile.starts.len() {
            0 => {}
            $($rows => $function::<$rows, $vectors>($tile),)*
            _ => panic!("at most as many rows as a tile has"),
        }
    };
}

#[cfg(target_arch = "x86_64")]
unsafe fn avx512(tile: &mut Tile<'_>) {
    #[target_feature(enable = "avx512f")]
    unsafe fn near<const R: usize, const V: usize>(tile: &mut Tile<'_>) {
        // SAFETY: the caller measured the slices.
        unsafe { multiply::<__m512, R, V, false>(tile) }
    }
    #[target_feature(enable = "avx512f")]
    unsafe fn far<const R: usize, const V: usize>(tile: &mut Tile<'_>) {
        // SAFETY: the caller measured the slices.
        unsafe { multiply::<__m512, R, V, true>(tile) }
    }
    // SAFETY: the caller found the set and measured the slices.
    unsafe {
        if tile.is_far() {
            by_size!(far, tile, [1 2 3 4], [1 2 3 4 5 6]);
        } else {
            by_size!(near, tile, [1 2 3 4], [1 2 3 4 5 6]);
        }
    }
}

#[cfg(target_arch = "x86_64")]
unsafe fn avx2(tile: &mut Tile<'_>) {
    #[target_feature(enable = "avx2,fma")]
    unsafe fn near<const R: usize, const V: usize>(tile: &mut Tile<'_>) {
        // SAFETY: the caller measured the slices.
        unsafe { multiply::<__m256, R, V, false>(tile) }
    }
    #[target_feature(enable = "avx2,fma")]
    unsafe fn far<const R: usize, const V: usize>(tile: &mut Tile<'_>) {
        // SAFETY: the caller measured the slices.
        unsafe { multiply::<__m256, R, V, true>(tile) }
    }
    // SAFETY: the caller found the set and measured the slices.
    unsafe {
        if tile.is_far() {
            by_size!(far, tile, [1 2], [1 2 3 4 5 6]);
        } else {
            by_size!(near, tile, [1 2], [1 2 3 4 5 6]);
        }
    }
}

unsafe fn portable(tile: &mut Tile<'_>) {
    unsafe fn sized<const R: usize, const V: usize>(tile: &mut Tile<'_>) {
        // SAFETY: the caller measured the slices.
        unsafe { multiply::<Four, R, V, false>(tile) }
    }
    // SAFETY: the caller measured the slices.
    unsafe { by_size!(sized, tile, [1 2 3 4], [1 2 3 4 5 6]) }
}

/// Computes a tile of `R` rows by `V` vectors; of a `FAR` panel each value is asked for ahead.
///
/// # Safety
/// The processor must have the instruction set of `L`, and the slices be as long as
/// [`Tiles::multiply`] says.
#[expect(clippy::inline_always, reason = "else it loses the caller's features")]
#[inline(always)]
unsafe fn multiply<L: Lanes, const R: usize, const V: usize, const FAR: bool>(tile: &mut Tile<'_>) {
    // SAFETY: by the function's contract.
    unsafe {
        expect_next_ending::<L, R, V>(tile);
        let sums = sum::<L, R, V, FAR>(tile);
        for (r, sums) in sums.iter().enumerate() {
            let first = r * tile.stride;
            for (v, sum) in sums.iter().enumerate() {
                let (mut sum, column) = (*sum, v * L::COUNT);
                let out = tile.out.as_mut_ptr().add(first + column);
                if tile.add {
                    sum = L::load(out).add(sum);
                }
                if let Some(ending) = &tile.ending {
                    sum = sum.add(L::load(ending.bias.as_ptr().add(column)));
                    if let Some(residual) = ending.residual {
                        sum = sum.add(L::load(residual.as_ptr().add(first + column)));
                    }
                    if ending.relu {
                        sum = sum.relu();
                    }
                }
                sum.store(out);
            }
        }
    }
}

/// Sums the products of `R` rows and `V` vectors of columns.
///
/// # Safety
/// As for [`multiply`].
#[expect(clippy::inline_always, reason = "else it loses the caller's features")]
#[inline(always)]
unsafe fn sum<L: Lanes, const R: usize, const V: usize, const FAR: bool>(
    tile: &Tile<'_>,
) -> [[L; V]; R] {
    // SAFETY: by the contract; pointers move only over values that were measured.
    unsafe {
        let zero = L::splat(0.0);
        let mut sums = [[zero; V]; R];
        let mut right = tile.right.as_ptr();
        let mut ahead = tile.ahead.values.as_ptr();
        for run in 0..tile.runs.count {
            let mut rows = [tile.left.as_ptr(); R];
            for (row, start) in rows.iter_mut().zip(tile.starts) {
                *row = row.add(start + run * tile.runs.step);
            }
            for place in 0..tile.runs.len {
                let mut columns = [zero; V];
                for (v, column) in columns.iter_mut().enumerate() {
                    *column = L::load(right.add(v * L::COUNT));
                    if FAR {
                        L::expect_read(right.wrapping_add((PANEL_AHEAD * V + v) * L::COUNT));
                    }
                }
                right = right.add(V * L::COUNT);
                L::expect_read(ahead);
                ahead = ahead.wrapping_add(tile.ahead.step);
                for r in 0..R {
                    let value = L::splat(*rows[r].add(place));
                    for v in 0..V {
                        sums[r][v] = sums[r][v].add_product(value, columns[v]);
                    }
                }
            }
        }
        sums
    }
}

/// Asks for the places in memory that are met when the sums of the next tile are made: those of
/// this one would come too late where rows are short.
#[expect(clippy::inline_always, reason = "else it loses the caller's features")]
#[inline(always)]
fn expect_next_ending<L: Lanes, const R: usize, const V: usize>(tile: &Tile<'_>) {
    for r in 0..R {
        for v in 0..V {
            let place = (r + R) * tile.stride + v * L::COUNT;
            L::expect_write(tile.out.as_ptr().wrapping_add(place));
            if let Some(residual) = tile.ending.and_then(|ending| ending.residual) {
                L::expect_read(residual.as_ptr().wrapping_add(place));
            }
        }
    }
}
