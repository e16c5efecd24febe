//! Matrix products with a bias.

use candle_core::{Result, Tensor};
use imgcluster_kernels as kernels;

use super::Arithmetic;
use super::Placement;
use super::activation::activate;
use super::on_cpu::{Call, layer};
use crate::models::Activation;

/// `activation(x · weightᵀ + bias + residual)`.
pub(crate) struct Linear {
    means: Means,
    activation: Option<Activation>,
    outputs: usize,
}

/// What computes the products.
enum Means {
    /// Candle, with the weight as inputs by outputs, a transposed view.
    Stock {
        weight: Tensor,
        bias: Option<Tensor>,
    },
    Kernel(kernels::Linear),
    Int8(kernels::Int8Linear),
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
    /// Whether 8 bits do, where they are asked for: not at a model's two ends.
    pub(crate) may_be_int8: bool,
}

impl Linear {
    pub(crate) fn new(parts: LinearParts, placement: &Placement) -> Result<Self> {
        let (inputs, outputs) = (parts.inputs, parts.outputs);
        let bias = parts.bias.as_deref();
        let means = match placement.arithmetic {
            Arithmetic::Int8 if parts.may_be_int8 => {
                Means::Int8(kernels::Int8Linear::new(&parts.weight, inputs, bias))
            }
            Arithmetic::Kernels | Arithmetic::Int8 => {
                Means::Kernel(kernels::Linear::new(&parts.weight, inputs, bias))
            }
            Arithmetic::Stock => Means::Stock {
                weight: placement.tensor(parts.weight, &[outputs, inputs])?.t()?,
                bias: parts
                    .bias
                    .map(|bias| placement.tensor(bias, &[outputs]))
                    .transpose()?,
            },
        };
        Ok(Self {
            means,
            activation: parts.activation,
            outputs,
        })
    }

    /// Maps the last axis. The residual has the shape of the result.
    pub(crate) fn forward(&self, x: &Tensor, residual: Option<&Tensor>) -> Result<Tensor> {
        let mut shape = x.dims().to_vec();
        let inputs = shape.pop().unwrap_or(0);
        let rows: usize = shape.iter().product();
        shape.push(self.outputs);
        let call = |shape| Call {
            x,
            residual,
            activation: self.activation,
            shape,
        };
        let (weight, bias) = match &self.means {
            Means::Stock { weight, bias } => (weight, bias),
            Means::Kernel(kernel) => {
                return layer(call(shape), |x, out, finish, scratch| {
                    kernel.apply(x, out, finish, scratch);
                });
            }
            Means::Int8(kernel) => {
                return layer(call(shape), |x, out, finish, scratch| {
                    kernel.apply(x, out, finish, scratch);
                });
            }
        };
        let mut y = x.reshape((rows, inputs))?.matmul(weight)?;
        if let Some(bias) = bias {
            y = y.broadcast_add(bias)?;
        }
        let mut y = y.reshape(shape)?;
        if let Some(residual) = residual {
            y = (y + residual)?;
        }
        activate(y, self.activation)
    }
}
