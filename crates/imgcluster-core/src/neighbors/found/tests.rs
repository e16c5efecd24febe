//! What was found beside slow searches through plain lists.

use super::*;
use crate::{CancelToken, Matrix, Quiet, Radius, RowNeighbors, UnitMatrix};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

type Lists = Vec<Vec<u32>>;

fn job(threads: usize) -> Job<'static> {
    Job::new(&Quiet, CancelToken::default(), number(threads))
}

fn number(number: usize) -> NonZeroUsize {
    NonZeroUsize::new(number).unwrap()
}

fn found<'a>(
    exact: &'a dyn Neighbors,
    k: usize,
    lists: &[Vec<u32>],
    threads: usize,
) -> FoundNeighbors<'a> {
    let find = |row: u32, others: &mut Vec<u32>| {
        assert!(others.is_empty());
        others.extend(&lists[row as usize]);
    };
    FoundNeighbors::new(exact, number(k), find, &job(threads)).unwrap()
}

/// The slow twin of what is kept: the others of each row with their distances, nearest first.
fn kept(exact: &dyn Neighbors, k: usize, lists: &[Vec<u32>]) -> Vec<Vec<(u32, u32)>> {
    let count = exact.len() as u32;
    let keep = |row: u32| {
        let mut others: BTreeSet<u32> = lists[row as usize].iter().copied().collect();
        others.remove(&row);
        for first in (0..count).filter(|other| *other != row) {
            if others.len() < k {
                others.insert(first);
            }
        }
        let mut nearest: Vec<_> = others
            .iter()
            .map(|other| (exact.distance(row, *other).to_bits(), *other))
            .collect();
        nearest.sort_unstable();
        nearest.truncate(k);
        nearest
            .into_iter()
            .map(|(bits, other)| (other, bits))
            .collect()
    };
    (0..count).map(keep).collect()
}

fn listed(graph: &KnnGraph) -> Vec<Vec<(u32, u32)>> {
    let row = |row| {
        let distances = graph
            .distances(row)
            .iter()
            .map(|distance| distance.to_bits());
        graph.others(row).iter().copied().zip(distances).collect()
    };
    (0..graph.len()).map(row).collect()
}

/// Every pair within the radius, once, in order.
pub(in crate::neighbors) fn pairs(
    neighbors: &dyn Neighbors,
    radius: f64,
) -> BTreeSet<(u32, u32, u32)> {
    let found = Mutex::new(BTreeSet::new());
    let edge = |a: u32, b: u32, distance: f32| {
        assert!(a < b && found.lock().unwrap().insert((a, b, distance.to_bits())));
    };
    let radius = Radius::new(radius).unwrap();
    neighbors.within(radius, &job(2), &edge).unwrap();
    found.into_inner().unwrap()
}

/// Rows of few distinct values, so that ties are common, and for each row some others.
fn rows_and_lists() -> impl Strategy<Value = (Matrix, Lists)> {
    (1_usize..30, 1_usize..4).prop_flat_map(|(count, dim)| {
        let values = prop::sample::select(vec![-1.0_f32, 0.0, 0.5, 1.0]);
        let values = prop::collection::vec(values, count * dim);
        let list = prop::collection::vec(0..count as u32, 0..12);
        (values, prop::collection::vec(list, count)).prop_map(move |(mut values, lists)| {
            values.chunks_exact_mut(dim).for_each(|row| row[0] += 2.0);
            (Matrix::new(values, dim).unwrap(), lists)
        })
    })
}

#[test]
fn none_one_and_two_rows_have_none_none_and_one_neighbor_whatever_is_found() {
    for count in 0..3 {
        let rows = Matrix::new(vec![1.0; count], 1).unwrap();
        let exact = RowNeighbors::euclidean(rows.view());
        let neighbors = found(&exact, 4, &vec![Vec::new(); count], 1);
        let graph = neighbors.knn(number(3), &job(1)).unwrap();
        assert_eq!((graph.len(), graph.k()), (count, count.saturating_sub(1)));
        assert_eq!(pairs(&neighbors, 0.0).len(), count.saturating_sub(1));
        let recall = neighbors.recall(number(3), number(9), &job(1)).unwrap();
        assert_eq!(recall, (count == 2).then_some(1.0));
    }
}

