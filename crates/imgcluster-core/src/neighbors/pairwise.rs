//! Exact search over anything that can be compared in pairs.

use crate::{Neighbors, Similarity};

/// Exact neighbours of signatures: the distance is `1 - similarity`.
pub struct PairwiseNeighbors<'a, S: Similarity + ?Sized> {
    similarity: &'a S,
    signatures: &'a [S::Signature],
}

impl<S: Similarity + ?Sized> std::fmt::Debug for PairwiseNeighbors<'_, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PairwiseNeighbors")
            .field("len", &self.signatures.len())
            .finish()
    }
}

impl<'a, S: Similarity + ?Sized> PairwiseNeighbors<'a, S> {
    /// Searches over these signatures.
    pub fn new(similarity: &'a S, signatures: &'a [S::Signature]) -> Self {
        Self {
            similarity,
            signatures,
        }
    }
}

impl<S: Similarity + ?Sized> Neighbors for PairwiseNeighbors<'_, S> {
    fn len(&self) -> usize {
        self.signatures.len()
    }

    fn distance(&self, a: u32, b: u32) -> f32 {
        if a == b {
            return 0.0;
        }
        let (a, b) = (&self.signatures[a as usize], &self.signatures[b as usize]);
        1.0 - self.similarity.similarity(a, b)
    }
}
