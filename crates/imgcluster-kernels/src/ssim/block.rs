//! All pairs of some pictures with some others, band by band.
#![expect(
    unsafe_code,
    reason = "registers are used only where the processor has them"
)]

use super::band::{Band, ROWS, ROWS_OF_FEW, Role, Room};
use super::lanes::Lanes;
use super::pair::{ONE, similarity};
use super::picture::Shape;
use super::{LANES, SsimPicture};
use crate::Pairs;

/// Pictures compared with fewer others than this have larger bands.
const FEW: usize = 4;

/// The pictures, all on canvases of one shape.
pub(super) struct Block<'a> {
    pub(super) rows: &'a [&'a SsimPicture],
    pub(super) columns: &'a [&'a SsimPicture],
    pub(super) pairs: Pairs,
    pub(super) shape: Shape,
    pub(super) scratch: &'a mut Scratch,
}

/// Room for what is computed of single pictures.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    rows: Vec<Band>,
    column: Band,
    room: Room,
    sums: Vec<i64>,
}

impl Block<'_> {
    /// Computes the means of all pairs; see [`super::StructuralSimilarity::means`].
    ///
    /// # Safety
    /// The processor must have the instruction set of `V`.
    #[expect(clippy::inline_always, reason = "else it loses the caller's features")]
    #[inline(always)]
    pub(super) unsafe fn means<V: Lanes>(mut self, means: &mut [f32]) {
        let windows = self.shape.windows();
        self.scratch.room.fit(self.shape);
        self.scratch.sums.clear();
        self.scratch.sums.resize(means.len(), 0);
        if self.scratch.rows.len() < self.rows.len() {
            self.scratch
                .rows
                .resize_with(self.rows.len(), Band::default);
        }
        let rows = if self.rows.len() < FEW {
            ROWS_OF_FEW
        } else {
            ROWS
        };
        for first in (0..windows).step_by(rows) {
            // SAFETY: by the contract.
            unsafe { self.band::<V>(first, rows.min(windows - first)) };
        }
        let computed = (windows * LANES * self.shape.steps()).cast_signed() as i64;
        for (row, picture) in self.rows.iter().enumerate() {
            for (column, other) in self.columns.iter().enumerate() {
                let place = row * self.columns.len() + column;
                means[place] = if self.is_wanted(row, column) {
                    let counted = picture.windows_with(other).cast_signed() as i64;
                    let sum = self.scratch.sums[place] - (computed - counted) * ONE;
                    // Both are far below 2^53; a rounding may have led beyond 1.
                    (sum as f64 / (counted * ONE) as f64).clamp(-1.0, 1.0) as f32
                } else {
                    0.0
                };
            }
        }
    }

    fn is_wanted(&self, row: usize, column: usize) -> bool {
        match self.pairs {
            Pairs::All => true,
            Pairs::Ascending => column > row,
        }
    }

    /// Adds the similarities in some rows of windows.
    ///
    /// # Safety
    /// The processor must have the instruction set of `V`.
    #[expect(clippy::inline_always, reason = "else it loses the caller's features")]
    #[inline(always)]
    unsafe fn band<V: Lanes>(&mut self, first: usize, rows: usize) {
        let Scratch {
            rows: bands,
            column: band,
            room,
            sums,
        } = &mut *self.scratch;
        let unseen = (rows * LANES * self.shape.steps()).cast_signed() as i64 * ONE;
        // SAFETY: by the contract.
        unsafe {
            for (band, picture) in bands.iter_mut().zip(self.rows) {
                band.prepare::<V>(picture, (first, rows), Role::Row, room);
            }
            for (column, other) in self.columns.iter().enumerate() {
                let others = match self.pairs {
                    Pairs::All => self.rows.len(),
                    Pairs::Ascending => self.rows.len().min(column),
                };
                if others == 0 {
                    continue;
                }
                let is_seen = other.is_seen(first..first + rows);
                band.prepare::<V>(other, (first, rows), Role::Column, room);
                let pictures = bands.iter().zip(self.rows).take(others);
                for (row, (left, picture)) in pictures.enumerate() {
                    // Where both are black there is nothing to compute.
                    let is_black = !is_seen && !picture.is_seen(first..first + rows);
                    sums[row * self.columns.len() + column] += if is_black {
                        unseen
                    } else {
                        similarity::<V>(left, band, rows, room)
                    };
                }
            }
        }
    }
}
