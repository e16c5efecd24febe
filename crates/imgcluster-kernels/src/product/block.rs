//! A block of left rows times a panel, tile by tile.

use std::ops::Range;

use super::Runs;
use super::runs::{Part, parts};
use super::tile::{Ahead, Ending, ROWS, Tile, Tiles};
use super::weights::Panel;
use crate::aligned::Aligned;
use crate::{Activation, Finish};

/// Values of a cache line.
const LINE: usize = 16;

/// Some left rows, and what becomes of their products.
pub(super) struct Block<'a> {
    pub(super) left: &'a [f32],
    /// Where in `left` each row starts.
    pub(super) starts: &'a [usize],
    /// The residual is that of these rows.
    pub(super) finish: Finish<'a>,
    /// Whether the products are added to what the output holds.
    pub(super) onto: bool,
    pub(super) tiles: Tiles,
    /// Values of a row of the output.
    pub(super) stride: usize,
}

impl Block<'_> {
    /// Multiplies all rows with one panel.
    pub(super) fn multiply(
        &self,
        runs: Runs,
        panel: Panel<'_>,
        output: &mut [f32],
        staged: &mut Aligned,
    ) {
        // Only these two are cheap in registers, and only whole vectors can be stored.
        let is_direct = panel.count == panel.padded
            && matches!(
                self.finish.activation,
                Activation::Identity | Activation::Relu
            );
        let tiles = self.starts.len().div_ceil(ROWS);
        // Heights differ by one at most: a tile of a single row would wait for its own sums.
        let first_row = |tile| tile * self.starts.len() / tiles;
        for part in parts(runs) {
            for tile in 0..tiles {
                let rows = first_row(tile)..first_row(tile + 1);
                if is_direct {
                    self.multiply_direct(&part, panel, rows, output);
                } else {
                    let staged = staged.at_least(ROWS * panel.padded);
                    self.multiply_staged(&part, panel, rows, output, staged);
                }
            }
        }
    }

    /// Computes a tile in its place in the output.
    fn multiply_direct(
        &self,
        part: &Part,
        panel: Panel<'_>,
        rows: Range<usize>,
        output: &mut [f32],
    ) {
        let first = rows.start * self.stride + panel.first;
        let ending = part.is_last.then(|| Ending {
            bias: panel.bias,
            residual: self.finish.residual.map(|residual| &residual[first..]),
            relu: self.finish.activation == Activation::Relu,
        });
        let tile = self.tile(part, panel, rows, &mut output[first..]);
        self.tiles.multiply(&mut Tile { ending, ..tile });
    }

    /// Computes a tile beside the output, for what cannot be done in registers.
    fn multiply_staged(
        &self,
        part: &Part,
        panel: Panel<'_>,
        rows: Range<usize>,
        output: &mut [f32],
        staged: &mut [f32],
    ) {
        let places = rows.clone().map(|row| row * self.stride + panel.first);
        let places = places.map(|first| first..first + panel.count);
        if self.adds(part) {
            for (staged, place) in staged.chunks_mut(panel.padded).zip(places.clone()) {
                staged[..panel.count].copy_from_slice(&output[place]);
            }
        }
        let staged = &mut staged[..rows.len() * panel.padded];
        let ending = part.is_last.then_some(Ending {
            bias: panel.bias,
            residual: None,
            relu: false,
        });
        let tile = self.tile(part, panel, rows, staged);
        self.tiles.multiply(&mut Tile {
            ending,
            stride: panel.padded,
            ..tile
        });
        if part.is_last {
            if let Some(residual) = self.finish.residual {
                for (staged, place) in staged.chunks_mut(panel.padded).zip(places.clone()) {
                    let values = staged.iter_mut().zip(&residual[place]);
                    values.for_each(|(value, residual)| *value += residual);
                }
            }
            let set = self.tiles.instruction_set();
            self.finish.activation.apply(staged, set);
        }
        for (staged, place) in staged.chunks(panel.padded).zip(places) {
            output[place].copy_from_slice(&staged[..panel.count]);
        }
    }

    /// Tells whether the output holds something that counts.
    fn adds(&self, part: &Part) -> bool {
        self.onto || part.place > 0
    }

    /// A tile that ends with nothing, as wide as the output.
    fn tile<'a>(
        &'a self,
        part: &Part,
        panel: Panel<'a>,
        rows: Range<usize>,
        out: &'a mut [f32],
    ) -> Tile<'a> {
        let len = part.runs.count * part.runs.len;
        let (right, after) = panel.values[part.place * panel.padded..].split_at(len * panel.padded);
        Tile {
            left: &self.left[part.offset..],
            starts: &self.starts[rows.clone()],
            runs: part.runs,
            right,
            vectors: panel.padded / self.tiles.lanes(),
            out,
            stride: self.stride,
            add: self.adds(part),
            ending: None,
            ahead: self.ahead(part, panel.first == 0, rows, after),
        }
    }

    /// What is asked for while a tile is computed.
    ///
    /// The first panel meets rows that may be in no cache yet: the next tile's. Later ones find
    /// them there, and the first tiles then ask for the weights after these, a line for each value.
    fn ahead<'a>(
        &'a self,
        part: &Part,
        is_first: bool,
        rows: Range<usize>,
        after: &'a [f32],
    ) -> Ahead<'a> {
        if is_first {
            let next = self.starts.get(rows.end);
            let values = next.map_or(&[][..], |start| &self.left[start + part.offset..]);
            return Ahead {
                values,
                step: rows.len(),
            };
        }
        let lines = part.runs.count * part.runs.len * LINE;
        Ahead {
            values: after.get(rows.start / ROWS * lines..).unwrap_or_default(),
            step: LINE,
        }
    }
}
