//! Pooling.

use candle_core::{D, Result, Tensor};
use imgcluster_kernels::{Average, InstructionSet, MaxPool, Window};

use super::Placement;
use super::on_cpu::map;

/// The largest of 3 × 3 numbers at every second place, with one pixel of zeros around. The numbers
/// must not be negative, as after a rectifier: then zeros change nothing.
pub(crate) fn max_pool(x: &Tensor, placement: &Placement) -> Result<Tensor> {
    if !placement.channels_last() {
        return x
            .pad_with_zeros(2, 1, 1)?
            .pad_with_zeros(3, 1, 1)?
            .max_pool2d_with_stride(3, 2);
    }
    let (batch, height, width, channels) = x.dims4()?;
    let window = Window {
        kernel: (3, 3),
        stride: 2,
        padding: 1,
    };
    let pool = MaxPool { channels, window };
    let (rows, columns) = window.output_size((height, width));
    map(x, (batch, rows, columns, channels), |x, out, _| {
        pool.apply(x, (height, width), out, InstructionSet::detect());
    })
}

/// The largest of every 2 × 2 numbers; an odd last row or column is left out.
pub(crate) fn max_pool_halving(x: &Tensor, placement: &Placement) -> Result<Tensor> {
    if !placement.channels_last() {
        return x.max_pool2d(2);
    }
    let (batch, height, width, channels) = x.dims4()?;
    let window = Window {
        kernel: (2, 2),
        stride: 2,
        padding: 0,
    };
    let pool = MaxPool { channels, window };
    let (rows, columns) = window.output_size((height, width));
    map(x, (batch, rows, columns, channels), |x, out, _| {
        pool.apply(x, (height, width), out, InstructionSet::detect());
    })
}

/// The mean of every channel: pictures of numbers become rows.
pub(crate) fn global_average(x: &Tensor, placement: &Placement) -> Result<Tensor> {
    if !placement.channels_last() {
        return x.flatten_from(2)?.mean(D::Minus1);
    }
    let (batch, height, width, channels) = x.dims4()?;
    let average = Average {
        channels,
        pixels: height * width,
    };
    map(x, (batch, channels), |x, out, _| {
        average.apply(x, out, InstructionSet::detect());
    })
}
