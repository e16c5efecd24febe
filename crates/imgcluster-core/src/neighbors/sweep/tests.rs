//! Searches by every tiling beside the slow ones over every pair.

use std::sync::Mutex;

use proptest::prelude::*;

use super::*;
use crate::{
    CancelToken, InstructionSet, Matrix, Quiet, RowNeighbors, Searched, Tiling, UnitMatrix,
};

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

fn tilings() -> impl Iterator<Item = Tiling> {
    let sets = InstructionSet::available();
    sets.flat_map(|instruction_set| {
        [Some(true), Some(false), None].map(|bytes| Tiling {
            instruction_set,
            bytes,
        })
    })
}

fn job(threads: usize) -> Job<'static> {
    let threads = NonZeroUsize::new(threads).unwrap();
    Job::new(&Quiet, CancelToken::default(), threads)
}

fn edges(neighbors: &dyn Neighbors, radius: Radius, threads: usize) -> Vec<(u32, u32, u32)> {
    let found = Mutex::new(Vec::new());
    let edge = |a, b, d: f32| found.lock().unwrap().push((a, b, d.to_bits()));
    neighbors.within(radius, &job(threads), &edge).unwrap();
    let mut found = found.into_inner().unwrap();
    found.sort_unstable();
    found
}

/// The links found, and the groups if each is joined at once.
fn links(
    neighbors: &dyn Neighbors,
    radius: Radius,
    threads: usize,
    joins: bool,
) -> (Vec<(u32, u32)>, Vec<u32>) {
    let groups = ConcurrentUnionFind::new(neighbors.len());
    let found = Mutex::new(Vec::new());
    let keep = |row: u32, others: &[u32]| {
        assert!(!others.is_empty());
        let links = others.iter().map(|other| (row, *other));
        found.lock().unwrap().extend(links);
        if joins {
            for other in others {
                groups.union(row, *other);
            }
        }
    };
    let job = job(threads);
    neighbors.links(radius, &groups, &job, &keep).unwrap();
    let mut found = found.into_inner().unwrap();
    found.sort_unstable();
    (found, groups.roots())
}

/// Compares all searches for pairs within a radius with the slow ones.
fn compare(fast: RowNeighbors<'_>, radius: Radius, threads: usize) {
    let slow = edges(&EveryPair(&fast), radius, 1);
    let pairs: Vec<_> = slow.iter().map(|(a, b, _)| (*a, *b)).collect();
    let (joined, groups) = links(&EveryPair(&fast), radius, 1, true);
    assert!(joined.iter().all(|pair| pairs.contains(pair)));
    assert_eq!(links(&EveryPair(&fast), radius, 1, false).0, pairs);
    let mut fast = fast;
    for tiling in tilings() {
        fast = fast.with_tiling(tiling);
        assert!(edges(&fast, radius, threads) == slow, "{tiling:?}");
        // Where nothing is joined, nothing is spared.
        let (all, _) = links(&fast, radius, threads, false);
        assert!(all == pairs, "{tiling:?}");
        let (some, found) = links(&fast, radius, threads, true);
        assert!(found == groups, "{tiling:?}");
        assert!(some.iter().all(|pair| all.binary_search(pair).is_ok()));
    }
}

fn compare_metrics(rows: &Matrix, radius: Radius, threads: usize) {
    let unit = UnitMatrix::normalize(rows.clone()).unwrap();
    compare(RowNeighbors::cosine(&unit), radius, threads);
    compare(RowNeighbors::euclidean(rows.view()), radius, threads);
}

fn random_rows(count: usize, dim: usize, seed: u64) -> Matrix {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1_u64 << 24) as f32 - 0.3
    };
    Matrix::new((0..count * dim).map(|_| next()).collect(), dim).unwrap()
}

