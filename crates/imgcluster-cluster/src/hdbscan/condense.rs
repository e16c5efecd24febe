//! The condensed tree: the single linkage tree with only the splits into clusters left.
//!
//! `McInnes` and Healy 2017, section 2.3. Seen from the root, a node either splits into two nodes
//! of at least the smallest cluster size, which are born as clusters, or loses rows, or ends.

use super::linkage::Merge;

/// A cluster of the condensed tree.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cluster {
    /// The cluster it split from; none for the root.
    pub(super) parent: Option<u32>,
    /// The density (1 / distance) at which it split off; 0 for the root. Always finite.
    pub(super) birth: f64,
    /// How many rows it has at birth.
    pub(super) size: u32,
}

/// All clusters, parents before their children (the root is 0), and where each row leaves.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct CondensedTree {
    pub(super) clusters: Vec<Cluster>,
    /// The cluster that each row is the last time a member of.
    pub(super) row_clusters: Vec<u32>,
    /// The density at which each row leaves it: infinite where it has enough exact copies.
    pub(super) row_lambdas: Vec<f64>,
}

/// Condenses the tree of at least two rows.
pub(super) fn condense(count: usize, merges: &[Merge], min_cluster_size: usize) -> CondensedTree {
    let root = Cluster {
        parent: None,
        birth: 0.0,
        size: count as u32,
    };
    let mut tree = CondensedTree {
        clusters: vec![root],
        row_clusters: vec![0; count],
        row_lambdas: vec![0.0; count],
    };
    let mut walk = Walk {
        count,
        merges,
        open: vec![],
    };
    // Nodes that are still as large as a cluster, with the cluster they belong to.
    let mut large = vec![((count + merges.len() - 1) as u32, 0)];
    while let Some((node, cluster)) = large.pop() {
        let merge = &merges[node as usize - count];
        let tells_apart = merge.distance > 0.0;
        if !tells_apart {
            // Between copies nothing splits: they leave together, at infinite density.
            walk.leave(&mut tree, node, cluster, f64::INFINITY);
            continue;
        }
        let lambda = 1.0 / merge.distance;
        let sides = [merge.left, merge.right];
        let is_large = |side: &u32| walk.size(*side) >= min_cluster_size;
        let split = sides.iter().all(is_large);
        for side in sides {
            if split {
                tree.clusters.push(Cluster {
                    parent: Some(cluster),
                    birth: lambda,
                    size: walk.size(side) as u32,
                });
                large.push((side, tree.clusters.len() as u32 - 1));
            } else if walk.size(side) >= min_cluster_size {
                large.push((side, cluster));
            } else {
                walk.leave(&mut tree, side, cluster, lambda);
            }
        }
    }
    tree
}

/// Walks down the single linkage tree.
struct Walk<'a> {
    count: usize,
    merges: &'a [Merge],
    open: Vec<u32>,
}

impl Walk<'_> {
    fn size(&self, node: u32) -> usize {
        match (node as usize).checked_sub(self.count) {
            Some(merge) => self.merges[merge].size as usize,
            None => 1,
        }
    }

    /// Lets all rows under a node leave their cluster at one density.
    fn leave(&mut self, tree: &mut CondensedTree, node: u32, cluster: u32, lambda: f64) {
        self.open.push(node);
        while let Some(node) = self.open.pop() {
            if let Some(merge) = (node as usize).checked_sub(self.count) {
                let merge = &self.merges[merge];
                self.open.extend([merge.left, merge.right]);
            } else {
                tree.row_clusters[node as usize] = cluster;
                tree.row_lambdas[node as usize] = lambda;
            }
        }
    }
}
