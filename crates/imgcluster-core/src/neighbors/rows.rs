//! Exact search over rows: tiles find candidates, the reference product decides.

use std::num::NonZeroUsize;
use std::ops::Range;

use imgcluster_kernels::{Packed, error_bound, reference};

use super::{KnnGraph, Neighbors, Radius};
use crate::{Cancelled, Job, MatrixRef, UnitMatrix, for_each_block};

/// Rows a thread takes at a time, and columns it compares them with in one go.
const ROWS: NonZeroUsize = NonZeroUsize::new(16).expect("sixteen is not zero");
const COLUMNS: usize = 256;

/// Slack for the few `f32` roundings outside the products themselves.
const ROUNDING: f32 = 1e-6;

/// How the distance of two rows is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Metric {
    /// `1 - cosine similarity`, in [0, 2].
    Cosine,
    /// The length of the difference.
    Euclidean,
}

/// Exact neighbours of rows.
///
/// Distances come from products in `f64` in a fixed order, rounded to `f32` once; blocked `f32`
/// products only rule out pairs that cannot be near, with a proven margin
/// ([`error_bound`]). Memory: the rows packed once more, and no table of pairs.
#[derive(Debug)]
pub struct RowNeighbors<'a> {
    rows: MatrixRef<'a>,
    metric: Metric,
    packed: Packed,
    squared_lengths: Vec<f64>,
}

impl<'a> RowNeighbors<'a> {
    /// Searches by cosine distance over rows of length one.
    pub fn cosine(rows: &'a UnitMatrix) -> Self {
        Self::new(rows.view(), Metric::Cosine)
    }

    /// Searches by Euclidean distance.
    pub fn euclidean(rows: MatrixRef<'a>) -> Self {
        Self::new(rows, Metric::Euclidean)
    }

    /// Not public: under the cosine metric the rows must be of length one.
    fn new(rows: MatrixRef<'a>, metric: Metric) -> Self {
        let packed = Packed::new(rows.values(), rows.dim());
        let squared_lengths = rows.iter().map(|row| reference::dot(row, row)).collect();
        Self {
            rows,
            metric,
            packed,
            squared_lengths,
        }
    }

    /// Bounds the true distance from below by a tile product: the cosine distance, or the squared
    /// Euclidean one.
    fn lower_bound(&self, a: usize, b: usize, product: f32) -> f32 {
        let bound = error_bound(self.rows.dim()) + ROUNDING;
        match self.metric {
            Metric::Cosine => 1.0 - product - 2.0 * bound,
            Metric::Euclidean => {
                let squares = (self.squared_lengths[a] + self.squared_lengths[b]) as f32;
                squares - 2.0 * product - 2.0 * bound * squares
            }
        }
    }

    /// Bounds the true distance from above, in the same terms.
    fn upper_bound(&self, a: usize, b: usize, product: f32) -> f32 {
        let bound = error_bound(self.rows.dim()) + ROUNDING;
        match self.metric {
            Metric::Cosine => 1.0 - product + 2.0 * bound,
            Metric::Euclidean => {
                let squares = (self.squared_lengths[a] + self.squared_lengths[b]) as f32;
                squares - 2.0 * product + 2.0 * bound * squares
            }
        }
    }

    /// Compares each of `rows` with all rows after it: tiles rule out, the exact distance decides.
    fn sweep(
        &self,
        rows: Range<usize>,
        limit: impl Fn(u32, u32) -> f32 + Sync,
        job: &Job<'_>,
        edge: &(dyn Fn(u32, u32, f32) + Sync),
    ) -> Result<(), Cancelled> {
        let visit = |rows: Range<usize>, columns: Range<usize>, products: &[f32]| {
            let width = columns.len();
            for (a, products) in rows.zip(products.chunks_exact(width)) {
                for (b, product) in columns.clone().zip(products) {
                    if b <= a {
                        continue;
                    }
                    let limit = limit(a as u32, b as u32);
                    // Written so that a NaN (from overflow) stays a candidate.
                    let ruled_out = self.lower_bound(a, b, *product) > self.reach(limit);
                    if ruled_out {
                        continue;
                    }
                    let distance = self.distance(a as u32, b as u32);
                    if distance <= limit {
                        edge(a as u32, b as u32, distance);
                    }
                }
            }
        };
        let count = self.len();
        for_each_block(job, rows.len(), ROWS, Vec::new, |products, block| {
            let rows = rows.start + block.start..rows.start + block.end;
            let first = rows.start / COLUMNS * COLUMNS;
            for start in (first..count).step_by(COLUMNS) {
                let columns = start..count.min(start + COLUMNS);
                self.packed
                    .products(rows.clone(), columns.clone(), products);
                visit(rows.clone(), columns, products);
            }
        })
    }

