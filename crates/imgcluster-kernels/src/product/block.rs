//! A block of left rows times a panel, tile by tile.

use std::ops::Range;

use super::Runs;
use super::runs::{Part, parts};
use super::tile::{Ending, ROWS, Tile, Tiles};
use super::weights::Panel;
use crate::aligned::Aligned;
use crate::{Activation, Finish};

/// Some left rows, and what becomes of their products.
pub(super) struct Block<'a> {
    pub(super) left: &'a [f32],
    /// Where in `left` each row starts.
    pub(super) starts: &'a [usize],
    /// The residual is that of these rows.
    pub(super) finish: &'a Finish<'a>,
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
        if part.place > 0 {
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

    /// A tile that ends with nothing, as wide as the output.
    fn tile<'a>(
        &'a self,
        part: &Part,
        panel: Panel<'a>,
        rows: Range<usize>,
        out: &'a mut [f32],
    ) -> Tile<'a> {
        Tile {
            left: &self.left[part.offset..],
            starts: &self.starts[rows],
            runs: part.runs,
            right: &panel.values[part.place * panel.padded..],
            vectors: panel.padded / self.tiles.lanes(),
            out,
            stride: self.stride,
            add: part.place > 0,
            ending: None,
        }
    }
}
