//! Some pairs of each kind, chosen by the seed alone.

use std::collections::BinaryHeap;

use super::edge::Edge;
use crate::seeded::SplitMix64;

/// A pair with its lot: the smaller, the sooner it is chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Drawn {
    pub(super) lot: u64,
    pub(super) edge: Edge,
}

impl Drawn {
    fn key(&self) -> (u64, u32, u32) {
        (self.lot, self.edge.a, self.edge.b)
    }
}

impl Eq for Drawn {}

impl Ord for Drawn {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl PartialOrd for Drawn {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// Draws the lot of a pair.
pub(super) fn lot(seed: u64, a: u32, b: u32) -> u64 {
    let pair = (u64::from(a) << 32) | u64::from(b);
    SplitMix64::new(SplitMix64::new(seed).next() ^ pair).next()
}

/// The pairs with the smallest lots of each place: a draw without replacement that does not depend
/// on the order of arrival.
#[derive(Debug)]
pub(super) struct Reservoir {
    each: usize,
    places: Vec<BinaryHeap<Drawn>>,
}

impl Reservoir {
    /// Keeps up to `each` pairs of so many places.
    pub(super) fn new(places: usize, each: usize) -> Self {
        Self {
            each,
            places: vec![BinaryHeap::new(); places],
        }
    }

    /// Gives the lot from which on a pair is not chosen in each place.
    pub(super) fn limits(&self) -> impl Iterator<Item = u64> {
        self.places.iter().map(|heap| match heap.peek() {
            Some(last) if heap.len() >= self.each => last.lot,
            Some(_) | None if self.each > 0 => u64::MAX,
            _ => 0,
        })
    }

    pub(super) fn put(&mut self, place: usize, drawn: Drawn) {
        let heap = &mut self.places[place];
        heap.push(drawn);
        if heap.len() > self.each {
            heap.pop();
        }
    }

    /// Gives all pairs, nearest first.
    pub(super) fn finish(self) -> Vec<Drawn> {
        let mut all: Vec<Drawn> = self.places.into_iter().flatten().collect();
        all.sort_unstable_by_key(|drawn| drawn.edge.key());
        all
    }
}
