//! The layers that the towers are built of, each with what its device does best behind one
//! `forward`.
//!
//! On a GPU a layer is made of candle's own operations.

mod activation;
mod attention;
mod convolution;
mod depthwise;
mod input;
mod linear;
mod norm;
mod placement;
mod pool;

pub(crate) use attention::attention;
pub(crate) use convolution::{Convolution, ConvolutionParts};
pub(crate) use depthwise::{Depthwise, DepthwiseParts};
pub(crate) use input::{Input, Pictures};
pub(crate) use linear::{Linear, LinearParts};
pub(crate) use norm::LayerNorm;
pub(crate) use placement::Placement;
pub(crate) use pool::{global_average, max_pool};