proptest! {
    #[test]
    fn every_tiling_finds_the_pairs_that_every_pair_finds_among_ties(
        (count, dim) in (1_usize..60, 1_usize..70), seed in 0_usize..1000,
        radius in prop::sample::select(vec![0.0, 0.1, 0.25, 0.5, 1.0, 1.5, 2.0]),
        threads in 1_usize..4,
    ) {
        // Few distinct values, so that equal rows and radii exactly hit are common.
        let value = |at: usize| [-1.0, 0.0, 0.5, 1.0][(at * 7919 + seed * at / 3) % 97 % 4];
        let mut values: Vec<f32> = (0..count * dim).map(value).collect();
        values.chunks_exact_mut(dim).for_each(|row| row[0] += 2.0);
        let rows = Matrix::new(values, dim).unwrap();
        compare_metrics(&rows, Radius::new(radius).unwrap(), threads);
    }

    #[test]
    fn a_radius_that_is_the_distance_of_a_pair_is_hit_by_every_tiling(
        (count, dim) in (2_usize..40, 1_usize..200), seed in 0_u64..1000,
        pick in (0.0_f64..1.0, 0.0_f64..1.0),
    ) {
        let rows = random_rows(count, dim, seed);
        let unit = UnitMatrix::normalize(rows.clone()).unwrap();
        let [a, b] = [pick.0, pick.1].map(|share| (share * count as f64) as u32);
        for fast in [RowNeighbors::cosine(&unit), RowNeighbors::euclidean(rows.view())] {
            let radius = Radius::new(f64::from(fast.distance(a, b))).unwrap();
            compare(fast, radius, 1);
        }
    }

    #[test]
    fn rows_of_any_magnitude_have_the_same_pairs_in_every_tiling(
        values in prop::collection::vec((-1.0_f32..1.0, -40_i32..38), 1..90), dim in 1_usize..4,
        radius in (0.0_f64..2.0, -40_i32..38),
    ) {
        let values = values.chunks_exact(dim).flatten();
        let values: Vec<f32> = values.map(|(value, power)| value * 10_f32.powi(*power)).collect();
        let rows = Matrix::new(values, dim).unwrap();
        let radius = Radius::new(radius.0 * 10_f64.powi(radius.1)).unwrap();
        compare(RowNeighbors::euclidean(rows.view()), radius, 1);
    }
}

#[test]
fn none_one_and_two_rows_have_none_none_and_one_pair_in_every_tiling() {
    for count in 0..3 {
        let rows = Matrix::new(vec![1.0; count], 1).unwrap();
        compare_metrics(&rows, Radius::new(0.0).unwrap(), 2);
    }
}

#[test]
fn rows_of_thousands_of_values_have_the_same_pairs_in_every_tiling() {
    let mut rows = random_rows(12, 8192, 1).into_values();
    for place in 0..8192 {
        // Near copies, between a tenth of their length and nothing apart.
        rows[place + 8192] = rows[place] + 1e-3 * (place % 7) as f32;
        rows[place + 5 * 8192] = rows[place];
    }
    let rows = Matrix::new(rows, 8192).unwrap();
    for radius in [0.0, 1e-4, 0.3, 0.7, 1.0] {
        compare_metrics(&rows, Radius::new(radius).unwrap(), 2);
    }
}

#[test]
fn rows_whose_distances_all_lie_in_the_band_have_the_same_pairs_in_every_tiling() {
    // Rows in a small ball far from zero, and a radius in the middle of their distances.
    let dim = 96;
    let mut values = random_rows(300, dim, 9).into_values();
    for (at, value) in values.iter_mut().enumerate() {
        *value = 30.0 * ((at % dim) as f32).sin() + 0.01 * *value;
    }
    let rows = Matrix::new(values, dim).unwrap();
    let fast = RowNeighbors::euclidean(rows.view());
    for (a, b) in [(0, 1), (5, 77)] {
        let radius = Radius::new(f64::from(fast.distance(a, b))).unwrap();
        compare(RowNeighbors::euclidean(rows.view()), radius, 3);
    }
}

