//! The minimum spanning tree of the mutual reachability graph.
//!
//! Exact without a table of pairs: start from any spanning tree, sweep over all pairs, and keep
//! only edges lighter than the heaviest edge that the tree has between their ends. An edge that is
//! the heaviest of a cycle is in no minimum spanning tree (the cycle property), so the tree of the
//! kept edges is the tree of all. Lighter means earlier by [`Edge::order`], in which no two edges
//! are equal. Ever better trees on the way keep the kept edges few (Karger, Klein, Tarjan, *A
//! randomized linear-time algorithm to find minimum spanning trees*, 1995).

use std::sync::{Mutex, PoisonError};

use imgcluster_core::{Cancelled, Job, KnnGraph, Neighbors, UnionFind};

use super::edge::Edge;
use super::path_maximum::PathMaximum;

/// Pairs swept between two chances to better the tree; bounds the edges kept.
const PAIRS: usize = 1 << 21;

/// Rows a thread gets at least in each sweep: enough to walk over all others with.
const ROWS: usize = 252;

/// Finds the tree; its edges come in order. It is unique, so threads and steps cannot change it.
pub(super) fn spanning_tree(
    neighbors: &dyn Neighbors,
    nearest: &KnnGraph,
    core: &[f32],
    job: &Job<'_>,
) -> Result<Vec<Edge>, Cancelled> {
    let count = neighbors.len();
    let mut tree = first_tree(neighbors, nearest, core);
    let mut kept = Vec::new();
    let step = (PAIRS / count.max(1)).next_multiple_of(ROWS.saturating_mul(job.threads().get()));
    let step = step.max(ROWS);
    let mut start = 0;
    while start < count {
        let paths = PathMaximum::new(&tree);
        while start < count && kept.len() <= count {
            let rows = start..count.min(start + step);
            kept.append(&mut lighter_edges(neighbors, rows, &paths, core, job)?);
            start += step;
        }
        kept.append(&mut tree);
        tree = lightest_forest(count, std::mem::take(&mut kept));
    }
    Ok(tree)
}

