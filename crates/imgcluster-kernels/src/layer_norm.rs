//! Rows brought to mean zero and variance one.

use crate::InstructionSet;
use crate::routine::{self, Arithmetic, Routine};

/// Running sums of a row: enough that none waits for the one before.
const LANES: usize = 32;

/// Layer normalisation: each row minus its mean, divided by its standard deviation, times a gain
/// and plus a bias for each place (Ba, Kiros and Hinton 2016, section 3).
///
/// ```
/// use imgcluster_kernels::LayerNorm;
///
/// let layer = LayerNorm::new(&[1.0, 1.0], &[0.0, 5.0], 1e-6);
/// let mut output = [f32::NAN; 4];
/// layer.apply(&[2.0, 4.0, 7.0, 7.0], &mut output);
/// assert!((output[0] + 1.0).abs() < 1e-5 && (output[1] - 6.0).abs() < 1e-5);
/// assert_eq!(output[2..], [0.0, 5.0]); // equal values have no direction
/// ```
#[derive(Debug, Clone)]
pub struct LayerNorm {
    gain: Vec<f32>,
    bias: Vec<f32>,
    epsilon: f32,
    set: InstructionSet,
}

impl LayerNorm {
    /// Takes a gain and a bias for each value of a row, for the fastest instruction set that this
    /// processor has.
    ///
    /// `epsilon` is added to the variance, so that a constant row gives the bias and not NaN.
    ///
    /// # Panics
    /// Panics if gain and bias differ in length or are empty.
    pub fn new(gain: &[f32], bias: &[f32], epsilon: f32) -> Self {
        Self::with_instruction_set(gain, bias, epsilon, InstructionSet::detect())
    }

    /// Takes them for an instruction set that this processor has, to compare them.
    ///
    /// # Panics
    /// Panics as [`LayerNorm::new`] does, and if the processor lacks the set.
    pub fn with_instruction_set(
        gain: &[f32],
        bias: &[f32],
        epsilon: f32,
        set: InstructionSet,
    ) -> Self {
        assert!(set.is_available(), "an instruction set of this processor");
        assert!(
            !gain.is_empty() && gain.len() == bias.len(),
            "a gain and a bias for each value"
        );
        Self {
            gain: gain.to_vec(),
            bias: bias.to_vec(),
            epsilon,
            set,
        }
    }

    /// Tells how many values a row has.
    pub fn dim(&self) -> usize {
        self.gain.len()
    }

    /// Tells which instructions compute the layer.
    pub fn instruction_set(&self) -> InstructionSet {
        self.set
    }

    /// Normalises the rows of `input` into those of `output`.
    ///
    /// The mean is computed first and the variance (over all values, not one less) from the
    /// differences to it, so a large mean costs no digits. A row's answer depends on that row only.
    ///
    /// # Panics
    /// Panics if `input` is not made of whole rows or `output` is of another length.
    pub fn apply(&self, input: &[f32], output: &mut [f32]) {
        assert!(input.len().is_multiple_of(self.dim()), "whole rows");
        assert_eq!(input.len(), output.len(), "as many values out as in");
        let apply = Apply {
            layer: self,
            input,
            output,
        };
        routine::run(self.set, apply);
    }
}

struct Apply<'a> {
    layer: &'a LayerNorm,
    input: &'a [f32],
    output: &'a mut [f32],
}

impl Routine for Apply<'_> {
    #[expect(clippy::inline_always, reason = "else it loses the caller's features")]
    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        let (layer, dim) = (self.layer, self.layer.dim());
        let rows = self.input.chunks_exact(dim);
        for (row, output) in rows.zip(self.output.chunks_exact_mut(dim)) {
            let mean = sum(row, |sum, value| sum + value) / dim as f32;
            let squares = sum(row, |sum, value| {
                A::mul_add(value - mean, value - mean, sum)
            });
            let scale = 1.0 / (squares / dim as f32 + layer.epsilon).sqrt();
            let places = output.iter_mut().zip(row).zip(&layer.gain).zip(&layer.bias);
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
