//! Who is near whom: the one question behind every algorithm.

#[cfg(feature = "approximate")]
mod approximate;
mod bounds;
mod byte_rows;
mod candidates;
mod centers;
mod found;
mod hashes;
mod knn_graph;
mod measured;
mod nearest;
mod pairwise;
mod radius;
mod remembered;
mod rows;
mod sweep;
mod taken;
mod tiling;

#[cfg(feature = "approximate")]
pub use approximate::{ApproximateError, ApproximateOptions};
pub use centers::{CenterSearch, NearRow};
pub use found::FoundNeighbors;
pub use hashes::{BitHash, HashNeighbors};
pub use knn_graph::KnnGraph;
pub use measured::Against;
pub use pairwise::PairwiseNeighbors;
pub use radius::{Radius, RadiusError};
pub use remembered::{RememberError, RememberedNeighbors};
pub use rows::{Metric, RowNeighbors};
pub use tiling::{Searched, Tiling};

use std::num::NonZeroUsize;
use std::ops::Range;

use crate::{Cancelled, ConcurrentUnionFind, Job, MatrixRef, for_each_block};

/// Rows handed to one thread at a time by the default searches.
const BLOCK: NonZeroUsize = NonZeroUsize::new(16).expect("sixteen is not zero");

/// Distances of one row measured before the job is asked whether to go on: of likenesses whose pairs
/// are dear that is half a second.
const PIECE: usize = 1024;

/// Answers who is near whom among `len()` items, numbered from 0.
///
/// Distances are finite, at least zero, symmetric, zero between an item and itself, and the same
/// on every machine and at any number of threads. Only [`Neighbors::len`] and
/// [`Neighbors::distance`] must be written; the searches then compare every pair.
pub trait Neighbors: Sync {
    /// Counts the items.
    fn len(&self) -> usize;

    /// Tells whether there are no items.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Measures the distance of two items.
    fn distance(&self, a: u32, b: u32) -> f32;

    /// Measures the distances of one item to items `first`, `first + 1` …, one for each place
    /// in `out`.
    fn distances(&self, from: u32, first: u32, out: &mut [f32]) {
        for (to, distance) in (first..).zip(out) {
            *distance = self.distance(from, to);
        }
    }

    /// Measures each of `rows` against all items or the later ones: calls
    /// `visit(row, first, distances)` with the distances to items `first`, `first + 1` …, each pair
    /// once. The calls come from several threads and in no fixed order.
    ///
    /// This is for sums and tables of very many distances. They may differ from
    /// [`Neighbors::distance`] by some roundings of `f32`, zero never; the number of threads changes
    /// nothing.
    ///
    /// # Errors
    /// [`Cancelled`] if the job was cancelled on the way.
    fn measure(
        &self,
        rows: Range<usize>,
        against: Against,
        job: &Job<'_>,
        visit: &(dyn Fn(u32, u32, &[f32]) + Sync),
    ) -> Result<(), Cancelled> {
        let count = self.len();
        let scratch = || vec![0.0; count];
        for_each_block(job, rows.len(), BLOCK, scratch, |distances, block| {
            for row in block.map(|offset| rows.start + offset) {
                let first = match against {
                    Against::All => 0,
                    Against::Later => row + 1,
                };
                let distances = &mut distances[first..];
                self.distances(row as u32, first as u32, distances);
                visit(row as u32, first as u32, distances);
            }
        })
    }

    /// Calls `edge(a, b, distance)` for each pair within `radius` (inclusive), once, with `a < b`.
    ///
    /// The calls come from several threads and in no fixed order; the set of pairs and their
    /// distances are always the same.
    ///
    /// # Errors
    /// [`Cancelled`] if the job was cancelled on the way.
    fn within(
        &self,
        radius: Radius,
        job: &Job<'_>,
        edge: &(dyn Fn(u32, u32, f32) + Sync),
    ) -> Result<(), Cancelled> {
        self.within_limits(0..self.len(), &|_, _| radius.get(), job, edge)
    }

    /// Calls `found(a, others)` with the pairs within `radius` (inclusive) that are news: `a` and each
    /// of `others`, all larger than `a`, each pair at most once.
    ///
    /// Every pair within the radius is handed over unless `groups` held it in one set while the
    /// search ran. So whoever only wants to know what hangs together joins what is found and is
    /// spared the rest; searches then need few exact distances. The calls come from several threads
    /// and in no fixed order, and which pairs are spared is not fixed either.
    ///
    /// # Errors
    /// [`Cancelled`] if the job was cancelled on the way.
    fn links(
        &self,
        radius: Radius,
        groups: &ConcurrentUnionFind,
        job: &Job<'_>,
        found: &(dyn Fn(u32, &[u32]) + Sync),
    ) -> Result<(), Cancelled> {
        debug_assert_eq!(groups.len(), self.len(), "one member an item");
        let edge = |a, b, _distance| {
            if !groups.is_under(b, groups.find(a)) {
                found(a, &[b]);
            }
        };
        self.within(radius, job, &edge)
    }

