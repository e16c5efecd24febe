//! Rows packed as bytes, so that most pairs are ruled in or out at the price of byte products.

mod panel;
mod rotation;
mod row;

use std::ops::Range;

use super::tiles::{Int8Tiles, LARGEST, LONGEST_ROW};
use crate::aligned::Aligned;
use crate::operand::Operand;
use crate::routine::{self, Arithmetic, Routine};
use crate::strip::{Left, strips};
use crate::tile::Tiles;
use crate::{InstructionSet, Pairs, Strip, StripScratch};
use rotation::Rotation;

pub use panel::{Int8Panel, Int8PanelScratch};

/// What makes a signed byte an unsigned one.
const ZERO: u8 = 128;
/// Rows that the centre is the mean of, at most.
const SAMPLE: usize = 1024;
/// Values of a row from which bytes are faster than [`Packed`](crate::Packed) values, by
/// measurement.
const SHORTEST_FAST_ROW: usize = 64;

/// Rows less a common centre, rotated, and rounded to a byte a value: a quarter of the memory of
/// [`Packed`](crate::Packed) and several times the speed ([`Int8Packed::is_fast`]).
///
/// # How far a product may be off
/// Let `x` be a row less the centre, both exact; `R` the rotation, orthogonal; and `y` what the
/// bytes stand for. For each row a bound `e ≥ |Rx - y|` is known ([`Int8Packed::error`]): the
/// distance of `y` from the rotated row that was computed, summed in `f64`, and a bound of the
/// rotation's own rounding, all rounded up. As `R` keeps products, of two rows `a` and `b`
///
/// ```text
/// xₐ·x_b - yₐ·y_b = (Rxₐ - yₐ)·y_b + Rxₐ·(Rx_b - y_b)
/// |xₐ·x_b - yₐ·y_b| ≤ eₐ (|x_b| + e_b) + |xₐ| e_b         (Cauchy–Schwarz, |y| ≤ |x| + e)
/// ```
///
/// A product in a [`Strip`] is `yₐ·y_b` but for three roundings of `f32`: the sum of bytes is exact,
/// and is converted, and multiplied with two steps.
///
/// The centre drops out of distances: `½|a - b|² = ½|xₐ|² + ½|x_b|² - xₐ·x_b`
/// ([`Int8Packed::half_square`]). It is the mean of a sample of the rows, so that rows that all
/// point into one direction, as embeddings often do, lose less: errors are relative to `|x|`.
#[derive(Debug, Clone)]
pub struct Int8Packed {
    panels: Aligned<i8>,
    /// One for each row, and for the rows past the last that fill up a panel.
    steps: Vec<f32>,
    /// What [`ZERO`] adds to the sums of each column.
    zeros: Vec<i32>,
    errors: Vec<f32>,
    half_squares: Vec<f32>,
    centre: Vec<f32>,
    rotation: Rotation,
    dim: usize,
    count: usize,
    tiles: Int8Tiles,
    screen: Tiles,
}

impl Int8Packed {
    /// Packs `values`, whole rows of `dim` values each, for an instruction set that this processor
    /// has.
    ///
    /// # Panics
    /// Panics if `values` is not made of whole rows, `dim` is not [possible](Self::is_possible), or
    /// the processor lacks the set.
    pub fn new(values: &[f32], dim: usize, set: InstructionSet) -> Self {
        let mut packed = Self::unpacked(values, dim, set);
        let mut scratch = Int8PanelScratch::default();
        for panel in packed.panels_mut() {
            panel.pack(values, &mut scratch);
        }
        packed
    }

    /// Makes room for rows that [`Int8Panel::pack`] is yet to pack, from several threads at once.
    ///
    /// # Panics
    /// Panics as [`Int8Packed::new`] does.
    pub fn unpacked(values: &[f32], dim: usize, set: InstructionSet) -> Self {
        let tiles = Int8Tiles::new(set).expect("an instruction set of this processor");
        Self::with_tiles(values, dim, tiles)
    }

    fn with_tiles(values: &[f32], dim: usize, tiles: Int8Tiles) -> Self {
        assert!(
            Self::is_possible(dim) && values.len().is_multiple_of(dim),
            "whole rows of at least one value and few enough for exact sums"
        );
        let screen = Tiles::new(tiles.instruction_set()).expect("the tiles are available");
        let count = values.len() / dim;
        let padded = count.next_multiple_of(tiles.columns());
        Self {
            panels: Aligned::zeros(padded / tiles.columns() * tiles.right_bytes(dim)),
            steps: vec![0.0; padded],
            zeros: vec![0; padded],
            errors: vec![0.0; padded],
            half_squares: vec![0.0; padded],
            centre: centre(values, dim),
            rotation: Rotation::new(dim),
            dim,
            count,
            tiles,
            screen,
        }
    }

    /// Tells whether rows of `dim` values can be packed: at least one, and few enough for exact sums
    /// in 32 bits.
    pub fn is_possible(dim: usize) -> bool {
        (1..=LONGEST_ROW).contains(&dim)
    }

    /// Tells whether bytes are faster than values for rows of `dim` values: if the processor has
    /// instructions that multiply and add several bytes at once, and rows are not short.
    ///
    /// Measured on a Zen 5 over all pairs of 20,000 rows of 512, by the processor's time: 3 times as
    /// fast with VNNI, in AVX-512 and AVX2 alike, and 1.5 times with 16-bit products; AMX is twice as
    /// fast again (on an Intel Xeon).
    pub fn is_fast(dim: usize, set: InstructionSet) -> bool {
        let has_instructions = Int8Tiles::new(set).is_some_and(|tiles| tiles.group() > 1);
        has_instructions && Self::is_possible(dim) && dim >= SHORTEST_FAST_ROW
    }

