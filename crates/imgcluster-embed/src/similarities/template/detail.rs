//! What a picture shows besides its slow changes, and how alike two of those are.

use super::super::small::Small;

/// A pixel's surroundings are this many pixels to each side.
const REACH: usize = 3;

/// Details are counted in this fraction of a gray level.
const UNITS: i64 = 4;

/// Details beyond this many units are clipped, so that sums of products fit 32 bits.
const STRONGEST: i64 = 511;

/// The standard deviation of the details that count as contrast at all: one gray level.
const CONTRAST: i64 = UNITS;

/// Sums over all rectangles from the upper left corner, to sum any other with four of them.
#[derive(Debug, Clone)]
struct Sums {
    stride: usize,
    sums: Vec<i32>,
}

impl Sums {
    fn new(width: usize, height: usize, value: impl Fn(usize, usize) -> i32) -> Self {
        let stride = width + 1;
        let mut sums = vec![0; stride * (height + 1)];
        for y in 0..height {
            let mut row = 0;
            for x in 0..width {
                row += value(x, y);
                sums[(y + 1) * stride + x + 1] = sums[y * stride + x + 1] + row;
            }
        }
        Self { stride, sums }
    }

    #[inline]
    fn of(&self, (x, y): (usize, usize), (width, height): (usize, usize)) -> i64 {
        let at = |x: usize, y: usize| i64::from(self.sums[y * self.stride + x]);
        let (right, below) = (x + width, y + height);
        at(right, below) - at(right, y) - at(x, below) + at(x, y)
    }
}

/// What a picture shows besides its slow changes: each pixel less the mean of its surroundings, 7 × 7.
///
/// At the borders the surroundings shrink to stay centred, so that a ramp has no details anywhere.
#[derive(Debug, Clone)]
pub(super) struct Detail {
    width: usize,
    height: usize,
    /// Values from one row to the next; those beyond the width are 0, and so is a last row more.
    stride: usize,
    values: Vec<i16>,
    sum: i64,
    /// The variance, times the square of the number of pixels.
    spread: i64,
}

impl Detail {
    /// Finds the details of a picture, for use with others of this `stride`.
    pub(super) fn new(picture: &Small, stride: usize) -> Self {
        let (width, height) = picture.size();
        let gray = |x: usize, y: usize| i32::from(picture.values()[y * width + x]);
        let sums = Sums::new(width, height, gray);
        let mut values = vec![0; stride * (height + 1)];
        let (mut sum, mut squares) = (0, 0);
        for y in 0..height {
            let down = REACH.min(y).min(height - 1 - y);
            for x in 0..width {
                let right = REACH.min(x).min(width - 1 - x);
                let around = (2 * right + 1, 2 * down + 1);
                let count = area(around);
                let mean = sums.of((x - right, y - down), around);
                let detail = (i64::from(gray(x, y)) * count - mean) * UNITS / count;
                let detail = detail.clamp(-STRONGEST, STRONGEST);
                values[y * stride + x] = detail as i16;
                sum += detail;
                squares += detail * detail;
            }
        }
        let count = area((width, height));
        Self {
            width,
            height,
            stride,
            values,
            sum,
            spread: count * squares - sum * sum,
        }
    }

    /// Tells whether there is too little contrast to say anything.
    pub(super) fn is_flat(&self) -> bool {
        is_flat(self.spread, area(self.size()))
    }

    /// Width and height.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    #[cfg(test)]
    pub(super) fn at(&self, x: usize, y: usize) -> i16 {
        assert!(x < self.width && y < self.height);
        self.values[y * self.stride + x]
    }
}

fn area((width, height): (usize, usize)) -> i64 {
    ((width * height) as u64).cast_signed()
}

fn is_flat(spread: i64, count: i64) -> bool {
    spread < CONTRAST * CONTRAST * count * count
}

/// Details in which others are looked for.
#[derive(Debug, Clone)]
pub(super) struct Field {
    detail: Detail,
    sums: Sums,
    squares: Sums,
}

impl Field {
    /// Prepares a search in these details.
    pub(super) fn new(detail: Detail) -> Self {
        let (width, height) = detail.size();
        let at = |x: usize, y: usize| i32::from(detail.values[y * detail.stride + x]);
        let sums = Sums::new(width, height, at);
        let squares = Sums::new(width, height, |x, y| at(x, y) * at(x, y));
        Self {
            detail,
            sums,
            squares,
        }
    }

    /// The details themselves.
    pub(super) fn detail(&self) -> &Detail {
        &self.detail
    }

    /// How far `part` can be moved to the right and down; `None` if it is larger.
    pub(super) fn room(&self, part: &Detail) -> Option<(usize, usize)> {
        let ((width, height), part) = (self.detail.size(), part.size());
        Some((width.checked_sub(part.0)?, height.checked_sub(part.1)?))
    }

    /// Correlates `part` with what lies here at column `x` and row `y`: the normalised
    /// cross-correlation of both less their means, in [-1, 1]; 0 where either has no contrast.
    ///
    /// All sums are exact, so the result is the same everywhere.
    #[inline]
    pub(super) fn correlation(&self, part: &Detail, (x, y): (usize, usize)) -> f64 {
        debug_assert_eq!(part.stride, self.detail.stride, "rows lie alike");
        let size = part.size();
        let count = area(size);
        let sum = self.sums.of((x, y), size);
        let spread = count * self.squares.of((x, y), size) - sum * sum;
        if is_flat(spread, count) || is_flat(part.spread, count) {
            return 0.0;
        }
        // Whole rows at once: beyond the part's width it is 0, whatever lies there here.
        let length = size.1 * part.stride;
        let here = &self.detail.values[y * part.stride + x..][..length];
        let products = dot(&part.values[..length], here);
        let common = count * i64::from(products) - part.sum * sum;
        let norm = (part.spread as f64).sqrt() * (spread as f64).sqrt();
        (common as f64 / norm).clamp(-1.0, 1.0)
    }
}

/// Sums products; at most 64 × 64 of them, each below 2¹⁸, so that nothing overflows.
fn dot(a: &[i16], b: &[i16]) -> i32 {
    let products = a.iter().zip(b).map(|(a, b)| i32::from(*a) * i32::from(*b));
    products.sum()
}
