//! The nearest others of every item.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Mutex;

use crate::{Cancelled, Job, for_each_block};

/// The `k` nearest others of each of `len()` items, nearest first, ties by the smaller index.
#[derive(Debug, Clone, PartialEq)]
pub struct KnnGraph {
    k: usize,
    others: Vec<u32>,
    distances: Vec<f32>,
    len: usize,
}

impl KnnGraph {
    /// How many others each item has: the `k` asked for, or all others where there are fewer.
    pub fn k(&self) -> usize {
        self.k
    }

    /// Counts the items.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Tells whether there are no items.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Lists the nearest others of one item, nearest first.
    ///
    /// # Panics
    /// Panics if there is no such item.
    pub fn others(&self, item: usize) -> &[u32] {
        &self.others[item * self.k..][..self.k]
    }

    /// Lists the distances to [`KnnGraph::others`], in the same order.
    ///
    /// # Panics
    /// Panics if there is no such item.
    pub fn distances(&self, item: usize) -> &[f32] {
        &self.distances[item * self.k..][..self.k]
    }

    /// Builds the graph block by block: `fill` puts candidates for every item of its range.
    pub(super) fn build<S>(
        len: usize,
        k: NonZeroUsize,
        job: &Job<'_>,
        block: NonZeroUsize,
        scratch: impl Fn() -> S + Sync,
        fill: impl Fn(&mut S, Range<usize>, &mut KnnSink) + Sync,
    ) -> Result<Self, Cancelled> {
        let k = k.get().min(len.saturating_sub(1));
        let graph = Mutex::new(Self {
            k,
            others: vec![0; len * k],
            distances: vec![0.0; len * k],
            len,
        });
        let state = || {
            (
                scratch(),
                KnnSink {
                    k,
                    candidates: Vec::new(),
                    found: Vec::new(),
                },
            )
        };
        for_each_block(job, len, block, state, |(scratch, sink), rows| {
            fill(scratch, rows, sink);
            let mut graph = graph
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            for (item, nearest) in sink.found.drain(..) {
                for (place, (distance, other)) in (item * k..).zip(nearest) {
                    graph.others[place] = other;
                    graph.distances[place] = distance;
                }
            }
        })?;
        Ok(graph
            .into_inner()
            .unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

/// Takes the candidates of one item at a time and keeps the nearest.
pub(super) struct KnnSink {
    k: usize,
    candidates: Vec<(f32, u32)>,
    found: Vec<(usize, Vec<(f32, u32)>)>,
}

impl KnnSink {
    /// Keeps the `k` nearest of these others; the item itself must not be among them.
    pub(super) fn put(&mut self, item: usize, others: impl Iterator<Item = (u32, f32)>) {
        if self.k == 0 {
            return;
        }
        self.candidates.clear();
        self.candidates
            .extend(others.map(|(other, distance)| (distance, other)));
        let order = |a: &(f32, u32), b: &(f32, u32)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
        if self.candidates.len() > self.k {
            self.candidates.select_nth_unstable_by(self.k - 1, order);
            self.candidates.truncate(self.k);
        }
        self.candidates.sort_unstable_by(order);
        self.found.push((item, self.candidates.clone()));
    }
}
