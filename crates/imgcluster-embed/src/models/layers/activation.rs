//! Activations in candle's own operations.

use candle_core::{Result, Tensor};

use crate::models::Activation;

/// Applies an activation, or none.
pub(super) fn activate(x: Tensor, activation: Option<Activation>) -> Result<Tensor> {
    match activation {
        None => Ok(x),
        Some(Activation::QuickGelu) => &x * candle_nn::ops::sigmoid(&(&x * 1.702)?)?,
        Some(Activation::Gelu) => x.gelu_erf(),
        Some(Activation::GeluTanh) => x.gelu(),
        Some(Activation::Relu) => x.relu(),
        Some(Activation::Relu6) => x.clamp(0f32, 6f32),
    }
}
