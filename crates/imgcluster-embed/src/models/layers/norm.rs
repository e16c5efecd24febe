//! Layer norms.

use candle_core::{Result, Tensor};
use imgcluster_kernels as kernels;

use super::on_cpu::map;
use super::{Arithmetic, Placement};

/// Brings every row to mean 0 and variance 1, then scales and shifts it.
pub(crate) enum LayerNorm {
    Stock {
        weight: Tensor,
        bias: Tensor,
        epsilon: f32,
    },
    Kernel(kernels::LayerNorm),
}

impl LayerNorm {
    pub(crate) fn new(
        weight: Vec<f32>,
        bias: Vec<f32>,
        epsilon: f32,
        placement: &Placement,
    ) -> Result<Self> {
        let width = weight.len();
        Ok(match placement.arithmetic {
            Arithmetic::Stock => Self::Stock {
                weight: placement.tensor(weight, &[width])?,
                bias: placement.tensor(bias, &[width])?,
                epsilon,
            },
            Arithmetic::Kernels | Arithmetic::Int8 => {
                Self::Kernel(kernels::LayerNorm::new(&weight, &bias, epsilon))
            }
        })
    }

    /// Maps the rows of the last axis.
    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        match self {
            Self::Stock {
                weight,
                bias,
                epsilon,
            } => candle_nn::ops::layer_norm(&x.contiguous()?, weight, bias, *epsilon),
            Self::Kernel(kernel) => map(x, x.shape(), |x, out, _| kernel.apply(x, out)),
        }
    }
}
