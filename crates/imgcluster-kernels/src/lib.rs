//! The arithmetic under exact all-pairs search: one fixed-order reference product that decides,
//! and packed tiles of products that find candidates fast.
//!
//! The two are used together. [`Packed`] rows are multiplied tile by tile, in registers, with the
//! widest vector instructions that the processor has ([`InstructionSet`]). Such a product is quick
//! but rounds in `f32`; its error is bounded by [`error_bound`], so a caller accepts or rejects
//! outside that band and asks [`reference::dot`] inside it. The answer is then the same on every
//! machine, at any number of threads and for any tile.
//!
//! Rows can be packed as bytes instead ([`Int8Packed`]), a quarter as large and up to three times
//! as fast, with a wider band that is proven as well.
//!
//! Many products come as [`Strip`]s, each handed over while it is still in the cache, and a
//! [`Screen`] rules out most of them at once.
//!
//! ```
//! use imgcluster_kernels::{Packed, Pairs, StripScratch, reference};
//!
//! let rows = [1.0, 0.0, 0.6, 0.8]; // two rows of two values
//! assert!((reference::dot(&rows[..2], &rows[2..]) - 0.6).abs() < 1e-7);
//!
//! let packed = Packed::new(&rows, 2);
//! packed.strips(0..1, Pairs::All, &mut StripScratch::default(), |strip| {
//!     assert!((strip.products(0)[1] - 0.6).abs() < 1e-6);
//! });
//! ```
//!
//! The layers of neural networks are built of tiles, too: [`Linear`] and [`Convolution`] have their
//! weights packed once, read rows and pixels where they lie, and finish each tile with bias,
//! residual and [`Activation`] while it is in the cache. So is [`Attention`], which runs its softmax
//! on tiles of scores. [`LayerNorm`], [`Depthwise`] and the pools need no tiles, only vectors.
//!
//! [`StructuralSimilarity`] compares gray pictures in pairs, many in a block, and [`BitCount`]
//! hashes.
//!
//! This is the one crate of the workspace with unsafe code: calls into functions compiled for more
//! than the plainest processor, made only after the processor was asked, and vector loads and
//! stores of arrays of fixed length or of slices measured just before.
#![deny(unsafe_op_in_unsafe_fn)]

mod activation;
mod aligned;
mod attention;
mod convolution;
mod depthwise;
mod descriptors;
mod error_bound;
mod exponential;
mod hamming;
mod instruction_set;
mod int8;
mod layer_norm;
mod linear;
mod operand;
mod packed;
mod pool;
mod product;
pub mod reference;
mod routine;
mod size;
mod ssim;
mod strip;
mod tile;
mod transpose;
mod window;

pub use activation::Activation;
pub use attention::{Attention, AttentionScratch};
pub use convolution::{Convolution, ConvolutionShape};
pub use depthwise::Depthwise;
pub use descriptors::{Descriptor, DescriptorSearch, DescriptorSet, TwoNearest};
pub use error_bound::error_bound;
pub use hamming::BitCount;
pub use instruction_set::InstructionSet;
pub use int8::{Int8Convolution, Int8Linear, Int8Packed, Int8Panel, Int8PanelScratch};
pub use layer_norm::LayerNorm;
pub use linear::Linear;
pub use packed::{Packed, Panel};
pub use pool::{Average, MaxPool};
pub use product::{Finish, Scratch};
pub use ssim::{SsimPicture, SsimScratch, StructuralSimilarity};
pub use strip::{Pairs, Strip, StripScratch};
pub use tile::Screen;
pub use window::Window;
