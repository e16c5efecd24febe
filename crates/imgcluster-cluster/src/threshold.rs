//! Groups by a threshold alone.

use std::sync::{Mutex, PoisonError};

use imgcluster_core::{BoxError, Clusterer, Clustering, Job, Points, Radius, UnionFind};

/// Joins every pair within a radius: the connected components of the threshold graph.
///
/// Two members need not be near each other themselves; a chain of near pairs joins them. A row
/// with no partner is noise. Exact, and independent of the order of rows but for the numbers.
/// Memory beyond the search: 4 bytes a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    /// The largest distance of a pair that is joined, inclusive. Default: 0.15, a cosine
    /// similarity of 0.85.
    pub radius: Radius,
}

impl Default for Threshold {
    fn default() -> Self {
        Self {
            radius: Radius::from_similarity(0.85).expect("0.85 is a similarity"),
        }
    }
}

impl Clusterer for Threshold {
    fn cluster(&self, points: &Points<'_>, job: &Job<'_>) -> Result<Clustering, BoxError> {
        let count = points.len();
        let groups = Mutex::new(UnionFind::new(count));
        let join = |a, b, _distance| {
            let mut groups = groups.lock().unwrap_or_else(PoisonError::into_inner);
            groups.union(a, b);
        };
        points.neighbors().within(self.radius, job, &join)?;
        let roots = groups
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
            .roots();
        let mut sizes = vec![0_usize; count];
        for &root in &roots {
            sizes[root as usize] += 1;
        }
        let partnered = |root: u32| (sizes[root as usize] > 1).then_some(root);
        let groups: Vec<_> = roots.into_iter().map(partnered).collect();
        Ok(Clustering::from_groups(&groups))
    }
}
