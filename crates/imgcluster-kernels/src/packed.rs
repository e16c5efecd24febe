//! Rows packed into panels, so that products are computed from registers.

use std::ops::Range;

use crate::aligned::Aligned;
use crate::operand::Operand;
use crate::strip::{Left, strips, strips_from};
use crate::tile::Tiles;
use crate::{InstructionSet, Pairs, Strip, StripScratch};

/// Values of one row packed before those of the next, so that a panel's part stays in the cache.
const PACKED_TOGETHER: usize = 64;
/// Values of each row that a tile adds up before the next tile: the left panel then stays in the
/// first cache (14 rows × 256 values × 4 bytes = 14 KiB).
const STEPS: usize = 256;

/// Rows copied into panels of as many rows as a tile has columns, value by value side by side.
///
/// A product of one row with a panel then reads whole vectors. The other operand is packed on the
/// way, some rows at a time, so memory is that of the rows once, and a megabyte or so a thread.
#[derive(Debug, Clone)]
pub struct Packed {
    panels: Aligned,
    dim: usize,
    count: usize,
    tiles: Tiles,
}

impl Packed {
    /// Packs `values`, whole rows of `dim` values each, for the fastest instruction set that this
    /// processor has.
    ///
    /// # Panics
    /// Panics if `dim` is zero or `values` is not made of whole rows.
    pub fn new(values: &[f32], dim: usize) -> Self {
        Self::with_instruction_set(values, dim, InstructionSet::detect())
    }

    /// Packs `values` for an instruction set that this processor has, to compare them.
    ///
    /// # Panics
    /// Panics as [`Packed::new`] does, and if the processor lacks the set.
    pub fn with_instruction_set(values: &[f32], dim: usize, set: InstructionSet) -> Self {
        let mut packed = Self::unpacked(values, dim, set);
        packed.panels_mut().for_each(|panel| panel.pack(values));
        packed
    }

    /// Makes room for rows that [`Panel::pack`] is yet to pack, from several threads at once.
    ///
    /// # Panics
    /// Panics as [`Packed::with_instruction_set`] does.
    pub fn unpacked(values: &[f32], dim: usize, set: InstructionSet) -> Self {
        assert!(
            dim > 0 && values.len().is_multiple_of(dim),
            "whole rows of at least one value"
        );
        let tiles = Tiles::new(set).expect("an instruction set of this processor");
        let (count, columns) = (values.len() / dim, tiles.columns());
        Self {
            // Rows past the last stay zero.
            panels: Aligned::zeros(count.next_multiple_of(columns) * dim),
            dim,
            count,
            tiles,
        }
    }

    /// Lists the rooms for rows that are yet to be packed.
    pub fn panels_mut(&mut self) -> impl ExactSizeIterator<Item = Panel<'_>> + Send {
        let (dim, columns) = (self.dim, self.tiles.columns());
        let panels = self.panels.as_mut_slice();
        let panels = panels.chunks_exact_mut(columns * dim).enumerate();
        panels.map(move |(panel, values)| Panel {
            first: panel * columns,
            dim,
            columns,
            values,
        })
    }

    /// Tells how many rows are packed.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Tells whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Tells how many values a row has.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Tells which instructions compute the products.
    pub fn instruction_set(&self) -> InstructionSet {
        self.tiles.instruction_set()
    }

    /// Computes the dot products of `rows` with `columns` into `out`, row by row.
    ///
    /// `out` is cleared and filled with `rows.len() × columns.len()` products, as precise as those
    /// of [`Packed::strips`], which is the faster way to many.
    ///
    /// # Panics
    /// Panics if a range reaches past the last row.
    pub fn products(&self, rows: Range<usize>, columns: Range<usize>, out: &mut Vec<f32>) {
        assert!(columns.end <= self.count, "columns inside the rows");
        let width = columns.len();
        out.clear();
        out.resize(rows.len() * width, 0.0);
        let mut scratch = StripScratch::default();
        let copy = &mut |strip: &Strip<'_>| {
            let before = columns.start.saturating_sub(strip.columns().start);
            for row in strip.rows() {
                let products = &strip.products(row)[before..];
                let first = (strip.columns().start + before) - columns.start;
                let to = (row - rows.start) * width + first;
                out[to..to + products.len()].copy_from_slice(products);
            }
        };
        let first_column = |_| columns.start;
        let end = columns.end;
        strips_from(self, rows.clone(), &first_column, end, &mut scratch, copy);
    }

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
        strips(self, rows, pairs, scratch, &mut visit);
    }

    /// Gives one panel: as many rows as a tile has columns.
    fn panel(&self, panel: usize) -> &[f32] {
        let len = self.tiles.columns() * self.dim;
        &self.panels.as_slice()[panel * len..][..len]
    }
}

/// Room for some neighbouring rows; no two share any, so several threads can pack at once.
#[derive(Debug)]
pub struct Panel<'a> {
    /// The first row.
    first: usize,
    dim: usize,
    columns: usize,
    values: &'a mut [f32],
}

impl Panel<'_> {
    /// Packs the panel's rows of `values`, all the rows that room was made for.
    pub fn pack(self, values: &[f32]) {
        let rows = values[self.first * self.dim..].chunks_exact(self.dim);
        let rows = rows.take(self.columns);
        for first in (0..self.dim).step_by(PACKED_TOGETHER) {
            for (lane, row) in rows.clone().enumerate() {
                let values = row[first..].iter().take(PACKED_TOGETHER);
                let places = self.values[first * self.columns + lane..].iter_mut();
                for (place, value) in places.step_by(self.columns).zip(values) {
                    *place = *value;
                }
            }
        }
    }
}

impl Operand for Packed {
    type Word = f32;

    fn count(&self) -> usize {
        self.count
    }

    fn screen(&self) -> Tiles {
        self.tiles
    }

    fn tile(&self) -> (usize, usize) {
        (self.tiles.rows(), self.tiles.columns())
    }

    fn left_len(&self) -> usize {
        self.dim
    }

    fn row_bytes(&self) -> usize {
        self.dim * size_of::<f32>()
    }

    fn left(scratch: &mut Left) -> &mut Aligned {
        &mut scratch.values
    }

    fn pack_left(&self, rows: Range<usize>, left: &mut [f32]) {
        let (height, columns) = self.tile();
        let mut from = rows.start;
        let mut lane = 0;
        while from < rows.end {
            // The rows lie side by side in a panel already; they may reach into the next.
            let (panel, first) = (self.panel(from / columns), from % columns);
            let taken = (columns - first).min(rows.end - from);
            let steps = left
                .chunks_exact_mut(height)
                .zip(panel.chunks_exact(columns));
            for (left, right) in steps {
                left[lane..lane + taken].copy_from_slice(&right[first..first + taken]);
            }
            from += taken;
            lane += taken;
        }
        if lane < height {
            left.chunks_exact_mut(height)
                .for_each(|step| step[lane..].fill(0.0));
        }
    }

    fn multiply(
        &self,
        left: &[f32],
        _rows: Range<usize>,
        columns: Range<usize>,
        out: &mut [f32],
        stride: usize,
    ) {
        let tiles = self.tiles;
        let steps = (0..self.dim).step_by(STEPS);
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
