//! Jobs, points and partitions for the tests.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use imgcluster_core::{
    CancelToken, ClusterId, Job, Matrix, Neighbors, Quiet, Radius, RowNeighbors, UnitMatrix,
};

pub(crate) fn job(threads: usize) -> Job<'static> {
    Job::new(&Quiet, CancelToken::default(), count(threads))
}

pub(crate) fn count(number: usize) -> NonZeroUsize {
    NonZeroUsize::new(number).unwrap()
}

pub(crate) fn radius(distance: f64) -> Radius {
    Radius::new(distance).unwrap()
}

pub(crate) fn unit(values: Vec<f32>, dim: usize) -> UnitMatrix {
    UnitMatrix::normalize(Matrix::new(values, dim).unwrap()).unwrap()
}

/// The same distances with nothing but the searches that compare every pair.
pub(crate) struct EveryPair<'a>(pub(crate) &'a RowNeighbors<'a>);

impl Neighbors for EveryPair<'_> {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn distance(&self, a: u32, b: u32) -> f32 {
        self.0.distance(a, b)
    }
}

/// The groups as sets of rows, whatever their names; `None` is left out.
pub(crate) fn groups<K: Ord + Copy>(labels: &[Option<K>]) -> BTreeSet<Vec<usize>> {
    let mut groups = std::collections::BTreeMap::<K, Vec<usize>>::new();
    for (row, label) in labels.iter().enumerate() {
        if let Some(label) = label {
            groups.entry(*label).or_default().push(row);
        }
    }
    groups.into_values().collect()
}

/// Labels as references write them: -1 is noise.
pub(crate) fn numbers(labels: &[Option<ClusterId>]) -> Vec<i64> {
    let number = |label: &Option<ClusterId>| label.map_or(-1, |id| i64::from(id.0));
    labels.iter().map(number).collect()
}

/// Rows round a few directions and some that are near nothing, by formula.
pub(crate) fn blobs(count: usize, dim: usize, seed: u32) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    let centers: Vec<f32> = (0..6 * dim).map(|_| next()).collect();
    let mut values = Vec::with_capacity(count * dim);
    for row in 0..count {
        let kind = row % 8;
        for column in 0..dim {
            let center = centers.get(kind * dim + column).copied();
            values.push(match center {
                Some(center) => center + 0.15 * (kind + 1) as f32 / 3.0 * next(),
                None => next(),
            });
        }
    }
    values
}
