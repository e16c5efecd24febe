//! The one pass over all pairs.
//!
//! Threads gather blocks of rows by themselves and hand each block over at its end. Nothing of
//! what is gathered depends on the order of the blocks: counts are sums, the forest is unique, the
//! nearest are values, and pairs are drawn by lots.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use imgcluster_core::{Cancelled, Job, Neighbors, for_each_block};

use super::edge::Edge;
use super::forest::Forest;
use super::nearest::NearestDistances;
use super::reservoir::{Drawn, Reservoir, lot};
use super::scale::{Scale, Steps};
use super::{DRAWN, TuneOptions};

/// Rows that a thread measures at a time.
const BLOCK: NonZeroUsize = NonZeroUsize::new(16).expect("sixteen is not zero");

/// Distances of one row measured before the job is asked whether to go on: of likenesses whose pairs
/// are dear that is half a second.
const PIECE: usize = 1024;

/// What is known once every pair was seen.
pub(super) struct Seen {
    /// Pairs that each threshold of the scale admits and the one before does not.
    pub(super) counts: Vec<u64>,
    /// Whether and how distances are steps.
    pub(super) steps: Steps,
    /// Shortest first.
    pub(super) forest: Vec<Edge>,
    /// Ascending.
    pub(super) nearest: Vec<f32>,
    /// Nearest first.
    pub(super) drawn: Vec<Drawn>,
}

/// What the threads add to, one at a time.
struct Total {
    counts: Vec<u64>,
    steps: Steps,
    forest: Forest,
    nearest: NearestDistances,
    drawn: Reservoir,
}

/// Bounds that spare a thread what can no longer matter. They only ever fall, and one read late
/// only spares less.
struct Bounds {
    /// The distance beyond which no edge is in the forest.
    forest: AtomicU32,
    /// The k-th smallest distance of each row so far.
    nearest: Vec<AtomicU32>,
}

/// What all threads share and only read.
struct Pass<'a> {
    neighbors: &'a dyn Neighbors,
    scale: &'a Scale,
    seed: u64,
    bounds: &'a Bounds,
}

/// What a thread gathers of one block.
struct Gathered {
    distances: Vec<f32>,
    counts: Vec<u64>,
    steps: Steps,
    edges: Vec<Edge>,
    near: Vec<(u32, f32)>,
    drawn: Vec<(usize, Drawn)>,
    limits: Vec<u64>,
}

/// Measures every pair once.
pub(super) fn see(
    neighbors: &dyn Neighbors,
    scale: &Scale,
    options: &TuneOptions,
    job: &Job<'_>,
) -> Result<Seen, Cancelled> {
    let count = neighbors.len();
    let others = options.min_samples.get() - 1;
    // Where no row has so many others, no distance matters.
    let k = if others < count { others } else { 0 };
    let total = Mutex::new(Total {
        counts: vec![0; scale.len() + 1],
        steps: Steps::new(),
        forest: Forest::new(count),
        nearest: NearestDistances::new(count, k),
        drawn: Reservoir::new(scale.len() + 1, DRAWN),
    });
    let infinite = || AtomicU32::new(f32::INFINITY.to_bits());
    let bounds = Bounds {
        forest: infinite(),
        nearest: (0..if k > 0 { count } else { 0 })
            .map(|_| infinite())
            .collect(),
    };
    let scratch = || Gathered::new(count, scale);
    let pass = Pass {
        neighbors,
        scale,
        seed: options.seed,
        bounds: &bounds,
    };
    for_each_block(job, count, BLOCK, scratch, |gathered, rows| {
        if gathered.gather(&pass, rows, job).is_err() {
            return; // `for_each_block` asks after each block too
        }
        let mut total = total.lock().unwrap_or_else(PoisonError::into_inner);
        gathered.hand_over(&mut total, &bounds);
    })?;
    let total = total.into_inner().unwrap_or_else(PoisonError::into_inner);
    let nearest = if others < count {
        total.nearest.finish(count)
    } else {
        Vec::new()
    };
    Ok(Seen {
        counts: total.counts,
        steps: total.steps,
        forest: total.forest.finish(),
        nearest,
        drawn: total.drawn.finish(),
    })
}

impl Gathered {
    fn new(count: usize, scale: &Scale) -> Self {
        Self {
            distances: vec![0.0; count.min(PIECE)],
            counts: vec![0; scale.len() + 1],
            steps: Steps::new(),
            edges: Vec::new(),
            near: Vec::new(),
            drawn: Vec::new(),
            limits: vec![u64::MAX; scale.len() + 1],
        }
    }

    fn gather(
        &mut self,
        pass: &Pass<'_>,
        rows: Range<usize>,
        job: &Job<'_>,
    ) -> Result<(), Cancelled> {
        let count = pass.neighbors.len();
        let mut distances = std::mem::take(&mut self.distances);
        let ceiling = f32::from_bits(pass.bounds.forest.load(Ordering::Relaxed));
        for a in rows {
            for first in (a + 1..count).step_by(PIECE) {
                job.check()?;
                let piece = &mut distances[..PIECE.min(count - first)];
                pass.neighbors.distances(a as u32, first as u32, piece);
                for (b, distance) in (first as u32..).zip(piece) {
                    // Adding zero turns -0 into 0.
                    let distance = *distance + 0.0;
                    let edge = Edge {
                        distance,
                        a: a as u32,
                        b,
                    };
                    self.take(edge, ceiling, pass);
                }
            }
        }
        self.distances = distances;
        Ok(())
    }

    /// Takes a pair in; `ceiling` is the distance beyond which no edge is in the forest.
    fn take(&mut self, edge: Edge, ceiling: f32, pass: &Pass<'_>) {
        let Edge { distance, a, b } = edge;
        let place = pass.scale.place(distance);
        self.counts[place] += 1;
        self.steps.count(distance);
        if distance <= ceiling {
            self.edges.push(edge);
        }
        let lot = lot(pass.seed, a, b);
        if lot <= self.limits[place] {
            self.drawn.push((place, Drawn { lot, edge }));
        }
        if !pass.bounds.nearest.is_empty() {
            self.keep_if_near(a, distance, pass.bounds);
            self.keep_if_near(b, distance, pass.bounds);
        }
    }

    fn keep_if_near(&mut self, row: u32, distance: f32, bounds: &Bounds) {
        let bound = bounds.nearest[row as usize].load(Ordering::Relaxed);
        if distance < f32::from_bits(bound) {
            self.near.push((row, distance));
        }
    }

    /// Adds what was gathered, and starts anew with the bounds that follow.
    fn hand_over(&mut self, total: &mut Total, bounds: &Bounds) {
        for (sum, count) in total.counts.iter_mut().zip(&mut self.counts) {
            *sum += std::mem::take(count);
        }
        total.steps.take(&mut self.steps);
        total.forest.take(&mut self.edges);
        let ceiling = total.forest.ceiling().to_bits();
        bounds.forest.store(ceiling, Ordering::Relaxed);
        for (row, distance) in self.near.drain(..) {
            let kth = total.nearest.take(row, distance);
            bounds.nearest[row as usize].store(kth.to_bits(), Ordering::Relaxed);
        }
        for (place, drawn) in self.drawn.drain(..) {
            total.drawn.put(place, drawn);
        }
        for (limit, of_all) in self.limits.iter_mut().zip(total.drawn.limits()) {
            *limit = of_all;
        }
    }
}
