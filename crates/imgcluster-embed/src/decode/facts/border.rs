//! The picture within a border of one colour.

use imgcluster_core::Pixels;

/// Levels by which a pixel of a border may differ from its colour: storing a narrow border as JPEG
/// changes it by so many.
const SAME: u8 = 24;

/// Levels by which a quarter of the pixels must differ from the border where the picture begins.
const OTHER: u8 = 48;

/// Lines within which the picture must begin: blocks of 8 × 8 pixels smear the edge.
const EDGE: u32 = 10;

/// A part of an upright picture, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InnerPart {
    /// Pixels to the left of it.
    pub left: u32,
    /// Rows above it.
    pub top: u32,
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl InnerPart {
    /// Finds the picture within a border: lines along a side all of one colour, and then, at once,
    /// something else. What fades into the picture (a night sky) is no border.
    pub(super) fn within_border(pixels: &Pixels) -> Self {
        let mut part = Self {
            left: 0,
            top: 0,
            width: pixels.width(),
            height: pixels.height(),
        };
        let whole = part;
        let at = |x: u32, y: u32| {
            let from = (y as usize * pixels.width() as usize + x as usize) * 3;
            [0, 1, 2].map(|channel| pixels.rgb()[from + channel])
        };
        let row = |y: u32| (0..whole.width).map(move |x| at(x, y));
        let (top, bottom) = (
            border(whole.height, row),
            border(whole.height, |y| row(whole.height - 1 - y)),
        );
        if top + bottom < whole.height {
            (part.top, part.height) = (top, whole.height - top - bottom);
        }
        let rows = part.top..part.top + part.height;
        let column = |x: u32| rows.clone().map(move |y| at(x, y));
        let (left, right) = (
            border(whole.width, column),
            border(whole.width, |x| column(whole.width - 1 - x)),
        );
        if left + right < whole.width {
            (part.left, part.width) = (left, whole.width - left - right);
        }
        part
    }

    /// The same part of a picture of another size.
    pub(super) fn scaled(self, from: (u32, u32), to: (u32, u32)) -> Self {
        let scale = |value: u32, from: u32, to: u32| {
            (u64::from(value) * u64::from(to) / u64::from(from)) as u32
        };
        Self {
            left: scale(self.left, from.0, to.0),
            top: scale(self.top, from.1, to.1),
            width: scale(self.width, from.0, to.0).max(1),
            height: scale(self.height, from.1, to.1).max(1),
        }
    }
}

/// Counts the lines of a border, of `count` lines from a side inwards.
fn border<I: Iterator<Item = [u8; 3]>>(count: u32, line: impl Fn(u32) -> I) -> u32 {
    let Some(colour) = line(0).next() else {
        return 0;
    };
    let differ = |at: u32, by: u8| {
        let far = |pixel: [u8; 3]| (0..3).any(|c| pixel[c].abs_diff(colour[c]) > by);
        let (all, far) = line(at).fold((0_u64, 0_u64), |(all, differing), pixel| {
            (all + 1, differing + u64::from(far(pixel)))
        });
        (all, far)
    };
    // One pixel in 50 may be a speck.
    let is_border = |at: &u32| {
        let (all, far) = differ(*at, SAME);
        far * 50 <= all
    };
    let is_picture = |at: &u32| {
        let (all, far) = differ(*at, OTHER);
        far * 4 >= all
    };
    let lines = (0..count).take_while(is_border).count() as u32;
    let begins = (lines..count.min(lines + EDGE)).find(is_picture);
    // A line alone is an edge, not a border.
    begins.filter(|_| lines >= 2).unwrap_or(0)
}
