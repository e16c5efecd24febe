//! What products of bytes tell for sure about the distance of two rows.

use std::ops::Range;

use imgcluster_kernels::{InstructionSet, Int8Packed, Int8Panel, Int8PanelScratch, Screen};

use super::Metric;
use super::sweep::Verdict;
use super::taken::for_each_taken;
use crate::{Cancelled, Job, MatrixRef};

/// Slack for roundings, relative to half the sum of both squared lengths. Products are rounded
/// three times, and the sums and differences here a few times, by 2⁻²⁴ each.
const ROUNDING: f32 = 2e-6;

/// Slack for roundings that do not shrink with the rows: values that underflow, or, under the
/// cosine metric, lengths that are one only up to rounding (2.4e-7 in the square).
const fn absolute(metric: Metric) -> f32 {
    match metric {
        Metric::Cosine => 1e-6,
        Metric::Euclidean => 1e-34,
    }
}

/// Rows as bytes, with bounds of their distances in the terms of
/// [`Bounds`](super::bounds::Bounds): half the squared Euclidean distance `h_a + h_b - product`,
/// which between rows of length one is the cosine distance.
///
/// By the proof at [`Int8Packed`] the product is off by `e_a (l_b + e_b) + l_a e_b` at most, with
/// `l` the length of a row (less the common centre), `e` the bound of its bytes' error and
/// `h = l²/2`. [`ByteRows::verdict`] takes that for each pair. A screen needs a term for each row
/// instead: with `ε` the largest `e / l` of all rows the error is at most
/// `(2ε + ε²) l_a l_b ≤ (2ε + ε²) (h_a + h_b)`.
#[derive(Debug)]
pub(super) struct ByteRows {
    packed: Int8Packed,
    lengths: Vec<f32>,
    /// What each row has of the lower bound: minus infinity where bytes tell nothing.
    lower: Vec<f32>,
    absolute: f32,
}

impl ByteRows {
    /// Packs rows on the job's threads.
    pub(super) fn pack(
        rows: MatrixRef<'_>,
        metric: Metric,
        set: InstructionSet,
        job: &Job<'_>,
    ) -> Result<Self, Cancelled> {
        let mut packed = Int8Packed::unpacked(rows.values(), rows.dim(), set);
        let pack = |scratch: &mut Int8PanelScratch, panel: Int8Panel<'_>| {
            panel.pack(rows.values(), scratch);
        };
        for_each_taken(job, packed.panels_mut(), Int8PanelScratch::default, pack)?;
        Ok(Self::new(packed, metric))
    }

    fn new(packed: Int8Packed, metric: Metric) -> Self {
        let rows = 0..packed.len();
        let length = |row| (2.0 * f64::from(packed.half_square(row))).sqrt() * (1.0 + 1e-6);
        let lengths: Vec<f32> = rows.clone().map(|row| length(row) as f32).collect();
        let shares = rows.clone().map(|row| packed.error(row) / lengths[row]);
        // A row of no length, or of too much, has no share.
        let share = shares.filter(|share| share.is_finite()).fold(0.0, f32::max);
        let error = share * (2.0 + share) + ROUNDING;
        let absolute = absolute(metric);
        let lower = |row| match packed.half_square(row) {
            half if half.is_finite() => half * (1.0 - error) - absolute,
            _ => f32::NEG_INFINITY,
        };
        Self {
            lower: rows.map(lower).collect(),
            lengths,
            absolute,
            packed,
        }
    }

    pub(super) fn packed(&self) -> &Int8Packed {
        &self.packed
    }

    /// Tells what a product makes of a pair that must be no farther apart than `reach`.
    pub(super) fn verdict(&self, a: usize, b: usize, product: f32, reach: f32) -> Verdict {
        let halves = self.packed.half_square(a) + self.packed.half_square(b);
        let (error_a, error_b) = (self.packed.error(a), self.packed.error(b));
        let error = error_a * (self.lengths[b] + error_b) + self.lengths[a] * error_b;
        let margin = error + ROUNDING * halves + 2.0 * self.absolute;
        let distance = halves - product;
        // Both are NaN, and the verdict open, where a row is too long.
        Verdict::new(distance - margin, distance + margin, reach)
    }

    /// Makes the screen that passes the columns which may be as near to `row` as `reach`.
    pub(super) fn screen<'a>(
        &'a self,
        row: usize,
        reach: f32,
        columns: Range<usize>,
        reaches: &'a [f32],
    ) -> Screen<'a> {
        Screen {
            offset: self.lower[row],
            reach,
            offsets: &self.lower[columns.clone()],
            reaches: &reaches[columns],
        }
    }

    /// Tells how many bytes of memory rows take.
    pub(super) fn bytes(count: usize, dim: usize) -> u64 {
        Int8Packed::bytes(count, dim) + (count * 2 * size_of::<f32>()) as u64
    }
}
