//! Rows of bytes times packed weights, the product under linear layers and convolutions.

use std::ops::Range;

use super::quantise::Grid;
use super::tiles::{Int8Tiles, LARGEST, Ready};
use super::weights::{Int8Weights, Panel};
use crate::aligned::Aligned;
use crate::routine::{self, Arithmetic, Routine};
use crate::{Activation, Finish, Scratch};

/// Words of left rows that all panels pass by: they stay in the second cache.
const LEFT_WORDS: usize = 64 << 10;
/// The fewest rows that all panels pass by, so that long rows do not have each panel read again
/// for a few of them.
const FEWEST_ROWS: usize = 84;

/// Memory for layers of bytes, to be used again and again.
#[derive(Debug, Default)]
pub(crate) struct Int8Scratch {
    /// Panels of left rows.
    pub(super) left: Aligned<u32>,
    /// One row, before its words are dealt out.
    pub(super) row: Vec<u8>,
    /// One grid a row.
    pub(super) grids: Vec<Grid>,
    /// A picture with its margin.
    pub(super) picture: Vec<u8>,
}

/// Left rows that are yet to be bytes.
pub(super) trait Rows {
    /// Quantises row `row` into as many bytes as it has values.
    ///
    /// Always inlined, so that it is compiled with the features of the tiles.
    fn quantise(&self, row: usize, bytes: &mut [u8]) -> Grid;
}

/// Multiplies `count` rows with all weights, one row of `output` each.
///
/// # Panics
/// Panics if `output` or the residual has not as many values as rows times weights' rows.
pub(super) fn multiply(
    weights: &Int8Weights,
    rows: &impl Rows,
    count: usize,
    output: &mut [f32],
    finish: &Finish<'_>,
    scratch: &mut Scratch,
) {
    let scratch = &mut scratch.int8;
    let width = weights.count();
    assert_eq!(output.len(), count * width, "room for each row's output");
    assert!(
        finish.residual.is_none_or(|it| it.len() == output.len()),
        "a residual for each value of the output"
    );
    if output.is_empty() {
        return;
    }
    let tiles = weights.tiles();
    let words = tiles.left_words(weights.dim());
    let together = (LEFT_WORDS / words).max(FEWEST_ROWS);
    let blocks = count.div_ceil(together);
    let together = count.div_ceil(blocks).next_multiple_of(tiles.rows());
    for first in (0..count).step_by(together) {
        let block = first..count.min(first + together);
        let panels = Panels::pack(weights, rows, block.clone(), scratch);
        let values = block.start * width..block.end * width;
        let finish = Finish {
            residual: finish.residual.map(|residual| &residual[values.clone()]),
            ..*finish
        };
        let ready = tiles.ready();
        for weights in weights.panels() {
            panels.multiply(
                &ready,
                &weights,
                &mut output[values.clone()],
                width,
                &finish,
            );
        }
    }
}

/// Some left rows, packed.
struct Panels<'a> {
    tiles: Int8Tiles,
    left: &'a [u32],
    /// Words of a row.
    words: usize,
    grids: &'a [Grid],
}

impl<'a> Panels<'a> {
    fn pack(
        weights: &Int8Weights,
        rows: &impl Rows,
        block: Range<usize>,
        scratch: &'a mut Int8Scratch,
    ) -> Self {
        let (tiles, dim) = (weights.tiles(), weights.dim());
        let words = tiles.left_words(dim);
        let count = block.len().next_multiple_of(tiles.rows());
        let left = scratch.left.at_least(count * words);
        // What follows the values of a row in its last word stays zero.
        scratch.row.clear();
        scratch.row.resize(words * tiles.group(), 0);
        scratch.grids.clear();
        let pack = Pack {
            tiles,
            rows,
            block,
            dim,
            row: &mut scratch.row,
            left,
            grids: &mut scratch.grids,
        };
        routine::run(tiles.instruction_set(), pack);
        Self {
            tiles,
            left,
            words,
            grids: &scratch.grids,
        }
    }

