//! Rows brought to mean zero and variance one.

use crate::InstructionSet;
use crate::routine::{self, Arithmetic, Routine};

/// Running sums of a row: enough that none waits for the one before.
const LANES: usize = 32;

/// Layer normalisation: each row minus its mean, divided by its standard deviation, times a gain
/// and plus a bias for each place (Ba, Kiros and Hinton 2016, section 3).
#[derive(Debug, Clone, Copy)]
pub struct LayerNorm<'a> {
    /// The factor of each place; as many as a row has values.
    pub gain: &'a [f32],
    /// What is added at each place; as many as a row has values.
    pub bias: &'a [f32],
    /// What is added to the variance, so that a constant row gives the bias and not NaN.
    pub epsilon: f32,
}

impl LayerNorm<'_> {
    /// Normalises the rows of `input` into those of `output`.
    ///
    /// The mean is computed first and the variance (over all values, not one less) from the
    /// differences to it, so a large mean costs no digits. A row's answer depends on that row only.
    ///
    /// # Panics
    /// Panics if gain and bias differ in length or are empty, if `input` is not made of whole
    /// rows, if `output` is of another length, or if the processor lacks the set.
    pub fn apply(&self, input: &[f32], output: &mut [f32], set: InstructionSet) {
        let dim = self.gain.len();
        assert!(
            dim > 0 && dim == self.bias.len() && input.len().is_multiple_of(dim),
            "whole rows of one value or more for each gain and bias"
        );
        assert_eq!(input.len(), output.len(), "as many values out as in");
        let layer = *self;
        let apply = Apply {
            layer,
            input,
            output,
        };
        routine::run(set, apply);
    }
}

struct Apply<'a> {
    layer: LayerNorm<'a>,
    input: &'a [f32],
    output: &'a mut [f32],
}

impl Routine for Apply<'_> {
    #[expect(clippy::inline_always, reason = "else it loses the caller's features")]
    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        let LayerNorm {
            gain,
            bias,
            epsilon,
        } = self.layer;
        let dim = gain.len();
        let rows = self.input.chunks_exact(dim);
        for (row, output) in rows.zip(self.output.chunks_exact_mut(dim)) {
            let mean = sum(row, |sum, value| sum + value) / dim as f32;
            let squares = sum(row, |sum, value| {
                A::mul_add(value - mean, value - mean, sum)
            });
            let scale = 1.0 / (squares / dim as f32 + epsilon).sqrt();
            let places = output.iter_mut().zip(row).zip(gain).zip(bias);
            for (((output, value), gain), bias) in places {
                *output = A::mul_add((value - mean) * scale, *gain, *bias);
            }
        }
    }
}

/// Sums up a row, each lane for itself, and then the lanes pairwise.
#[expect(clippy::inline_always, reason = "else it loses the caller's features")]
#[inline(always)]
fn sum(row: &[f32], add: impl Fn(f32, f32) -> f32) -> f32 {
    let mut sums = [0.0; LANES];
    let (steps, rest) = row.as_chunks::<LANES>();
    for step in steps {
        for (sum, value) in sums.iter_mut().zip(step) {
            *sum = add(*sum, *value);
        }
    }
    for (sum, value) in sums.iter_mut().zip(rest) {
        *sum = add(*sum, *value);
    }
    let mut lanes = LANES;
    while lanes > 1 {
        lanes /= 2;
        let (low, high) = sums.split_at_mut(lanes);
        for (low, high) in low.iter_mut().zip(high) {
            *low += *high;
        }
    }
    sums[0]
}
