//! 3 × 3 convolutions of every channel by itself.

use candle_core::{Result, Tensor};

use super::Placement;
use super::activation::activate;
use crate::models::Activation;

/// `activation(bias + Σ weight · shifted x)`, channel by channel, with one pixel of zeros around.
pub(crate) struct Depthwise {
    /// Nine tensors of one number a channel: rows of the kernel, then columns.
    taps: Vec<Tensor>,
    bias: Tensor,
    stride: usize,
    activation: Option<Activation>,
}

/// What a depthwise convolution is made of.
pub(crate) struct DepthwiseParts {
    /// Channels by 3 rows by 3 columns.
    pub(crate) weight: Vec<f32>,
    /// One number a channel.
    pub(crate) bias: Vec<f32>,
    /// 1 or 2.
    pub(crate) stride: usize,
    pub(crate) activation: Option<Activation>,
}

impl Depthwise {
    pub(crate) fn new(parts: DepthwiseParts, placement: &Placement) -> Result<Self> {
        let channels = parts.bias.len();
        let shape = [1, channels, 1, 1];
        let tap = |tap: usize| {
            let column = parts.weight.iter().skip(tap).step_by(9).copied().collect();
            placement.tensor(column, &shape)
        };
        Ok(Self {
            taps: (0..9).map(tap).collect::<Result<_>>()?,
            bias: placement.tensor(parts.bias, &shape)?,
            stride: parts.stride,
            activation: parts.activation,
        })
    }

    /// Maps pictures of numbers.
    ///
    /// Candle runs a grouped convolution group by group, a thousand launches a layer; nine products
    /// of shifted pictures are nine.
    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let (batch, channels, height, width) = x.dims4()?;
        let stride = self.stride;
        let (out_height, out_width) = ((height - 1) / stride + 1, (width - 1) / stride + 1);
        // Every tap reads `out · stride` rows from its own offset on, of which every stride-th counts.
        let padding = |length: usize, out: usize| out * stride + 2 - length - 1;
        let padded = x
            .pad_with_zeros(2, 1, padding(height, out_height))?
            .pad_with_zeros(3, 1, padding(width, out_width))?;
        let mut sum: Option<Tensor> = None;
        for (tap, weight) in self.taps.iter().enumerate() {
            let shifted = padded
                .narrow(2, tap / 3, out_height * stride)?
                .narrow(3, tap % 3, out_width * stride)?
                .reshape((batch, channels, out_height, stride, out_width, stride))?
                .narrow(3, 0, 1)?
                .narrow(5, 0, 1)?
                .reshape((batch, channels, out_height, out_width))?;
            let product = shifted.broadcast_mul(weight)?;
            sum = Some(match sum {
                None => product.broadcast_add(&self.bias)?,
                Some(sum) => (sum + product)?,
            });
        }
        activate(sum.unwrap_or(padded), self.activation)
    }
}
