//! Distances that are measured once and remembered.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicU32, AtomicU64};

use super::{Against, KnnGraph, Neighbors};
use crate::{Cancelled, Event, Job, Stage, for_each_block};

/// Pairs that are told of at a time.
const TOLD: u64 = 1024;
/// Rows whose distances to all others are gathered at a time; so many `f32` fill a cache line.
const ROWS: NonZeroUsize = NonZeroUsize::new(16).expect("sixteen is not zero");
/// Distances that are made room for before the job is asked again whether to stop.
const ROOM: usize = 1 << 22;

/// Why distances could not be remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RememberError {
    /// The job was cancelled.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// There is not enough memory.
    #[error(
        "there is no room for the distances of {count} items, which take {} MiB",
        needed.div_ceil(1 << 20)
    )]
    NoRoom {
        /// How many items.
        count: usize,
        /// How many bytes their distances take.
        needed: u64,
    },
}

/// The distances of all pairs, measured once.
///
/// For likenesses whose pairs are dear, beside algorithms that ask for the same pair again and
/// again (HDBSCAN, the map). All answers are bit for bit those of comparing every pair; whoever was asked
/// is not asked again.
/// Memory: 4 bytes a pair ([`RememberedNeighbors::bytes`]), 50 MB for 5,000 items; whether there is
/// so much is for the caller to decide.
///
/// ```
/// use imgcluster_core::{Job, Matrix, Neighbors, RememberedNeighbors, RowNeighbors};
///
/// let rows = Matrix::new(vec![0.0, 1.0, 3.0], 1)?;
/// let remembered = RememberedNeighbors::new(&RowNeighbors::euclidean(rows.view()), &Job::quiet())?;
/// assert_eq!((remembered.distance(2, 0), RememberedNeighbors::bytes(3)), (3.0, 12));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct RememberedNeighbors {
    count: usize,
    /// Of each item its distances to all later ones, item after item.
    table: Vec<f32>,
}

impl std::fmt::Debug for RememberedNeighbors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RememberedNeighbors")
            .field("len", &self.count)
            .finish_non_exhaustive()
    }
}

impl RememberedNeighbors {
    /// Tells how many pairs `count` items make.
    pub fn pairs(count: usize) -> u64 {
        let count = count as u64;
        // One of the two is even, and is halved before they can grow too large.
        match count % 2 {
            0 => (count / 2).saturating_mul(count.saturating_sub(1)),
            _ => count.saturating_mul(count / 2),
        }
    }

    /// Tells how many bytes the distances of `count` items take.
    pub fn bytes(count: usize) -> u64 {
        Self::pairs(count).saturating_mul(4)
    }

    /// Measures each pair once, as a search for pairs of any distance ([`Neighbors::within_limits`])
    /// does, on the job's threads.
    ///
    /// An [`Event::Advanced`] of [`Stage::Compare`] is reported now and then, with the number of pairs
    /// that were measured; the stage itself is the caller's to announce.
    ///
    /// # Errors
    /// A [`RememberError`].
    pub fn new(exact: &dyn Neighbors, job: &Job<'_>) -> Result<Self, RememberError> {
        let count = exact.len();
        let table = Self::room(count, job)?;
        let measured = AtomicU64::new(0);
        let advance = |by| {
            job.report(&Event::Advanced {
                stage: Stage::Compare,
                by,
            });
        };
        let put = |a: u32, b: u32, distance: f32| {
            let (a, b) = (a as usize, b as usize);
            table[start(count, a) + b - a - 1].store(distance.to_bits(), Relaxed);
            if (measured.fetch_add(1, Relaxed) + 1).is_multiple_of(TOLD) {
                advance(TOLD);
            }
        };
        exact.within_limits(0..count, &|_, _| f32::INFINITY, job, &put)?;
        let rest = measured.into_inner() % TOLD;
        if rest > 0 {
            advance(rest);
        }
        // In place: both take four bytes.
        let table = table.into_iter();
        let table = table
            .map(|bits| f32::from_bits(bits.into_inner()))
            .collect();
        Ok(Self { count, table })
    }

    /// Makes room for the distances of `count` items, for all threads to write to.
    fn room(count: usize, job: &Job<'_>) -> Result<Vec<AtomicU32>, RememberError> {
        let no_room = RememberError::NoRoom {
            count,
            needed: Self::bytes(count),
        };
        let pairs = usize::try_from(Self::pairs(count)).map_err(|_| no_room)?;
        let mut table = Vec::new();
        table.try_reserve_exact(pairs).map_err(|_| no_room)?;
        while table.len() < pairs {
            job.check()?;
            table.resize_with(pairs.min(table.len() + ROOM), AtomicU32::default);
        }
        Ok(table)
    }

