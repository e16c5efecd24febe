//! The models that are built in.

use crate::{HashKind, classic};

/// What a model gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ModelKind {
    /// A vector of this many numbers.
    Embedding {
        /// How many.
        dim: usize,
    },
    /// A hash of this many bits, compared in pairs.
    Hash {
        /// How many.
        bits: u32,
    },
    /// A signature of what is seen on a [`Canvas`](crate::Canvas), compared in pairs.
    Compared,
}

/// What is to be known of a model before it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelInfo {
    /// Its name, as given to `--model`.
    pub name: &'static str,
    /// What it gives.
    pub kind: ModelKind,
    /// What it looks at, in one line.
    pub description: &'static str,
}

/// The models that need no download, in the order they are listed.
pub const BUILT_IN: &[ModelInfo] = &[
    ModelInfo {
        name: "classic",
        kind: ModelKind::Embedding { dim: classic::DIM },
        description: "shapes, their arrangement and colours; tells kinds of pictures apart",
    },
    ModelInfo {
        name: "phash",
        kind: ModelKind::Hash { bits: 64 },
        description: "coarse waves (cosine transform); finds re-encoded, resized, retouched copies",
    },
    ModelInfo {
        name: "dhash",
        kind: ModelKind::Hash { bits: 64 },
        description: "lighter to the right or not; finds re-encoded and resized copies",
    },
    ModelInfo {
        name: "ahash",
        kind: ModelKind::Hash { bits: 64 },
        description: "lighter than the mean or not; fast and rough",
    },
    ModelInfo {
        name: "whash",
        kind: ModelKind::Hash { bits: 64 },
        description: "means of blocks against their median (Haar wavelets)",
    },
    ModelInfo {
        name: "ssim",
        kind: ModelKind::Compared,
        description: "light, contrast and structure, place by place; slow",
    },
    ModelInfo {
        name: "minhash",
        kind: ModelKind::Compared,
        description: "where the strongest corners are; fast and rough",
    },
    ModelInfo {
        name: "orb",
        kind: ModelKind::Compared,
        description: "key points that lie alike; finds crops, turned, framed and captioned copies; slow",
    },
    ModelInfo {
        name: "template",
        kind: ModelKind::Compared,
        description: "one picture within the other, at any size; finds crops; slow",
    },
];

/// Finds a built-in hash by its name.
pub fn hash_kind(name: &str) -> Option<HashKind> {
    HashKind::ALL.into_iter().find(|kind| kind.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_hash_can_be_had_by_its_name_and_every_hash_is_listed() {
        let listed: Vec<HashKind> = BUILT_IN
            .iter()
            .filter(|model| matches!(model.kind, ModelKind::Hash { .. }))
            .map(|model| hash_kind(model.name).unwrap())
            .collect();
        assert_eq!(listed, HashKind::ALL);
        assert_eq!(hash_kind("PHASH"), None);
    }
}
