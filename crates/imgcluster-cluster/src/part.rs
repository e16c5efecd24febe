//! Some of the items, as if there were no others.

use imgcluster_core::Neighbors;

/// The search over some items of another search, numbered anew from 0.
///
/// It compares every pair, so distances are exactly those of the other search wherever they are
/// asked for.
pub(crate) struct Part<'a> {
    neighbors: &'a dyn Neighbors,
    members: &'a [u32],
}

impl<'a> Part<'a> {
    /// Searches over these items.
    pub(crate) fn new(neighbors: &'a dyn Neighbors, members: &'a [u32]) -> Self {
        Self { neighbors, members }
    }
}

impl Neighbors for Part<'_> {
    fn len(&self) -> usize {
        self.members.len()
    }

    fn distance(&self, a: u32, b: u32) -> f32 {
        let (a, b) = (self.members[a as usize], self.members[b as usize]);
        self.neighbors.distance(a, b)
    }
}
