//! Which JPEGs are decoded for models, and how much smaller.
//!
//! They are decoded as libjpeg-turbo does, and at a half, a quarter or an eighth of the size (there
//! within two levels of it) where a model needs no more. What is not followed, and whatever is not whole, is left to the
//! decoder of all formats and the judgement of what it gives.

use std::num::NonZeroU32;

use super::frame::Frame;
use super::order::orderly;
use super::{MOST_PASSES, Outline, engine, segments};

/// How a picture is going to be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::decode) struct Plan {
    /// The width of the stored picture.
    pub(in crate::decode) width: NonZeroU32,
    /// Its height.
    pub(in crate::decode) height: NonZeroU32,
    /// How many of its columns and rows become one.
    pub(in crate::decode) block: NonZeroU32,
    pub(super) progressive: bool,
}

impl Plan {
    /// Plans decoding; with `shorter`, as small as leaves the shorter side three times that long.
    /// `None` if the picture is of a kind that is not followed.
    pub(in crate::decode) fn of(
        bytes: &[u8],
        outline: &Outline<'_>,
        shorter: Option<NonZeroU32>,
    ) -> Option<Self> {
        let frame = segments(bytes).find(|s| (0xc0..=0xc2).contains(&s.mark))?;
        let frame = Frame::read(frame)?;
        let ids: Vec<u8> = frame.components.iter().map(|c| c.id).collect();
        let colours = match ids.len() {
            1 => true,
            3 => ids != *b"RGB" && outline.is_luma_and_chroma(),
            _ => false,
        };
        let passes = if frame.progressive {
            // Without the end mark some may be missing, and who knows what hundreds are for.
            outline.ended && outline.passes <= MOST_PASSES
        } else {
            outline.passes == 1
        };
        if frame.precision != 8 || !passes || !colours || !orderly(bytes, &frame) {
            return None;
        }
        let (width, height) = (
            NonZeroU32::new(frame.width as u32)?,
            NonZeroU32::new(frame.height as u32)?,
        );
        let fits = |block: u32| {
            let wanted = shorter.map(|side| 3 * u64::from(side.get()) * u64::from(block));
            wanted.is_some_and(|wanted| u64::from(width.min(height).get()) >= wanted)
        };
        let block = [8, 4, 2].into_iter().find(|block| fits(*block));
        Some(Self {
            width,
            height,
            block: block.and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN),
            progressive: frame.progressive,
        })
    }

    /// Columns and rows of the decoded picture.
    pub(in crate::decode) fn size(&self) -> (u32, u32) {
        let block = self.block.get();
        (
            self.width.get().div_ceil(block),
            self.height.get().div_ceil(block),
        )
    }

    /// Bytes that decoding takes: planes, RGB and coefficients, of whole groups of blocks.
    pub(in crate::decode) fn bytes(&self) -> u64 {
        let (width, height) = self.size();
        let group = u64::from(64 / self.block.get());
        let values = |width: u32, height: u32, group: u64| {
            u64::from(width).next_multiple_of(group) * u64::from(height).next_multiple_of(group)
        };
        let coefficients = if self.progressive {
            6 * values(self.width.get(), self.height.get(), 64)
        } else {
            0
        };
        6 * values(width, height, group) + coefficients
    }

    /// Decodes the picture to RGB; `None` if it is not whole, or turns out to be of another kind.
    pub(in crate::decode) fn decode(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        engine::decode(self, bytes)
    }
}