    /// Calls `edge(a, b, distance)` for each pair with `a` in `rows` and `a < b` that is no farther
    /// apart than `limit(a, b)`, once. No pair meets a negative limit.
    ///
    /// The calls come as in [`Neighbors::within`]. Searches that know how near a pair must be to
    /// matter (a shortest link between groups, say) save the measuring of all others.
    ///
    /// # Errors
    /// [`Cancelled`] if the job was cancelled on the way.
    fn within_limits(
        &self,
        rows: Range<usize>,
        limit: &(dyn Fn(u32, u32) -> f32 + Sync),
        job: &Job<'_>,
        edge: &(dyn Fn(u32, u32, f32) + Sync),
    ) -> Result<(), Cancelled> {
        let count = self.len();
        let scratch = || vec![0.0; count.min(PIECE)];
        for_each_block(job, rows.len(), BLOCK, scratch, |distances, block| {
            for a in block.map(|offset| rows.start + offset) {
                for first in (a + 1..count).step_by(PIECE) {
                    if job.check().is_err() {
                        return; // `for_each_block` asks after each block too
                    }
                    let piece = &mut distances[..PIECE.min(count - first)];
                    self.distances(a as u32, first as u32, piece);
                    for (b, distance) in (first..).zip(piece) {
                        if *distance <= limit(a as u32, b as u32) {
                            edge(a as u32, b as u32, *distance);
                        }
                    }
                }
            }
        })
    }

    /// Searches as [`Neighbors::within_limits`] does, knowing that no `limit(a, b)` is larger than
    /// the larger one of `ceilings[a]` and `ceilings[b]`.
    ///
    /// Searches that compare many pairs at once rule out those beyond their ceilings without asking
    /// for their limits.
    ///
    /// # Errors
    /// [`Cancelled`] if the job was cancelled on the way.
    fn within_ceilings(
        &self,
        rows: Range<usize>,
        ceilings: &[f32],
        limit: &(dyn Fn(u32, u32) -> f32 + Sync),
        job: &Job<'_>,
        edge: &(dyn Fn(u32, u32, f32) + Sync),
    ) -> Result<(), Cancelled> {
        debug_assert_eq!(ceilings.len(), self.len(), "one ceiling an item");
        self.within_limits(rows, limit, job, edge)
    }

    /// Finds the `k` nearest others of every item, or all others where there are fewer.
    ///
    /// The item itself is left out; equal distances are ordered by the smaller index.
    ///
    /// # Errors
    /// [`Cancelled`] if the job was cancelled on the way.
    fn knn(&self, k: NonZeroUsize, job: &Job<'_>) -> Result<KnnGraph, Cancelled> {
        let count = self.len();
        KnnGraph::build(
            count,
            k,
            job,
            BLOCK,
            || vec![0.0; count],
            |distances, rows, sink| {
                for row in rows {
                    self.distances(row as u32, 0, distances);
                    let others = (0_u32..).zip(distances.iter().copied());
                    sink.put(row, others.filter(|(other, _)| *other as usize != row));
                }
            },
        )
    }
}

/// The input of every algorithm: who is near whom, and the rows behind it where there are any.
#[derive(Clone, Copy)]
pub struct Points<'a> {
    neighbors: &'a dyn Neighbors,
    rows: Option<MatrixRef<'a>>,
}

impl std::fmt::Debug for Points<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Points")
            .field("len", &self.len())
            .field("dim", &self.rows.map(MatrixRef::dim))
            .finish()
    }
}

impl<'a> Points<'a> {
    /// Makes points of items that have only distances, such as hashes.
    pub fn pairwise(neighbors: &'a dyn Neighbors) -> Self {
        Self {
            neighbors,
            rows: None,
        }
    }

    /// Makes points of rows and the search over them.
    ///
    /// # Panics
    /// Panics if the search is over another number of rows.
    pub fn with_rows(neighbors: &'a dyn Neighbors, rows: MatrixRef<'a>) -> Self {
        assert_eq!(
            neighbors.len(),
            rows.rows(),
            "the search must be over these rows"
        );
        Self {
            neighbors,
            rows: Some(rows),
        }
    }

    /// Counts the points.
    pub fn len(&self) -> usize {
        self.neighbors.len()
    }

    /// Tells whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Who is near whom.
    pub fn neighbors(&self) -> &'a dyn Neighbors {
        self.neighbors
    }

    /// The rows, if the points have coordinates.
    pub fn rows(&self) -> Option<MatrixRef<'a>> {
        self.rows
    }
}
