//! Convolutions with batch norm folded in.

use candle_core::{Result, Tensor};

use super::Placement;
use super::activation::activate;
use crate::models::Activation;

/// `activation(x ⋆ weight + bias + residual)`.
pub(crate) struct Convolution {
    weight: Tensor,
    bias: Tensor,
    stride: usize,
    padding: usize,
    activation: Option<Activation>,
}

/// What a convolution is made of.
pub(crate) struct ConvolutionParts {
    /// Outputs by inputs by rows by columns, row-major.
    pub(crate) weight: Vec<f32>,
    /// One number an output.
    pub(crate) bias: Vec<f32>,
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    /// Pixels a side of the kernel.
    pub(crate) kernel: usize,
    pub(crate) stride: usize,
    pub(crate) padding: usize,
    pub(crate) activation: Option<Activation>,
}

impl Convolution {
    pub(crate) fn new(parts: ConvolutionParts, placement: &Placement) -> Result<Self> {
        let shape = [parts.outputs, parts.inputs, parts.kernel, parts.kernel];
        Ok(Self {
            weight: placement.tensor(parts.weight, &shape)?,
            bias: placement.tensor(parts.bias, &[1, parts.outputs, 1, 1])?,
            stride: parts.stride,
            padding: parts.padding,
            activation: parts.activation,
        })
    }

    /// Maps pictures of numbers. The residual has the shape of the result.
    pub(crate) fn forward(&self, x: &Tensor, residual: Option<&Tensor>) -> Result<Tensor> {
        let mut y = x
            .conv2d(&self.weight, self.padding, self.stride, 1, 1)?
            .broadcast_add(&self.bias)?;
        if let Some(residual) = residual {
            y = (y + residual)?;
        }
        activate(y, self.activation)
    }
}
