//! What each threshold gives, from one sweep over the forest's edges.

use imgcluster_core::UnionFind;

use super::edge::Edge;
use super::scale::Scale;

/// What the algorithm `threshold` finds at one threshold: exactly that, of these items.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CurveRow {
    /// The similarity from which on a pair is alike, inclusive.
    pub threshold: f64,
    /// Pairs at or above it.
    pub pairs: u64,
    /// Clusters of two items or more.
    pub clusters: usize,
    /// Items in these.
    pub clustered: usize,
    /// The size of the largest; 1 where no two items are alike, and 0 where there are no items.
    pub largest: usize,
    /// Items in no cluster.
    pub noise: usize,
    /// Pairs of items in one cluster, be they alike or joined by a chain of others.
    pub joined: u64,
}

/// Sweeps from the strictest threshold to the one that admits every pair, or to the last.
///
/// `counts` has the pairs that each threshold admits and the one before does not; `total` is the
/// number of all pairs.
pub(super) fn curve(
    count: usize,
    scale: &Scale,
    counts: &[u64],
    total: u64,
    forest: &[Edge],
) -> Vec<CurveRow> {
    let mut sweep = Sweep::new(count);
    let mut edges = forest.iter().peekable();
    let mut rows = Vec::new();
    let mut pairs = 0;
    for ((threshold, radius), more) in scale.all().zip(counts) {
        pairs += more;
        while let Some(edge) = edges.next_if(|edge| edge.distance <= radius) {
            sweep.join(edge);
        }
        rows.push(sweep.row(threshold, pairs));
        if pairs == total {
            break;
        }
    }
    rows
}

struct Sweep {
    groups: UnionFind,
    /// The size of each group, by its root.
    sizes: Vec<usize>,
    clusters: usize,
    clustered: usize,
    largest: usize,
    joined: u64,
}

impl Sweep {
    fn new(count: usize) -> Self {
        Self {
            groups: UnionFind::new(count),
            sizes: vec![1; count],
            clusters: 0,
            clustered: 0,
            largest: count.min(1),
            joined: 0,
        }
    }

    /// Joins two groups; edges of a forest always do.
    fn join(&mut self, edge: &Edge) {
        let (a, b) = (self.groups.find(edge.a), self.groups.find(edge.b));
        let sizes = [self.sizes[a as usize], self.sizes[b as usize]];
        self.groups.union(a, b);
        let size = sizes[0] + sizes[1];
        self.sizes[a.min(b) as usize] = size;
        let alone = sizes.iter().filter(|size| **size == 1).count();
        self.clustered += alone;
        match alone {
            2 => self.clusters += 1,
            1 => {}
            _ => self.clusters -= 1,
        }
        self.largest = self.largest.max(size);
        self.joined += sizes[0] as u64 * sizes[1] as u64;
    }

    fn row(&self, threshold: f64, pairs: u64) -> CurveRow {
        CurveRow {
            threshold,
            pairs,
            clusters: self.clusters,
            clustered: self.clustered,
            largest: self.largest,
            noise: self.sizes.len() - self.clustered,
            joined: self.joined,
        }
    }
}
