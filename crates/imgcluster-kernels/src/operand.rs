//! What strips ask of packed rows, whatever they are packed as.

use std::ops::Range;

use crate::aligned::Aligned;
use crate::strip::Left;
use crate::tile::Tiles;

/// Rows in panels of as many as a tile has columns, any of which can be packed as a left panel.
pub(crate) trait Operand {
    /// What a left panel is made of.
    type Word: Copy + Default;

    /// Counts the rows.
    fn count(&self) -> usize;

    /// The tiles that screen products.
    fn screen(&self) -> Tiles;

    /// Rows and columns of a tile.
    fn tile(&self) -> (usize, usize);

    /// Words of a left row.
    fn left_len(&self) -> usize;

    /// Bytes of a right row.
    fn row_bytes(&self) -> usize;

    /// Picks the memory for left panels.
    fn left(scratch: &mut Left) -> &mut Aligned<Self::Word>;

    /// Packs at most as many rows as a tile has into a left panel; further ones are zero.
    fn pack_left(&self, rows: Range<usize>, left: &mut [Self::Word]);

    /// Multiplies one left panel, made of `rows`, with the panels of some columns, which start at a
    /// whole one; row `r` of the products is `out[r * stride..]`.
    fn multiply(
        &self,
        left: &[Self::Word],
        rows: Range<usize>,
        columns: Range<usize>,
        out: &mut [f32],
        stride: usize,
    );
}
