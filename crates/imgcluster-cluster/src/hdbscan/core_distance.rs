//! How far a row must reach to have enough others around it.

use std::num::NonZeroUsize;

use imgcluster_core::{Cancelled, Job, KnnGraph, Neighbors};

/// Neighbours asked for even where fewer give the core distances: they start the spanning tree,
/// and the search costs the same.
const START: usize = 15;

/// Finds the nearest others, enough for the core distances and for a first spanning tree.
pub(super) fn nearest(
    neighbors: &dyn Neighbors,
    min_samples: NonZeroUsize,
    job: &Job<'_>,
) -> Result<KnnGraph, Cancelled> {
    let wanted = (min_samples.get() - 1).max(START);
    let wanted = NonZeroUsize::new(wanted).expect("at least the start");
    neighbors.knn(wanted, job)
}

/// Reads off each row's distance to the `min_samples`-th nearest row, itself the first; to the
/// farthest where there are fewer rows.
pub(super) fn core_distances(nearest: &KnnGraph, min_samples: NonZeroUsize) -> Vec<f32> {
    let others = (min_samples.get() - 1).min(nearest.k());
    let core_distance = |row| match others {
        0 => 0.0,
        others => nearest.distances(row)[others - 1],
    };
    (0..nearest.len()).map(core_distance).collect()
}
