//! What is remembered beside what it was measured by.

use super::*;
use crate::neighbors::PIECE;
use crate::neighbors::found::tests::pairs;
use crate::{
    BitHash, CancelToken, ConcurrentUnionFind, HashNeighbors, Matrix, Quiet, Radius, Reporter,
    RowNeighbors,
};
use proptest::prelude::*;
use std::sync::Mutex;

fn job(threads: usize) -> Job<'static> {
    Job::new(&Quiet, CancelToken::default(), number(threads))
}

fn number(number: usize) -> NonZeroUsize {
    NonZeroUsize::new(number).unwrap()
}

/// Every visit in order of rows, with the bits of its distances.
fn measured(neighbors: &dyn Neighbors, rows: Range<usize>, against: Against) -> Vec<Visit> {
    let visits = Mutex::new(Vec::new());
    let visit = |row: u32, first: u32, distances: &[f32]| {
        let bits = distances.iter().map(|distance| distance.to_bits());
        visits.lock().unwrap().push((row, first, bits.collect()));
    };
    neighbors.measure(rows, against, &job(3), &visit).unwrap();
    let mut visits = visits.into_inner().unwrap();
    visits.sort();
    visits
}

type Visit = (u32, u32, Vec<u32>);

/// The same distances with nothing but the searches that compare every pair.
struct EveryPair<'a>(&'a dyn Neighbors);

impl Neighbors for EveryPair<'_> {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn distance(&self, a: u32, b: u32) -> f32 {
        self.0.distance(a, b)
    }
}

/// Compares all answers with those of `exact`.
fn agree(exact: &dyn Neighbors, k: usize, radius: f64, threads: usize) {
    let remembered = RememberedNeighbors::new(exact, &job(threads)).unwrap();
    let slow = EveryPair(exact);
    let count = exact.len();
    assert_eq!(remembered.len(), count);
    for from in 0..count as u32 {
        for to in 0..count as u32 {
            let (a, b) = (remembered.distance(from, to), exact.distance(from, to));
            assert_eq!(a.to_bits(), b.to_bits(), "{from} {to}");
        }
        for first in 0..=count {
            for length in [0, 1, (count - first) / 2, count - first] {
                let mut found = vec![f32::NAN; length.min(count - first)];
                let mut expected = found.clone();
                remembered.distances(from, first as u32, &mut found);
                slow.distances(from, first as u32, &mut expected);
                assert_eq!(found, expected, "{from} {first} {length}");
            }
        }
    }
    for rows in [0..count, 0..count / 2, count / 3..count] {
        for against in [Against::All, Against::Later] {
            let found = measured(&remembered, rows.clone(), against);
            assert_eq!(found, measured(&slow, rows.clone(), against));
        }
    }
    assert_eq!(pairs(&remembered, radius), pairs(exact, radius));
    assert_eq!(
        linked(&remembered, radius, threads),
        linked(exact, radius, threads)
    );
    let graph = remembered.knn(number(k), &job(threads)).unwrap();
    assert_eq!(graph, exact.knn(number(k), &job(1)).unwrap());
    let limit = |a: u32, b: u32| ((a + b) % 3) as f32 * 0.4 - 0.1;
    let limited = limited(&remembered, count / 4..count, &limit);
    assert_eq!(limited, self::limited(&slow, count / 4..count, &limit));
}

/// What hangs together within the radius.
fn linked(neighbors: &dyn Neighbors, radius: f64, threads: usize) -> Vec<u32> {
    let groups = ConcurrentUnionFind::new(neighbors.len());
    let join = |row: u32, others: &[u32]| {
        for other in others {
            groups.union(row, *other);
        }
    };
    let radius = Radius::new(radius).unwrap();
    neighbors
        .links(radius, &groups, &job(threads), &join)
        .unwrap();
    groups.roots()
}

fn limited(
    neighbors: &dyn Neighbors,
    rows: Range<usize>,
    limit: &(dyn Fn(u32, u32) -> f32 + Sync),
) -> Vec<(u32, u32, u32)> {
    let found = Mutex::new(Vec::new());
    let edge = |a: u32, b: u32, distance: f32| {
        found.lock().unwrap().push((a, b, distance.to_bits()));
    };
    neighbors
        .within_limits(rows, limit, &job(2), &edge)
        .unwrap();
    let mut found = found.into_inner().unwrap();
    found.sort_unstable();
    found
}

#[test]
fn none_one_and_two_items_have_none_none_and_one_pair() {
    for count in 0..3 {
        let rows = Matrix::new(vec![0.5; count], 1).unwrap();
        agree(&RowNeighbors::euclidean(rows.view()), 3, 0.0, 1);
        let pairs = [0, 0, 1][count];
        assert_eq!(RememberedNeighbors::pairs(count), pairs);
        assert_eq!(RememberedNeighbors::bytes(count), 4 * pairs);
    }
}

