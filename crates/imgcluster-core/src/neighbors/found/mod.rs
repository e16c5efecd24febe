//! Neighbours that another search has found, measured exactly.

use std::num::NonZeroUsize;
use std::ops::Range;

use super::{Against, KnnGraph, Neighbors};
use crate::{Cancelled, Job, for_each_block};

/// Rows that a thread finds others for at a time; finding those of one may take a millisecond.
const FIND: NonZeroUsize = NonZeroUsize::new(16).expect("not zero");
/// Rows whose neighbours a sweep looks at, at a time.
const ROWS: NonZeroUsize = NonZeroUsize::new(256).expect("not zero");
/// Rows gone through before the job is asked again whether to stop.
const STRIDE: usize = 1024;

/// Neighbours that a search of any kind has found, at exact distances.
///
/// Of each row the `k` nearest of those found are kept. Searches for pairs see a pair if one row is
/// kept as a neighbour of the other, and no other pair; what they see they measure exactly. So pairs
/// may be missing, and none is wrong. [`Neighbors::distance`] and [`Neighbors::measure`] are exact
/// for any pair.
///
/// ```
/// use imgcluster_core::{FoundNeighbors, Job, Matrix, Neighbors, RowNeighbors};
/// use std::num::NonZeroUsize;
///
/// let rows = Matrix::new(vec![0.0, 1.0, 3.0, 7.0], 1)?;
/// let exact = RowNeighbors::euclidean(rows.view());
/// let one = NonZeroUsize::MIN;
/// // A search that finds the row before, and for the first row the last.
/// let find = |row: u32, others: &mut Vec<u32>| others.push(row.checked_sub(1).unwrap_or(3));
/// let found = FoundNeighbors::new(&exact, one, find, &Job::quiet())?;
/// let nearest = found.knn(one, &Job::quiet())?;
/// assert_eq!((nearest.others(2), nearest.distances(2)), (&[1][..], &[2.0][..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct FoundNeighbors<'a> {
    exact: &'a dyn Neighbors,
    nearest: KnnGraph,
    /// Of each row, the later rows it makes a pair with, in order.
    later: Vec<Vec<u32>>,
}

impl std::fmt::Debug for FoundNeighbors<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FoundNeighbors")
            .field("len", &self.nearest.len())
            .field("k", &self.nearest.k())
            .finish_non_exhaustive()
    }
}

impl<'a> FoundNeighbors<'a> {
    /// Measures what is found, and keeps of each row the `k` nearest, or all others where there are
    /// fewer.
    ///
    /// `find(row, others)` adds rows to the empty `others`, in any order; the row itself and rows
    /// named twice do no harm. Where it finds fewer than `k`, the first rows (0, 1 …) that it did not
    /// find are taken as well. It is called once for each row, from several threads and in no fixed
    /// order.
    ///
    /// # Errors
    /// [`Cancelled`] if the job was cancelled on the way.
    ///
    /// # Panics
    /// Panics if `find` names a row that there is not.
    pub fn new(
        exact: &'a dyn Neighbors,
        k: NonZeroUsize,
        find: impl Fn(u32, &mut Vec<u32>) + Sync,
        job: &Job<'_>,
    ) -> Result<Self, Cancelled> {
        let count = exact.len();
        let wanted = k.get().min(count.saturating_sub(1));
        let scratch = Vec::new;
        let nearest = KnnGraph::build(count, k, job, FIND, scratch, |others, rows, sink| {
            for row in rows.take_while(|_| wanted > 0) {
                others.clear();
                find(row as u32, others);
                complete(others, row as u32, wanted);
                let distance = |other: &u32| (*other, exact.distance(row as u32, *other));
                sink.put(row, others.iter().map(distance));
            }
        })?;
        let later = later(&nearest, job)?;
        Ok(Self {
            exact,
            nearest,
            later,
        })
    }

    /// Keeps of each row the `k` nearest of those whose distances are known already, or all others
    /// where there are fewer.
    ///
    /// `known(row, others)` adds rows and their distances, which are those of `exact`, to the empty
    /// `others`; for the rest see [`FoundNeighbors::new`]. Only rows that are taken as well where too
    /// few are known are measured.
    ///
    /// # Errors
    /// [`Cancelled`] if the job was cancelled on the way.
    ///
    /// # Panics
    /// Panics if `known` names a row that there is not.
    pub fn known(
        exact: &'a dyn Neighbors,
        k: NonZeroUsize,
        known: impl Fn(u32, &mut Vec<(u32, f32)>) + Sync,
        job: &Job<'_>,
    ) -> Result<Self, Cancelled> {
        let count = exact.len();
        let wanted = k.get().min(count.saturating_sub(1));
        let scratch = || (Vec::new(), Vec::new());
        let fill = |(others, named): &mut (Vec<_>, Vec<_>), row: u32| {
            others.clear();
            known(row, others);
            others.sort_unstable_by_key(|(other, _)| *other);
            others.dedup_by_key(|(other, _)| *other);
            others.retain(|(other, _)| *other != row);
            named.clear();
            named.extend(others.iter().map(|(other, _)| *other));
            complete(named, row, wanted);
            let more = named[others.len()..].iter();
            others.extend(more.map(|other| (*other, exact.distance(row, *other))));
        };
        let nearest = KnnGraph::build(count, k, job, FIND, scratch, |scratch, rows, sink| {
            for row in rows.take_while(|_| wanted > 0) {
                fill(scratch, row as u32);
                sink.put(row, scratch.0.iter().copied());
            }
        })?;
        let later = later(&nearest, job)?;
        Ok(Self {
            exact,
            nearest,
            later,
        })
    }

