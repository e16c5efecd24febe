//! `MinHash` of corners: where pictures have corners is compared.

mod corners;
mod search;
mod slots;

use imgcluster_core::{ContentHash, EmbeddingSpace, FeatureShape, Neighbors, Pixels, Similarity};

use search::MinHashNeighbors;
use slots::{SLOTS, Slots};

use super::Canvas;
use super::canvas::same_picture;
use super::small::Small;

/// The longer side of the picture in which corners are found.
const SIDE: usize = 128;

/// Pictures with fewer corners say nothing.
const FEWEST: usize = 4;

/// What is done to pixels after the canvas, in words; part of the cache key.
const RECIPE: &str = "without margins, mean to 128, Harris, pixels below 4 corners";

/// `MinHash` over corners as a likeness of pictures: the share of equal slots, of 128.
///
/// Of the picture on the [`Canvas`], reduced to a longer side of 128 pixels, the strongest corners
/// are found, 100 at most (Harris and Stephens 1988: Sobel gradients, summed over 7 × 7, k = 0.04,
/// none within 3 pixels of a stronger one). A corner is an element by the cell of the picture in which
/// it lies, of 12 × 12, and by which of four ways edges around it run; and another one by the cell of
/// a second grid half a cell aside. Slots are the minima of 128 permutations (Broder 1997), so the
/// likeness estimates how much of both sets is common to them; its standard deviation is at most 0.045.
///
/// A picture with fewer than 4 corners is like pictures with the same pixels (likeness 1) and no
/// others (0). Crops and turned pictures have their corners elsewhere and are not alike.
#[derive(Debug, Clone)]
pub struct MinHash {
    canvas: Canvas,
    space: EmbeddingSpace,
}

/// What is kept of a picture: 128 slots or, where there are too few corners, a hash of its
/// pixels.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MinHashSignature(Kept);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Kept {
    Corners(Box<Slots>),
    Only(ContentHash),
}

impl MinHash {
    /// Makes the likeness of pictures on this canvas.
    pub fn new(canvas: Canvas) -> Self {
        let space = EmbeddingSpace {
            model: "minhash".to_owned(),
            weights: ContentHash(blake3::hash(b"minhash-1").into()),
            preprocess: canvas.key(RECIPE),
            shape: FeatureShape::Signature,
        };
        Self { canvas, space }
    }
}

impl Similarity for MinHash {
    type Signature = MinHashSignature;

    fn space(&self) -> &EmbeddingSpace {
        &self.space
    }

    fn signature(&self, pixels: &Pixels, _content: &ContentHash) -> MinHashSignature {
        let placed = self.canvas.gray(pixels);
        let (width, height) = placed.size();
        let picture = Small::new(width as usize, height as usize, placed.values().to_vec());
        let picture = picture.expect("a picture on the canvas has a value each pixel");
        let picture = picture.resized(SIDE);
        let corners = corners::corners(&picture);
        MinHashSignature(if corners.len() < FEWEST {
            Kept::Only(same_picture(pixels))
        } else {
            let elements = slots::elements(picture.size(), &corners);
            Kept::Corners(Box::new(slots::slots(&elements)))
        })
    }

    fn similarity(&self, a: &MinHashSignature, b: &MinHashSignature) -> f32 {
        match (&a.0, &b.0) {
            (Kept::Corners(a), Kept::Corners(b)) => share(slots::count_equal(a, b)),
            (a, b) => f32::from(u8::from(a == b)),
        }
    }

    fn neighbors<'a>(&'a self, signatures: &'a [MinHashSignature]) -> Box<dyn Neighbors + 'a> {
        Box::new(MinHashNeighbors::new(signatures))
    }

    fn write_signature(&self, signature: &MinHashSignature) -> Vec<u8> {
        match &signature.0 {
            Kept::Corners(slots) => slots.iter().flat_map(|slot| slot.to_le_bytes()).collect(),
            Kept::Only(pixels) => pixels.0.to_vec(),
        }
    }

    fn read_signature(&self, bytes: &[u8]) -> Option<MinHashSignature> {
        if let Ok(pixels) = bytes.try_into() {
            return Some(MinHashSignature(Kept::Only(ContentHash(pixels))));
        }
        let (slots, rest) = bytes.as_chunks::<2>();
        let slots: &[_; SLOTS] = slots.try_into().ok()?;
        let slots = Box::new(slots.map(u16::from_le_bytes));
        rest.is_empty()
            .then_some(MinHashSignature(Kept::Corners(slots)))
    }
}

/// The likeness of pictures with this many equal slots.
fn share(equal: u16) -> f32 {
    f32::from(equal) / SLOTS as f32
}

#[cfg(test)]
mod tests;