proptest! {
    #[test]
    fn rows_with_ties_are_as_far_apart_as_they_were(
        // More than one block of rows, and more threads than blocks.
        values in prop::collection::vec(prop::sample::select(vec![-1.0_f32, 0.1, 0.7, 2.0]), 0..80),
        k in 1_usize..40, radius in 0.0_f64..3.0, threads in 1_usize..4,
    ) {
        let count = values.len() / 2;
        let rows = Matrix::new(values[..count * 2].to_vec(), 2).unwrap();
        agree(&RowNeighbors::euclidean(rows.view()), k, radius, threads);
    }

    #[test]
    fn hashes_are_as_far_apart_as_they_were(
        hashes in prop::collection::vec(0_u64..300, 0..50), k in 1_usize..40,
        radius in 0.0_f64..0.2, threads in 1_usize..4,
    ) {
        let items = hashes.iter().map(|hash| match hash % 7 {
            0 => BitHash::Only(crate::ContentHash([(*hash / 90) as u8; 32])),
            _ => BitHash::Bits(hash.wrapping_mul(0x9E37_79B9_7F4A_7C15)),
        });
        agree(&HashNeighbors::new(items), k, radius, threads);
    }
}

/// Counts how often each pair is measured, and cancels after so many.
struct Counting {
    count: usize,
    asked: Vec<AtomicU32>,
    left: AtomicU64,
    cancel: CancelToken,
}

impl Counting {
    fn new(count: usize, left: u64) -> Self {
        Self {
            count,
            asked: (0..count * count).map(|_| AtomicU32::new(0)).collect(),
            left: AtomicU64::new(left),
            cancel: CancelToken::default(),
        }
    }
}

impl Neighbors for Counting {
    fn len(&self) -> usize {
        self.count
    }

    fn distance(&self, a: u32, b: u32) -> f32 {
        assert!(a < b, "later items are asked for");
        if self.left.fetch_sub(1, Relaxed) == 1 {
            self.cancel.cancel();
        }
        self.asked[a as usize * self.count + b as usize].fetch_add(1, Relaxed);
        (a + b) as f32
    }
}

struct Steps(AtomicU64);

impl Reporter for Steps {
    fn report(&self, event: &Event<'_>) {
        if let Event::Advanced {
            stage: Stage::Compare,
            by,
        } = event
        {
            self.0.fetch_add(*by, Relaxed);
        }
    }
}

#[test]
fn each_pair_is_measured_once_and_reported_however_often_it_is_asked_for() {
    // Rows of more than one piece.
    let count = PIECE + 90;
    let exact = Counting::new(count, u64::MAX);
    let steps = Steps(AtomicU64::new(0));
    let watched = Job::new(&steps, CancelToken::default(), number(3));
    let remembered = RememberedNeighbors::new(&exact, &watched).unwrap();
    assert_eq!(
        steps.0.into_inner(),
        RememberedNeighbors::pairs(count),
        "every pair is reported"
    );
    for _ in 0..2 {
        remembered.knn(number(3), &job(2)).unwrap();
        assert_eq!(remembered.distance(7, 3).to_bits(), 10.0_f32.to_bits());
        assert_eq!(linked(&remembered, 1.0, 1).len(), count);
    }
    for (place, asked) in exact.asked.iter().enumerate() {
        let once = u32::from(place / count < place % count);
        assert_eq!(asked.load(Relaxed), once);
    }
}

#[test]
fn measuring_stops_on_request_and_soon() {
    let count = 3 * PIECE;
    let exact = Counting::new(count, 10);
    let stopped = Job::new(&Quiet, exact.cancel.clone(), number(2));
    let outcome = RememberedNeighbors::new(&exact, &stopped);
    assert_eq!(
        outcome.map(|_| ()),
        Err(RememberError::Cancelled(Cancelled))
    );
    let asked = exact.asked.iter().map(|asked| asked.load(Relaxed));
    assert!(
        asked.sum::<u32>() as usize <= 2 * 2 * PIECE,
        "a piece or two a thread"
    );
    let remembered = RememberedNeighbors::new(&Counting::new(40, u64::MAX), &job(1)).unwrap();
    assert_eq!(
        remembered
            .knn(
                number(2),
                &Job::new(&Quiet, exact.cancel.clone(), number(1))
            )
            .map(|_| ()),
        Err(Cancelled)
    );
}

#[test]
fn a_table_of_a_single_block_that_was_left_is_none() {
    for left in 1..=3 {
        let exact = Counting::new(3, left);
        let stopped = Job::new(&Quiet, exact.cancel.clone(), number(1));
        let outcome = RememberedNeighbors::new(&exact, &stopped).map(|_| ());
        assert_eq!(outcome, Err(RememberError::Cancelled(Cancelled)), "{left}");
    }
}

#[test]
fn a_table_that_no_memory_holds_is_refused() {
    struct Many;
    impl Neighbors for Many {
        fn len(&self) -> usize {
            u32::MAX as usize
        }
        fn distance(&self, _: u32, _: u32) -> f32 {
            unreachable!("nothing is measured")
        }
    }
    let refused = RememberedNeighbors::new(&Many, &job(1))
        .map(|_| ())
        .unwrap_err();
    assert!(matches!(refused, RememberError::NoRoom { .. }), "{refused}");
}
