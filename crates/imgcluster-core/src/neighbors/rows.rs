//! Exact search over rows: tiles find candidates, the reference product decides.

use std::num::NonZeroUsize;
use std::ops::Range;

use imgcluster_kernels::{Packed, Pairs, Strip, StripScratch, reference};

use super::bounds::Bounds;
use super::candidates::{Candidates, SiftScratch};
use super::{Against, KnnGraph, Neighbors, Radius, measured};
use crate::{Cancelled, Job, MatrixRef, UnitMatrix, for_each_block};

/// Rows a thread takes at a time are a multiple of this, so that they fill the tiles of any
/// instruction set, and no more than `MOST_ROWS`: each such block walks over all columns once.
const ROWS: usize = 42;
const MOST_ROWS: usize = 12 * ROWS;

/// Pairs that a thread computes at most before it asks whether to go on, if `ROWS` rows allow it.
const PAIRS: usize = 1 << 26;

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
/// ([`error_bound`](imgcluster_kernels::error_bound)). Memory: the rows packed once more, and no
/// table of pairs.
#[derive(Debug)]
pub struct RowNeighbors<'a> {
    pub(super) rows: MatrixRef<'a>,
    pub(super) metric: Metric,
    pub(super) packed: Packed,
    pub(super) squared_lengths: Vec<f64>,
    bounds: Bounds,
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
        let squared_lengths: Vec<_> = rows.iter().map(|row| reference::dot(row, row)).collect();
        let bounds = Bounds::new(metric, rows.dim(), &squared_lengths);
        Self {
            rows,
            metric,
            packed,
            squared_lengths,
            bounds,
        }
    }

    /// Tells how many of some rows a thread should take at a time.
    fn block(&self, rows: usize, job: &Job<'_>) -> NonZeroUsize {
        let most = (PAIRS / self.len().max(1)).clamp(ROWS, MOST_ROWS);
        let blocks = rows.div_ceil(most).max(2 * job.threads().get());
        let block = rows.div_ceil(blocks).next_multiple_of(ROWS);
        NonZeroUsize::new(block.max(ROWS)).expect("at least ROWS")
    }

    /// Compares each of `rows` with all rows after it: tiles rule out the pairs that are farther
    /// apart than the reaches of both, and then by their own limit; the exact distance decides.
    fn sweep(
        &self,
        rows: Range<usize>,
        reaches: &[f32],
        limit: impl Fn(u32, u32) -> f32 + Sync,
        job: &Job<'_>,
        edge: &(dyn Fn(u32, u32, f32) + Sync),
    ) -> Result<(), Cancelled> {
        let visit = |a: usize, b: usize, product: f32| {
            let (from, to) = (a as u32, b as u32);
            let limit = limit(from, to);
            let reach = self.bounds.reach(limit);
            if self.bounds.rules_out(a, b, product, reach) {
                return;
            }
            let distance = self.distance(from, to);
            if distance <= limit {
                edge(from, to, distance);
            }
        };
        let look_at = |strip: &Strip<'_>, passed: &mut Vec<u32>| {
            for row in strip.rows() {
                let (columns, products) = (strip.columns(), strip.products(row));
                let screen = self
                    .bounds
                    .screen(row, reaches[row], columns.clone(), reaches);
                strip.screen(row, &screen, passed);
                for place in passed.iter().map(|place| *place as usize) {
                    let column = columns.start + place;
                    if column > row {
                        visit(row, column, products[place]);
                    }
                }
            }
        };
        let (count, block) = (rows.len(), self.block(rows.len(), job));
        let scratch = || (StripScratch::default(), Vec::new());
        for_each_block(job, count, block, scratch, |(strips, passed), block| {
            let rows = rows.start + block.start..rows.start + block.end;
            let look_at = |strip: &Strip<'_>| look_at(strip, passed);
            self.packed.strips(rows, Pairs::Ascending, strips, look_at);
        })
    }

    /// Finds for each of `rows` the others that may be among its `k` nearest.
    fn find_candidates(
        &self,
        rows: Range<usize>,
        k: usize,
        reaches: &[f32],
        scratch: &mut NearestScratch,
    ) {
        let NearestScratch {
            strips,
            passed,
            sift,
            rows: found,
        } = scratch;
        if found.len() < rows.len() {
            found.resize_with(rows.len(), Candidates::default);
        }
        found.iter_mut().for_each(Candidates::clear);
        let sift = &mut |row: usize, candidates: &mut Candidates| {
            let distance = |other| self.distance(row as u32, other);
            candidates.sift(row, k, &self.bounds, sift, distance);
        };
        let look_at = |strip: &Strip<'_>| {
            for row in strip.rows() {
                let candidates = &mut found[row - rows.start];
                let (columns, products) = (strip.columns(), strip.products(row));
                let reach = candidates.reach();
                let screen = self.bounds.screen(row, reach, columns.clone(), reaches);
                strip.screen(row, &screen, passed);
                let others = passed.iter().map(|place| *place as usize);
                let others = others.map(|place| ((columns.start + place) as u32, products[place]));
                if candidates.extend(others.filter(|(other, _)| *other as usize != row)) {
                    sift(row, candidates);
                }
            }
        };
        let pairs = Pairs::All;
        self.packed.strips(rows.clone(), pairs, strips, look_at);
        for (row, candidates) in rows.zip(found) {
            sift(row, candidates);
        }
    }
}

