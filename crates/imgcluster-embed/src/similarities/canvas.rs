//! The common size at which pictures of all sizes are compared.

use std::num::NonZeroU32;
use std::ops::RangeInclusive;

use imgcluster_core::{ContentHash, Pixels};

use crate::gray::Gray;

/// The sides a canvas may have.
const SIDES: RangeInclusive<u32> = 32..=1024;

/// How a picture is brought to a square canvas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum CanvasFit {
    /// The longer side to that of the canvas, the picture in its middle. Default.
    #[default]
    Letterbox,
    /// Straight to the square; proportions are lost.
    Squash,
}

/// A square on which pictures of all sizes can be compared.
///
/// Pictures become gray (ITU-R 601-2, as Pillow's `convert("L")`) and are resized by a triangle filter
/// that widens with the reduction, as Pillow's `BILINEAR`; small pictures are enlarged. The same bytes
/// on every machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Canvas {
    side: NonZeroU32,
    fit: CanvasFit,
}

/// A canvas cannot have this size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a canvas has from {least} to {most} pixels a side, not {0}", least = SIDES.start(), most = SIDES.end())]
pub struct CanvasError(pub u32);

impl Default for Canvas {
    /// 256 pixels a side, letterboxed.
    fn default() -> Self {
        Self {
            side: const { NonZeroU32::new(256).expect("not zero") },
            fit: CanvasFit::default(),
        }
    }
}

impl Canvas {
    /// Makes a canvas of `side` × `side` pixels.
    ///
    /// # Errors
    /// [`CanvasError`] if that is less than 32 or more than 1024.
    pub fn new(side: u32, fit: CanvasFit) -> Result<Self, CanvasError> {
        let inside = SIDES.contains(&side).then(|| NonZeroU32::new(side));
        let side = inside.flatten().ok_or(CanvasError(side))?;
        Ok(Self { side, fit })
    }

    /// Pixels a side.
    pub fn side(self) -> u32 {
        self.side.get()
    }

    /// How pictures are brought to it.
    pub fn fit(self) -> CanvasFit {
        self.fit
    }

    /// Everything that is done to pixels and that a signature depends on besides, in words, as the
    /// `preprocess` of a cache key.
    pub(crate) fn key(self, more: &str) -> ContentHash {
        let (side, fit) = (self.side, self.fit);
        let text = format!("gray ITU-R 601-2, {fit:?} to {side}, bilinear; {more}");
        ContentHash(blake3::hash(text.as_bytes()).into())
    }

    /// Brings a picture to the canvas, without what surrounds it.
    pub(crate) fn gray(self, pixels: &Pixels) -> OnCanvas {
        let gray = Gray::of(pixels);
        let (width, height) = match self.fit {
            CanvasFit::Squash => (self.side(), self.side()),
            CanvasFit::Letterbox => self.inside(gray.size()),
        };
        OnCanvas {
            side: self.side(),
            width,
            height,
            values: gray.resized_bilinear(width, height),
        }
    }

    /// The largest size on the canvas with these proportions; no side vanishes.
    fn inside(self, (width, height): (u32, u32)) -> (u32, u32) {
        let (longer, side) = (u64::from(width.max(height)), u64::from(self.side()));
        // Rounded to the nearest, in whole numbers, so that it is the same everywhere.
        let scaled = |length: u32| ((u64::from(length) * side * 2 + longer) / (longer * 2)) as u32;
        (scaled(width).max(1), scaled(height).max(1))
    }
}

/// Tells pictures apart by their pixels, for those that show nothing to compare: however a picture was
/// written to a file, it is the same one.
pub(crate) fn same_picture(pixels: &Pixels) -> ContentHash {
    let mut hasher = blake3::Hasher::new();
    for length in [pixels.width(), pixels.height()] {
        hasher.update(&length.to_le_bytes());
    }
    ContentHash(hasher.update(pixels.rgb()).finalize().into())
}

/// A gray picture on a square canvas; what surrounds it is black.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OnCanvas {
    side: u32,
    width: u32,
    height: u32,
    values: Vec<u8>,
}

impl OnCanvas {
    /// Pixels a side of the canvas.
    pub(crate) fn side(&self) -> u32 {
        self.side
    }

    /// Width and height of the picture; the longer one is the canvas's side.
    pub(crate) fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// The picture alone, rows from the top.
    pub(crate) fn values(&self) -> &[u8] {
        &self.values
    }

    /// Columns left of the picture, and rows above it.
    pub(crate) fn margin(&self) -> (u32, u32) {
        ((self.side - self.width) / 2, (self.side - self.height) / 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(width: u32, height: u32) -> Pixels {
        let rgb = vec![200; (width * height * 3) as usize];
        Pixels::new(width, height, rgb).unwrap()
    }

    fn canvas(fit: CanvasFit) -> Canvas {
        Canvas::new(32, fit).unwrap()
    }

    #[test]
    fn a_side_too_short_or_too_long_is_refused() {
        for side in [0, 31, 1025, u32::MAX] {
            let refused = Canvas::new(side, CanvasFit::Letterbox).unwrap_err();
            assert_eq!(refused, CanvasError(side));
            assert!(refused.to_string().contains("32 to 1024"), "{refused}");
        }
    }

    #[test]
    fn every_size_finds_its_place_and_keeps_its_proportions() {
        let sizes = [
            ((1, 1), (32, 32)),
            ((64, 48), (32, 24)),
            ((3, 4), (24, 32)),
            ((2000, 1), (32, 1)),
            ((1, 900), (1, 32)),
        ];
        for ((width, height), wanted) in sizes {
            let placed = canvas(CanvasFit::Letterbox).gray(&picture(width, height));
            assert_eq!(placed.size(), wanted);
            assert_eq!(placed.values().len(), (wanted.0 * wanted.1) as usize);
            let squashed = canvas(CanvasFit::Squash).gray(&picture(width, height));
            assert_eq!((squashed.size(), squashed.margin()), ((32, 32), (0, 0)));
        }
    }

    #[test]
    fn a_letterboxed_picture_lies_in_the_middle() {
        let placed = canvas(CanvasFit::Letterbox).gray(&picture(4, 2));
        assert_eq!((placed.side(), placed.margin()), (32, (0, 8)));
        let placed = canvas(CanvasFit::Letterbox).gray(&picture(3, 4));
        assert_eq!((placed.size(), placed.margin()), ((24, 32), (4, 0)));
        assert!(placed.values().iter().all(|value| *value == 200));
    }

    #[test]
    fn pictures_are_the_same_if_size_and_all_pixels_are() {
        let coloured = Pixels::new(2, 3, [0, 200, 200].repeat(6)).unwrap();
        let others = [picture(3, 2), picture(6, 1), picture(2, 2), coloured];
        assert_eq!(same_picture(&picture(2, 3)), same_picture(&picture(2, 3)));
        for other in &others {
            assert_ne!(same_picture(&picture(2, 3)), same_picture(other));
        }
    }

    #[test]
    fn side_and_fit_are_in_the_key() {
        let keys = [
            Canvas::default().key("x"),
            Canvas::default().key("y"),
            Canvas::new(128, CanvasFit::Letterbox).unwrap().key("x"),
            Canvas::new(256, CanvasFit::Squash).unwrap().key("x"),
        ];
        for (place, key) in keys.iter().enumerate() {
            assert!(!keys[..place].contains(key), "{place}");
        }
    }
}
