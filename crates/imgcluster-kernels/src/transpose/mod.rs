//! Rows turned into columns, a small square at a time.

#[cfg(target_arch = "x86_64")]
#[path = "sse.rs"]
mod square;
#[cfg(not(target_arch = "x86_64"))]
#[path = "plain.rs"]
mod square;

/// Rows and columns of a square.
const SIDE: usize = 4;

/// A part of a matrix.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Block<'a> {
    /// The values from the first on.
    pub(crate) values: &'a [f32],
    /// Values from one row's first to the next one's.
    pub(crate) stride: usize,
    /// Rows of the part.
    pub(crate) rows: usize,
    /// Columns of the part.
    pub(crate) columns: usize,
}

impl Block<'_> {
    /// Writes each column as a row of `to`, whose rows lie `stride` values apart.
    pub(crate) fn transpose_into(&self, to: &mut [f32], stride: usize) {
        // The one whose rows lie farther apart is passed along its rows: those a multiple of a page
        // apart share few places in the caches.
        if self.stride > stride {
            for row in starts(self.rows) {
                for column in starts(self.columns) {
                    self.turn(row, column, to, stride);
                }
            }
        } else {
            for column in starts(self.columns) {
                for row in starts(self.rows) {
                    self.turn(row, column, to, stride);
                }
            }
        }
    }

    /// Turns the square, or what there is of it, from a row and a column on.
    #[inline]
    fn turn(&self, row: usize, column: usize, to: &mut [f32], stride: usize) {
        let from = &self.values[row * self.stride + column..];
        let to = &mut to[column * stride + row..];
        if self.rows >= SIDE && self.columns >= SIDE {
            square::turn(from, self.stride, to, stride);
        } else {
            for row in 0..SIDE.min(self.rows) {
                for column in 0..SIDE.min(self.columns) {
                    to[column * stride + row] = from[row * self.stride + column];
                }
            }
        }
    }
}

/// Where squares start: the last ends with the last row, and may overlap the one before.
fn starts(count: usize) -> impl Iterator<Item = usize> {
    let last = count.saturating_sub(SIDE);
    (0..count).step_by(SIDE).map(move |start| start.min(last))
}
