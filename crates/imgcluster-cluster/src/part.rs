//! Some of the items, as if there were no others.

use imgcluster_core::Neighbors;

/// The search over some items of another search, numbered anew from 0.
///
/// It compares every pair, so distances are exactly those of the other search wherever they are
/// asked for. Runs of items that follow each other there as well are measured in one go.
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

    fn distances(&self, from: u32, first: u32, out: &mut [f32]) {
        let from = self.members[from as usize];
        let mut rest = out;
        let asked = &self.members[first as usize..][..rest.len()];
        for run in asked.chunk_by(|a, b| b.checked_sub(1) == Some(*a)) {
            let (of_run, after) = rest.split_at_mut(run.len());
            self.neighbors.distances(from, run[0], of_run);
            rest = after;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use imgcluster_core::{Matrix, RowNeighbors};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn runs_are_as_far_as_their_items_one_by_one(
            members in prop::collection::vec(0_u32..9, 0..20), first in 0_usize..20,
        ) {
            let rows = Matrix::new((0..9).map(|row| (row * row) as f32).collect(), 1).unwrap();
            let neighbors = RowNeighbors::euclidean(rows.view());
            let part = Part::new(&neighbors, &members);
            let first = first.min(members.len());
            for from in 0..members.len() as u32 {
                let mut found = vec![f32::NAN; members.len() - first];
                part.distances(from, first as u32, &mut found);
                let one = |to| part.distance(from, to as u32);
                let expected: Vec<f32> = (first..members.len()).map(one).collect();
                prop_assert_eq!(found, expected);
            }
        }
    }
}