    /// Brings a distance to the terms of the bounds; the sign stays, so that nothing reaches a
    /// negative one.
    fn reach(&self, distance: f32) -> f32 {
        match self.metric {
            Metric::Cosine => distance,
            Metric::Euclidean => distance * distance.abs() * (1.0 + ROUNDING),
        }
    }

    /// Puts the others of one row that may be among its `k` nearest.
    fn candidates(&self, row: usize, k: usize, products: &[f32], uppers: &mut Vec<f32>) -> f32 {
        uppers.clear();
        let others = products
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != row);
        uppers.extend(others.map(|(other, product)| self.upper_bound(row, other, *product)));
        if k >= uppers.len() {
            return f32::INFINITY;
        }
        // No more than k-1 rows can be nearer than the k-th smallest upper bound.
        *uppers.select_nth_unstable_by(k - 1, f32::total_cmp).1
    }
}

impl Neighbors for RowNeighbors<'_> {
    fn len(&self) -> usize {
        self.rows.rows()
    }

    fn distance(&self, a: u32, b: u32) -> f32 {
        let (i, j) = (a as usize, b as usize);
        let (a, b) = (self.rows.row(i), self.rows.row(j));
        match self.metric {
            Metric::Cosine => {
                // √(x·x) is exactly x, so equal rows are at exactly zero.
                let lengths = (self.squared_lengths[i] * self.squared_lengths[j]).sqrt();
                (1.0 - reference::dot(a, b) / lengths).max(0.0) as f32
            }
            // The largest f32 stands in where two finite rows are too far apart for one.
            Metric::Euclidean => (reference::squared_distance(a, b).sqrt() as f32).min(f32::MAX),
        }
    }

    fn within(
        &self,
        radius: Radius,
        job: &Job<'_>,
        edge: &(dyn Fn(u32, u32, f32) + Sync),
    ) -> Result<(), Cancelled> {
        self.sweep(0..self.len(), |_, _| radius.get(), job, edge)
    }

    fn within_limits(
        &self,
        rows: Range<usize>,
        limit: &(dyn Fn(u32, u32) -> f32 + Sync),
        job: &Job<'_>,
        edge: &(dyn Fn(u32, u32, f32) + Sync),
    ) -> Result<(), Cancelled> {
        self.sweep(rows, limit, job, edge)
    }

    fn knn(&self, k: NonZeroUsize, job: &Job<'_>) -> Result<KnnGraph, Cancelled> {
        let count = self.len();
        let wanted = k.get().min(count.saturating_sub(1));
        let scratch = || (Vec::new(), Vec::new());
        KnnGraph::build(
            count,
            k,
            job,
            ROWS,
            scratch,
            |(products, uppers), rows, sink| {
                if wanted == 0 {
                    return;
                }
                self.packed.products(rows.clone(), 0..count, products);
                for (row, products) in rows.zip(products.chunks_exact(count)) {
                    let limit = self.candidates(row, wanted, products, uppers);
                    let near = products.iter().enumerate().filter(|(other, product)| {
                        let ruled_out = self.lower_bound(row, *other, **product) > limit;
                        *other != row && !ruled_out
                    });
                    let measured = near
                        .map(|(other, _)| (other as u32, self.distance(row as u32, other as u32)));
                    sink.put(row, measured);
                }
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Matrix, Neighbors};
    use proptest::prelude::*;
    use std::sync::Mutex;

    /// The slow twin: only the default searches over the same distances.
    struct EveryPair<'a>(&'a RowNeighbors<'a>);

    impl Neighbors for EveryPair<'_> {
        fn len(&self) -> usize {
            self.0.len()
        }
        fn distance(&self, a: u32, b: u32) -> f32 {
            self.0.distance(a, b)
        }
    }

    fn edges(neighbors: &dyn Neighbors, radius: Radius) -> Vec<(u32, u32, u32)> {
        let found = Mutex::new(Vec::new());
        let edge = |a, b, d: f32| found.lock().unwrap().push((a, b, d.to_bits()));
        neighbors.within(radius, &Job::quiet(), &edge).unwrap();
        let mut found = found.into_inner().unwrap();
        found.sort_unstable();
        found
    }

    fn rows() -> impl Strategy<Value = Matrix> {
        (1_usize..40, 1_usize..20).prop_flat_map(|(count, dim)| {
            // Few distinct values, so that equal rows and ties are common.
            prop::collection::vec(
                prop::sample::select(vec![-1.0_f32, 0.0, 0.5, 1.0]),
                count * dim,
            )
            .prop_map(move |mut values| {
                values.chunks_exact_mut(dim).for_each(|row| row[0] += 2.0);
                Matrix::new(values, dim).unwrap()
            })
        })
    }

    proptest! {
        #[test]
        fn tiles_find_the_same_edges_and_neighbors_as_every_pair(
            rows in rows(), radius in 0.0_f64..2.0, k in 1_usize..8,
        ) {
            let unit = UnitMatrix::normalize(rows.clone()).unwrap();
            for fast in [RowNeighbors::cosine(&unit), RowNeighbors::euclidean(rows.view())] {
                let slow = EveryPair(&fast);
                let radius = Radius::new(radius).unwrap();
                prop_assert_eq!(edges(&fast, radius), edges(&slow, radius));
                let k = NonZeroUsize::new(k).unwrap();
                let job = Job::quiet();
                prop_assert_eq!(fast.knn(k, &job).unwrap(), slow.knn(k, &job).unwrap());
            }
        }
    }

    proptest! {
        #[test]
        fn tiles_keep_to_a_limit_of_each_pair_and_to_the_rows_asked_for(
            rows in rows(), scale in 0.0_f32..2.0, cut in 0.0_f64..1.0,
        ) {
            let unit = UnitMatrix::normalize(rows.clone()).unwrap();
            let first = (cut * rows.rows() as f64) as usize;
            let limit = |a: u32, b: u32| scale * ((a * 7 + b * 3) % 5) as f32 / 2.0 - 0.1;
            let edges = |neighbors: &dyn Neighbors| {
                let found = Mutex::new(Vec::new());
                let edge = |a, b, d: f32| found.lock().unwrap().push((a, b, d.to_bits()));
                let job = Job::quiet();
                neighbors.within_limits(first..rows.rows(), &limit, &job, &edge).unwrap();
                let mut found = found.into_inner().unwrap();
                found.sort_unstable();
                found
            };
            for fast in [RowNeighbors::cosine(&unit), RowNeighbors::euclidean(rows.view())] {
                let found = edges(&fast);
                prop_assert!(found.iter().all(|(a, _, _)| *a as usize >= first));
                prop_assert_eq!(found, edges(&EveryPair(&fast)));
            }
        }
    }

    #[test]
    fn equal_rows_are_at_exactly_zero() {
        let rows = Matrix::new([0.3_f32, 0.7, 0.1].repeat(5), 3).unwrap();
        let unit = UnitMatrix::normalize(rows).unwrap();
        for neighbors in [
            RowNeighbors::cosine(&unit),
            RowNeighbors::euclidean(unit.view()),
        ] {
            assert_eq!(edges(&neighbors, Radius::new(0.0).unwrap()).len(), 10);
        }
    }

    #[test]
    fn a_threshold_that_is_exactly_hit_counts() {
        let rows = Matrix::new(vec![1.0, 0.0, 0.7, 0.714_142_8, 0.6, 0.8], 2).unwrap();
        let unit = UnitMatrix::normalize(rows).unwrap();
        let neighbors = RowNeighbors::cosine(&unit);
        let found = edges(&neighbors, Radius::from_similarity(0.6).unwrap());
        assert!(found.iter().any(|(a, b, _)| (*a, *b) == (0, 2)));
    }

    #[test]
    fn values_whose_squares_overflow_lose_no_pair() {
        let rows = Matrix::new(vec![3e38, 3e38, -3e38, 0.0], 1).unwrap();
        let neighbors = RowNeighbors::euclidean(rows.view());
        let zero = edges(&neighbors, Radius::new(0.0).unwrap());
        assert_eq!(
            zero.iter().map(|(a, b, _)| (*a, *b)).collect::<Vec<_>>(),
            [(0, 1)]
        );
        let nearest = neighbors.knn(NonZeroUsize::MIN, &Job::quiet()).unwrap();
        assert_eq!((nearest.others(0), nearest.others(3)), (&[1][..], &[0][..]));
    }

    #[test]
    fn none_one_and_two_rows_have_none_none_and_one_neighbor() {
        for count in 0..3 {
            let rows = Matrix::new(vec![1.0; count], 1).unwrap();
            let neighbors = RowNeighbors::euclidean(rows.view());
            let graph = neighbors
                .knn(NonZeroUsize::new(3).unwrap(), &Job::quiet())
                .unwrap();
            assert_eq!((graph.len(), graph.k()), (count, count.saturating_sub(1)));
        }
    }
}
