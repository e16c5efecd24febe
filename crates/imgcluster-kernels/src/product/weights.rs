//! The right operand, packed once: what a layer has learnt.

use crate::aligned::Aligned;

/// Values of one row packed before those of the next, so that a panel's part stays in the cache.
const PACKED_TOGETHER: usize = 64;

/// Rows of weights in panels of as many rows as a tile has columns, value by value side by side.
///
/// The last panel is only as many whole vectors wide as it needs; what is over is zero.
#[derive(Debug, Clone)]
pub(super) struct Weights {
    panels: Aligned,
    bias: Aligned,
    dim: usize,
    count: usize,
    /// Columns of a panel but the last.
    columns: usize,
    /// Columns of all panels: the count in whole vectors.
    padded: usize,
}

/// Some neighbouring rows of weights.
#[derive(Debug, Clone, Copy)]
pub(super) struct Panel<'a> {
    /// The first of them.
    pub(super) first: usize,
    /// How many there are.
    pub(super) count: usize,
    /// The same in whole vectors.
    pub(super) padded: usize,
    /// `padded` values for each value of a row, and then those of the panels that follow.
    pub(super) values: &'a [f32],
    /// `padded` values.
    pub(super) bias: &'a [f32],
}

impl Weights {
    /// Packs rows of `dim` weights into panels of `columns` columns in vectors of `lanes`.
    pub(super) fn new(
        weights: &[f32],
        dim: usize,
        bias: Option<&[f32]>,
        (lanes, columns): (usize, usize),
    ) -> Self {
        assert!(
            dim > 0 && weights.len().is_multiple_of(dim),
            "whole rows of at least one weight"
        );
        let count = weights.len() / dim;
        let padded = count.next_multiple_of(lanes);
        let mut panels = Aligned::zeros(padded * dim);
        let parts = panels.as_mut_slice().chunks_mut(columns * dim);
        for (panel, rows) in parts.zip(weights.chunks(columns * dim)) {
            let columns = panel.len() / dim;
            for first in (0..dim).step_by(PACKED_TOGETHER) {
                for (lane, row) in rows.chunks_exact(dim).enumerate() {
                    let values = row[first..].iter().take(PACKED_TOGETHER);
                    let places = panel[first * columns + lane..].iter_mut().step_by(columns);
                    for (place, value) in places.zip(values) {
                        *place = *value;
                    }
                }
            }
        }
        let mut all_bias = Aligned::zeros(padded);
        if let Some(bias) = bias {
            assert_eq!(bias.len(), count, "a bias for each row of weights");
            all_bias.as_mut_slice()[..count].copy_from_slice(bias);
        }
        Self {
            panels,
            bias: all_bias,
            dim,
            count,
            columns,
            padded,
        }
    }

    /// Tells how many weights a row has.
    pub(super) fn dim(&self) -> usize {
        self.dim
    }

    /// Tells how many rows there are.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Lists the panels in order.
    pub(super) fn panels(&self) -> impl Iterator<Item = Panel<'_>> {
        (0..self.count).step_by(self.columns).map(|first| {
            let padded = self.columns.min(self.padded - first);
            Panel {
                first,
                count: padded.min(self.count - first),
                padded,
                values: &self.panels.as_slice()[first * self.dim..],
                bias: &self.bias.as_slice()[first..][..padded],
            }
        })
    }
}