    /// Tells how many bytes of memory rows take when packed.
    pub fn bytes(count: usize, dim: usize) -> u64 {
        let row = dim.next_multiple_of(LARGEST_MULTIPLE) + 3 * size_of::<f32>() + size_of::<i32>();
        count.next_multiple_of(LARGEST_PANEL) as u64 * row as u64
    }

    /// Tells how many rows are packed.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Tells whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Bounds the length of the difference between a row and its bytes; infinite if the row is too
    /// long, about 1e18, so that its products tell nothing.
    pub fn error(&self, row: usize) -> f32 {
        self.errors[row]
    }

    /// Half the squared length of a row less the centre, rounded once.
    pub fn half_square(&self, row: usize) -> f32 {
        self.half_squares[row]
    }

    /// Computes the products of `rows` with other rows, and calls `visit` for one strip after the
    /// other. Together the strips hold each pair asked for once.
    ///
    /// # Panics
    /// Panics if `rows` reaches past the last row.
    pub fn strips(
        &self,
        rows: Range<usize>,
        pairs: Pairs,
        scratch: &mut StripScratch,
        mut visit: impl FnMut(&Strip<'_>),
    ) {
        strips(self, rows, pairs, scratch, &mut visit);
    }

    fn panel(&self, panel: usize) -> &[i8] {
        let len = self.tiles.right_bytes(self.dim);
        &self.panels.as_slice()[panel * len..][..len]
    }
}

/// Columns of the widest panel.
const LARGEST_PANEL: usize = 32;
/// What the values of a row are filled up to a multiple of, at most.
const LARGEST_MULTIPLE: usize = 64;

/// The mean of some rows evenly spread over all of them.
fn centre(values: &[f32], dim: usize) -> Vec<f32> {
    let count = values.len() / dim;
    let mut sums = vec![0.0; dim];
    let rows = values
        .chunks_exact(dim)
        .step_by(count.div_ceil(SAMPLE).max(1));
    let taken = rows.len().max(1) as f64;
    for row in rows {
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += f64::from(*value);
        }
    }
    sums.iter().map(|sum| (sum / taken) as f32).collect()
}

impl Operand for Int8Packed {
    type Word = u32;

    fn count(&self) -> usize {
        self.count
    }

    fn screen(&self) -> Tiles {
        self.screen
    }

    fn tile(&self) -> (usize, usize) {
        (self.tiles.rows(), self.tiles.columns())
    }

    fn left_len(&self) -> usize {
        self.tiles.left_words(self.dim)
    }

    fn row_bytes(&self) -> usize {
        self.dim
    }

    fn left(scratch: &mut Left) -> &mut Aligned<u32> {
        &mut scratch.words
    }

    fn pack_left(&self, rows: Range<usize>, left: &mut [u32]) {
        let (height, columns) = self.tile();
        let group = self.tiles.group();
        let mut bytes = vec![0; self.left_len() * group];
        for (place, row) in rows.enumerate() {
            let words = self.panel(row / columns).chunks_exact(group);
            let words = words.skip(row % columns).step_by(columns);
            for (place, word) in bytes.chunks_exact_mut(group).zip(words) {
                for (place, byte) in place.iter_mut().zip(word) {
                    *place = byte.cast_unsigned() ^ ZERO;
                }
            }
            self.tiles.pack_left(&bytes, left, height, place);
        }
    }

    fn multiply(
        &self,
        left: &[u32],
        rows: Range<usize>,
        columns: Range<usize>,
        out: &mut [f32],
        stride: usize,
    ) {
        let (height, width) = self.tile();
        let mut sums = [0; LARGEST];
        let ready = self.tiles.ready();
        for first in columns.clone().step_by(width) {
            let panel = self.panel(first / width);
            ready.multiply(left, height, panel, &mut sums);
            let scale = Scale {
                sums: &sums,
                zeros: &self.zeros[first..][..width],
                steps: &self.steps[first..][..width],
                left_steps: &self.steps[rows.clone()],
                out: &mut out[first - columns.start..],
                stride,
            };
            routine::run(self.tiles.instruction_set(), scale);
        }
    }
}

/// The end of a tile: from sums of bytes to products.
struct Scale<'a> {
    sums: &'a [i32],
    zeros: &'a [i32],
    steps: &'a [f32],
    left_steps: &'a [f32],
    out: &'a mut [f32],
    stride: usize,
}

impl Routine for Scale<'_> {
    #[expect(clippy::inline_always, reason = "else it loses the caller's features")]
    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        match self.steps.len() {
            32 => self.columns::<32>(),
            16 => self.columns::<16>(),
            _ => self.columns::<8>(),
        }
    }
}

impl Scale<'_> {
    #[expect(clippy::inline_always, reason = "else it loses the caller's features")]
    #[inline(always)]
    fn columns<const COLUMNS: usize>(self) {
        let columns = (self.zeros.as_array(), self.steps.as_array());
        let (Some(zeros), Some(steps)): (Option<&[i32; COLUMNS]>, Option<&[f32; COLUMNS]>) =
            columns
        else {
            return;
        };
        let rows = self.sums.as_chunks::<COLUMNS>().0.iter();
        for (row, (sums, step)) in rows.zip(self.left_steps).enumerate() {
            let out = &mut self.out[row * self.stride..][..COLUMNS];
            for column in 0..COLUMNS {
                let sum = sums[column] - zeros[column];
                out[column] = sum as f32 * (step * steps[column]);
            }
        }
    }
}

#[cfg(test)]
mod tests;
