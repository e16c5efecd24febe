//! A sheet of pictures beside their reconstructions.

use std::io::Write;

use imgcluster_core::Pixels;
use plotters::backend::BitMapBackend;
use plotters::drawing::IntoDrawingArea;
use plotters::element::Text;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{IntoFont, RGBColor, TextStyle};

use crate::VizError;
use crate::plot::{encode_png, register};

const WHAT: &str = "the sheet of reconstructions";
/// Pairs that are shown; further ones are not.
const PAIRS: usize = 24;
/// No sheet is wider, in pixels.
const WIDEST: usize = 1600;
/// Small pictures are enlarged up to this side.
const SMALL: usize = 192;
/// Large pictures are shrunk down to this side.
const LARGE: usize = 256;
/// Around the sheet.
const MARGIN: usize = 12;
/// Between the two pictures of a pair.
const WITHIN: usize = 4;
/// Between pairs.
const BETWEEN: usize = 12;
/// The words above the pictures.
const HEADER: usize = 28;
const FONT: i32 = 15;
const INK: RGBColor = RGBColor(40, 40, 40);

/// Draws pictures beside their reconstructions as a PNG: each original on the left of its pair, at
/// most 24 pairs, in rows from the left and at most 1600 pixels wide.
///
/// All are scaled alike, by a whole number: pictures of 96 pixels or less are enlarged, one pixel to a
/// square of equal ones, and those of more than 256 are shrunk by averaging squares. Pictures of
/// different sizes lie in the middle of places as large as the largest.
///
/// # Errors
/// If it cannot be drawn or written.
pub fn write_reconstructions_png(
    pairs: &[(Pixels, Pixels)],
    writer: impl Write,
) -> Result<(), VizError> {
    let pairs = &pairs[..pairs.len().min(PAIRS)];
    let layout = Layout::of(pairs);
    let (width, height) = layout.sheet();
    let mut rgb = vec![255; width * height * 3];
    for (place, (original, reconstruction)) in pairs.iter().enumerate() {
        let (left, top) = layout.corner(place);
        layout.put(original, (left, top), &mut rgb);
        let right = left + layout.cell.0 + WITHIN;
        layout.put(reconstruction, (right, top), &mut rgb);
    }
    let size = (width as u32, height as u32);
    head(&layout, size, &mut rgb)?;
    encode_png(size, None, WHAT, writer, &rgb)
}

/// Writes above each column which picture is which.
fn head(layout: &Layout, size: (u32, u32), rgb: &mut [u8]) -> Result<(), VizError> {
    register()?;
    let area = BitMapBackend::with_buffer(rgb, size).into_drawing_area();
    let style = TextStyle::from(("sans-serif", FONT).into_font())
        .color(&INK)
        .pos(Pos::new(HPos::Center, VPos::Center));
    for column in 0..layout.columns {
        let left = layout.corner(column).0;
        for (word, shift) in [("original", 0), ("reconstruction", layout.cell.0 + WITHIN)] {
            let at = [left + shift + layout.cell.0 / 2, MARGIN + HEADER / 2 - 4];
            let at = at.map(|place| (place as u32).cast_signed());
            let word = Text::new(word, (at[0], at[1]), &style);
            area.draw(&word).map_err(|error| VizError::Write {
                what: WHAT,
                source: std::io::Error::other(error.to_string()),
            })?;
        }
    }
    Ok(())
}

/// By what pictures are scaled.
#[derive(Debug, Clone, Copy)]
enum Scale {
    /// A pixel becomes a square of this side.
    Enlarge(usize),
    /// A square of this side becomes a pixel.
    Shrink(usize),
}

impl Scale {
    /// The scale of pictures whose longest side is `longest`.
    fn of(longest: usize) -> Self {
        if longest > LARGE {
            Self::Shrink(longest.div_ceil(LARGE))
        } else {
            Self::Enlarge((SMALL / longest).max(1))
        }
    }

    fn side(self, side: usize) -> usize {
        match self {
            Self::Enlarge(factor) => side * factor,
            Self::Shrink(factor) => side.div_ceil(factor),
        }
    }

    /// One pixel of a scaled picture.
    fn pixel(self, picture: &Pixels, (x, y): (usize, usize)) -> [u8; 3] {
        let (width, height) = sides(picture);
        let rgb = picture.rgb();
        match self {
            Self::Enlarge(factor) => {
                let start = ((y / factor) * width + x / factor) * 3;
                [rgb[start], rgb[start + 1], rgb[start + 2]]
            }
            Self::Shrink(factor) => {
                let rows = y * factor..((y + 1) * factor).min(height);
                let columns = x * factor..((x + 1) * factor).min(width);
                let count = rows.len() * columns.len();
                let mut sums = [0; 3];
                for row in rows {
                    let line = &rgb[(row * width + columns.start) * 3..][..columns.len() * 3];
                    for (place, byte) in line.iter().enumerate() {
                        sums[place % 3] += usize::from(*byte);
                    }
                }
                sums.map(|sum| ((sum + count / 2) / count) as u8)
            }
        }
    }
}

/// Where pictures lie on the sheet, in pixels.
#[derive(Debug)]
struct Layout {
    scale: Scale,
    /// Width and height of the place of one picture.
    cell: (usize, usize),
    /// Pairs in a row.
    columns: usize,
    rows: usize,
}

impl Layout {
    fn of(pairs: &[(Pixels, Pixels)]) -> Self {
        let all = || pairs.iter().flat_map(|(a, b)| [sides(a), sides(b)]);
        let width = all().map(|sides| sides.0).max().unwrap_or(SMALL);
        let height = all().map(|sides| sides.1).max().unwrap_or(1);
        let scale = Scale::of(width.max(height));
        // Never narrower than the words above.
        let cell = (scale.side(width).max(SMALL / 2), scale.side(height));
        let pair = 2 * cell.0 + WITHIN;
        let fitting = (WIDEST - 2 * MARGIN + BETWEEN) / (pair + BETWEEN);
        let columns = fitting.min(pairs.len()).max(1);
        Self {
            scale,
            cell,
            columns,
            rows: pairs.len().div_ceil(columns).max(1),
        }
    }

    /// Width and height of the sheet.
    fn sheet(&self) -> (usize, usize) {
        let (right, bottom) = self.corner(self.columns * self.rows - 1);
        (
            right + 2 * self.cell.0 + WITHIN + MARGIN,
            bottom + self.cell.1 + MARGIN,
        )
    }

    /// The top left pixel of the pair at a place.
    fn corner(&self, place: usize) -> (usize, usize) {
        let (row, column) = (place / self.columns, place % self.columns);
        (
            MARGIN + column * (2 * self.cell.0 + WITHIN + BETWEEN),
            MARGIN + HEADER + row * (self.cell.1 + BETWEEN),
        )
    }

    /// Puts a picture in the middle of the place whose top left pixel is given.
    fn put(&self, picture: &Pixels, (left, top): (usize, usize), sheet: &mut [u8]) {
        let (width, height) = sides(picture);
        let (width, height) = (self.scale.side(width), self.scale.side(height));
        let left = left + (self.cell.0 - width) / 2;
        let top = top + (self.cell.1 - height) / 2;
        let stride = self.sheet().0 * 3;
        for y in 0..height {
            let row = &mut sheet[(top + y) * stride + left * 3..][..width * 3];
            for (x, pixel) in row.chunks_exact_mut(3).enumerate() {
                pixel.copy_from_slice(&self.scale.pixel(picture, (x, y)));
            }
        }
    }
}

fn sides(picture: &Pixels) -> (usize, usize) {
    (picture.width() as usize, picture.height() as usize)
}
