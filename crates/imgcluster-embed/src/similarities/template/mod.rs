//! Template matching: the details of one picture are looked for in the other, at many sizes.

mod detail;
mod scan;

use imgcluster_core::{ContentHash, EmbeddingSpace, FeatureShape, Pixels, Similarity};

use scan::{FINE, Scanned};

use super::Canvas;
use super::canvas::same_picture;
use super::small::Small;

/// What is done to pixels after the canvas, in words; part of the cache key.
const RECIPE: &str = "without margins, mean to 64, pixels if thin or flat";

/// Template matching as a likeness of pictures: a crop is like its whole.
///
/// Of both pictures on the [`Canvas`], without what surrounds them, details are compared: each pixel
/// less the mean of the 7 × 7 around it, since skies and shades agree by chance. One picture, reduced
/// to between 1/2 and all of the other's longer side, is moved over it where it fits within; the
/// highest normalised cross-correlation of what then overlaps counts, and so the other way round; below
/// zero is 0. Places are looked for at a longer side of 32 pixels, and looked at again at 64 where the
/// correlation is at least 0.6; elsewhere two thirds of it are the answer. These sizes do not grow with
/// the canvas. Mirrored, turned and inverted pictures are not alike.
///
/// Both what is moved and what lies under it must have details of a standard deviation of one of 255
/// gray levels, and the moved picture at least 8 pixels of the 32 on its shorter side. A picture that
/// cannot have this is like pictures with the same pixels (likeness 1) and no others (0): a flat
/// one, a plain ramp, one more than four times as long as wide.
#[derive(Debug, Clone)]
pub struct Template {
    canvas: Canvas,
    space: EmbeddingSpace,
}

/// What is kept of a picture: a small gray version, ready to be compared.
#[derive(Debug, Clone)]
pub struct TemplateSignature {
    scanned: Scanned,
    /// What tells its pixels from others, if there is nothing to compare.
    silent: Option<ContentHash>,
}

impl PartialEq for TemplateSignature {
    fn eq(&self, other: &Self) -> bool {
        self.scanned.picture() == other.scanned.picture() && self.silent == other.silent
    }
}

impl Eq for TemplateSignature {}

impl Template {
    /// Makes the likeness of pictures on this canvas.
    pub fn new(canvas: Canvas) -> Self {
        let space = EmbeddingSpace {
            model: "template".to_owned(),
            weights: ContentHash(blake3::hash(b"template-1").into()),
            preprocess: canvas.key(RECIPE),
            shape: FeatureShape::Signature,
        };
        Self { canvas, space }
    }
}

impl Similarity for Template {
    type Signature = TemplateSignature;

    fn space(&self) -> &EmbeddingSpace {
        &self.space
    }

    fn signature(&self, pixels: &Pixels, _content: &ContentHash) -> TemplateSignature {
        let placed = self.canvas.gray(pixels);
        let (width, height) = placed.size();
        let picture = Small::new(width as usize, height as usize, placed.values().to_vec());
        let picture = picture.expect("a picture on the canvas has a value each pixel");
        let scanned = Scanned::new(picture.resized(FINE));
        let silent = scanned.is_silent().then(|| same_picture(pixels));
        TemplateSignature { scanned, silent }
    }

    fn similarity(&self, a: &TemplateSignature, b: &TemplateSignature) -> f32 {
        if a.silent.is_some() || b.silent.is_some() {
            return if a.silent == b.silent { 1.0 } else { 0.0 };
        }
        let (a, b) = (&a.scanned, &b.scanned);
        if a.picture() == b.picture() {
            return 1.0;
        }
        a.likeness(b).max(b.likeness(a)) as f32
    }

    fn is_dear(&self) -> bool {
        true
    }

    fn write_signature(&self, signature: &TemplateSignature) -> Vec<u8> {
        let picture = signature.scanned.picture();
        let (width, height) = picture.size();
        let mut bytes = vec![width as u8, height as u8];
        bytes.extend(picture.values());
        bytes.extend(signature.silent.iter().flat_map(|pixels| pixels.0));
        bytes
    }

    fn read_signature(&self, bytes: &[u8]) -> Option<TemplateSignature> {
        let (&[width, height], rest) = bytes.split_first_chunk()?;
        let (width, height) = (usize::from(width), usize::from(height));
        if width.max(height) != FINE {
            return None;
        }
        let (values, rest) = rest.split_at_checked(width * height)?;
        let scanned = Scanned::new(Small::new(width, height, values.to_vec())?);
        let silent = match rest.len() {
            0 => None,
            _ => Some(ContentHash(rest.try_into().ok()?)),
        };
        let signature = TemplateSignature { scanned, silent };
        (signature.scanned.is_silent() == silent.is_some()).then_some(signature)
    }
}

#[cfg(test)]
mod tests;