    /// Measures which share of the `k` nearest was found, by an exact search for `sample` rows,
    /// evenly chosen. A row as near as the `k`-th counts as well; of more neighbours than were kept,
    /// only so many are asked for. `None` where there is nothing to find.
    ///
    /// # Errors
    /// [`Cancelled`] if the job was cancelled on the way.
    pub fn recall(
        &self,
        k: NonZeroUsize,
        sample: NonZeroUsize,
        job: &Job<'_>,
    ) -> Result<Option<f64>, Cancelled> {
        let count = self.len();
        let k = k.get().min(self.nearest.k());
        if k == 0 {
            return Ok(None);
        }
        let (mut found, mut asked) = (0, 0);
        let mut distances = vec![0.0; count];
        for row in (0..count).step_by(count.div_ceil(sample.get())) {
            job.check()?;
            self.exact.distances(row as u32, 0, &mut distances);
            distances[row] = f32::INFINITY;
            let (_, farthest, _) = distances.select_nth_unstable_by(k - 1, f32::total_cmp);
            let farthest = *farthest;
            let here = self.nearest.distances(row)[..k].iter();
            found += here.filter(|distance| **distance <= farthest).count();
            asked += k;
        }
        Ok(Some(found as f64 / asked as f64))
    }
}

/// Leaves out the row itself, and adds the first rows where a search found too few.
fn complete(others: &mut Vec<u32>, row: u32, wanted: usize) {
    others.retain(|other| *other != row);
    others.sort_unstable();
    others.dedup();
    if others.len() < wanted {
        let found = others.clone();
        let missing = (0..).filter(|other| *other != row && found.binary_search(other).is_err());
        others.extend(missing.take(wanted - found.len()));
    }
}

/// Lists each pair once, with its earlier row.
fn later(nearest: &KnnGraph, job: &Job<'_>) -> Result<Vec<Vec<u32>>, Cancelled> {
    let mut later = vec![Vec::new(); nearest.len()];
    for row in 0..nearest.len() {
        if row.is_multiple_of(STRIDE) {
            job.check()?;
        }
        for &other in nearest.others(row) {
            let (a, b) = (other.min(row as u32), other.max(row as u32));
            later[a as usize].push(b);
        }
    }
    for block in later.chunks_mut(STRIDE) {
        job.check()?;
        for others in block {
            others.sort_unstable();
            others.dedup();
        }
    }
    Ok(later)
}

impl Neighbors for FoundNeighbors<'_> {
    fn len(&self) -> usize {
        self.exact.len()
    }

    fn distance(&self, a: u32, b: u32) -> f32 {
        self.exact.distance(a, b)
    }

    fn distances(&self, from: u32, first: u32, out: &mut [f32]) {
        self.exact.distances(from, first, out);
    }

    fn measure(
        &self,
        rows: Range<usize>,
        against: Against,
        job: &Job<'_>,
        visit: &(dyn Fn(u32, u32, &[f32]) + Sync),
    ) -> Result<(), Cancelled> {
        self.exact.measure(rows, against, job, visit)
    }

    fn within_limits(
        &self,
        rows: Range<usize>,
        limit: &(dyn Fn(u32, u32) -> f32 + Sync),
        job: &Job<'_>,
        edge: &(dyn Fn(u32, u32, f32) + Sync),
    ) -> Result<(), Cancelled> {
        let state = || ();
        for_each_block(job, rows.len(), ROWS, state, |(), block| {
            for a in rows.start + block.start..rows.start + block.end {
                for &b in &self.later[a] {
                    let limit = limit(a as u32, b);
                    // A pair that no limit lets through need not be measured.
                    if limit >= 0.0 {
                        let distance = self.exact.distance(a as u32, b);
                        if distance <= limit {
                            edge(a as u32, b, distance);
                        }
                    }
                }
            }
        })
    }

    /// Lists the nearest of those found; more than were kept are searched for exactly.
    fn knn(&self, k: NonZeroUsize, job: &Job<'_>) -> Result<KnnGraph, Cancelled> {
        let (count, state) = (self.len(), || ());
        if k.get().min(count.saturating_sub(1)) > self.nearest.k() {
            return self.exact.knn(k, job);
        }
        KnnGraph::build(count, k, job, ROWS, state, |(), rows, sink| {
            for row in rows {
                let others = self.nearest.others(row).iter().copied();
                sink.put(row, others.zip(self.nearest.distances(row).iter().copied()));
            }
        })
    }
}

#[cfg(test)]
pub(super) mod tests;
