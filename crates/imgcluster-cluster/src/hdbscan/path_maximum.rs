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
    weights_to_middle: Vec<f32>,
    /// Row `level`: the largest rank of edges in `2^level` gaps from each place on.
    levels: Vec<Vec<u32>>,
}

impl<'a> PathMaximum<'a> {
    /// Prepares a spanning tree whose edges are in order.
    pub(super) fn new(tree: &'a [Edge]) -> Self {
        let line = LeafLine::new(tree);
        let weights_to_middle = line.weights_to_middle(tree);
        let mut levels = vec![line.gaps];
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
            places: line.places,
            weights_to_middle,
            levels,
        }
    }

    /// The weight of the heaviest edge between each row and one row amid the others; -1 for that
    /// row itself.
    ///
    /// The heaviest edge between two rows is no heavier than the larger of their two weights, since
    /// a way from one to the other leads through the middle.
    pub(super) fn weights_to_middle(&self) -> &[f32] {
        &self.weights_to_middle
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

/// The rows of a tree in a line of leaves.
struct LeafLine {
    /// The place of each row.
    places: Vec<u32>,
    /// The rank of the edge that closes each gap.
    gaps: Vec<u32>,
    /// A row that was in the larger group whenever its group was joined with another. So what the
    /// heavy edges cut off is mostly not on its side.
    middle: u32,
}

impl LeafLine {
    fn new(tree: &[Edge]) -> Self {
        let count = tree.len() + 1;
        let mut groups = UnionFind::new(count);
        let mut firsts: Vec<u32> = (0..count as u32).collect();
        let mut lasts = firsts.clone();
        // (rows, middle) of each group
        let mut cores: Vec<(u32, u32)> = firsts.iter().map(|row| (1, *row)).collect();
        // (next leaf, rank of the edge between), for all but the last leaf of a group
        let mut nexts = vec![(0, 0); count];
        for (rank, edge) in tree.iter().enumerate() {
            let (left, right) = (groups.find(edge.a), groups.find(edge.b));
            let (left, right) = (left as usize, right as usize);
            groups.union(edge.a, edge.b);
            nexts[lasts[left] as usize] = (firsts[right], rank as u32);
            // The root of the union is the smaller of the two.
            let root = left.min(right);
            let (rows, middle) = cores[left].max(cores[right]);
            cores[root] = (rows + cores[left].0.min(cores[right].0), middle);
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
        Self {
            places,
            gaps,
            middle: cores[0].1,
        }
    }

    /// See [`PathMaximum::weights_to_middle`].
    fn weights_to_middle(&self, tree: &[Edge]) -> Vec<f32> {
        let middle = self.places[self.middle as usize];
        let (left, right) = self.gaps.split_at(middle as usize);
        let heaviest = |heaviest: &mut u32, rank: &u32| {
            *heaviest = (*heaviest).max(*rank);
            Some(tree[*heaviest as usize].weight)
        };
        let mut weights: Vec<f32> = left.iter().rev().scan(0, heaviest).collect();
        weights.reverse();
        weights.push(-1.0);
        weights.extend(right.iter().scan(0, heaviest));
        let places = self.places.iter();
        places.map(|place| weights[*place as usize]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_edge_between_two_rows_is_heavier_than_the_larger_of_their_ways_to_the_middle(
            parents in prop::collection::vec((0.0_f64..1.0, 0_u8..6), 0..40),
        ) {
            let core = vec![0.0; parents.len() + 1];
            let mut tree: Vec<Edge> = (1_u32..)
                .zip(&parents)
                .map(|(row, (parent, weight))| {
                    let parent = (parent * f64::from(row)) as u32;
                    Edge::between(parent, row, f32::from(*weight), &core)
                })
                .collect();
            tree.sort_unstable_by(Edge::order);
            let paths = PathMaximum::new(&tree);
            let weights = paths.weights_to_middle();
            prop_assert_eq!(weights.len(), core.len());
            prop_assert_eq!(weights.iter().filter(|weight| **weight < 0.0).count(), 1);
            for (a, b) in (0..core.len()).flat_map(|b| (0..b).map(move |a| (a, b))) {
                let heaviest = paths.heaviest(a as u32, b as u32).weight;
                prop_assert!(heaviest <= weights[a].max(weights[b]));
                // Nor is it loose: to the middle it is exact.
                if weights[a].min(weights[b]) < 0.0 {
                    prop_assert!(heaviest >= weights[a].max(weights[b]));
                }
            }
        }
    }

    #[test]
    fn a_lone_far_row_is_not_the_middle() {
        let core = [0.0; 4];
        let edge = |a, b, weight| Edge::between(a, b, weight, &core);
        let tree = [edge(1, 2, 1.0), edge(2, 3, 1.0), edge(0, 2, 9.0)];
        let paths = PathMaximum::new(&tree);
        let weights = paths.weights_to_middle();
        assert_eq!(weights.iter().filter(|weight| **weight > 1.0).count(), 1);
        assert!((weights[0] - 9.0).abs() < f32::EPSILON);
    }
}
