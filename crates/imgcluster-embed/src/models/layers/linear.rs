//! Matrix products with a bias.

use candle_core::{Result, Tensor};

use super::Placement;
use super::activation::activate;
use crate::models::Activation;

/// `activation(x · weightᵀ + bias + residual)`.
pub(crate) struct Linear {
    /// Inputs by outputs, a transposed view.
    weight: Tensor,
    bias: Option<Tensor>,
    activation: Option<Activation>,
    outputs: usize,
}

/// What a linear layer is made of.
pub(crate) struct LinearParts {
    /// Outputs by inputs, row-major.
    pub(crate) weight: Vec<f32>,
    /// One number an output.
    pub(crate) bias: Option<Vec<f32>>,
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    pub(crate) activation: Option<Activation>,
}

impl Linear {
    pub(crate) fn new(parts: LinearParts, placement: &Placement) -> Result<Self> {
        let weight = placement.tensor(parts.weight, &[parts.outputs, parts.inputs])?;
        let bias = parts
            .bias
            .map(|bias| placement.tensor(bias, &[parts.outputs]))
            .transpose()?;
        Ok(Self {
            weight: weight.t()?,
            bias,
            activation: parts.activation,
            outputs: parts.outputs,
        })
    }

    /// Maps the last axis. The residual has the shape of the result.
    pub(crate) fn forward(&self, x: &Tensor, residual: Option<&Tensor>) -> Result<Tensor> {
        let mut shape = x.dims().to_vec();
        let inputs = shape.pop().unwrap_or(0);
        let rows: usize = shape.iter().product();
        shape.push(self.outputs);
        let mut y = x.reshape((rows, inputs))?.matmul(&self.weight)?;
        if let Some(bias) = &self.bias {
            y = y.broadcast_add(bias)?;
        }
        let mut y = y.reshape(shape)?;
        if let Some(residual) = residual {
            y = (y + residual)?;
        }
        activate(y, self.activation)
    }
}