#[test]
fn values_take_over_where_bytes_leave_too_many_pairs_open() {
    // Every row is about as far from every other, and the radius not much less.
    let rows = random_rows(2500, 512, 4);
    let distance = |other| RowNeighbors::euclidean(rows.view()).distance(0, other);
    let mut distances: Vec<_> = (1..100).map(distance).collect();
    distances.sort_by(f32::total_cmp);
    let radius = Radius::new(f64::from(distances[20])).unwrap();
    let [adaptive, stubborn] = [None, Some(true)].map(|bytes| {
        let tiling = Tiling {
            bytes,
            ..Tiling::default()
        };
        let neighbors = RowNeighbors::euclidean(rows.view()).with_tiling(tiling);
        let (found, _) = links(&neighbors, radius, 1, false);
        (found, neighbors.has_packed_values())
    });
    assert!(adaptive.0 == stubborn.0 && !adaptive.0.is_empty());
    assert_eq!((adaptive.1, stubborn.1), (true, false));
}

#[test]
fn of_ten_thousand_equal_rows_few_links_are_news() {
    for tiling in tilings() {
        let is_fastest = tiling.instruction_set == InstructionSet::detect();
        let count = if is_fastest { 10_000 } else { 2_500 };
        let rows = Matrix::new([0.3_f32, 0.7, 0.1, 0.9].repeat(count), 4).unwrap();
        for radius in [0.0, 0.2] {
            let neighbors = RowNeighbors::euclidean(rows.view()).with_tiling(tiling);
            let (found, groups) = links(&neighbors, Radius::new(radius).unwrap(), 2, true);
            assert!(groups.iter().all(|group| *group == 0));
            // Two threads may find a link before either has joined it.
            assert!(found.len() < 10 * count, "{tiling:?} {}", found.len());
        }
    }
}

#[test]
fn a_search_that_is_cancelled_from_within_stops_before_its_end() {
    let count = 4000;
    let rows = Matrix::new([0.5_f32, 1.0].repeat(count), 2).unwrap();
    for bytes in [true, false] {
        let tiling = Tiling {
            bytes: Some(bytes),
            ..Tiling::default()
        };
        let neighbors = RowNeighbors::euclidean(rows.view()).with_tiling(tiling);
        let token = CancelToken::default();
        let job = Job::new(&Quiet, token.clone(), NonZeroUsize::MIN);
        let (groups, last) = (ConcurrentUnionFind::new(count), AtomicU64::new(0));
        let stop = |row, _: &[u32]| {
            token.cancel();
            last.fetch_max(u64::from(row), Ordering::Relaxed);
        };
        let outcome = neighbors.links(Radius::new(1.0).unwrap(), &groups, &job, &stop);
        assert_eq!(outcome, Err(Cancelled));
        assert!(last.into_inner() < MOST_ROWS as u64);
    }
}

#[test]
fn a_cancelled_search_does_not_even_pack_its_bytes() {
    let rows = random_rows(100, 8, 2);
    let tiling = Tiling {
        bytes: Some(true),
        ..Tiling::default()
    };
    let neighbors = RowNeighbors::euclidean(rows.view()).with_tiling(tiling);
    let token = CancelToken::default();
    token.cancel();
    let job = Job::new(&Quiet, token, NonZeroUsize::MIN);
    let groups = ConcurrentUnionFind::new(100);
    let found = |_, _: &[u32]| panic!("must not run");
    let outcome = neighbors.links(Radius::new(1.0).unwrap(), &groups, &job, &found);
    assert_eq!(outcome, Err(Cancelled));
}

#[test]
fn the_memory_told_covers_one_or_both_copies() {
    let told = |bytes, searched| {
        let tiling = Tiling {
            bytes,
            ..Tiling::default()
        };
        tiling.memory(searched, 100_000, 512, NonZeroUsize::MIN)
    };
    let (byte_copy, value_copy) = (100_000 * 512, 100_000 * 512 * 4);
    let slack = 20 << 20;
    for (bytes, searched, copies) in [
        (Some(true), Searched::Radius, byte_copy),
        (Some(false), Searched::Radius, value_copy),
        (Some(true), Searched::Others, value_copy),
        (None, Searched::Others, value_copy),
    ] {
        let told = told(bytes, searched);
        assert!((copies..copies + slack).contains(&told), "{bytes:?} {told}");
    }
    assert!(told(None, Searched::Radius) >= value_copy);
}
