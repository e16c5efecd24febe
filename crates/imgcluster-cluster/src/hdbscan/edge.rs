//! One edge of the mutual reachability graph, and the order that makes its spanning tree unique.

use std::cmp::Ordering;

/// An edge between rows `a < b`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Edge {
    pub(super) weight: f32,
    pub(super) a: u32,
    pub(super) b: u32,
}

impl Edge {
    /// Makes the edge of two rows: as heavy as their distance, or as the larger of their core
    /// distances where that is more.
    pub(super) fn between(a: u32, b: u32, distance: f32, core: &[f32]) -> Self {
        Self {
            weight: distance.max(core[a as usize]).max(core[b as usize]),
            a: a.min(b),
            b: a.max(b),
        }
    }

    /// Orders by weight, then by the smaller and by the larger row: no two edges are equal.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        self.weight
            .total_cmp(&other.weight)
            .then(self.a.cmp(&other.a))
            .then(self.b.cmp(&other.b))
    }
}
