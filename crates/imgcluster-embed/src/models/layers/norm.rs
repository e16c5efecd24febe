//! Layer norms.

use candle_core::{Result, Tensor};
use imgcluster_kernels::{self as kernels, InstructionSet};

use super::Arithmetic;
use super::Placement;
use super::on_cpu::map;

/// Brings every row to mean 0 and variance 1, then scales and shifts it.
pub(crate) struct LayerNorm {
    means: Means,
    epsilon: f32,
}

enum Means {
    Stock { weight: Tensor, bias: Tensor },
    Kernel { gain: Vec<f32>, bias: Vec<f32> },
}

impl LayerNorm {
    pub(crate) fn new(
        weight: Vec<f32>,
        bias: Vec<f32>,
        epsilon: f32,
        placement: &Placement,
    ) -> Result<Self> {
        let width = weight.len();
        let means = match placement.arithmetic {
            Arithmetic::Stock => Means::Stock {
                weight: placement.tensor(weight, &[width])?,
                bias: placement.tensor(bias, &[width])?,
            },
            Arithmetic::Kernels | Arithmetic::Int8 => Means::Kernel { gain: weight, bias },
        };
        Ok(Self { means, epsilon })
    }

    /// Maps the rows of the last axis.
    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let epsilon = self.epsilon;
        match &self.means {
            Means::Stock { weight, bias } => {
                candle_nn::ops::layer_norm(&x.contiguous()?, weight, bias, epsilon)
            }
            Means::Kernel { gain, bias } => {
                let norm = kernels::LayerNorm {
                    gain,
                    bias,
                    epsilon,
                };
                map(x, x.shape(), |x, out, _| {
                    norm.apply(x, out, InstructionSet::detect());
                })
            }
        }
    }
}
