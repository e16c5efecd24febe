//! Searches over signatures that lay out the key points of a picture once for many comparisons.

use imgcluster_core::Neighbors;
use imgcluster_kernels::{DescriptorSearch, DescriptorSet};

use super::compare::{Prepared, similarity};
use super::matching::MatchScratch;
use super::signature::OrbSignature;

/// Exact neighbours of signatures: the distance is `1 - similarity`.
#[derive(Debug)]
pub(super) struct OrbNeighbors<'a> {
    search: DescriptorSearch,
    signatures: &'a [OrbSignature],
}

impl<'a> OrbNeighbors<'a> {
    pub(super) fn new(search: DescriptorSearch, signatures: &'a [OrbSignature]) -> Self {
        Self { search, signatures }
    }
}

impl Neighbors for OrbNeighbors<'_> {
    fn len(&self) -> usize {
        self.signatures.len()
    }

    fn distance(&self, a: u32, b: u32) -> f32 {
        let mut distance = [0.0];
        self.distances(a, b, &mut distance);
        distance[0]
    }

    fn distances(&self, from: u32, first: u32, out: &mut [f32]) {
        let (mut set, mut scratch) = (DescriptorSet::default(), MatchScratch::default());
        let signature = &self.signatures[from as usize];
        let prepared = Prepared::new(self.search, signature, &mut set);
        let others = &self.signatures[first as usize..];
        for ((to, other), distance) in (first..).zip(others).zip(out) {
            *distance = if to == from {
                0.0
            } else {
                1.0 - similarity(&prepared, other, &mut scratch)
            };
        }
    }
}
