//! Where a model runs, and in what numbers.

use candle_core::{DType, Device, Result, Tensor};

/// Where a model runs, and in what numbers.
#[derive(Debug, Clone)]
pub(crate) struct Placement {
    pub(crate) device: Device,
    /// The numbers of weights and activations.
    pub(crate) dtype: DType,
}

impl Placement {
    /// Brings values to the device.
    pub(crate) fn tensor(&self, values: Vec<f32>, shape: &[usize]) -> Result<Tensor> {
        Tensor::from_vec(values, shape, &self.device)?.to_dtype(self.dtype)
    }
}
