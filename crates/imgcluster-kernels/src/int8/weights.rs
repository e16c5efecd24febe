//! The right operand, quantised and packed once: what a layer has learnt.

use super::tiles::{Int8Tiles, LONGEST_ROW};
use crate::InstructionSet;
use crate::aligned::Aligned;
use crate::routine::{self, Arithmetic, Routine};

/// The highest byte; the lowest is its negative.
const HIGHEST: f32 = 127.0;

/// Rows of weights as bytes, `value = step × byte` with a step for each row.
#[derive(Debug, Clone)]
pub(super) struct Int8Weights {
    panels: Aligned<i8>,
    /// For each row; zeros pad the last panel.
    steps: Vec<f32>,
    /// Sum of each row's bytes.
    sums: Vec<i32>,
    bias: Vec<f32>,
    dim: usize,
    count: usize,
    tiles: Int8Tiles,
}

/// As many neighbouring rows of weights as a tile has columns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Panel<'a> {
    /// The first of them.
    pub(super) first: usize,
    /// How many there are; what follows up to the tile's columns is zero.
    pub(super) count: usize,
    pub(super) bytes: &'a [i8],
    pub(super) steps: &'a [f32],
    pub(super) sums: &'a [i32],
    pub(super) bias: &'a [f32],
}

impl Int8Weights {
    /// Quantises and packs rows of `dim` weights.
    ///
    /// # Panics
    /// Panics if `dim` is zero or too large for exact sums, `weights` is not whole rows, or there
    /// are not as many `bias` values as rows.
    pub(super) fn new(weights: &[f32], dim: usize, bias: Option<&[f32]>, tiles: Int8Tiles) -> Self {
        assert!(
            dim > 0 && weights.len().is_multiple_of(dim),
            "whole rows of at least one weight"
        );
        assert!(dim <= LONGEST_ROW, "rows whose sums are exact");
        let count = weights.len() / dim;
        assert!(
            bias.is_none_or(|bias| bias.len() == count),
            "a bias for each row of weights"
        );
        let columns = tiles.columns();
        let padded = count.next_multiple_of(columns);
        let panel_len = tiles.right_bytes(dim);
        let mut panels = Aligned::zeros(padded / columns * panel_len);
        let mut steps = vec![0.0; padded];
        let mut sums = vec![0; padded];
        let mut bytes = vec![0; dim];
        for (row, weights) in weights.chunks_exact(dim).enumerate() {
            steps[row] = quantise(weights, &mut bytes, tiles.instruction_set());
            sums[row] = bytes.iter().map(|byte| i32::from(*byte)).sum();
            let panel = &mut panels.as_mut_slice()[row / columns * panel_len..][..panel_len];
            tiles.pack_right(&bytes, panel, row % columns);
        }
        let mut all_bias = bias.map_or_else(Vec::new, <[f32]>::to_vec);
        all_bias.resize(padded, 0.0);
        Self {
            panels,
            steps,
            sums,
            bias: all_bias,
            dim,
            count,
            tiles,
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

    pub(super) fn tiles(&self) -> Int8Tiles {
        self.tiles
    }

    /// Lists the panels in order.
    pub(super) fn panels(&self) -> impl Iterator<Item = Panel<'_>> {
        let (columns, len) = (self.tiles.columns(), self.tiles.right_bytes(self.dim));
        let panels = self.panels.as_slice().chunks_exact(len).enumerate();
        panels.map(move |(panel, bytes)| {
            let first = panel * columns;
            Panel {
                first,
                count: columns.min(self.count - first),
                bytes,
                steps: &self.steps[first..][..columns],
                sums: &self.sums[first..][..columns],
                bias: &self.bias[first..][..columns],
            }
        })
    }
}

/// Quantises weights to the nearest of 255 steps around zero, and tells the step.
///
/// If one is not finite the bytes are zero and the step is NaN.
fn quantise(weights: &[f32], bytes: &mut [i8], set: InstructionSet) -> f32 {
    if !weights.iter().all(|weight| weight.is_finite()) {
        bytes.fill(0);
        return f32::NAN;
    }
    let largest = weights.iter().fold(0.0, |a: f32, b| a.max(b.abs()));
    let step = (largest / HIGHEST).max(f32::MIN_POSITIVE);
    let steps = Steps {
        weights,
        step,
        bytes,
    };
    routine::run(set, steps);
    step
}

/// The rounding of weights to steps. Plain processors round by a function call; it is the widest
/// vectors that make a model of a hundred million weights ready soon.
struct Steps<'a> {
    weights: &'a [f32],
    step: f32,
    bytes: &'a mut [i8],
}

impl Routine for Steps<'_> {
    #[expect(clippy::inline_always, reason = "else it loses the caller's features")]
    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        for (byte, weight) in self.bytes.iter_mut().zip(self.weights) {
            let steps = (weight / self.step).round_ties_even();
            *byte = steps.clamp(-HIGHEST, HIGHEST) as i8;
        }
    }
}
