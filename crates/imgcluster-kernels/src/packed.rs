//! Rows packed into panels, so that a block of products is computed from registers.

use std::ops::Range;

/// Rows of the left operand that one register tile holds.
const TILE_ROWS: usize = 4;
/// Rows packed side by side in one panel: the columns of a register tile.
const PANEL: usize = 8;

/// Rows copied into panels of eight, value by value side by side.
///
/// A product of one row with a panel then reads eight neighbouring values a step, which a compiler
/// turns into vector instructions without being told.
#[derive(Debug, Clone)]
pub struct Packed {
    rows: Vec<f32>,
    panels: Vec<f32>,
    dim: usize,
    count: usize,
}

impl Packed {
    /// Packs `values`, whole rows of `dim` values each.
    ///
    /// # Panics
    /// Panics if `dim` is zero or `values` is not made of whole rows.
    pub fn new(values: &[f32], dim: usize) -> Self {
        assert!(
            dim > 0 && values.len().is_multiple_of(dim),
            "whole rows of at least one value"
        );
        let count = values.len() / dim;
        let mut panels = vec![0.0; count.div_ceil(PANEL) * PANEL * dim];
        for (index, row) in values.chunks_exact(dim).enumerate() {
            let panel = &mut panels[(index / PANEL) * PANEL * dim..];
            for (step, value) in row.iter().enumerate() {
                panel[step * PANEL + index % PANEL] = *value;
            }
        }
        Self {
            rows: values.to_vec(),
            panels,
            dim,
            count,
        }
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

    /// Computes the dot products of `rows` with `columns` into `out`, row by row.
    ///
    /// `out` is cleared and filled with `rows.len() × columns.len()` products. Each is within
    /// [`error_bound`] of the exact one, relative to the product of the two rows' lengths.
    ///
    /// # Panics
    /// Panics if a range reaches past the last row or `columns` starts inside a panel of eight.
    pub fn products(&self, rows: Range<usize>, columns: Range<usize>, out: &mut Vec<f32>) {
        assert!(
            rows.end <= self.count && columns.end <= self.count,
            "ranges inside the rows"
        );
        assert!(
            columns.start.is_multiple_of(PANEL),
            "columns start at a whole panel"
        );
        let width = columns.len();
        out.clear();
        out.resize(rows.len() * width, 0.0);
        // Panels outside, rows inside: a panel stays in the first cache while all rows pass by.
        for first_column in columns.clone().step_by(PANEL) {
            let panel = &self.panels[first_column * self.dim..][..PANEL * self.dim];
            let used = PANEL.min(columns.end - first_column);
            let offset = first_column - columns.start;
            for first_row in rows.clone().step_by(TILE_ROWS) {
                let tile_rows = TILE_ROWS.min(rows.end - first_row);
                let tile = self.tile(first_row, tile_rows, panel);
                for (row, sums) in tile.iter().enumerate().take(tile_rows) {
                    let start = (first_row - rows.start + row) * width + offset;
                    out[start..start + used].copy_from_slice(&sums[..used]);
                }
            }
        }
    }

    /// Computes one register tile: up to four rows against one panel.
    fn tile(&self, first: usize, count: usize, panel: &[f32]) -> [[f32; PANEL]; TILE_ROWS] {
        // A short last tile repeats its last row; the caller reads only the first `count` sums.
        let row =
            |offset: usize| &self.rows[(first + offset.min(count - 1)) * self.dim..][..self.dim];
        let (a, b, c, d) = (row(0), row(1), row(2), row(3));
        let mut sums = [[0.0_f32; PANEL]; TILE_ROWS];
        for (step, values) in panel.chunks_exact(PANEL).enumerate() {
            let left = [a[step], b[step], c[step], d[step]];
            for (sum_row, x) in sums.iter_mut().zip(left) {
                for (sum, y) in sum_row.iter_mut().zip(values) {
                    *sum += x * y;
                }
            }
        }
        sums
    }
}

/// Bounds the rounding error of one tile product, relative to `|a|·|b|`.
///
/// Summing `dim` rounded products one after the other in `f32` errs by at most
/// `γ = dim·u / (1 - dim·u)` times `Σ|aᵢbᵢ| ≤ |a|·|b|`, with `u = 2⁻²⁴`
/// (Higham, *Accuracy and Stability of Numerical Algorithms*, §3.1). One step is added for the
/// rounding of the rows' lengths themselves.
pub fn error_bound(dim: usize) -> f32 {
    let unit = f64::from(f32::EPSILON) / 2.0;
    let steps = (dim + 2) as f64 * unit;
    // Past 2²³ values the bound says nothing any more: everything is inside the band.
    if steps < 0.5 {
        (steps / (1.0 - steps)) as f32
    } else {
        f32::INFINITY
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference;
    use proptest::prelude::*;

    fn random_rows(count: usize, dim: usize, seed: u64) -> Vec<f32> {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 40) as f32 / (1_u64 << 24) as f32 - 0.5
        };
        (0..count * dim).map(|_| next()).collect()
    }

    proptest! {
        #[test]
        fn every_tile_product_is_within_its_error_bound_of_the_reference(
            count in 1_usize..40, dim in 1_usize..150, seed in 0_u64..1000,
        ) {
            let values = random_rows(count, dim, seed);
            let packed = Packed::new(&values, dim);
            let start = (seed as usize % count) / PANEL * PANEL;
            let mut out = Vec::new();
            packed.products(0..count, start..count, &mut out);
            for i in 0..count {
                for j in start..count {
                    let (a, b) = (&values[i * dim..][..dim], &values[j * dim..][..dim]);
                    let lengths = (reference::dot(a, a) * reference::dot(b, b)).sqrt();
                    let error = f64::from(out[i * (count - start) + j - start]) - reference::dot(a, b);
                    prop_assert!(error.abs() <= f64::from(error_bound(dim)) * lengths + 1e-30);
                }
            }
        }
    }

    #[test]
    fn no_rows_give_no_products() {
        let packed = Packed::new(&[], 3);
        let mut out = vec![1.0];
        packed.products(0..0, 0..0, &mut out);
        assert!(out.is_empty() && packed.is_empty());
    }
}
