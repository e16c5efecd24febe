//! Times searches over hashes: `hash_speed COUNT [CENTERS [BITS]]`.
//!
//! Hashes are random, or round `CENTERS` random centres with every bit flipped with a chance of one
//! in thirty-two; in one of eight not at all. Searches for pairs within `BITS` (8) run on one
//! thread and on all, beside comparing every pair where there are at most 200,000 hashes.
#![expect(clippy::print_stdout, reason = "it prints figures")]

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use imgcluster_core::{
    BitHash, CancelToken, Cancelled, ConcurrentUnionFind, HashNeighbors, Job, Neighbors, Quiet,
    Radius,
};

/// Only the default searches: every pair, one by one.
struct EveryPair<'a>(&'a HashNeighbors);

impl Neighbors for EveryPair<'_> {
    fn len(&self) -> usize {
        self.0.len()
    }
    fn distance(&self, a: u32, b: u32) -> f32 {
        self.0.distance(a, b)
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let numbers: Result<Vec<usize>, _> =
        std::env::args().skip(1).map(|word| word.parse()).collect();
    let numbers = numbers?;
    let count = numbers.first().copied().unwrap_or(100_000);
    let centers = numbers.get(1).copied().unwrap_or(0);
    let bits = numbers.get(2).copied().unwrap_or(8);
    let radius = Radius::new(bits as f64 / 64.0)?;
    let began = Instant::now();
    let neighbors = HashNeighbors::new(hashes(count, centers));
    println!(
        "{count} hashes, {centers} centres: tables in {:.2} s",
        began.elapsed().as_secs_f64()
    );
    let all = std::thread::available_parallelism()?;
    for threads in [NonZeroUsize::MIN, all] {
        let job = Job::new(&Quiet, CancelToken::default(), threads);
        let time =
            |what: &str, search: &dyn Fn() -> Result<u64, Cancelled>| -> Result<(), Cancelled> {
                let began = Instant::now();
                let found = search()?;
                let seconds = began.elapsed().as_secs_f64();
                println!("{threads} threads, {what}: {seconds:.2} s, {found}");
                Ok(())
            };
        let pairs = |neighbors: &dyn Neighbors| {
            let found = AtomicU64::new(0);
            let count = |_, _, _| _ = found.fetch_add(1, Ordering::Relaxed);
            neighbors.within(radius, &job, &count)?;
            Ok(found.into_inner())
        };
        time("pairs", &|| pairs(&neighbors))?;
        time("sets", &|| {
            let sets = ConcurrentUnionFind::new(neighbors.len());
            let join = |a, others: &[u32]| others.iter().for_each(|b| sets.union(a, *b));
            neighbors.links(radius, &sets, &job, &join)?;
            let roots = sets.roots();
            let first = |(item, root): &(u32, u32)| item == root;
            Ok((0..).zip(roots).filter(first).count() as u64)
        })?;
        time("3 nearest, sum of bits", &|| {
            let graph = neighbors.knn(NonZeroUsize::new(3).expect("not zero"), &job)?;
            let items = (0..graph.len()).flat_map(|item| graph.distances(item));
            Ok(items.map(|distance| (distance * 64.0) as u64).sum())
        })?;
        if count <= 200_000 {
            time("every pair", &|| pairs(&EveryPair(&neighbors)))?;
        }
    }
    Ok(())
}

fn hashes(count: usize, centers: usize) -> impl Iterator<Item = BitHash> {
    let mut state = 1_u64;
    let mut next = move || {
        // xorshift64 (Marsaglia, 2003).
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let centers: Vec<u64> = (0..centers).map(|_| next()).collect();
    (0..count).map(move |item| {
        BitHash::Bits(match centers.len() {
            0 => next(),
            len => {
                let center = centers[(next() >> 32) as usize % len];
                let flips = next() & next() & next() & next() & next();
                center ^ if item % 8 == 0 { 0 } else { flips }
            }
        })
    })
}
