//! Where a model runs, and in what numbers.

use candle_core::{DType, Device, Result, Tensor};

/// Where a model runs, and in what numbers.
#[derive(Debug, Clone)]
pub(crate) struct Placement {
    pub(crate) device: Device,
    /// The numbers of weights and activations.
    pub(crate) dtype: DType,
    pub(crate) arithmetic: Arithmetic,
}

/// What computes the layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    /// Candle's own operations, with channels first: on a GPU, and as the slow twin in tests.
    Stock,
    /// This project's kernels, with channels last: on the CPU.
    Kernels,
    /// The same with 8-bit products where they do.
    Int8,
}

impl Placement {
    /// Brings values to the device.
    pub(crate) fn tensor(&self, values: Vec<f32>, shape: &[usize]) -> Result<Tensor> {
        Tensor::from_vec(values, shape, &self.device)?.to_dtype(self.dtype)
    }

    /// Whether pictures of numbers have their channels on the last axis rather than on the second.
    pub(crate) fn channels_last(&self) -> bool {
        self.arithmetic != Arithmetic::Stock
    }
}
