//! What is kept of a picture: its key points and what surrounds them.

use std::ops::RangeInclusive;

use imgcluster_core::ContentHash;
use imgcluster_kernels::Descriptor;

use super::orientation::SECTORS;
use super::pyramid::LEVELS;

/// Parts of a pixel of the canvas in which positions are counted.
pub(super) const PARTS: u16 = 32;

/// Bytes of a key point and its descriptor.
const BYTES: usize = 6 + 32;

/// A point of a picture that can be found again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct KeyPoint {
    /// From the left edge of the picture, in 32nds of a pixel of the canvas.
    pub x: u16,
    /// From its upper edge.
    pub y: u16,
    /// The level on which it was found.
    pub level: u8,
    /// The direction it faces, of 30.
    pub sector: u8,
}

/// What [`Orb`](super::Orb) keeps of a picture: 8 to 500 key points, or a hash of its pixels if it
/// has fewer.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct OrbSignature {
    pub(super) points: Vec<KeyPoint>,
    /// One a key point.
    pub(super) descriptors: Vec<Descriptor>,
    /// What tells its pixels from others, if there are too few key points.
    pub(super) blank: Option<ContentHash>,
}

impl OrbSignature {
    /// Counts the key points.
    pub fn key_points(&self) -> usize {
        self.points.len()
    }

    /// The signature of a picture that has too few key points.
    pub(super) fn blank(pixels: ContentHash) -> Self {
        Self {
            blank: Some(pixels),
            ..Self::default()
        }
    }

    /// Writes all that is kept.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        if let Some(pixels) = self.blank {
            return pixels.0.to_vec();
        }
        let mut bytes = Vec::with_capacity(2 + self.points.len() * BYTES);
        // Their number, so that a part of a signature is none.
        bytes.extend((self.points.len() as u16).to_le_bytes());
        for (point, descriptor) in self.points.iter().zip(&self.descriptors) {
            bytes.extend(point.x.to_le_bytes());
            bytes.extend(point.y.to_le_bytes());
            bytes.extend([point.level, point.sector]);
            bytes.extend(descriptor.iter().flat_map(|word| word.to_le_bytes()));
        }
        bytes
    }

    /// Reads what [`OrbSignature::to_bytes`] wrote, with as many key points as allowed, on a canvas of
    /// `side` pixels.
    pub(super) fn from_bytes(
        bytes: &[u8],
        counts: RangeInclusive<usize>,
        side: u32,
    ) -> Option<Self> {
        if let Ok(pixels) = bytes.try_into() {
            return Some(Self::blank(ContentHash(pixels)));
        }
        let (count, bytes) = bytes.split_first_chunk()?;
        let (rows, rest) = bytes.as_chunks::<BYTES>();
        let is_whole = rest.is_empty() && rows.len() == usize::from(u16::from_le_bytes(*count));
        if !is_whole || !counts.contains(&rows.len()) {
            return None;
        }
        let points: Option<Vec<KeyPoint>> = rows.iter().map(|row| key_point(row, side)).collect();
        Some(Self {
            points: points?,
            descriptors: rows.iter().map(descriptor).collect(),
            blank: None,
        })
    }
}

/// Reads a key point, if it lies on the canvas.
fn key_point(row: &[u8; BYTES], side: u32) -> Option<KeyPoint> {
    let point = KeyPoint {
        x: u16::from_le_bytes([row[0], row[1]]),
        y: u16::from_le_bytes([row[2], row[3]]),
        level: row[4],
        sector: row[5],
    };
    let inside = u32::from(point.x.max(point.y)) <= side * u32::from(PARTS);
    let known = usize::from(point.level) < LEVELS && usize::from(point.sector) < SECTORS;
    (inside && known).then_some(point)
}

fn descriptor(row: &[u8; BYTES]) -> Descriptor {
    let mut descriptor = [0; 4];
    for (word, bytes) in descriptor.iter_mut().zip(row[6..].as_chunks().0) {
        *word = u64::from_le_bytes(*bytes);
    }
    descriptor
}