/// What a thread needs to find the nearest others of a block of rows.
#[derive(Default)]
struct NearestScratch {
    strips: StripScratch,
    passed: Vec<u32>,
    sift: SiftScratch,
    rows: Vec<Candidates>,
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

    fn measure(
        &self,
        rows: Range<usize>,
        against: Against,
        job: &Job<'_>,
        visit: &(dyn Fn(u32, u32, &[f32]) + Sync),
    ) -> Result<(), Cancelled> {
        measured::measure(self, rows, against, job, visit)
    }

    fn within(
        &self,
        radius: Radius,
        job: &Job<'_>,
        edge: &(dyn Fn(u32, u32, f32) + Sync),
    ) -> Result<(), Cancelled> {
        let reaches = vec![self.bounds.reach(radius.get()); self.len()];
        self.sweep(0..self.len(), &reaches, |_, _| radius.get(), job, edge)
    }

    fn within_limits(
        &self,
        rows: Range<usize>,
        limit: &(dyn Fn(u32, u32) -> f32 + Sync),
        job: &Job<'_>,
        edge: &(dyn Fn(u32, u32, f32) + Sync),
    ) -> Result<(), Cancelled> {
        let reaches = vec![f32::INFINITY; self.len()];
        self.sweep(rows, &reaches, limit, job, edge)
    }

    fn within_ceilings(
        &self,
        rows: Range<usize>,
        ceilings: &[f32],
        limit: &(dyn Fn(u32, u32) -> f32 + Sync),
        job: &Job<'_>,
        edge: &(dyn Fn(u32, u32, f32) + Sync),
    ) -> Result<(), Cancelled> {
        let ceilings = ceilings.iter();
        let reaches: Vec<_> = ceilings
            .map(|&ceiling| self.bounds.reach(ceiling))
            .collect();
        self.sweep(rows, &reaches, limit, job, edge)
    }

