//! `classic`: a training-free picture descriptor, for use when no network weights are at hand.
//!
//! The picture is squashed to [`SIDE`] x [`SIDE`] by the caller. Then:
//!
//! 1. [`gradients`]: square-root intensities, light smoothing, the strongest colour channel's
//!    gradient at each pixel (Dalal and Triggs, "Histograms of Oriented Gradients for Human
//!    Detection", CVPR 2005).
//! 2. [`orientation`]: eight soft orientation maps on a 32 x 32 grid of cells, divided by the
//!    contrast around each cell.
//! 3. [`patches`]: at 26 x 26 cells a vector of 45 numbers: the orientations in four sub-patches (a
//!    small SIFT: Lowe, IJCV 2004), the opponent colour, and where in the picture it lies.
//! 4. [`second_order`]: the 45 x 45 matrix of second moments of these vectors (Tuzel, Porikli and
//!    Meer, "Region Covariance", ECCV 2006; Carreira et al., "Semantic Segmentation with
//!    Second-Order Pooling", ECCV 2012), taken through a softened matrix logarithm ([`logarithm`])
//!    so that the straight-line geometry of cosines fits it (Arsigny et al., "Log-Euclidean
//!    metrics", 2006), less a fixed typical matrix ([`reference`]).
//! 5. [`layout`]: the orientation maps again as 8 x 8 blocks with four unsigned orientations,
//!    root-normalised (Arandjelovic and Zisserman, "Three things everyone should know...", CVPR
//!    2012) and centred.
//!
//! Both parts are brought to unit length, weighted and joined. Nothing here is learnt from
//! photographs. All run-time arithmetic is `+ - * /` and `sqrt` in a fixed order, so that a picture
//! has the same descriptor, bit for bit, on every machine.

mod embedder;
mod gradients;
mod layout;
mod logarithm;
mod normalise;
mod orientation;
mod patches;
mod reference;
mod second_order;
#[cfg(test)]
mod synthetic;
#[cfg(test)]
mod tests;

pub use embedder::Classic;

/// Width and height, in pixels, of the picture that [`describe`] reads.
pub(crate) const SIDE: usize = 128;

/// Length of the vector that [`describe`] returns.
pub(crate) const DIM: usize = second_order::LENGTH + layout::LENGTH;

/// Name of this very computation; changes whenever any descriptor would change by even one bit.
pub(crate) const VERSION: &str = "classic-1";

/// Cells along each side of the orientation grid; a cell is 4 x 4 pixels.
const CELLS: usize = SIDE / CELL_PIXELS;

/// Width and height of one cell in pixels.
const CELL_PIXELS: usize = 4;

/// Share of the layout part against 1 for the second-order part; their squares weigh the two
/// cosines.
const LAYOUT_WEIGHT: f32 = 0.4;

/// Describes a picture by a vector of [`DIM`] numbers with unit Euclidean length.
///
/// `rgb` holds [`SIDE`] rows of [`SIDE`] pixels, red, green and blue interleaved, 8 bits each,
/// upright, squashed to the square with an antialiasing filter. Bytes that are missing count as
/// black, bytes beyond the last pixel are ignored.
///
/// The cosine of two descriptors is about 1 for the same photograph re-encoded or resized, and
/// spreads around 0.2 for unrelated photographs. A picture without any contrast is described by its
/// colour alone.
#[must_use]
pub(crate) fn describe(rgb: &[u8]) -> Vec<f32> {
    let planes = gradients::root_planes(rgb);
    let gradient = gradients::strongest(&planes);
    let orientations = orientation::contrast_normalised(&gradient);
    let colours = patches::cell_colours(&planes);

    let mut descriptor = second_order::describe(&patches::vectors(&orientations, &colours));
    normalise::to_unit_length(&mut descriptor);
    let layout = layout::describe(&orientations);
    descriptor.extend(layout.iter().map(|value| value * LAYOUT_WEIGHT));
    normalise::to_unit_length(&mut descriptor);
    descriptor
}
