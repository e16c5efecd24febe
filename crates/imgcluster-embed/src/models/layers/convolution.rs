//! Convolutions with batch norm folded in.

use candle_core::{Result, Tensor};
use imgcluster_kernels as kernels;

use super::Arithmetic;
use super::Placement;
use super::activation::activate;
use super::on_cpu::{Call, layer};
use crate::models::Activation;

/// `activation(x ⋆ weight + bias + residual)`.
pub(crate) struct Convolution {
    means: Means,
    outputs: usize,
    stride: usize,
    padding: usize,
    activation: Option<Activation>,
}

/// What computes the products.
enum Means {
    Stock { weight: Tensor, bias: Tensor },
    Kernel(kernels::Convolution),
    Int8(kernels::Int8Convolution),
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
    /// Whether 8 bits do, where they are asked for: not where pictures come in.
    pub(crate) may_be_int8: bool,
}

impl Convolution {
    pub(crate) fn new(parts: ConvolutionParts, placement: &Placement) -> Result<Self> {
        let shape = kernels::ConvolutionShape {
            in_channels: parts.inputs,
            out_channels: parts.outputs,
            kernel: (parts.kernel, parts.kernel),
            stride: parts.stride,
            padding: parts.padding,
        };
        let (weight, bias) = (&parts.weight, Some(parts.bias.as_slice()));
        let means = match placement.arithmetic {
            Arithmetic::Int8 if parts.may_be_int8 => {
                Means::Int8(kernels::Int8Convolution::new(weight, &shape, bias))
            }
            Arithmetic::Kernels | Arithmetic::Int8 => {
                Means::Kernel(kernels::Convolution::new(weight, &shape, bias))
            }
            Arithmetic::Stock => {
                let shape = [parts.outputs, parts.inputs, parts.kernel, parts.kernel];
                Means::Stock {
                    weight: placement.tensor(parts.weight, &shape)?,
                    bias: placement.tensor(parts.bias, &[1, parts.outputs, 1, 1])?,
                }
            }
        };
        Ok(Self {
            means,
            outputs: parts.outputs,
            stride: parts.stride,
            padding: parts.padding,
            activation: parts.activation,
        })
    }

    /// Maps pictures of numbers. The residual has the shape of the result.
    pub(crate) fn forward(&self, x: &Tensor, residual: Option<&Tensor>) -> Result<Tensor> {
        let (batch, height, width, _) = x.dims4()?;
        let call = |(rows, columns): (usize, usize)| Call {
            x,
            residual,
            activation: self.activation,
            shape: vec![batch, rows, columns, self.outputs],
        };
        let size = (height, width);
        let (weight, bias) = match &self.means {
            Means::Stock { weight, bias } => (weight, bias),
            Means::Kernel(kernel) => {
                return layer(call(kernel.output_size(size)), |x, out, finish, scratch| {
                    kernel.apply(x, size, out, finish, scratch);
                });
            }
            Means::Int8(kernel) => {
                return layer(call(kernel.output_size(size)), |x, out, finish, scratch| {
                    kernel.apply(x, size, out, finish, scratch);
                });
            }
        };
        let mut y = x
            .conv2d(weight, self.padding, self.stride, 1, 1)?
            .broadcast_add(bias)?;
        if let Some(residual) = residual {
            y = (y + residual)?;
        }
        activate(y, self.activation)
    }
}
