//! Layer norms.

use candle_core::{Result, Tensor};

use super::Placement;

/// Brings every row to mean 0 and variance 1, then scales and shifts it.
pub(crate) struct LayerNorm {
    weight: Tensor,
    bias: Tensor,
    epsilon: f32,
}

impl LayerNorm {
    pub(crate) fn new(
        weight: Vec<f32>,
        bias: Vec<f32>,
        epsilon: f32,
        placement: &Placement,
    ) -> Result<Self> {
        let width = weight.len();
        Ok(Self {
            weight: placement.tensor(weight, &[width])?,
            bias: placement.tensor(bias, &[width])?,
            epsilon,
        })
    }

    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        candle_nn::ops::layer_norm(&x.contiguous()?, &self.weight, &self.bias, self.epsilon)
    }
}