    /// The place of the first distance of `item`, to the item after it.
    fn start(&self, item: usize) -> usize {
        start(self.count, item)
    }

    /// The distances of `item` to all later ones.
    fn later(&self, item: usize) -> &[f32] {
        &self.table[self.start(item)..][..self.count - 1 - item]
    }

    /// Calls `visit(row, distances)` for each of `rows` with its distances to all items. `square` is
    /// scratch memory.
    fn each_against_all(
        &self,
        rows: Range<usize>,
        square: &mut Vec<f32>,
        mut visit: impl FnMut(usize, &[f32]),
    ) {
        let count = self.count;
        square.resize(rows.len() * count, 0.0);
        for earlier in 0..rows.start {
            let column = &self.later(earlier)[rows.start - earlier - 1..][..rows.len()];
            for (place, distance) in (earlier..).step_by(count).zip(column) {
                square[place] = *distance;
            }
        }
        for (row, distances) in rows.clone().zip(square.chunks_exact_mut(count)) {
            self.distances(
                row as u32,
                rows.start as u32,
                &mut distances[rows.start..row],
            );
            distances[row] = 0.0;
            distances[row + 1..].copy_from_slice(self.later(row));
            visit(row, distances);
        }
    }
}

/// The place of the first distance of `item` among those of `count` items.
fn start(count: usize, item: usize) -> usize {
    // Item `i` has `count - 1 - i` later ones; `item * (item + 1)` is even.
    item * count - item * (item + 1) / 2
}

impl Neighbors for RememberedNeighbors {
    fn len(&self) -> usize {
        self.count
    }

    fn distance(&self, a: u32, b: u32) -> f32 {
        let (a, b) = (a.min(b) as usize, a.max(b) as usize);
        if a == b {
            0.0
        } else {
            self.later(a)[b - a - 1]
        }
    }

    fn distances(&self, from: u32, first: u32, out: &mut [f32]) {
        let (from, first) = (from as usize, first as usize);
        let earlier = from.saturating_sub(first).min(out.len());
        let (earlier, others) = out.split_at_mut(earlier);
        if !earlier.is_empty() {
            let mut place = self.start(first) + from - first - 1;
            for (item, distance) in (first..).zip(earlier) {
                *distance = self.table[place];
                // The next item has one later one less, and is one nearer to `from`.
                place += self.count - item - 2;
            }
        }
        let first = first.max(from);
        let itself = usize::from(first == from).min(others.len());
        let (itself, later) = others.split_at_mut(itself);
        itself.fill(0.0);
        if !later.is_empty() {
            let skipped = first + itself.len() - from - 1;
            later.copy_from_slice(&self.later(from)[skipped..][..later.len()]);
        }
    }

    fn measure(
        &self,
        rows: Range<usize>,
        against: Against,
        job: &Job<'_>,
        visit: &(dyn Fn(u32, u32, &[f32]) + Sync),
    ) -> Result<(), Cancelled> {
        for_each_block(job, rows.len(), ROWS, Vec::new, |square, block| {
            let block = rows.start + block.start..rows.start + block.end;
            match against {
                Against::All => self.each_against_all(block, square, |row, distances| {
                    visit(row as u32, 0, distances);
                }),
                Against::Later => {
                    for row in block {
                        visit(row as u32, row as u32 + 1, self.later(row));
                    }
                }
            }
        })
    }

    fn within_limits(
        &self,
        rows: Range<usize>,
        limit: &(dyn Fn(u32, u32) -> f32 + Sync),
        job: &Job<'_>,
        edge: &(dyn Fn(u32, u32, f32) + Sync),
    ) -> Result<(), Cancelled> {
        for_each_block(
            job,
            rows.len(),
            ROWS,
            || (),
            |(), block| {
                for a in rows.start + block.start..rows.start + block.end {
                    for (b, distance) in (a as u32 + 1..).zip(self.later(a)) {
                        if *distance <= limit(a as u32, b) {
                            edge(a as u32, b, *distance);
                        }
                    }
                }
            },
        )
    }

    fn knn(&self, k: NonZeroUsize, job: &Job<'_>) -> Result<KnnGraph, Cancelled> {
        let scratch = Vec::new;
        KnnGraph::build(self.count, k, job, ROWS, scratch, |square, rows, sink| {
            self.each_against_all(rows, square, |row, distances| {
                let others = (0_u32..).zip(distances.iter().copied());
                sink.put(row, others.filter(|(other, _)| *other as usize != row));
            });
        })
    }
}

#[cfg(test)]
mod tests;
