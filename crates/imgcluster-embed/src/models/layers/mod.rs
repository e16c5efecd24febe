//! The layers that the towers are built of, each with what its device does best behind one
//! `forward`.
//!
//! On the CPU a layer is one of this project's kernels ([`on_cpu`]), its weights packed when the
//! model is loaded, bias, activation and shortcut part of it, and pictures of numbers have their
//! channels last. On a GPU it is made of candle's own operations, with channels first; these run on a
//! CPU too and are the slow twins in the tests.

mod activation;
mod attention;
mod convolution;
mod depthwise;
mod input;
mod linear;
mod norm;
pub(crate) mod on_cpu;
mod placement;
mod pool;

pub(crate) use attention::Attention;
pub(crate) use convolution::{Convolution, ConvolutionParts};
pub(crate) use depthwise::{Depthwise, DepthwiseParts};
pub(crate) use input::{Input, Pictures};
pub(crate) use linear::{Linear, LinearParts};
pub(crate) use norm::LayerNorm;
pub(crate) use placement::{Arithmetic, Placement};
pub(crate) use pool::{global_average, max_pool, max_pool_halving};
