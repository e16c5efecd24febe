//! Linear layers.

use std::ops::Range;

use crate::product::{Call, Product, Rows, Runs};
use crate::{Activation, Finish, InstructionSet, Scratch};

/// A linear layer, its weights packed once.
///
/// A row's output does not depend on the other rows of the call: it has the same bits wherever the
/// row stands. Instruction sets differ in rounding.
///
/// ```
/// use imgcluster_kernels::{Activation, Finish, Linear, Scratch};
///
/// let weights = [1.0, 0.0, 0.0, -2.0, 0.5, 0.5]; // three outputs of two inputs each
/// let layer = Linear::new(&weights, 2, Some(&[0.0, 0.0, 1.0]));
/// let finish = Finish { activation: Activation::Relu, ..Finish::default() };
/// let mut output = [f32::NAN; 6];
/// layer.apply(&[1.0, 2.0, 3.0, -4.0], &mut output, &finish, &mut Scratch::default());
/// assert_eq!(output, [1.0, 0.0, 2.5, 3.0, 8.0, 0.5]);
/// ```
#[derive(Debug, Clone)]
pub struct Linear {
    product: Product,
}

impl Linear {
    /// Packs `weights`, one row of `in_dim` for each output as `PyTorch` has them, for the fastest
    /// instruction set that this processor has.
    ///
    /// # Panics
    /// Panics if `in_dim` is zero, `weights` is not made of whole rows, or `bias` has not one value
    /// for each.
    pub fn new(weights: &[f32], in_dim: usize, bias: Option<&[f32]>) -> Self {
        Self::with_instruction_set(weights, in_dim, bias, InstructionSet::detect())
    }

    /// Packs `weights` for an instruction set that this processor has, to compare them.
    ///
    /// # Panics
    /// Panics as [`Linear::new`] does, and if the processor lacks the set.
    pub fn with_instruction_set(
        weights: &[f32],
        in_dim: usize,
        bias: Option<&[f32]>,
        set: InstructionSet,
    ) -> Self {
        let product = Product::new(weights, in_dim, bias, set);
        Self { product }
    }

    /// Tells how many values a row of input has.
    pub fn in_dim(&self) -> usize {
        self.product.dim()
    }

    /// Tells how many values a row of output has.
    pub fn out_dim(&self) -> usize {
        self.product.count()
    }

    /// Tells which instructions compute the layer.
    pub fn instruction_set(&self) -> InstructionSet {
        self.product.instruction_set()
    }

    /// Computes `activation(input · weightsᵀ + bias + residual)`, row by row.
    ///
    /// `input` holds rows of [`Linear::in_dim`] values, `output` as many of [`Linear::out_dim`]; it
    /// is written fully and its former values do not matter.
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
        self.run(input, output, (*finish, false), scratch);
    }

    /// Computes `activation(input · weightsᵀ + bias + output)` in the place of the output, which is
    /// thus its own residual: less memory is passed through than with another.
    ///
    /// The terms are added in another order than in [`Linear::apply`], so the last bits can differ.
    ///
    /// # Panics
    /// Panics as [`Linear::apply`] does.
    pub fn apply_onto(
        &self,
        input: &[f32],
        output: &mut [f32],
        activation: Activation,
        scratch: &mut Scratch,
    ) {
        let finish = Finish {
            residual: None,
            activation,
        };
        self.run(input, output, (finish, true), scratch);
    }

    fn run(
        &self,
        input: &[f32],
        output: &mut [f32],
        (finish, onto): (Finish<'_>, bool),
        scratch: &mut Scratch,
    ) {
        let dim = self.in_dim();
        assert!(input.len().is_multiple_of(dim), "whole rows of input");
        let call = Call {
            left: input,
            rows: &Neighbours(dim),
            count: input.len() / dim,
            runs: Runs {
                count: 1,
                len: dim,
                step: 0,
            },
            finish,
            onto,
        };
        self.product.multiply(&call, output, scratch);
    }
}

/// Rows one after the other, so many values each.
struct Neighbours(usize);

impl Rows for Neighbours {
    fn starts(&self, rows: Range<usize>, starts: &mut Vec<usize>) {
        starts.clear();
        starts.extend(rows.map(|row| row * self.0));
    }
}
