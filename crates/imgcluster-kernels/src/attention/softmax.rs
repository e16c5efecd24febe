//! The softmax of several queries side by side.

use crate::InstructionSet;
use crate::exponential::exp;
use crate::routine::{self, Arithmetic, Routine};

/// Queries that fill the registers of the widest tiles.
const WIDE: usize = 32;
/// Queries that every tile has a multiple of.
const NARROW: usize = 8;
/// Weights below `e^-87` of the largest are zero.
const LOWEST: f32 = -87.0;

/// Turns scores into weights, the largest of each query one, and sets `factors` to one over the
/// sums of the weights.
///
/// Scores come as rows of as many queries as there are factors, a row a token.
pub(super) fn softmax(scores: &mut [f32], factors: &mut [f32], set: InstructionSet) {
    routine::run(set, Softmax { scores, factors });
}

/// Hides from each query the tokens behind its own: the query in column `c` is token `first + c`.
pub(super) fn hide_later_tokens(scores: &mut [f32], first: usize, columns: usize) {
    for (later, row) in scores.chunks_exact_mut(columns).skip(first).enumerate() {
        row[..later].fill(f32::NEG_INFINITY);
    }
}

struct Softmax<'a> {
    scores: &'a mut [f32],
    factors: &'a mut [f32],
}

impl Routine for Softmax<'_> {
    #[expect(clippy::inline_always, reason = "else it loses the caller's features")]
    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        let stride = self.factors.len();
        let (wide, narrow) = self.factors.as_chunks_mut::<WIDE>();
        let narrow_first = wide.len() * WIDE;
        for (place, factors) in wide.iter_mut().enumerate() {
            *factors = columns::<A, WIDE>(self.scores, stride, place * WIDE);
        }
        for (place, factors) in narrow.as_chunks_mut::<NARROW>().0.iter_mut().enumerate() {
            *factors = columns::<A, NARROW>(self.scores, stride, narrow_first + place * NARROW);
        }
    }
}

/// The softmax of some columns, and one over their sums.
#[expect(clippy::inline_always, reason = "else it loses the caller's features")]
#[inline(always)]
fn columns<A: Arithmetic, const COUNT: usize>(
    scores: &mut [f32],
    stride: usize,
    first: usize,
) -> [f32; COUNT] {
    let mut largest = [f32::NEG_INFINITY; COUNT];
    for row in scores.chunks_exact(stride) {
        for (largest, score) in largest.iter_mut().zip(&row[first..first + COUNT]) {
            *largest = if *largest > *score { *largest } else { *score };
        }
    }
    let mut sums = [0.0; COUNT];
    for row in scores.chunks_exact_mut(stride) {
        let row = &mut row[first..first + COUNT];
        for ((score, largest), sum) in row.iter_mut().zip(&largest).zip(&mut sums) {
            let below = *score - *largest;
            let weight = exp::<A>(below);
            *score = if below < LOWEST { 0.0 } else { weight };
            *sum += *score;
        }
    }
    sums.map(|sum| 1.0 / sum)
}

/// Multiplies each column by its factor.
pub(super) fn scale(rows: &mut [f32], factors: &[f32], set: InstructionSet) {
    routine::run(set, Scale { rows, factors });
}

struct Scale<'a> {
    rows: &'a mut [f32],
    factors: &'a [f32],
}

impl Routine for Scale<'_> {
    #[expect(clippy::inline_always, reason = "else it loses the caller's features")]
    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        for row in self.rows.chunks_exact_mut(self.factors.len()) {
            for (value, factor) in row.iter_mut().zip(self.factors) {
                *value *= factor;
            }
        }
    }
}
