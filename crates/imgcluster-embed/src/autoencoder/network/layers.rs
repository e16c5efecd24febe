//! The trainable layers, with their channels last on the CPU and in candle's own layout elsewhere.

use candle_core::{Result, Tensor};

use super::super::shape::{DOWN_KERNEL, Level, UP_KERNEL};
use super::Means;
use super::windows::Windows;

/// A layer's weight and bias.
#[derive(Clone, Copy)]
pub(super) struct Weights<'a> {
    pub(super) weight: &'a Tensor,
    pub(super) bias: &'a Tensor,
}

impl Weights<'_> {
    /// `x · weightᵀ + bias` for every row.
    pub(super) fn linear(&self, x: &Tensor) -> Result<Tensor> {
        x.matmul(&self.weight.t()?)?.broadcast_add(self.bias)
    }

    /// A convolution that halves the sides.
    pub(super) fn down(&self, x: &Tensor, level: &Level, means: Means) -> Result<Tensor> {
        if means == Means::Stock {
            let y = x.conv2d(self.weight, 1, 2, 1, 1)?;
            return y.broadcast_add(&self.bias.reshape((1, (), 1, 1))?);
        }
        let batch = x.dim(0)?;
        let windows = Windows::of(level, DOWN_KERNEL, batch);
        let y = windows.unfold(x)?.matmul(self.weight)?;
        let y = y.broadcast_add(self.bias)?;
        y.reshape((batch, level.side, level.side, level.channels))
    }

    /// A transposed convolution that doubles the sides, cut to the size that `level` came from.
    pub(super) fn up(&self, x: &Tensor, level: &Level, means: Means) -> Result<Tensor> {
        if means == Means::Stock {
            let y = x.conv_transpose2d(self.weight, 1, 0, 2, 1)?;
            let y = y.broadcast_add(&self.bias.reshape((1, (), 1, 1))?)?;
            let side = level.from_side;
            return y.narrow(2, 0, side)?.narrow(3, 0, side)?.contiguous();
        }
        let batch = x.dim(0)?;
        let windows = Windows::of(level, UP_KERNEL, batch);
        let rows = x.reshape((batch * level.side * level.side, level.channels))?;
        let y = windows.fold(&rows.matmul(self.weight)?)?;
        y.broadcast_add(self.bias)
    }
}
