//! 3 × 3 convolutions of every channel by itself.

use candle_core::{Result, Tensor};
use imgcluster_kernels::{self as kernels, Window};

use super::Arithmetic;
use super::Placement;
use super::activation::{activate, kernel_activation};
use super::on_cpu::map;
use crate::models::Activation;

/// `activation(bias + Σ weight · shifted x)`, channel by channel, with one pixel of zeros around.
pub(crate) struct Depthwise {
    means: Means,
    activation: Option<Activation>,
}

enum Means {
    Stock(Shifts),
    Kernel(kernels::Depthwise),
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
        let activation = parts.activation;
        let means = match placement.arithmetic {
            Arithmetic::Stock => Means::Stock(Shifts::new(parts, placement)?),
            // Eight bits would save nothing: nine products a number wait for memory.
            Arithmetic::Kernels | Arithmetic::Int8 => {
                let window = Window {
                    kernel: (3, 3),
                    stride: parts.stride,
                    padding: 1,
                };
                let bias = Some(parts.bias.as_slice());
                Means::Kernel(kernels::Depthwise::new(&parts.weight, window, bias))
            }
        };
        Ok(Self { means, activation })
    }

    /// Maps pictures of numbers.
    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let kernel = match &self.means {
            Means::Stock(shifts) => return activate(shifts.forward(x)?, self.activation),
            Means::Kernel(kernel) => kernel,
        };
        let (batch, height, width, channels) = x.dims4()?;
        let (rows, columns) = kernel.window().output_size((height, width));
        let activation = kernel_activation(self.activation);
        map(x, (batch, rows, columns, channels), |x, out, _| {
            kernel.apply(x, (height, width), out, activation);
        })
    }
}

/// Nine products of shifted pictures.
///
/// Candle runs a grouped convolution group by group, a thousand launches a layer; these are nine.
struct Shifts {
    /// Nine tensors of one number a channel: rows of the kernel, then columns.
    taps: Vec<Tensor>,
    bias: Tensor,
    stride: usize,
}

impl Shifts {
    fn new(parts: DepthwiseParts, placement: &Placement) -> Result<Self> {
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
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let (batch, channels, height, width) = x.dims4()?;
        let stride = self.stride;
        let (rows, columns) = ((height - 1) / stride + 1, (width - 1) / stride + 1);
        // Every tap reads `rows · stride` rows from its own offset on, of which every stride-th counts.
        let below = |length: usize, places: usize| places * stride + 2 - length - 1;
        let padded = x
            .pad_with_zeros(2, 1, below(height, rows))?
            .pad_with_zeros(3, 1, below(width, columns))?;
        let mut sum = self.bias.broadcast_as((batch, channels, rows, columns))?;
        for (tap, weight) in self.taps.iter().enumerate() {
            let shifted = padded
                .narrow(2, tap / 3, rows * stride)?
                .narrow(3, tap % 3, columns * stride)?
                .reshape((batch, channels, rows, stride, columns, stride))?
                .narrow(3, 0, 1)?
                .narrow(5, 0, 1)?
                .reshape((batch, channels, rows, columns))?;
            sum = (sum + shifted.broadcast_mul(weight)?)?;
        }
        Ok(sum)
    }
}
