//! ORB: corners of two pictures that look alike and agree on how one picture lies in the other, so
//! that crops, captions, rotations and frames are seen through.
//!
//! Everything up to the descriptors is whole numbers; the mappings between pictures are computed with
//! `+ - * /` in a fixed order: the same bits on every machine.

mod compare;
mod corners;
mod descriptor;
mod geometry;
mod mapping;
mod matching;
mod neighbors;
mod orientation;
mod pyramid;
mod signature;
mod spread;

use imgcluster_core::{ContentHash, EmbeddingSpace, FeatureShape, Neighbors, Pixels, Similarity};
use imgcluster_kernels::{DescriptorSearch, DescriptorSet};

use super::canvas::{Canvas, OnCanvas, same_picture};
use compare::{Prepared, similarity};
use matching::MatchScratch;
use neighbors::OrbNeighbors;
use pyramid::{LEVELS, Level};
pub use signature::OrbSignature;
use signature::{KeyPoint, PARTS};

/// What is done to pixels after the canvas, in words; part of the cache key.
const RECIPE: &str = "500 key points, 8 levels of 1.2, pixels below 8";

/// Most key points of each level, 500 in all: in proportion to its sides, as `OpenCV` has it.
const SHARES: [usize; LEVELS] = [109, 90, 75, 63, 52, 44, 36, 31];

/// Pictures with fewer key points have nothing to say.
const LEAST: usize = geometry::LEAST;

/// Oriented FAST corners and rotated BRIEF descriptors (Rublee et al. 2011) as a likeness of
/// pictures: key points that agree over key points of the picture that has fewer.
///
/// Key points agree if they are each other's nearest by far, and if a single mapping of one picture
/// to the other (turned, scaled, shifted, stretched a little, not mirrored) brings at least eight of
/// them to their places, spread over both pictures. So copies are found that were cropped, framed,
/// turned or written on; mirrored and inverted ones are not. Chance and shared captions give 0.
///
/// A picture with fewer than eight key points (a flat or blurred one) has likeness 1 to pictures with
/// the same pixels and 0 to all others.
#[derive(Debug, Clone)]
pub struct Orb {
    canvas: Canvas,
    search: DescriptorSearch,
    space: EmbeddingSpace,
}

impl Orb {
    /// Makes the likeness of pictures on this canvas.
    pub fn new(canvas: Canvas) -> Self {
        Self::with_search(canvas, DescriptorSearch::detect())
    }

    fn with_search(canvas: Canvas, search: DescriptorSearch) -> Self {
        let space = EmbeddingSpace {
            model: "orb".to_owned(),
            weights: ContentHash(blake3::hash(b"orb-1").into()),
            preprocess: canvas.key(RECIPE),
            shape: FeatureShape::Signature,
        };
        Self {
            canvas,
            search,
            space,
        }
    }

    /// The size at which pictures are compared.
    pub fn canvas(&self) -> Canvas {
        self.canvas
    }
}

impl Similarity for Orb {
    type Signature = OrbSignature;

    fn space(&self) -> &EmbeddingSpace {
        &self.space
    }

    fn signature(&self, pixels: &Pixels, _content: &ContentHash) -> OrbSignature {
        let picture = self.canvas.gray(pixels);
        let mut found = OrbSignature::default();
        let levels = pyramid::levels(picture.size(), picture.values());
        for (number, level) in levels.enumerate() {
            describe(&picture, number, &level, &mut found);
        }
        if found.key_points() < LEAST {
            found = OrbSignature::blank(same_picture(pixels));
        }
        found
    }

    fn similarity(&self, a: &OrbSignature, b: &OrbSignature) -> f32 {
        let mut set = DescriptorSet::default();
        let prepared = Prepared::new(self.search, a, &mut set);
        similarity(&prepared, b, &mut MatchScratch::default())
    }

    fn is_dear(&self) -> bool {
        true
    }

    fn neighbors<'a>(&'a self, signatures: &'a [OrbSignature]) -> Box<dyn Neighbors + 'a> {
        Box::new(OrbNeighbors::new(self.search, signatures))
    }

    fn write_signature(&self, signature: &OrbSignature) -> Vec<u8> {
        signature.to_bytes()
    }

    fn read_signature(&self, bytes: &[u8]) -> Option<OrbSignature> {
        let most = SHARES.iter().sum();
        OrbSignature::from_bytes(bytes, LEAST..=most, self.canvas.side())
    }
}

/// Adds the key points of a level.
fn describe(picture: &OnCanvas, number: usize, level: &Level, found: &mut OrbSignature) {
    let corners = corners::corners(level, SHARES[number]);
    if corners.is_empty() {
        return;
    }
    let smoothed = level.smoothed();
    let ((width, height), whole) = (level.size(), picture.size());
    for corner in corners {
        let sector = orientation::sector(level, corner.x, corner.y);
        found.points.push(KeyPoint {
            x: on_canvas(corner.x, width, whole.0),
            y: on_canvas(corner.y, height, whole.1),
            level: number as u8,
            sector,
        });
        let descriptor = descriptor::describe(&smoothed, corner.x, corner.y, sector);
        found.descriptors.push(descriptor);
    }
}

/// Where the middle of a pixel of a level lies on the canvas, in its parts.
fn on_canvas(at: usize, length: usize, whole: u32) -> u16 {
    let parts = (2 * at + 1) * whole as usize * usize::from(PARTS);
    ((parts + length) / (2 * length)) as u16
}

#[cfg(test)]
mod tests;