proptest! {
    #[test]
    fn what_is_known_is_kept_as_if_it_were_measured_and_is_not_measured(
        (rows, lists) in rows_and_lists(), k in 1_usize..8, threads in 1_usize..4,
    ) {
        /// Refuses to measure what is known.
        struct Unknown<'a>(RowNeighbors<'a>, &'a [Vec<u32>]);
        impl Neighbors for Unknown<'_> {
            fn len(&self) -> usize {
                self.0.len()
            }
            fn distance(&self, a: u32, b: u32) -> f32 {
                assert!(!self.1[a as usize].contains(&b), "known already");
                self.0.distance(a, b)
            }
        }
        let exact = RowNeighbors::euclidean(rows.view());
        let measured = found(&exact, k, &lists, threads);
        let known = |row: u32, others: &mut Vec<(u32, f32)>| {
            let of_row = lists[row as usize].iter();
            others.extend(of_row.map(|other| (*other, exact.distance(row, *other))));
        };
        let unknown = Unknown(RowNeighbors::euclidean(rows.view()), &lists);
        let kept = FoundNeighbors::known(&unknown, number(k), known, &job(threads)).unwrap();
        prop_assert_eq!(&kept.nearest, &measured.nearest);
        prop_assert_eq!(&kept.later, &measured.later);
    }

    #[test]
    fn the_nearest_of_those_found_are_seen_and_no_other_pair(
        (rows, lists) in rows_and_lists(), k in 1_usize..8, asked in 1_usize..8,
        radius in 0.0_f64..3.0, threads in 1_usize..4,
    ) {
        let unit = UnitMatrix::normalize(rows.clone()).unwrap();
        for exact in [RowNeighbors::cosine(&unit), RowNeighbors::euclidean(rows.view())] {
            let neighbors = found(&exact, k, &lists, threads);
            let kept = kept(&exact, k, &lists);
            let radius = Radius::new(radius).unwrap();
            let mut expected = BTreeSet::new();
            for (row, others) in (0..).zip(&kept) {
                let near = others.iter().filter(|(_, bits)| f32::from_bits(*bits) <= radius.get());
                expected.extend(near.map(|&(other, bits)| (row.min(other), row.max(other), bits)));
            }
            prop_assert_eq!(pairs(&neighbors, f64::from(radius.get())), expected);

            let graph = neighbors.knn(number(asked), &job(threads)).unwrap();
            if asked <= k {
                let nearest = kept.iter().map(|others| others[..asked.min(others.len())].to_vec());
                prop_assert_eq!(listed(&graph), nearest.collect::<Vec<_>>());
            } else {
                // No more than were kept where there are no more rows, else exact: the same.
                prop_assert_eq!(graph, exact.knn(number(asked), &job(1)).unwrap());
            }
        }
    }

    #[test]
    fn recall_counts_those_as_near_as_the_last_that_was_asked_for(
        (rows, lists) in rows_and_lists(), k in 1_usize..8, asked in 1_usize..8,
    ) {
        let exact = RowNeighbors::euclidean(rows.view());
        let neighbors = found(&exact, k, &lists, 1);
        let (mut hits, mut all) = (0, 0);
        let asked_here = asked.min(k);
        let every = exact.knn(number(asked_here), &job(1)).unwrap();
        for (row, others) in kept(&exact, k, &lists).iter().enumerate() {
            let farthest = every.distances(row).last().copied().unwrap_or(0.0);
            let near = others.iter().take(asked_here);
            hits += near.filter(|(_, bits)| f32::from_bits(*bits) <= farthest).count();
            all += every.k();
        }
        let expected = (all > 0).then(|| hits as f64 / all as f64);
        let recall = neighbors.recall(number(asked), number(100), &job(1)).unwrap();
        prop_assert_eq!(recall, expected);
    }
}

