//! Groups by a threshold alone.

use imgcluster_core::{BoxError, Clusterer, Clustering, ConcurrentUnionFind, Job, Points, Radius};

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
        let groups = ConcurrentUnionFind::new(count);
        let join = |row, others: &[u32]| {
            for other in others {
                groups.union(row, *other);
            }
        };
        points.neighbors().links(self.radius, &groups, job, &join)?;
        let roots = groups.roots();
        let mut sizes = vec![0_usize; count];
        for &root in &roots {
            sizes[root as usize] += 1;
        }
        let partnered = |root: u32| (sizes[root as usize] > 1).then_some(root);
        let groups: Vec<_> = roots.into_iter().map(partnered).collect();
        Ok(Clustering::from_groups(&groups))
    }
}
