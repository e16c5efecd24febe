//! Likenesses of pairs of pictures: each reads a signature from a picture brought to a common
//! [`Canvas`], and compares two of them: in [0, 1], symmetric, 1 for equal pictures.

mod canvas;
#[cfg(test)]
mod drawn;
mod minhash;
mod orb;
mod small;
mod ssim;
mod template;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod truth;

pub use canvas::{Canvas, CanvasError, CanvasFit};
pub use minhash::{MinHash, MinHashSignature};
pub use orb::{Orb, OrbSignature};
pub use ssim::{Ssim, SsimSignature};
pub use template::{Template, TemplateSignature};
