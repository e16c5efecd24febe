//! One head, through the register tiles.
//!
//! Scores are computed transposed, a block of queries side by side. So they come out as the right
//! operand of the second product, and the softmax over the tokens runs down the columns of whole
//! vectors.

use std::ops::Range;

use super::softmax::{hide_later_tokens, scale, softmax};
use super::{Attention, AttentionScratch};
use crate::tile::Tiles;
use crate::transpose::Block;

/// Some columns of a matrix.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rows<'a> {
    values: &'a [f32],
    stride: usize,
    column: usize,
}

impl<'a> Rows<'a> {
    /// Views whole rows of `stride` values from one column on.
    pub(super) fn new(values: &'a [f32], stride: usize, column: usize) -> Self {
        Self {
            values,
            stride,
            column,
        }
    }

    /// Leaves out some more columns.
    pub(super) fn skip_columns(self, column: usize) -> Self {
        Self {
            column: self.column + column,
            ..self
        }
    }

    fn len(&self) -> usize {
        self.values.len() / self.stride
    }

    /// Views some rows and columns.
    fn block(&self, first: usize, rows: usize, columns: usize) -> Block<'a> {
        Block {
            values: &self.values[first * self.stride + self.column..],
            stride: self.stride,
            rows,
            columns,
        }
    }
}

/// One head of one picture.
pub(super) struct Head<'a> {
    pub(super) attention: &'a Attention,
    pub(super) queries: Rows<'a>,
    pub(super) keys: Rows<'a>,
    pub(super) values: Rows<'a>,
    pub(super) tiles: Tiles,
}

impl Head<'_> {
    /// Computes the head's columns of the output, from `column` on.
    pub(super) fn compute(
        &self,
        output: &mut [f32],
        column: usize,
        scratch: &mut AttentionScratch,
    ) {
        let Attention {
            heads, head_dim, ..
        } = *self.attention;
        let (height, width) = (self.tiles.rows(), self.tiles.columns());
        let (tokens, dim) = (self.keys.len(), heads * head_dim);
        let token_rows = tokens.next_multiple_of(height);
        let mean_rows = head_dim.next_multiple_of(height);
        // What lies past the last token, query or value of a panel is computed with and never read.
        let keys = scratch.keys.at_least(token_rows * head_dim);
        let values = scratch.values.at_least(mean_rows * tokens);
        let queries = scratch.queries.at_least(head_dim * width);
        let scores = scratch.scores.at_least(token_rows * width);
        let means = scratch.means.at_least(mean_rows * width);
        let factors = scratch.factors.at_least(width);
        self.pack_keys(keys);
        self.pack_values(values);
        for first in (0..self.queries.len()).step_by(width) {
            let count = width.min(self.queries.len() - first);
            let block = self.queries.block(first, count, head_dim);
            block.transpose_into(queries, width);
            factors.fill(self.attention.scale);
            scale(queries, factors, self.tiles.instruction_set());
            let weights = self.weigh(first..first + count, (keys, queries), scores, factors);
            self.multiply((values, tokens), weights, means);
            scale(means, factors, self.tiles.instruction_set());
            let means = Block {
                values: means,
                stride: width,
                rows: head_dim,
                columns: count,
            };
            means.transpose_into(&mut output[first * dim + column..], dim);
        }
    }

    /// Weighs the tokens that some packed queries see, a row a token, and sets `factors` to one
    /// over the sums of the weights.
    fn weigh<'s>(
        &self,
        which: Range<usize>,
        (keys, queries): (&[f32], &[f32]),
        scores: &'s mut [f32],
        factors: &mut [f32],
    ) -> &'s [f32] {
        let (height, width) = (self.tiles.rows(), self.tiles.columns());
        let Attention {
            head_dim, causal, ..
        } = *self.attention;
        // None of them sees what is behind the last.
        let seen = if causal { which.end } else { self.keys.len() };
        let panels = seen.div_ceil(height) * height;
        self.multiply((&keys[..panels * head_dim], head_dim), queries, scores);
        let weights = &mut scores[..seen * width];
        if causal {
            hide_later_tokens(weights, which.start, width);
        }
        softmax(weights, factors, self.tiles.instruction_set());
        weights
    }

    /// Multiplies left panels of so many steps with a right one, as far as that goes.
    fn multiply(&self, (left, steps): (&[f32], usize), right: &[f32], out: &mut [f32]) {
        let (height, width) = (self.tiles.rows(), self.tiles.columns());
        let common = right.len() / width * height;
        let left = left.chunks_exact(height * steps);
        for (left, out) in left.zip(out.chunks_exact_mut(height * width)) {
            self.tiles
                .multiply(&left[..common], right, out, width, false);
        }
    }

    /// Packs the keys into left panels of as many tokens as a tile has rows.
    fn pack_keys(&self, panels: &mut [f32]) {
        let (height, head_dim) = (self.tiles.rows(), self.attention.head_dim);
        for (place, panel) in panels.chunks_exact_mut(height * head_dim).enumerate() {
            let first = place * height;
            let count = height.min(self.keys.len() - first);
            let block = self.keys.block(first, count, head_dim);
            block.transpose_into(panel, height);
        }
    }

    /// Packs the values into left panels of as many places as a tile has rows.
    fn pack_values(&self, panels: &mut [f32]) {
        let (height, head_dim) = (self.tiles.rows(), self.attention.head_dim);
        let tokens = self.values.len();
        // Row by row, since rows a multiple of a page apart share few places in the caches.
        for token in 0..tokens {
            let row = &self.values.block(token, 1, head_dim).values[..head_dim];
            let panels = panels.chunks_exact_mut(height * tokens);
            for (panel, values) in panels.zip(row.chunks(height)) {
                panel[token * height..][..values.len()].copy_from_slice(values);
            }
        }
    }
}
