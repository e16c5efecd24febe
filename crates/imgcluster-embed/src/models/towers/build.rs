//! Taking the tensors of single layers.

use crate::models::layers::{LayerNorm, Linear, LinearParts};
use crate::models::{Activation, ModelError};

use super::Loader;

/// What a linear layer is called and how large it is.
pub(super) struct LinearShape<'a> {
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    pub(super) activation: Option<Activation>,
    /// Multiplies each output where given: the layer scale of `DINOv2`.
    pub(super) scale: Option<&'a [f32]>,
}

impl Loader<'_> {
    pub(super) fn take(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, ModelError> {
        self.weights.take(name, shape)
    }

    /// A layer norm of the two tensors under `prefix`.
    pub(super) fn norm(
        &mut self,
        prefix: &str,
        width: usize,
        epsilon: f32,
    ) -> Result<LayerNorm, ModelError> {
        let weight = self.take(&format!("{prefix}.weight"), &[width])?;
        let bias = self.take(&format!("{prefix}.bias"), &[width])?;
        Ok(LayerNorm::new(weight, bias, epsilon, self.placement)?)
    }

    /// A linear layer with bias of the two tensors under `prefix`.
    pub(super) fn linear(
        &mut self,
        prefix: &str,
        shape: &LinearShape<'_>,
    ) -> Result<Linear, ModelError> {
        let (inputs, outputs) = (shape.inputs, shape.outputs);
        let mut weight = self.take(&format!("{prefix}.weight"), &[outputs, inputs])?;
        let mut bias = self.take(&format!("{prefix}.bias"), &[outputs])?;
        if let Some(scale) = shape.scale {
            for (row, factor) in weight.chunks_exact_mut(inputs).zip(scale) {
                for value in row {
                    *value *= factor;
                }
            }
            for (value, factor) in bias.iter_mut().zip(scale) {
                *value *= factor;
            }
        }
        let parts = LinearParts {
            weight,
            bias: Some(bias),
            inputs,
            outputs,
            activation: shape.activation,
            may_be_int8: true,
        };
        Ok(Linear::new(parts, self.placement)?)
    }

    /// A linear layer of given tensors at one of a model's ends, where 8 bits would cost most and
    /// save least.
    pub(super) fn linear_of(
        &self,
        weight: Vec<f32>,
        bias: Option<Vec<f32>>,
        inputs: usize,
    ) -> Result<Linear, ModelError> {
        let parts = LinearParts {
            outputs: weight.len() / inputs,
            weight,
            bias,
            inputs,
            activation: None,
            may_be_int8: false,
        };
        Ok(Linear::new(parts, self.placement)?)
    }

    /// A linear layer of given tensors inside a model.
    pub(super) fn linear_inside(
        &self,
        weight: Vec<f32>,
        bias: Option<Vec<f32>>,
        inputs: usize,
    ) -> Result<Linear, ModelError> {
        let parts = LinearParts {
            outputs: weight.len() / inputs,
            weight,
            bias,
            inputs,
            activation: None,
            may_be_int8: true,
        };
        Ok(Linear::new(parts, self.placement)?)
    }
}

/// Exchanges rows and columns: `open_clip` stores its projections inputs first.
pub(super) fn transposed(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let column = |column: usize| (0..rows).map(move |row| values[row * columns + column]);
    (0..columns).flat_map(column).collect()
}
