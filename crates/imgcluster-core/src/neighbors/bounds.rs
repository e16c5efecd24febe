//! What a rounded product tells for sure about the distance of two rows.

use imgcluster_kernels::{Screen, error_bound};

use super::Metric;
use super::sweep::Verdict;

/// Slack for the few `f32` roundings outside the products themselves.
const ROUNDING: f32 = 1e-6;

/// Squared lengths within which neither a product nor a sum of them overflows, nor do the products
/// of single values underflow so far that it shows.
const SAFE: std::ops::RangeInclusive<f64> = 1e-30..=1e38;

/// Bounds of distances, in terms that grow with them: half the squared Euclidean distance
/// `|a|²/2 + |b|²/2 - a·b`, or the cosine distance `1/2 + 1/2 - a·b` of rows of length one.
///
/// Each row has an offset, the first or second term, lowered by its share of the product's error
/// ([`error_bound`], relative to `|a|·|b| ≤ |a|²/2 + |b|²/2`) and of some slack; half the slack
/// outweighs the roundings here. A row whose squared length is outside the safe range gets an
/// infinite offset, which rules nothing out.
#[derive(Debug)]
pub(super) struct Bounds {
    metric: Metric,
    lower: Vec<f32>,
    upper: Vec<f32>,
}

impl Bounds {
    /// Prepares rows of `dim` values with these squared lengths.
    pub(super) fn new(metric: Metric, dim: usize, squared_lengths: &[f64]) -> Self {
        let error = f64::from(2.0 * (error_bound(dim) + ROUNDING));
        let offset = |squared: f64, error: f64| match metric {
            Metric::Cosine => (0.5 * (1.0 + error)) as f32,
            Metric::Euclidean if SAFE.contains(&squared) => (0.5 * squared * (1.0 + error)) as f32,
            Metric::Euclidean => f32::INFINITY.copysign(error as f32),
        };
        let offsets = |error| {
            let squared_lengths = squared_lengths.iter();
            squared_lengths
                .map(|&squared| offset(squared, error))
                .collect()
        };
        Self {
            metric,
            lower: offsets(-error),
            upper: offsets(error),
        }
    }

    /// Brings a distance to the terms of the bounds; the sign stays, so that nothing reaches a
    /// negative one.
    pub(super) fn reach(&self, distance: f32) -> f32 {
        match self.metric {
            Metric::Cosine => distance,
            Metric::Euclidean => 0.5 * distance * distance.abs() * (1.0 + ROUNDING),
        }
    }

    /// Bounds the distance of two rows from above by their product.
    pub(super) fn upper(&self, a: usize, b: usize, product: f32) -> f32 {
        // Infinite where it would be NaN.
        (self.upper[a] + self.upper[b] - product).min(f32::INFINITY)
    }

    /// Tells whether two rows are surely farther apart than `reach`; no NaN rules a pair out.
    pub(super) fn rules_out(&self, a: usize, b: usize, product: f32, reach: f32) -> bool {
        self.lower[a] + self.lower[b] - reach > product
    }

    /// Tells what a product makes of a pair that must be no farther apart than `reach`.
    pub(super) fn verdict(&self, a: usize, b: usize, product: f32, reach: f32) -> Verdict {
        let lower = self.lower[a] + self.lower[b] - product;
        Verdict::new(lower, self.upper(a, b, product), reach)
    }

    /// Makes the screen that passes the columns which may be as near to `row` as `reach`, or as
    /// their own place in `reaches`.
    pub(super) fn screen<'a>(
        &'a self,
        row: usize,
        reach: f32,
        columns: std::ops::Range<usize>,
        reaches: &'a [f32],
    ) -> Screen<'a> {
        Screen {
            offset: self.lower[row],
            reach,
            offsets: &self.lower[columns.clone()],
            reaches: &reaches[columns],
        }
    }
}