    fn knn(&self, k: NonZeroUsize, job: &Job<'_>) -> Result<KnnGraph, Cancelled> {
        let count = self.len();
        let wanted = k.get().min(count.saturating_sub(1));
        // Columns reach for no row; each row asks for as much as it still needs.
        let reaches = vec![f32::NEG_INFINITY; count];
        let block = self.block(count, job);
        let scratch = NearestScratch::default;
        KnnGraph::build(count, k, job, block, scratch, |scratch, rows, sink| {
            if wanted == 0 {
                return;
            }
            self.find_candidates(rows.clone(), wanted, &reaches, scratch);
            for (row, candidates) in rows.zip(&scratch.rows) {
                let distance = |other| (other, self.distance(row as u32, other));
                sink.put(row, candidates.others().map(distance));
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CancelToken, Matrix, Neighbors, Quiet};
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

    proptest! {
        #[test]
        fn ceilings_of_rows_lose_no_pair_within_its_limit(
            rows in rows(), ceilings in prop::collection::vec(-0.2_f32..3.0, 40),
            cut in 0.0_f64..1.0, share in 0.5_f32..1.0,
        ) {
            let unit = UnitMatrix::normalize(rows.clone()).unwrap();
            let first = (cut * rows.rows() as f64) as usize;
            let ceilings = &ceilings[..rows.rows()];
            let limit = |a: u32, b: u32| {
                let ceiling = ceilings[a as usize].max(ceilings[b as usize]);
                ceiling - share * ceiling.abs() * f32::from((a + b).is_multiple_of(3))
            };
            let edges = |neighbors: &dyn Neighbors| {
                let found = Mutex::new(Vec::new());
                let edge = |a, b, d: f32| found.lock().unwrap().push((a, b, d.to_bits()));
                let (job, rows) = (Job::quiet(), first..rows.rows());
                neighbors.within_ceilings(rows, ceilings, &limit, &job, &edge).unwrap();
                let mut found = found.into_inner().unwrap();
                found.sort_unstable();
                found
            };
            for fast in [RowNeighbors::cosine(&unit), RowNeighbors::euclidean(rows.view())] {
                prop_assert_eq!(edges(&fast), edges(&EveryPair(&fast)));
            }
        }
    }

    proptest! {
        #[test]
        fn rows_of_any_magnitude_keep_their_edges_and_neighbors(
            values in prop::collection::vec((-1.0_f32..1.0, -25_i32..20), 1..60),
            radius in (0.0_f64..2.0, -25_i32..20), k in 1_usize..4,
        ) {
            let values = values.into_iter().map(|(value, power)| value * 10_f32.powi(power));
            let rows = Matrix::new(values.collect(), 1).unwrap();
            let fast = RowNeighbors::euclidean(rows.view());
            let slow = EveryPair(&fast);
            let radius = Radius::new(radius.0 * 10_f64.powi(radius.1)).unwrap();
            prop_assert_eq!(edges(&fast, radius), edges(&slow, radius));
            let (k, job) = (NonZeroUsize::new(k).unwrap(), Job::quiet());
            prop_assert_eq!(fast.knn(k, &job).unwrap(), slow.knn(k, &job).unwrap());
        }
    }

    #[test]
    fn many_rows_have_the_nearest_others_that_every_pair_finds() {
        // More rows than candidates are kept unsifted, more than a block, and many ties.
        let (count, dim) = (1500, 3);
        let value = |at: usize| ((at * 7919 + at / 11) % 23) as f32 - 9.5;
        let rows = Matrix::new((0..count * dim).map(value).collect(), dim).unwrap();
        let unit = UnitMatrix::normalize(rows.clone()).unwrap();
        for threads in [1, 3] {
            let threads = NonZeroUsize::new(threads).unwrap();
            let job = Job::new(&Quiet, CancelToken::default(), threads);
            for fast in [
                RowNeighbors::cosine(&unit),
                RowNeighbors::euclidean(rows.view()),
            ] {
                for k in [1, 15, 400, count] {
                    let k = NonZeroUsize::new(k).unwrap();
                    let slow = EveryPair(&fast).knn(k, &job).unwrap();
                    assert_eq!(fast.knn(k, &job).unwrap(), slow);
                }
            }
        }
    }

    #[test]
    fn of_thousands_of_copies_the_first_ones_are_the_nearest() {
        let rows = Matrix::new([0.3_f32, 0.7, 0.1].repeat(2500), 3).unwrap();
        let neighbors = RowNeighbors::euclidean(rows.view());
        let k = NonZeroUsize::new(3).unwrap();
        let graph = neighbors.knn(k, &Job::quiet()).unwrap();
        assert_eq!(
            (graph.others(0), graph.others(2499)),
            (&[1, 2, 3][..], &[0, 1, 2][..])
        );
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
    fn copies_of_rows_whose_squares_underflow_are_found() {
        for step in (1_u8..100).map(f32::from) {
            let rows = Matrix::new(vec![step * 3.7e-22; 2], 1).unwrap();
            let neighbors = RowNeighbors::euclidean(rows.view());
            assert_eq!(edges(&neighbors, Radius::new(0.0).unwrap()).len(), 1);
        }
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
