//! The packing of a panel, apart from all others.

use super::rotation::Rotation;
use super::row::{ByteRow, quantise};
use super::{Int8Packed, ZERO};
use crate::int8::tiles::Int8Tiles;
use crate::routine::{self, Arithmetic, Routine};

/// Room for some neighbouring rows; no two share any, so several threads can pack at once.
#[derive(Debug)]
pub struct Int8Panel<'a> {
    tiles: Int8Tiles,
    rotation: &'a Rotation,
    centre: &'a [f32],
    /// The first row.
    first: usize,
    bytes: &'a mut [i8],
    steps: &'a mut [f32],
    zeros: &'a mut [i32],
    errors: &'a mut [f32],
    half_squares: &'a mut [f32],
}

/// Memory to pack with, for one panel after the other.
#[derive(Debug, Default)]
pub struct Int8PanelScratch {
    rotated: Vec<f32>,
    bytes: Vec<i8>,
}

impl Int8Packed {
    /// Lists the rooms for rows that are yet to be packed.
    pub fn panels_mut(&mut self) -> impl ExactSizeIterator<Item = Int8Panel<'_>> + Send {
        let columns = self.tiles.columns();
        let (tiles, rotation, centre) = (self.tiles, &self.rotation, &self.centre[..]);
        let rows = self.steps.chunks_exact_mut(columns);
        let rows = rows.zip(self.zeros.chunks_exact_mut(columns));
        let rows = rows.zip(self.errors.chunks_exact_mut(columns));
        let rows = rows.zip(self.half_squares.chunks_exact_mut(columns));
        let panels = self.panels.as_mut_slice();
        let panels = panels.chunks_exact_mut(tiles.right_bytes(self.dim));
        let panels = panels.zip(rows).enumerate();
        panels.map(
            move |(panel, (bytes, (((steps, zeros), errors), half_squares)))| Int8Panel {
                tiles,
                rotation,
                centre,
                first: panel * columns,
                bytes,
                steps,
                zeros,
                errors,
                half_squares,
            },
        )
    }
}

impl Int8Panel<'_> {
    /// Packs the panel's rows of `values`, all the rows that room was made for.
    pub fn pack(self, values: &[f32], scratch: &mut Int8PanelScratch) {
        scratch.rotated.resize(self.centre.len(), 0.0);
        scratch.bytes.resize(self.centre.len(), 0);
        let set = self.tiles.instruction_set();
        let pack = Pack {
            panel: self,
            values,
            scratch,
        };
        routine::run(set, pack);
    }

    fn put(&mut self, column: usize, row: ByteRow, bytes: &[i8]) {
        self.steps[column] = row.step;
        self.zeros[column] = i32::from(ZERO) * row.sum;
        self.errors[column] = row.error;
        self.half_squares[column] = row.half_square;
        self.tiles.pack_right(bytes, self.bytes, column);
    }
}

struct Pack<'a> {
    panel: Int8Panel<'a>,
    values: &'a [f32],
    scratch: &'a mut Int8PanelScratch,
}

impl Routine for Pack<'_> {
    #[expect(clippy::inline_always, reason = "else it loses the caller's features")]
    #[inline(always)]
    fn run<A: Arithmetic>(mut self) {
        let panel = &mut self.panel;
        let Int8PanelScratch { rotated, bytes } = self.scratch;
        let dim = panel.centre.len();
        let rows = self.values[panel.first * dim..].chunks_exact(dim);
        for (column, row) in rows.take(panel.steps.len()).enumerate() {
            let row = quantise(row, panel.centre, panel.rotation, rotated, bytes);
            panel.put(column, row, bytes);
        }
    }
}
