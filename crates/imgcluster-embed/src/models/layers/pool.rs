//! Pooling.

use candle_core::{D, Result, Tensor};

/// The largest of 3 × 3 numbers at every second place, with one pixel of zeros around. The numbers
/// must not be negative, as after a rectifier: then zeros change nothing.
pub(crate) fn max_pool(x: &Tensor) -> Result<Tensor> {
    x.pad_with_zeros(2, 1, 1)?
        .pad_with_zeros(3, 1, 1)?
        .max_pool2d_with_stride(3, 2)
}

/// The mean of every channel: pictures of numbers become rows.
pub(crate) fn global_average(x: &Tensor) -> Result<Tensor> {
    x.flatten_from(2)?.mean(D::Minus1)
}