#[test]
fn recall_asks_for_evenly_chosen_rows_only() {
    let rows = Matrix::new((0..10_u8).map(f32::from).collect(), 1).unwrap();
    let exact = RowNeighbors::euclidean(rows.view());
    // The neighbours of rows 0 and 5 are found, and of no other row.
    let mut lists: Lists = (0..10).map(|row| vec![(row + 5) % 10]).collect();
    (lists[0], lists[5]) = (vec![1], vec![6]);
    let neighbors = found(&exact, 1, &lists, 1);
    let recall = |sample| {
        neighbors
            .recall(number(1), number(sample), &job(1))
            .unwrap()
    };
    assert_eq!((recall(2), recall(10)), (Some(1.0), Some(0.2)));
}

#[test]
fn a_pair_without_a_limit_is_not_measured() {
    /// Counts how often it is asked for a distance.
    struct Counting(AtomicUsize);
    impl Neighbors for Counting {
        fn len(&self) -> usize {
            9
        }
        fn distance(&self, a: u32, b: u32) -> f32 {
            self.0.fetch_add(1, Ordering::Relaxed);
            a.abs_diff(b) as f32
        }
    }

    let exact = Counting(AtomicUsize::new(0));
    let neighbors = found(&exact, 2, &vec![Vec::new(); 9], 1);
    exact.0.store(0, Ordering::Relaxed);
    let limit = |a: u32, _: u32| if a == 1 { 4.0 } else { -1.0 };
    let seen = Mutex::new(Vec::new());
    let edge = |a, b, distance| seen.lock().unwrap().push((a, b, distance));
    neighbors
        .within_limits(0..9, &limit, &job(1), &edge)
        .unwrap();
    // All rows got rows 0 and 1 for want of others; row 1 got rows 0 and 2.
    assert_eq!(
        seen.into_inner().unwrap(),
        [(1, 2, 1.0), (1, 3, 2.0), (1, 4, 3.0), (1, 5, 4.0)]
    );
    assert_eq!(exact.0.into_inner(), 7);
}

#[test]
fn distances_of_any_pair_are_those_of_the_exact_search() {
    let rows = Matrix::new((0..30_u8).map(|value| f32::from(value % 7)).collect(), 3).unwrap();
    let exact = RowNeighbors::euclidean(rows.view());
    let neighbors = found(&exact, 1, &vec![Vec::new(); 10], 1);
    let table = |neighbors: &dyn Neighbors| {
        let table = Mutex::new(vec![0.0; 100]);
        let visit = |row: u32, first: u32, distances: &[f32]| {
            let start = (row * 10 + first) as usize;
            table.lock().unwrap()[start..start + distances.len()].copy_from_slice(distances);
        };
        neighbors
            .measure(0..10, Against::All, &job(1), &visit)
            .unwrap();
        table.into_inner().unwrap()
    };
    assert_eq!(table(&neighbors), table(&exact));
    assert_eq!(
        neighbors.distance(2, 9).to_bits(),
        exact.distance(2, 9).to_bits()
    );
}

#[test]
fn a_job_cancelled_while_neighbors_are_found_stops() {
    let rows = Matrix::new(vec![1.0; 1000], 1).unwrap();
    let exact = RowNeighbors::euclidean(rows.view());
    let token = CancelToken::default();
    let job = Job::new(&Quiet, token.clone(), number(1));
    let asked = AtomicUsize::new(0);
    let find = |_: u32, _: &mut Vec<u32>| {
        asked.fetch_add(1, Ordering::Relaxed);
        token.cancel();
    };
    assert!(FoundNeighbors::new(&exact, number(2), find, &job).is_err());
    assert_eq!(asked.into_inner(), FIND.get());
}

#[test]
fn a_job_cancelled_while_pairs_are_listed_stops() {
    let rows = Matrix::new(vec![1.0; 5], 1).unwrap();
    let exact = RowNeighbors::euclidean(rows.view());
    let nearest = exact.knn(number(2), &job(1)).unwrap();
    let token = CancelToken::default();
    token.cancel();
    assert!(later(&nearest, &Job::new(&Quiet, token, number(1))).is_err());
}

#[test]
fn a_search_that_finds_too_few_is_filled_up() {
    let mut others = vec![7, 2, 2, 0];
    complete(&mut others, 2, 4);
    assert_eq!(others, [0, 7, 1, 3]);
}
