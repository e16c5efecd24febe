//! A 3 × 3 convolution with a rectifier, forwards and backwards on the kernels.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};
use imgcluster_kernels::{Activation, Convolution, ConvolutionShape, Finish};

use crate::models::layers::on_cpu::{computed, map_two};

/// Numbers of a filter for one input.
const PLACES: usize = 9;

/// `max(x ⋆ weight + bias, 0)` with one pixel of zeros around, channels last, and its gradient to `x`.
pub(super) struct Rectified {
    forward: Convolution,
    backward: Convolution,
}

impl Rectified {
    /// Packs a weight of outputs by inputs by 3 rows by 3 columns once for each direction.
    pub(super) fn new(weight: &[f32], bias: &[f32], inputs: usize) -> Self {
        let outputs = bias.len();
        let shape = ConvolutionShape {
            in_channels: inputs,
            out_channels: outputs,
            kernel: (3, 3),
            stride: 1,
            padding: 1,
        };
        let back = ConvolutionShape {
            in_channels: outputs,
            out_channels: inputs,
            ..shape
        };
        Self {
            forward: Convolution::new(weight, &shape, Some(bias)),
            backward: Convolution::new(&turned(weight, inputs), &back, None),
        }
    }
}

/// Turns every filter by 180 degrees and exchanges inputs and outputs: what a pixel gave to its
/// neighbours comes back from them.
fn turned(weight: &[f32], inputs: usize) -> Vec<f32> {
    let outputs = weight.len() / (inputs * PLACES);
    let mut turned = Vec::with_capacity(weight.len());
    for input in 0..inputs {
        for output in 0..outputs {
            let filter = &weight[(output * inputs + input) * PLACES..][..PLACES];
            turned.extend(filter.iter().rev());
        }
    }
    turned
}

impl CustomOp1 for Rectified {
    fn name(&self) -> &'static str {
        "rectified convolution"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (batch, height, width, _) = layout.shape().dims4()?;
        let shape = (batch, height, width, self.forward.shape().out_channels);
        let finish = Finish {
            residual: None,
            activation: Activation::Relu,
        };
        computed((x, layout), shape, |x, out, workspace| {
            let scratch = &mut workspace.scratch;
            self.forward
                .apply(x, (height, width), out, &finish, scratch);
        })
    }

    fn bwd(&self, arg: &Tensor, res: &Tensor, grad_res: &Tensor) -> Result<Option<Tensor>> {
        let (_, height, width, _) = arg.dims4()?;
        let both = (grad_res, res);
        let gradient = map_two(both, arg.shape(), |gradient, result, out, workspace| {
            let passed: Vec<f32> = gradient
                .iter()
                .zip(result)
                .map(|(gradient, result)| if *result > 0.0 { *gradient } else { 0.0 })
                .collect();
            let scratch = &mut workspace.scratch;
            let finish = Finish::default();
            self.backward
                .apply(&passed, (height, width), out, &finish, scratch);
        })?;
        Ok(Some(gradient))
    }
}
