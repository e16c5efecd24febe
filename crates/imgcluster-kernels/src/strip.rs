//! The answer in strips, each handed over while it is still in the cache.

use std::ops::Range;

use crate::aligned::Aligned;
use crate::operand::Operand;
use crate::tile::{Screen, Tiles};

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
    left: Left,
    products: Aligned,
}

/// Memory for left panels of either kind.
#[derive(Debug, Default)]
pub(crate) struct Left {
    pub(crate) values: Aligned,
    pub(crate) words: Aligned<u32>,
}

/// Computes the products of `rows` with other rows, and calls `visit` for one strip after the
/// other; together they hold each pair asked for once.
///
/// # Panics
/// Panics if `rows` reaches past the last row.
pub(crate) fn strips(
    packed: &impl Operand,
    rows: Range<usize>,
    pairs: Pairs,
    scratch: &mut StripScratch,
    visit: &mut dyn FnMut(&Strip<'_>),
) {
    let first_column = |row| match pairs {
        Pairs::All => 0,
        Pairs::Ascending => row + 1,
    };
    strips_from(packed, rows, &first_column, packed.count(), scratch, visit);
}

/// Computes the strips from the whole tile in which each row's first column lies, up to the column
/// `end`.
pub(crate) fn strips_from(
    packed: &impl Operand,
    rows: Range<usize>,
    first_column: &dyn Fn(usize) -> usize,
    end: usize,
    scratch: &mut StripScratch,
    visit: &mut dyn FnMut(&Strip<'_>),
) {
    assert!(rows.end <= packed.count(), "rows inside the packed rows");
    let (tile_rows, _) = packed.tile();
    let group = (LEFT_BYTES / packed.row_bytes() / tile_rows).max(1) * tile_rows;
    for start in rows.clone().step_by(group) {
        let group = start..rows.end.min(start + group);
        group_strips(packed, group, first_column, end, scratch, visit);
    }
}

/// Computes the strips of as many rows as are packed at a time.
fn group_strips<O: Operand>(
    packed: &O,
    rows: Range<usize>,
    first_column: &dyn Fn(usize) -> usize,
    end: usize,
    scratch: &mut StripScratch,
    visit: &mut dyn FnMut(&Strip<'_>),
) {
    let (tile_rows, tile_columns) = packed.tile();
    let columns = (RIGHT_BYTES / packed.row_bytes()).min(COLUMNS) / tile_columns;
    let columns = columns.max(1) * tile_columns;
    let panel_len = tile_rows * packed.left_len();
    let panels = rows.len().div_ceil(tile_rows);
    let left = O::left(&mut scratch.left).at_least(panels * panel_len);
    for (panel, first) in left
        .chunks_exact_mut(panel_len)
        .zip(rows.clone().step_by(tile_rows))
    {
        packed.pack_left(first..rows.end.min(first + tile_rows), panel);
    }
    let products = scratch.products.at_least(tile_rows * columns);
    // Rows in order have their first columns in order.
    let first_column = |row| first_column(row) / tile_columns * tile_columns;
    for start in (first_column(rows.start)..end).step_by(columns) {
        let end = end.min(start + columns);
        let strips = rows.clone().step_by(tile_rows);
        for (first, left) in strips.zip(left.chunks_exact(panel_len)) {
            let columns = start.max(first_column(first))..end;
            if columns.is_empty() {
                continue;
            }
            let rows = first..rows.end.min(first + tile_rows);
            let stride = columns.len().next_multiple_of(tile_columns);
            packed.multiply(left, rows.clone(), columns.clone(), products, stride);
            visit(&Strip {
                rows,
                columns,
                products,
                stride,
                tiles: packed.screen(),
            });
        }
    }
}
