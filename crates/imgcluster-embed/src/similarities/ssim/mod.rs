//! Structural similarity: alike are pictures with the same brightness, contrast and structure at
//! the same places. It finds copies that were saved, resized or slightly toned anew, and misses
//! those that were cropped, turned or mirrored.

mod neighbors;

use imgcluster_core::{ContentHash, EmbeddingSpace, FeatureShape, Neighbors, Pixels, Similarity};
use imgcluster_kernels::{Pairs, SsimPicture, SsimScratch, StructuralSimilarity};

use super::{Canvas, CanvasFit};
use neighbors::SsimNeighbors;

/// Bytes of a side in a signature.
const SIDE_BYTES: usize = 2;

/// Mean structural similarity (Wang, Bovik, Sheikh and Simoncelli 2004) of gray pictures on a
/// common [`Canvas`], as scikit-image's `structural_similarity(win_size=7, data_range=255)`.
///
/// Windows that lie wholly in the black around both pictures are not counted, so two panoramas are
/// not alike for that; a canvas that is full has none. Pictures of one colour each are compared by
/// brightness alone, as the method does.
#[derive(Debug, Clone)]
pub struct Ssim {
    canvas: Canvas,
    kernel: StructuralSimilarity,
    space: EmbeddingSpace,
}

/// What is kept of a picture: its gray version on the canvas, a byte a pixel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SsimSignature(SsimPicture);

impl Ssim {
    /// Compares pictures on this canvas.
    pub fn new(canvas: Canvas) -> Self {
        let space = EmbeddingSpace {
            model: "ssim".to_owned(),
            weights: ContentHash(blake3::hash(b"ssim-1").into()),
            preprocess: canvas.key("in the middle"),
            shape: FeatureShape::Signature,
        };
        Self {
            canvas,
            kernel: StructuralSimilarity::detect(),
            space,
        }
    }

    /// The canvas.
    pub fn canvas(&self) -> Canvas {
        self.canvas
    }

    /// The mean structural similarity itself, in [-1, 1]; negative for pictures of which one is
    /// light where the other is dark, such as a picture and its inverse. [`Similarity::similarity`]
    /// is 0 for those.
    ///
    /// # Panics
    /// Panics if the signatures were made for canvases of different sides.
    pub fn signed_similarity(&self, a: &SsimSignature, b: &SsimSignature) -> f32 {
        let mut mean = [0.0];
        let scratch = &mut SsimScratch::default();
        let kernel = self.kernel;
        kernel.means(&[&a.0], &[&b.0], Pairs::All, scratch, &mut mean);
        mean[0]
    }

    /// Tells whether the canvas gives pictures of this size.
    fn gives(&self, (width, height): (usize, usize)) -> bool {
        let side = self.canvas.side() as usize;
        let within = (1..=side).contains(&width) && (1..=side).contains(&height);
        let reached = [width, height].map(|length| length == side);
        within
            && match self.canvas.fit() {
                CanvasFit::Letterbox => reached.contains(&true),
                CanvasFit::Squash => reached == [true; 2],
            }
    }
}

/// The likeness of pictures with this mean structural similarity.
fn likeness(mean: f32) -> f32 {
    mean.max(0.0)
}

impl Similarity for Ssim {
    type Signature = SsimSignature;

    fn space(&self) -> &EmbeddingSpace {
        &self.space
    }

    fn signature(&self, pixels: &Pixels, _content: &ContentHash) -> SsimSignature {
        let gray = self.canvas.gray(pixels);
        let pair = |(a, b): (u32, u32)| (a as usize, b as usize);
        let (size, at) = (pair(gray.size()), pair(gray.margin()));
        let picture = SsimPicture::new(gray.side() as usize, size, at, gray.values());
        SsimSignature(picture)
    }

    fn similarity(&self, a: &SsimSignature, b: &SsimSignature) -> f32 {
        likeness(self.signed_similarity(a, b))
    }

    fn is_dear(&self) -> bool {
        true
    }

    fn neighbors<'a>(&'a self, signatures: &'a [SsimSignature]) -> Box<dyn Neighbors + 'a> {
        Box::new(SsimNeighbors::new(self.kernel, signatures))
    }

    fn write_signature(&self, signature: &SsimSignature) -> Vec<u8> {
        let (width, height) = signature.0.size();
        // A canvas has at most 1024 pixels a side.
        let sides = [width, height].map(|length| (length as u16).to_le_bytes());
        [sides.concat(), signature.0.values()].concat()
    }

    fn read_signature(&self, bytes: &[u8]) -> Option<SsimSignature> {
        let (width, rest) = bytes.split_first_chunk::<SIDE_BYTES>()?;
        let (height, values) = rest.split_first_chunk::<SIDE_BYTES>()?;
        let [width, height] = [width, height].map(|length| u16::from_le_bytes(*length).into());
        if !self.gives((width, height)) || values.len() != width * height {
            return None;
        }
        let side = self.canvas.side() as usize;
        let at = ((side - width) / 2, (side - height) / 2);
        let picture = SsimPicture::new(side, (width, height), at, values);
        Some(SsimSignature(picture))
    }
}

#[cfg(test)]
mod tests;
