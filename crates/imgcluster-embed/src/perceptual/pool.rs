//! Max pools of 2 × 2 with a gradient.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};
use imgcluster_kernels::{InstructionSet, MaxPool, Window};

use crate::models::layers::on_cpu::{computed, map_two};

const WINDOW: Window = Window {
    kernel: (2, 2),
    stride: 2,
    padding: 0,
};

/// The largest of every 2 × 2 numbers, channels last; an odd last row or column is left out. Of equal
/// numbers the first gets the gradient.
pub(super) struct Halved;

impl CustomOp1 for Halved {
    fn name(&self) -> &'static str {
        "halving max pool"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (batch, height, width, channels) = layout.shape().dims4()?;
        let pool = MaxPool {
            channels,
            window: WINDOW,
        };
        let (rows, columns) = WINDOW.output_size((height, width));
        computed(
            (x, layout),
            (batch, rows, columns, channels),
            |x, out, _| {
                pool.apply(x, (height, width), out, InstructionSet::detect());
            },
        )
    }

    fn bwd(&self, arg: &Tensor, _res: &Tensor, grad_res: &Tensor) -> Result<Option<Tensor>> {
        let (_, height, width, channels) = arg.dims4()?;
        let picture = Picture {
            height,
            width,
            channels,
        };
        let gradient = map_two((arg, grad_res), arg.shape(), |arg, gradient, out, _| {
            picture.back(arg, gradient, out);
        })?;
        Ok(Some(gradient))
    }
}

/// The size of a picture before the pool.
struct Picture {
    height: usize,
    width: usize,
    channels: usize,
}

impl Picture {
    /// Gives the gradient of every window to the first of its largest numbers; `out` begins as zeros.
    fn back(&self, arg: &[f32], gradient: &[f32], out: &mut [f32]) {
        let Self {
            height,
            width,
            channels,
        } = *self;
        let (rows, columns) = (height / 2, width / 2);
        for (place, gradient) in gradient.chunks_exact(channels).enumerate() {
            let (line, column) = (place / columns, place % columns);
            let (picture, row) = (line / rows, line % rows);
            let above = ((picture * height + 2 * row) * width + 2 * column) * channels;
            let below = above + width * channels;
            let (a, b) = arg[above..][..2 * channels].split_at(channels);
            let (c, d) = arg[below..][..2 * channels].split_at(channels);
            let (upper, lower) = out.split_at_mut(below);
            let (out_a, out_b) = upper[above..][..2 * channels].split_at_mut(channels);
            let (out_c, out_d) = lower[..2 * channels].split_at_mut(channels);
            for channel in 0..channels {
                let (a, b, c, d) = (a[channel], b[channel], c[channel], d[channel]);
                let given = |is_it: bool| if is_it { gradient[channel] } else { 0.0 };
                out_a[channel] = given(a >= b && a >= c && a >= d);
                out_b[channel] = given(b > a && b >= c && b >= d);
                out_c[channel] = given(c > a && c > b && c >= d);
                out_d[channel] = given(d > a && d > b && d > c);
            }
        }
    }
}

/// The same of candle's own operations, channels first. Its max pool would give a quarter of the
/// gradient where one number is the largest, and cannot go back to odd sizes.
pub(super) fn halved_by_stock(x: &Tensor) -> Result<Tensor> {
    let (batch, channels, height, width) = x.dims4()?;
    let (rows, columns) = (height / 2, width / 2);
    x.narrow(2, 0, rows * 2)?
        .narrow(3, 0, columns * 2)?
        .contiguous()?
        .reshape(&[batch, channels, rows, 2, columns, 2])?
        .max(5)?
        .max(3)
}