    /// Computes the columns of one panel of weights.
    fn multiply(
        &self,
        ready: &Ready,
        weights: &Panel<'_>,
        output: &mut [f32],
        width: usize,
        finish: &Finish<'_>,
    ) {
        let mut sums = [0; LARGEST];
        let highest = self.tiles.rows();
        for (tile, grids) in self.grids.chunks(highest).enumerate() {
            let first = tile * highest;
            let height = self.tiles.height(grids.len());
            let left = &self.left[first * self.words..][..height * self.words];
            ready.multiply(left, height, weights.bytes, &mut sums);
            let place = first * width + weights.first;
            let ending = Ending {
                sums: &sums,
                grids,
                weights,
                residual: finish.residual.map(|residual| &residual[place..]),
                activation: finish.activation,
                output: &mut output[place..],
                stride: width,
            };
            routine::run(self.tiles.instruction_set(), ending);
        }
    }
}

/// The packing of left rows.
struct Pack<'a, R> {
    tiles: Int8Tiles,
    rows: &'a R,
    block: Range<usize>,
    /// Values of a row.
    dim: usize,
    /// Memory for a row in whole chunks of words.
    row: &'a mut [u8],
    left: &'a mut [u32],
    grids: &'a mut Vec<Grid>,
}

impl<R: Rows> Routine for Pack<'_, R> {
    #[expect(clippy::inline_always, reason = "else it loses the caller's features")]
    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        let highest = self.tiles.rows();
        let words = self.row.len() / self.tiles.group();
        for first in self.block.clone().step_by(highest) {
            let count = highest.min(self.block.end - first);
            let height = self.tiles.height(count);
            let panel = &mut self.left[(first - self.block.start) * words..][..height * words];
            for row in 0..count {
                let grid = self.rows.quantise(first + row, &mut self.row[..self.dim]);
                self.grids.push(grid);
                self.tiles.pack_left(self.row, panel, height, row);
            }
        }
    }
}

/// The end of a tile: from sums of bytes to values.
struct Ending<'a> {
    sums: &'a [i32],
    grids: &'a [Grid],
    weights: &'a Panel<'a>,
    residual: Option<&'a [f32]>,
    activation: Activation,
    output: &'a mut [f32],
    stride: usize,
}

impl Routine for Ending<'_> {
    #[expect(clippy::inline_always, reason = "else it loses the caller's features")]
    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        match self.weights.steps.len() {
            32 => self.columns::<A, 32>(),
            16 => self.columns::<A, 16>(),
            _ => self.columns::<A, 8>(),
        }
    }
}

impl Ending<'_> {
    /// Ends a tile of so many columns, row by row, in simple loops which the compiler turns into
    /// vectors. Nothing is fused, so that all processors get the same bits.
    #[expect(clippy::inline_always, reason = "else it loses the caller's features")]
    #[inline(always)]
    fn columns<A: Arithmetic, const COLUMNS: usize>(self) {
        let Panel {
            count,
            steps,
            sums: byte_sums,
            bias,
            ..
        } = *self.weights;
        let [Some(steps), Some(bias)] = [steps, bias].map(<[f32]>::as_array::<COLUMNS>) else {
            return;
        };
        let Some(byte_sums) = byte_sums.as_array::<COLUMNS>() else {
            return;
        };
        let rows = self.sums.as_chunks::<COLUMNS>().0.iter().zip(self.grids);
        for (row, (sums, grid)) in rows.enumerate() {
            let zero = i32::from(grid.zero);
            let mut values = [0.0; COLUMNS];
            for column in 0..COLUMNS {
                let sum = sums[column] - zero * byte_sums[column];
                values[column] = sum as f32 * (grid.step * steps[column]) + bias[column];
            }
            let first = row * self.stride;
            if let Some(residual) = self.residual {
                let residual = &residual[first..][..count];
                match residual.as_array::<COLUMNS>() {
                    Some(residual) => add(&mut values, residual),
                    None => add(&mut values, residual),
                }
            }
            self.activation.apply_here::<A>(&mut values);
            let place = &mut self.output[first..][..count];
            // Of known length, as almost always, a copy needs no call.
            match place.as_mut_array::<COLUMNS>() {
                Some(place) => *place = values,
                None => place.copy_from_slice(&values[..count]),
            }
        }
    }
}

#[expect(clippy::inline_always, reason = "else it loses the caller's features")]
#[inline(always)]
fn add(values: &mut [f32], others: &[f32]) {
    for (value, other) in values.iter_mut().zip(others) {
        *value += other;
    }
}
