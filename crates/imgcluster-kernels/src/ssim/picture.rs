//! A picture on its canvas, in the order in which windows are computed.

use super::{LANES, Sixteen, WINDOW};

/// Pixels a side of a canvas; sums over larger ones would need more than 32 bits.
const SIDES: std::ops::RangeInclusive<usize> = WINDOW..=1024;
/// Steps that share a division.
pub(super) const SHARED: usize = 4;

/// A gray picture on a black square canvas, ready to be compared with others on canvases of the
/// same side.
///
/// It holds one byte for each pixel of the canvas (a few more where the side is no multiple of 64).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SsimPicture {
    shape: Shape,
    place: Place,
    /// Row by row; of each row the first column of every segment, the second of every segment …
    pixels: Vec<[u8; LANES]>,
}

/// How rows of a canvas are cut into sixteen segments that are computed side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Shape {
    side: usize,
}

/// Where the picture lies on its canvas, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Place {
    left: usize,
    top: usize,
    width: usize,
    height: usize,
}

impl Shape {
    /// Columns of a segment; the last segments may reach beyond the canvas.
    pub(super) fn steps(self) -> usize {
        self.side.div_ceil(LANES).next_multiple_of(SHARED)
    }

    /// Windows a side of the canvas.
    pub(super) fn windows(self) -> usize {
        self.side - (WINDOW - 1)
    }

    /// All bits where a window at this step of a segment lies on the canvas.
    pub(super) fn mask(self, step: usize) -> Sixteen<i32> {
        let inside = |lane| lane * self.steps() + step < self.windows();
        Sixteen(std::array::from_fn(|lane| -i32::from(inside(lane))))
    }
}

impl Place {
    /// How many of the positions from which a window reaches into `length` pixels from `first` are
    /// positions of a canvas that has so many.
    fn reached(first: usize, length: usize, windows: usize) -> std::ops::Range<usize> {
        first.saturating_sub(WINDOW - 1)..(first + length).min(windows)
    }

    fn rows(self, windows: usize) -> std::ops::Range<usize> {
        Self::reached(self.top, self.height, windows)
    }

    fn columns(self, windows: usize) -> std::ops::Range<usize> {
        Self::reached(self.left, self.width, windows)
    }
}

impl SsimPicture {
    /// Puts a picture of `size` (width and height) on a black canvas of `side` × `side` pixels, so
    /// many columns from the left and rows from the top.
    ///
    /// # Panics
    /// Panics if the canvas is smaller than a window (7) or larger than 1024 pixels a side, if the
    /// picture is empty or reaches beyond the canvas, or if `values` has not one byte a pixel.
    #[expect(
        clippy::similar_names,
        reason = "a side is of the canvas, a size of the picture"
    )]
    pub fn new(side: usize, size: (usize, usize), at: (usize, usize), values: &[u8]) -> Self {
        assert!(SIDES.contains(&side), "a side of 7 to 1024");
        let ((width, height), (left, top)) = (size, at);
        assert!(width > 0 && height > 0, "a picture with pixels");
        assert!(
            width <= side && height <= side,
            "a picture no larger than its canvas"
        );
        assert!(
            left <= side - width && top <= side - height,
            "a picture on its canvas"
        );
        assert_eq!(values.len(), width * height, "one byte a pixel");
        let shape = Shape { side };
        let steps = shape.steps();
        let mut pixels = vec![[0; LANES]; side * steps];
        for (y, row) in values.chunks_exact(width).enumerate() {
            let pixels = &mut pixels[(top + y) * steps..][..steps];
            for (x, value) in (left..).zip(row) {
                pixels[x % steps][x / steps] = *value;
            }
        }
        let place = Place {
            left,
            top,
            width,
            height,
        };
        Self {
            shape,
            place,
            pixels,
        }
    }

    /// Pixels a side of the canvas.
    pub fn side(&self) -> usize {
        self.shape.side
    }

    /// Width and height of the picture.
    pub fn size(&self) -> (usize, usize) {
        (self.place.width, self.place.height)
    }

    /// Columns left of the picture, and rows above it.
    pub fn at(&self) -> (usize, usize) {
        (self.place.left, self.place.top)
    }

    /// The picture alone, rows from the top.
    pub fn values(&self) -> Vec<u8> {
        let (steps, place) = (self.shape.steps(), self.place);
        let rows = self.pixels.chunks_exact(steps);
        let rows = rows.skip(place.top).take(place.height);
        let columns = place.left..place.left + place.width;
        rows.flat_map(|row| columns.clone().map(|x| row[x % steps][x / steps]))
            .collect()
    }

    pub(super) fn shape(&self) -> Shape {
        self.shape
    }

    /// A row of the canvas.
    pub(super) fn row(&self, row: usize) -> &[[u8; LANES]] {
        let steps = self.shape.steps();
        &self.pixels[row * steps..][..steps]
    }

    /// Tells whether a window in these rows of windows sees the picture.
    pub(super) fn is_seen(&self, rows: std::ops::Range<usize>) -> bool {
        let seen = self.place.rows(self.shape.windows());
        rows.start < seen.end && seen.start < rows.end
    }

    /// Counts the windows of the canvas that see this picture or the other.
    pub(super) fn windows_with(&self, other: &Self) -> usize {
        let windows = self.shape.windows();
        let [a, b] = [self, other].map(|picture| {
            let place = picture.place;
            [place.rows(windows), place.columns(windows)]
        });
        let area = |sides: &[std::ops::Range<usize>; 2]| sides[0].len() * sides[1].len();
        let both = |a: &std::ops::Range<usize>, b: &std::ops::Range<usize>| {
            a.start.max(b.start)..a.end.min(b.end)
        };
        let both = [both(&a[0], &b[0]), both(&a[1], &b[1])];
        area(&a) + area(&b) - area(&both)
    }
}
