//! A linear layer on bytes.

use super::product::{self, Rows};
use super::quantise::Grid;
use super::tiles::Int8Tiles;
use super::weights::Int8Weights;
use crate::{Finish, InstructionSet, Scratch};

/// A linear layer that multiplies bytes: four times as many products a step as
/// [`Linear`](crate::Linear) where the processor has the instructions, for an error of a percent or
/// so.
///
/// Weights are quantised once, around zero with a step for each output. Each input row is quantised
/// on its own, to 256 steps from its lowest value to its highest. The sums of products are exact, so
/// without activation the output is the same bits on every processor; a row's output never
/// depends on the other rows.
///
/// A row that holds a value that is not finite gives a row of NaN; an output with such a weight is
/// NaN in every row.
///
/// ```
/// use imgcluster_kernels::{Activation, Finish, Int8Linear, Scratch};
///
/// let weights = [1.0, 0.0, 0.0, -2.0, 0.5, 0.5]; // three outputs of two inputs each
/// let layer = Int8Linear::new(&weights, 2, Some(&[0.0, 0.0, 1.0]));
/// let finish = Finish { activation: Activation::Relu, ..Finish::default() };
/// let mut output = [f32::NAN; 6];
/// layer.apply(&[1.0, 2.0, 3.0, -4.0], &mut output, &finish, &mut Scratch::default());
/// for (found, exact) in output.iter().zip([1.0, 0.0, 2.5, 3.0, 8.0, 0.5]) {
///     assert!((found - exact).abs() < 0.05);
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Int8Linear {
    weights: Int8Weights,
}

impl Int8Linear {
    /// Quantises and packs `weights`, a row of `in_dim` values for each output, for the fastest
    /// instruction set that this processor has.
    ///
    /// # Panics
    /// Panics if `in_dim` is zero or over 66,311, `weights` is not made of whole rows, or there are
    /// not as many `bias` values as rows.
    pub fn new(weights: &[f32], in_dim: usize, bias: Option<&[f32]>) -> Self {
        Self::with_instruction_set(weights, in_dim, bias, InstructionSet::detect())
    }

    /// The same for an instruction set that this processor has, to compare them.
    ///
    /// # Panics
    /// Panics as [`Int8Linear::new`] does, and if the processor lacks the set.
    pub fn with_instruction_set(
        weights: &[f32],
        in_dim: usize,
        bias: Option<&[f32]>,
        set: InstructionSet,
    ) -> Self {
        let tiles = Int8Tiles::new(set).expect("an instruction set of this processor");
        Self::with_tiles(weights, in_dim, bias, tiles)
    }

    pub(super) fn with_tiles(
        weights: &[f32],
        in_dim: usize,
        bias: Option<&[f32]>,
        tiles: Int8Tiles,
    ) -> Self {
        Self {
            weights: Int8Weights::new(weights, in_dim, bias, tiles),
        }
    }

    /// Tells how many values an input row has.
    pub fn in_dim(&self) -> usize {
        self.weights.dim()
    }

    /// Tells how many values an output row has.
    pub fn out_dim(&self) -> usize {
        self.weights.count()
    }

    /// Tells which instructions compute the products.
    pub fn instruction_set(&self) -> InstructionSet {
        self.weights.tiles().instruction_set()
    }

    /// Computes a row of `output` for each row of `input`:
    /// `activation(input · weights + bias + residual)`.
    ///
    /// # Panics
    /// Panics if `input` is not made of whole rows, or `output` or the residual has not as many.
    pub fn apply(
        &self,
        input: &[f32],
        output: &mut [f32],
        finish: &Finish<'_>,
        scratch: &mut Scratch,
    ) {
        assert!(
            input.len().is_multiple_of(self.in_dim()),
            "whole rows of input"
        );
        let rows = Dense {
            values: input,
            dim: self.in_dim(),
        };
        let count = input.len() / self.in_dim();
        product::multiply(&self.weights, &rows, count, output, finish, scratch);
    }
}

/// Rows one after another, each on its own grid.
struct Dense<'a> {
    values: &'a [f32],
    dim: usize,
}

impl Rows for Dense<'_> {
    #[expect(clippy::inline_always, reason = "else it loses the caller's features")]
    #[inline(always)]
    fn quantise(&self, row: usize, bytes: &mut [u8]) -> Grid {
        let values = &self.values[row * self.dim..][..self.dim];
        let grid = Grid::of(values);
        grid.quantise(values, bytes);
        grid
    }
}
