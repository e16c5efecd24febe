//! The answer in strips, each handed over while it is still in the cache.

use std::ops::Range;

use crate::Packed;
use crate::aligned::Aligned;
use crate::tile::{Screen, Tiles};

/// Values of each row that a tile adds up before the next tile: the left panel then stays in the
/// first cache (14 rows × 256 values × 4 bytes = 14 KiB).
const STEPS: usize = 256;
/// Bytes of right panels that all left panels of a group pass by: they stay in the second cache.
const RIGHT_BYTES: usize = 256 << 10;
/// Columns of a strip at most, so that it stays in the first caches where rows are short.
const COLUMNS: usize = 512;
/// Bytes of left panels packed at a time.
const LEFT_BYTES: usize = 1 << 20;

/// Which columns a row is multiplied with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pairs {
    /// All rows, itself included.
    All,
    /// The rows after it. Strips are cut by whole tiles, so they hold a few more products.
    Ascending,
}

/// The products of a few neighbouring rows with many neighbouring columns.
#[derive(Debug)]
pub struct Strip<'a> {
    rows: Range<usize>,
    columns: Range<usize>,
    products: &'a [f32],
    stride: usize,
    tiles: Tiles,
}

impl Strip<'_> {
    /// The rows multiplied.
    pub fn rows(&self) -> Range<usize> {
        self.rows.clone()
    }

    /// The columns they are multiplied with.
    pub fn columns(&self) -> Range<usize> {
        self.columns.clone()
    }

    /// The products of one row with all columns.
    ///
    /// # Panics
    /// Panics if the row is not one of [`Strip::rows`].
    pub fn products(&self, row: usize) -> &[f32] {
        assert!(self.rows.contains(&row), "a row of the strip");
        &self.products[(row - self.rows.start) * self.stride..][..self.columns.len()]
    }

    /// Puts the places of one row's products that pass a screen into `passed`, which is cleared:
    /// place `p` is column `columns().start + p`.
    ///
    /// # Panics
    /// Panics if the row is not one of [`Strip::rows`] or the screen has fewer columns.
    pub fn screen(&self, row: usize, screen: &Screen<'_>, passed: &mut Vec<u32>) {
        self.tiles.screen(screen, self.products(row), passed);
    }
}

/// Memory for strips, to be used again and again: one for each thread.
#[derive(Debug, Default)]
pub struct StripScratch {
    left: Aligned,
    products: Aligned,
}

impl Packed {
    /// Computes the products of `rows` with other rows, and calls `visit` for one strip after the
    /// other.
    ///
    /// Together the strips hold each pair asked for once. Each product is within
    /// [`error_bound`](crate::error_bound) of the exact one, relative to the product of the two
    /// rows' lengths.
    ///
    /// # Panics
    /// Panics if `rows` reaches past the last row.
    pub fn strips(
        &self,
        rows: Range<usize>,
        pairs: Pairs,
        scratch: &mut StripScratch,
        mut visit: impl FnMut(&Strip<'_>),
    ) {
        let first_column = |row| match pairs {
            Pairs::All => 0,
            Pairs::Ascending => row + 1,
        };
        self.strips_from(rows, &first_column, self.len(), scratch, &mut visit);
    }

    /// Computes the strips from the whole tile in which each row's first column lies, up to the
    /// column `end`.
    pub(crate) fn strips_from(
        &self,
        rows: Range<usize>,
        first_column: &dyn Fn(usize) -> usize,
        end: usize,
        scratch: &mut StripScratch,
        visit: &mut dyn FnMut(&Strip<'_>),
    ) {
        assert!(rows.end <= self.len(), "rows inside the packed rows");
        let tile_rows = self.tiles().rows();
        let row_bytes = self.dim() * size_of::<f32>();
        let group = (LEFT_BYTES / row_bytes / tile_rows).max(1) * tile_rows;
        for start in rows.clone().step_by(group) {
            let group = start..rows.end.min(start + group);
            self.group_strips(group, first_column, end, scratch, visit);
        }
    }

    /// Computes the strips of as many rows as are packed at a time.
    fn group_strips(
        &self,
        rows: Range<usize>,
        first_column: &dyn Fn(usize) -> usize,
        end: usize,
        scratch: &mut StripScratch,
        visit: &mut dyn FnMut(&Strip<'_>),
    ) {
        let (tiles, dim) = (self.tiles(), self.dim());
        let (tile_rows, tile_columns) = (tiles.rows(), tiles.columns());
        let row_bytes = dim * size_of::<f32>();
        let columns = (RIGHT_BYTES / row_bytes).min(COLUMNS) / tile_columns;
        let columns = columns.max(1) * tile_columns;
        let panels = rows.len().div_ceil(tile_rows);
        let left = scratch.left.at_least(panels * tile_rows * dim);
        for (panel, first) in left
            .chunks_exact_mut(tile_rows * dim)
            .zip(rows.clone().step_by(tile_rows))
        {
            self.pack_left(first..rows.end.min(first + tile_rows), panel);
        }
        let products = scratch.products.at_least(tile_rows * columns);
        // Rows in order have their first columns in order.
        let first_column = |row| first_column(row) / tile_columns * tile_columns;
        for start in (first_column(rows.start)..end).step_by(columns) {
            let end = end.min(start + columns);
            let strips = rows.clone().step_by(tile_rows);
            for (first, left) in strips.zip(left.chunks_exact(tile_rows * dim)) {
                let columns = start.max(first_column(first))..end;
                if columns.is_empty() {
                    continue;
                }
                let stride = columns.len().next_multiple_of(tile_columns);
                self.multiply(left, columns.clone(), products, stride);
                visit(&Strip {
                    rows: first..rows.end.min(first + tile_rows),
                    columns,
                    products,
                    stride,
                    tiles,
                });
            }
        }
    }

    /// Multiplies one left panel with the panels of some columns, which start at a whole one.
    fn multiply(&self, left: &[f32], columns: Range<usize>, out: &mut [f32], stride: usize) {
        let tiles = self.tiles();
        let steps = (0..self.dim()).step_by(STEPS);
        for (left, step) in left.chunks(STEPS * tiles.rows()).zip(steps) {
            for first in columns.clone().step_by(tiles.columns()) {
                let right = self.panel(first / tiles.columns());
                let right = &right[step * tiles.columns()..];
                let right = &right[..right.len().min(STEPS * tiles.columns())];
                let out = &mut out[first - columns.start..];
                tiles.multiply(left, right, out, stride, step > 0);
            }
        }
    }
}
