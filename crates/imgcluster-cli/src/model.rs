//! From the name of a model to the model.

use anyhow::Result;
use imgcluster_core::{Embedder, Similarity};
use imgcluster_embed::{BUILT_IN, Classic, PerceptualHash, hash_kind};

use crate::failure::Refusal;

/// A model that pictures can be compared by.
pub(crate) enum Model {
    Classic(Classic),
    Hash(PerceptualHash),
}

/// What is done with a model, whichever it is.
pub(crate) trait ModelVisitor {
    type Output;

    /// It makes vectors.
    fn embedder<E: Embedder>(self, embedder: &E) -> Result<Self::Output>;

    /// It compares in pairs.
    fn similarity<S: Similarity>(self, similarity: &S) -> Result<Self::Output>;
}

impl Model {
    /// Finds the model of this name; `auto` is the best one on this machine.
    ///
    /// # Errors
    /// A usage error that lists the models there are.
    pub(crate) fn named(name: &str) -> Result<Self, Refusal> {
        if let "auto" | "classic" = name {
            return Ok(Self::Classic(Classic::default()));
        }
        let hash = hash_kind(name).map(|kind| Self::Hash(PerceptualHash::new(kind)));
        hash.ok_or_else(|| {
            let names: Vec<&str> = BUILT_IN.iter().map(|model| model.name).collect();
            let hint = format!(
                "this build has {}; see `imgcluster models list`",
                names.join(", ")
            );
            Refusal::usage(format!("`{name}` is not a model of this build"), hint)
        })
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Classic(model) => &model.space().model,
            Self::Hash(model) => &model.space().model,
        }
    }

    /// Whether it makes vectors, and not signatures that are compared in pairs.
    pub(crate) fn makes_vectors(&self) -> bool {
        matches!(self, Self::Classic(_))
    }

    /// Does something with the model.
    pub(crate) fn visit<V: ModelVisitor>(&self, visitor: V) -> Result<V::Output> {
        match self {
            Self::Classic(model) => visitor.embedder(model),
            Self::Hash(model) => visitor.similarity(model),
        }
    }
}
