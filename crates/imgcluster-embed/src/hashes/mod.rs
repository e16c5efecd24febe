//! Perceptual hashes: 64 bits of a picture that change little when it is saved again, resized or
//! slightly retouched; the same bits as the Python library `ImageHash`.
//!
//! A flat picture says nothing but noise in such bits, so it is like nothing but its own bytes:
//! its signature carries the hash of the file.

mod ahash;
mod bits;
mod dhash;
mod phash;
mod whash;

use imgcluster_core::{
    BitHash, ContentHash, EmbeddingSpace, FeatureShape, HashNeighbors, Neighbors, Pixels,
    Similarity,
};

use crate::gray::Gray;

/// The lightest and darkest value of a picture's small version must be farther apart than this
/// many of 255 levels, or it counts as flat.
const FLAT: u8 = 4;

/// What a hash makes of a picture.
struct Small {
    /// The hash.
    bits: u64,
    /// The small gray version it was made of.
    values: Vec<u8>,
}

/// Which hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HashKind {
    /// Coarse waves against their median (discrete cosine transform of 32 × 32); the most robust.
    Phash,
    /// Lighter to the right or not, of 9 × 8.
    Dhash,
    /// Lighter than the mean or not, of 8 × 8.
    Ahash,
    /// Means of 8 × 8 blocks against their median (Haar wavelets).
    Whash,
}

impl HashKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Phash, Self::Dhash, Self::Ahash, Self::Whash];

    /// The name, as given to `--model`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Phash => "phash",
            Self::Dhash => "dhash",
            Self::Ahash => "ahash",
            Self::Whash => "whash",
        }
    }

    /// Everything that is done to pixels, in words; part of the cache key.
    fn recipe(self) -> &'static str {
        match self {
            Self::Phash => "gray ITU-R 601-2, Lanczos to 32x32",
            Self::Dhash => "gray ITU-R 601-2, Lanczos to 9x8",
            Self::Ahash => "gray ITU-R 601-2, Lanczos to 8x8",
            Self::Whash => "gray ITU-R 601-2, Lanczos to the power of two within, 8x8 blocks",
        }
    }

    fn small(self, gray: &Gray) -> Small {
        match self {
            Self::Phash => phash::small(gray),
            Self::Dhash => dhash::small(gray),
            Self::Ahash => ahash::small(gray),
            Self::Whash => whash::small(gray),
        }
    }
}

/// A perceptual hash as a likeness of pictures: 1 - Hamming distance / 64.
///
/// A picture counts as flat if all its bits are equal, or its small gray version spans at most 4
/// of 255 levels; it has likeness 1 to pictures with the same file content and 0 to all others.
#[derive(Debug, Clone)]
pub struct PerceptualHash {
    kind: HashKind,
    space: EmbeddingSpace,
}

/// What is kept of a picture: its hash, and of a flat one what file it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HashSignature {
    /// The hash; the first bit is the highest.
    pub bits: u64,
    /// The content of the file, if the picture is flat.
    pub flat: Option<ContentHash>,
}

impl PerceptualHash {
    /// Makes the likeness of this kind.
    pub fn new(kind: HashKind) -> Self {
        let name = kind.name();
        let hashed = |text: &str| ContentHash(blake3::hash(text.as_bytes()).into());
        let space = EmbeddingSpace {
            model: name.to_owned(),
            weights: hashed(&format!("{name}-1")),
            preprocess: hashed(&format!("{}, flat up to {FLAT}", kind.recipe())),
            shape: FeatureShape::Signature,
        };
        Self { kind, space }
    }

    /// Which hash it is.
    pub fn kind(&self) -> HashKind {
        self.kind
    }
}

impl Similarity for PerceptualHash {
    type Signature = HashSignature;

    fn space(&self) -> &EmbeddingSpace {
        &self.space
    }

    fn signature(&self, pixels: &Pixels, content: &ContentHash) -> HashSignature {
        let Small { bits, values } = self.kind.small(&Gray::of(pixels));
        let lightest = values.iter().max().copied().unwrap_or(0);
        let darkest = values.iter().min().copied().unwrap_or(0);
        let flat = lightest - darkest <= FLAT || bits == 0 || bits == u64::MAX;
        let flat = flat.then_some(*content);
        HashSignature { bits, flat }
    }

    fn similarity(&self, a: &HashSignature, b: &HashSignature) -> f32 {
        if a.flat.is_some() || b.flat.is_some() {
            return if a.flat == b.flat { 1.0 } else { 0.0 };
        }
        1.0 - (a.bits ^ b.bits).count_ones() as f32 / 64.0
    }

    fn neighbors<'a>(&'a self, signatures: &'a [HashSignature]) -> Box<dyn Neighbors + 'a> {
        let compared = |signature: &HashSignature| {
            let only = signature.flat.map(BitHash::Only);
            only.unwrap_or(BitHash::Bits(signature.bits))
        };
        Box::new(HashNeighbors::new(signatures.iter().map(compared)))
    }

    fn write_signature(&self, signature: &HashSignature) -> Vec<u8> {
        let mut bytes = signature.bits.to_be_bytes().to_vec();
        bytes.extend(signature.flat.iter().flat_map(|content| content.0));
        bytes
    }

    fn read_signature(&self, bytes: &[u8]) -> Option<HashSignature> {
        let (bits, rest) = bytes.split_first_chunk()?;
        let flat = match rest.len() {
            0 => None,
            _ => Some(ContentHash(rest.try_into().ok()?)),
        };
        let bits = u64::from_be_bytes(*bits);
        Some(HashSignature { bits, flat })
    }
}

#[cfg(test)]
mod tests;