/// Sweeps over the pairs of some rows with all later ones, for edges that may better the tree.
fn lighter_edges(
    neighbors: &dyn Neighbors,
    rows: std::ops::Range<usize>,
    paths: &PathMaximum<'_>,
    core: &[f32],
    job: &Job<'_>,
) -> Result<Vec<Edge>, Cancelled> {
    let lighter = Mutex::new(Vec::new());
    let limit = |a: u32, b: u32| {
        let core = core[a as usize].max(core[b as usize]);
        paths.heaviest(a, b).limit(core)
    };
    let keep = |a, b, distance| {
        let edge = Edge::between(a, b, distance, core);
        if edge.order(paths.heaviest(a, b)).is_lt() {
            let mut lighter = lighter.lock().unwrap_or_else(PoisonError::into_inner);
            lighter.push(edge);
        }
    };
    neighbors.within_ceilings(rows, paths.weights_to_middle(), &limit, job, &keep)?;
    Ok(lighter.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// Joins nearest neighbours, and what that leaves apart to the first row's group.
fn first_tree(neighbors: &dyn Neighbors, nearest: &KnnGraph, core: &[f32]) -> Vec<Edge> {
    let count = neighbors.len();
    let edges_of = |row: usize| {
        let others = nearest.others(row).iter().zip(nearest.distances(row));
        others.map(move |(other, distance)| Edge::between(row as u32, *other, *distance, core))
    };
    let mut edges = lightest_forest(count, (0..count).flat_map(edges_of).collect());
    let mut groups = UnionFind::new(count);
    for edge in &edges {
        groups.union(edge.a, edge.b);
    }
    for (row, root) in (0_u32..).zip(groups.roots()) {
        if row == root && row > 0 {
            edges.push(Edge::between(0, row, neighbors.distance(0, row), core));
        }
    }
    edges.sort_unstable_by(Edge::order);
    edges
}

/// Kruskal's algorithm: the minimum spanning forest of these edges, in order.
fn lightest_forest(count: usize, mut edges: Vec<Edge>) -> Vec<Edge> {
    edges.sort_unstable_by(Edge::order);
    let mut groups = UnionFind::new(count);
    edges.retain(|edge| groups.union(edge.a, edge.b));
    edges
}

#[cfg(test)]
mod tests {
    use super::super::core_distance;
    use super::*;
    use imgcluster_core::{CancelToken, Matrix, Quiet, RowNeighbors, UnitMatrix};
    use proptest::prelude::*;
    use std::num::NonZeroUsize;

    /// The slow twin: Prim's algorithm, measuring every pair.
    fn prim(neighbors: &dyn Neighbors, core: &[f32]) -> Vec<Edge> {
        let edge = |a: u32, b: u32| Edge::between(a, b, neighbors.distance(a, b), core);
        let mut outside: Vec<(u32, Edge)> = (1..neighbors.len() as u32)
            .map(|row| (row, edge(0, row)))
            .collect();
        let mut tree = Vec::new();
        while !outside.is_empty() {
            let order = |&a: &usize, &b: &usize| outside[a].1.order(&outside[b].1);
            let next = (0..outside.len()).min_by(order).unwrap();
            let (row, link) = outside.swap_remove(next);
            tree.push(link);
            for (other, best) in &mut outside {
                let candidate = edge(row, *other);
                if candidate.order(best).is_lt() {
                    *best = candidate;
                }
            }
        }
        tree.sort_unstable_by(Edge::order);
        tree
    }

    fn both(neighbors: &dyn Neighbors, min_samples: usize, threads: usize) -> [Vec<Edge>; 2] {
        let threads = NonZeroUsize::new(threads).unwrap();
        let job = Job::new(&Quiet, CancelToken::default(), threads);
        let min_samples = NonZeroUsize::new(min_samples).unwrap();
        // One neighbour fewer than in earnest, so that the first forest falls apart.
        let nearest = neighbors.knn(min_samples, &job).unwrap();
        let core = core_distance::core_distances(&nearest, min_samples);
        let fast = spanning_tree(neighbors, &nearest, &core, &job).unwrap();
        [fast, prim(neighbors, &core)]
    }

    fn random_rows() -> impl Strategy<Value = Matrix> {
        let values = prop_oneof![
            Just(prop::sample::select(vec![0.0_f32, 1.0, 2.0]).boxed()),
            Just((-1.0_f32..1.0).boxed()),
        ];
        (2_usize..150, 1_usize..4, values).prop_flat_map(|(count, dim, value)| {
            prop::collection::vec(value, count * dim).prop_map(move |mut values| {
                values.chunks_exact_mut(dim).for_each(|row| row[0] += 1.5);
                Matrix::new(values, dim).unwrap()
            })
        })
    }

    proptest! {
        #[test]
        fn the_sweep_finds_the_very_tree_of_prim(
            rows in random_rows(), min_samples in 1_usize..5, threads in 1_usize..4,
        ) {
            let unit = UnitMatrix::normalize(rows.clone()).unwrap();
            for neighbors in [RowNeighbors::cosine(&unit), RowNeighbors::euclidean(rows.view())] {
                let [fast, slow] = both(&neighbors, min_samples, threads);
                prop_assert_eq!(fast, slow);
            }
        }
    }

    #[test]
    fn one_and_two_rows_have_no_and_one_edge() {
        for count in 1..3 {
            let rows = Matrix::new(vec![1.0; count], 1).unwrap();
            let [fast, slow] = both(&RowNeighbors::euclidean(rows.view()), 3, 1);
            assert_eq!((fast.len(), &fast), (count - 1, &slow));
        }
    }

    #[test]
    fn a_tree_bettered_many_times_on_the_way_is_still_the_tree_of_prim() {
        // Far-apart small groups: the nearest neighbours leave hundreds of them unjoined.
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 24) as f32
        };
        let mut values = Vec::new();
        for _ in 0..800 {
            let center: [f32; 4] = std::array::from_fn(|_| next());
            for _ in 0..4 {
                values.extend(center.map(|x| x + 1e-3 * next()));
            }
        }
        let rows = Matrix::new(values, 4).unwrap();
        let [fast, slow] = both(&RowNeighbors::euclidean(rows.view()), 2, 2);
        assert_eq!(fast, slow);
    }
}
