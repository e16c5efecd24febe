//! Fast searches beside the slow ones over every pair.

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
