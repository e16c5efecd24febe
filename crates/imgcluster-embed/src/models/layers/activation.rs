//! Activations in candle's own operations and in the kernels' words.

use candle_core::{Result, Tensor};
use imgcluster_kernels as kernels;

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

pub(super) fn kernel_activation(activation: Option<Activation>) -> kernels::Activation {
    match activation {
        None => kernels::Activation::Identity,
        Some(Activation::QuickGelu) => kernels::Activation::QuickGelu,
        Some(Activation::Gelu) => kernels::Activation::Gelu,
        Some(Activation::GeluTanh) => kernels::Activation::GeluTanh,
        Some(Activation::Relu) => kernels::Activation::Relu,
        Some(Activation::Relu6) => kernels::Activation::Relu6,
    }
}
