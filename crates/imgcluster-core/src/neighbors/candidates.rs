//! Which others may be the nearest of a row, while they are still being found.

use super::bounds::Bounds;

/// The others of one row that may be among its nearest, found on the way over the columns.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    /// The columns and their products.
    found: Vec<(u32, f32)>,
    /// How far any that is still to come may be, in terms of the bounds.
    reach: f32,
    /// How many to find before they are sifted.
    full: usize,
}

impl Candidates {
    /// How many are found at least before they are sifted.
    const FULL: usize = 32;

    /// How many are kept at most where bounds tell too few apart (many copies of one row, say), or
    /// four times as many as wanted.
    const CROWD: usize = 1024;

    /// Starts anew.
    pub(super) fn clear(&mut self) {
        self.found.clear();
        self.reach = f32::INFINITY;
        self.full = Self::FULL;
    }

    /// How far any that is still to come may be, in terms of the bounds.
    pub(super) fn reach(&self) -> f32 {
        self.reach
    }

    /// Lists the others.
    pub(super) fn others(&self) -> impl Iterator<Item = u32> {
        self.found.iter().map(|(other, _)| *other)
    }

    /// Adds others with their products, and tells whether it is time to sift.
    pub(super) fn extend(&mut self, others: impl Iterator<Item = (u32, f32)>) -> bool {
        self.found.extend(others);
        self.found.len() >= self.full
    }

    /// Drops those that cannot be among the `k` nearest of `row`.
    pub(super) fn sift(
        &mut self,
        row: usize,
        k: usize,
        bounds: &Bounds,
        scratch: &mut SiftScratch,
        distance: impl Fn(u32) -> f32,
    ) {
        if self.found.len() > k {
            let uppers = &mut scratch.uppers;
            let found = self.found.iter();
            let found = found.map(|(other, product)| bounds.upper(row, *other as usize, *product));
            uppers.clear();
            uppers.extend(found);
            // No more than k-1 rows can be nearer than the k-th smallest upper bound.
            self.reach = *uppers.select_nth_unstable_by(k - 1, f32::total_cmp).1;
            self.found.retain(|(other, product)| {
                !bounds.rules_out(row, *other as usize, *product, self.reach)
            });
        }
        if self.found.len() > Self::CROWD.max(4 * k) {
            self.keep_nearest(k, &mut scratch.measured, distance);
        }
        self.full = Self::FULL.max(2 * self.found.len());
    }

    /// Keeps the `k` nearest so far: others that are still to come can only displace them.
    fn keep_nearest(
        &mut self,
        k: usize,
        measured: &mut Vec<(f32, u32, f32)>,
        distance: impl Fn(u32) -> f32,
    ) {
        let found = self.found.iter();
        measured.clear();
        measured.extend(found.map(|(other, product)| (distance(*other), *other, *product)));
        measured.select_nth_unstable_by(k - 1, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let nearest = measured[..k].iter();
        self.found.clear();
        self.found
            .extend(nearest.map(|(_, other, product)| (*other, *product)));
    }
}

/// Memory to sift with, used for one row after the other.
#[derive(Debug, Default)]
pub(super) struct SiftScratch {
    uppers: Vec<f32>,
    measured: Vec<(f32, u32, f32)>,
}
