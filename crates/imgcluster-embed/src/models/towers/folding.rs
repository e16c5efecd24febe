//! Convolutions followed by batch norm, as one convolution.

use super::Loader;
use super::names::Names;
use crate::models::layers::{Convolution, ConvolutionParts};
use crate::models::{Activation, ModelError};

/// What `PyTorch` adds to the variance in batch norms.
const EPSILON: f64 = 1e-5;

/// A convolution with its batch norm: what the two are called, and the weight's shape.
pub(super) struct Folded<'a> {
    pub(super) names: &'a Names,
    /// Outputs first.
    pub(super) shape: [usize; 4],
}

/// A convolution of every input, its norm, and an activation.
pub(super) struct Layer<'a> {
    pub(super) names: &'a Names,
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    /// Pixels a side; half of them are padding.
    pub(super) kernel: usize,
    pub(super) stride: usize,
    pub(super) activation: Option<Activation>,
}

impl Loader<'_> {
    pub(super) fn convolution(&mut self, layer: &Layer<'_>) -> Result<Convolution, ModelError> {
        let (weight, bias) = self.folded(&Folded {
            names: layer.names,
            shape: [layer.outputs, layer.inputs, layer.kernel, layer.kernel],
        })?;
        let parts = ConvolutionParts {
            weight,
            bias,
            inputs: layer.inputs,
            outputs: layer.outputs,
            kernel: layer.kernel,
            stride: layer.stride,
            padding: layer.kernel / 2,
            activation: layer.activation,
            // Pictures come in with three channels.
            may_be_int8: layer.inputs > 3,
        };
        Ok(Convolution::new(parts, self.placement)?)
    }

    /// The weight and the bias of a convolution that does what convolution and norm would do.
    pub(super) fn folded(
        &mut self,
        layer: &Folded<'_>,
    ) -> Result<(Vec<f32>, Vec<f32>), ModelError> {
        let (outputs, Names { convolution, norm }) = (layer.shape[0], layer.names);
        let mut weight = self.take(&format!("{convolution}.weight"), &layer.shape)?;
        let mut part = |part: &str| self.take(&format!("{norm}.{part}"), &[outputs]);
        let (scale, shift) = (part("weight")?, part("bias")?);
        let (mean, variance) = (part("running_mean")?, part("running_var")?);
        if let Some(position) = variance.iter().position(|value| *value < 0.0) {
            return Err(ModelError::NegativeVariance {
                tensor: format!("{norm}.running_var"),
                position,
            });
        }
        let factor = |output: usize| {
            f64::from(scale[output]) / (f64::from(variance[output]) + EPSILON).sqrt()
        };
        let fan_in = weight.len() / outputs;
        for (output, row) in weight.chunks_exact_mut(fan_in).enumerate() {
            for value in row {
                *value = (f64::from(*value) * factor(output)) as f32;
            }
        }
        let bias = (0..outputs)
            .map(|output| {
                let shifted = f64::from(mean[output]) * factor(output);
                (f64::from(shift[output]) - shifted) as f32
            })
            .collect();
        Ok((weight, bias))
    }
}
