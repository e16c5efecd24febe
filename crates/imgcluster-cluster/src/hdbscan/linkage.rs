//! The single linkage tree: in which order groups join.

use imgcluster_core::UnionFind;

use super::edge::Edge;

/// Two nodes that join. Nodes `0..count` are rows; merge `i` makes node `count + i`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Merge {
    pub(super) left: u32,
    pub(super) right: u32,
    pub(super) distance: f64,
    /// How many rows are under the new node.
    pub(super) size: u32,
}

/// Reads the merges off a spanning tree whose edges are in order.
pub(super) fn single_linkage(count: usize, tree: &[Edge]) -> Vec<Merge> {
    let mut groups = UnionFind::new(count);
    // Of each group, at its root: its node, and how many rows it has.
    let mut nodes: Vec<u32> = (0..count as u32).collect();
    let mut sizes = vec![1_u32; count];
    let mut merges = Vec::with_capacity(tree.len());
    for (made, edge) in (count as u32..).zip(tree) {
        let left = groups.find(edge.a) as usize;
        let right = groups.find(edge.b) as usize;
        groups.union(edge.a, edge.b);
        let size = sizes[left] + sizes[right];
        merges.push(Merge {
            left: nodes[left],
            right: nodes[right],
            distance: f64::from(edge.weight),
            size,
        });
        let root = left.min(right);
        (nodes[root], sizes[root]) = (made, size);
    }
    merges
}
