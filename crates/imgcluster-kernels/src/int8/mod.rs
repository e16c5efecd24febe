//! Layers of neural networks on bytes, and rows to search ([`packed`]).
//!
//! Values become bytes on a [`quantise::Grid`], weights once for good ([`weights`]). The tiles sum
//! products of bytes exactly ([`tiles`]), and at the end of each tile the sums become values again
//! ([`product`]). All but the activation's last step has the same bits on every processor.

mod convolution;
mod linear;
mod packed;
mod product;
mod quantise;
mod tiles;
mod weights;

pub use convolution::Int8Convolution;
pub use linear::Int8Linear;
pub use packed::{Int8Packed, Int8Panel, Int8PanelScratch};
pub(crate) use product::Int8Scratch;

#[cfg(test)]
mod tests;
