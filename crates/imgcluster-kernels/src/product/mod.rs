//! Rows times packed weights, the product under linear layers and convolutions.
//!
//! A left row is a few runs of neighbouring values somewhere in the input: one run for a linear
//! layer, one a kernel row for a convolution. Tiles read them where they lie, so nothing is copied
//! or packed on the way; only weights are, once.

mod block;
mod lanes;
mod runs;
mod tile;
mod weights;

use std::ops::Range;

use crate::aligned::Aligned;
use crate::int8::Int8Scratch;
use crate::{Activation, InstructionSet, size};
use block::Block;
use tile::{ROWS, Tiles};
use weights::Weights;

pub(crate) use lanes::{Four, Lanes};
pub(crate) use runs::Runs;

/// Values of left rows that all panels pass by: they stay in the second cache.
const LEFT_VALUES: usize = 128 << 10;
/// The fewest rows that all panels pass by, so that long rows do not have each panel read again
/// for a few of them.
const FEWEST_ROWS: usize = 96;
/// The most, so that the output of short rows does too until all panels have passed.
const MOST_ROWS: usize = 192;

/// What happens to the sums of a layer before they are written.
///
/// The output is `activation(sums + bias + residual)`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Finish<'a> {
    /// As many values as the output has, added to it. Default: none.
    pub residual: Option<&'a [f32]>,
    /// The function applied at last. Default: identity.
    pub activation: Activation,
}

/// Memory for layers, to be used again and again: one for each thread.
#[derive(Debug, Default)]
pub struct Scratch {
    starts: Vec<usize>,
    staged: Aligned,
    padded: Aligned,
    pub(crate) int8: Int8Scratch,
}

impl Scratch {
    /// Takes out the memory for a padded input, to be put back by [`Scratch::put_padded`].
    pub(crate) fn take_padded(&mut self) -> Aligned {
        std::mem::take(&mut self.padded)
    }

    pub(crate) fn put_padded(&mut self, padded: Aligned) {
        self.padded = padded;
    }
}

/// Where the left rows lie in a slice.
pub(crate) trait Rows {
    /// Puts the place of each row's first value into `starts`, which is cleared.
    fn starts(&self, rows: Range<usize>, starts: &mut Vec<usize>);
}

/// Left rows and what becomes of their products.
pub(crate) struct Call<'a> {
    /// Where the rows lie.
    pub(crate) left: &'a [f32],
    pub(crate) rows: &'a dyn Rows,
    pub(crate) count: usize,
    pub(crate) runs: Runs,
    pub(crate) finish: Finish<'a>,
    /// Whether the products are added to what the output holds.
    pub(crate) onto: bool,
}

/// Weights and the tiles that multiply them.
#[derive(Debug, Clone)]
pub(crate) struct Product {
    weights: Weights,
    tiles: Tiles,
}

impl Product {
    /// Packs rows of `dim` weights.
    ///
    /// # Panics
    /// Panics if `dim` is zero, `weights` is not whole rows, there are not as many `bias` values as
    /// rows, or the processor lacks the set.
    pub(crate) fn new(
        weights: &[f32],
        dim: usize,
        bias: Option<&[f32]>,
        set: InstructionSet,
    ) -> Self {
        let tiles = Tiles::new(set).expect("an instruction set of this processor");
        let weights = Weights::new(weights, dim, bias, (tiles.lanes(), tiles.columns()));
        Self { weights, tiles }
    }

    /// Tells how many weights a row has.
    pub(crate) fn dim(&self) -> usize {
        self.weights.dim()
    }

    /// Tells how many values a row of output has.
    pub(crate) fn count(&self) -> usize {
        self.weights.count()
    }

    /// Tells which instructions compute the products.
    pub(crate) fn instruction_set(&self) -> InstructionSet {
        self.tiles.instruction_set()
    }

    /// Multiplies left rows with all weights, one row of `output` each.
    ///
    /// # Panics
    /// Panics if a row reaches out of the slice, its runs hold not as many values as a row of
    /// weights, or `output` or the residual has not as many values as there are products.
    pub(crate) fn multiply(&self, call: &Call<'_>, output: &mut [f32], scratch: &mut Scratch) {
        let (count, len) = (call.count, size::product([call.count, self.count()]));
        let values = size::product([call.runs.count, call.runs.len]);
        assert_eq!(values, self.dim(), "as many values as weights");
        assert_eq!(output.len(), len, "room for each row's output");
        let residual = call.finish.residual;
        assert!(
            residual.is_none_or(|residual| residual.len() == len),
            "a residual for each value of the output"
        );
        if len == 0 {
            return;
        }
        let together = (LEFT_VALUES / self.dim()).clamp(FEWEST_ROWS, MOST_ROWS);
        let blocks = count.div_ceil(together);
        let together = count.div_ceil(blocks).next_multiple_of(ROWS);
        let mut starts = std::mem::take(&mut scratch.starts);
        for first in (0..count).step_by(together) {
            let block = first..count.min(first + together);
            call.rows.starts(block.clone(), &mut starts);
            let values = block.start * self.count()..block.end * self.count();
            let finish = Finish {
                residual: residual.map(|residual| &residual[values.clone()]),
                ..call.finish
            };
            let block = Block {
                left: call.left,
                starts: &starts,
                finish,
                onto: call.onto,
                tiles: self.tiles,
                stride: self.count(),
            };
            let output = &mut output[values];
            for panel in self.weights.panels() {
                block.multiply(call.runs, panel, output, &mut scratch.staged);
            }
        }
        scratch.starts = starts;
    }
}
