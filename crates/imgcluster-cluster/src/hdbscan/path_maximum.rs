//! The heaviest edge on the way from one row to another through a spanning tree.

use imgcluster_core::UnionFind;

use super::edge::Edge;

/// Answers in constant time which edge is the heaviest between two rows of a tree.
///
/// Joining rows edge by edge, lightest first, and writing each group as a line of leaves, every
/// edge closes one gap between neighbouring leaves. The heaviest edge between two rows is then the
/// heaviest gap between their leaves: a range maximum, from a sparse table (Bender and
/// Farach-Colton, *The LCA problem revisited*, 2000).
pub(super) struct PathMaximum<'a> {
    tree: &'a [Edge],
    /// The place of each row's leaf.
    places: Vec<u32>,
    /// Row `level`: the largest rank of edges in `2^level` gaps from each place on.
    levels: Vec<Vec<u32>>,
}

impl<'a> PathMaximum<'a> {
    /// Prepares a spanning tree whose edges are in order.
    pub(super) fn new(tree: &'a [Edge]) -> Self {
        let (places, gaps) = leaf_line(tree);
        let mut levels = vec![gaps];
        for reach in (0..).map(|level| 1_usize << level) {
            let last = &levels[levels.len() - 1];
            if last.len() <= reach {
                break;
            }
            let pairs = last.iter().zip(&last[reach..]);
            let next = pairs.map(|(left, right)| *left.max(right)).collect();
            levels.push(next);
        }
        Self {
            tree,
            places,
            levels,
        }
    }

    /// Finds the heaviest edge between two different rows.
    pub(super) fn heaviest(&self, a: u32, b: u32) -> &'a Edge {
        let (a, b) = (self.places[a as usize], self.places[b as usize]);
        let (first, end) = (a.min(b) as usize, a.max(b) as usize);
        let level = (end - first).ilog2();
        let ranks = &self.levels[level as usize];
        let rank = ranks[first].max(ranks[end - (1 << level)]);
        &self.tree[rank as usize]
    }
}

/// Gives the place of each row in the line of leaves, and for each gap the rank of its edge.
fn leaf_line(tree: &[Edge]) -> (Vec<u32>, Vec<u32>) {
    let count = tree.len() + 1;
    let mut groups = UnionFind::new(count);
    let mut firsts: Vec<u32> = (0..count as u32).collect();
    let mut lasts = firsts.clone();
    // (next leaf, rank of the edge between), for all but the last leaf of a group
    let mut nexts = vec![(0, 0); count];
    for (rank, edge) in tree.iter().enumerate() {
        let (left, right) = (groups.find(edge.a), groups.find(edge.b));
        let (left, right) = (left as usize, right as usize);
        groups.union(edge.a, edge.b);
        nexts[lasts[left] as usize] = (firsts[right], rank as u32);
        // The root of the union is the smaller of the two.
        let root = left.min(right);
        (firsts[root], lasts[root]) = (firsts[left], lasts[right]);
    }
    let mut places = vec![0; count];
    let mut gaps = Vec::with_capacity(tree.len());
    let mut leaf = firsts[0];
    for place in 1..count {
        let (next, rank) = nexts[leaf as usize];
        gaps.push(rank);
        places[next as usize] = place as u32;
        leaf = next;
    }
    (places, gaps)
}
