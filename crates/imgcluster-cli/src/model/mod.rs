//! The model that pictures are compared by, whichever it is.

mod choose;
mod neural;
mod perceptual;

pub(crate) use choose::{best_present, trained};
pub(crate) use perceptual::vgg;

use std::num::NonZeroUsize;

use anyhow::Result;
use imgcluster_core::{Embedder, Similarity};
use imgcluster_embed::{
    Classic, JpegDecoding, MinHash, NeuralEmbedder, Orb, PerceptualHash, Ssim, Template,
};

/// A model that pictures can be compared by.
pub(crate) enum Model {
    Classic(Classic),
    Hash(PerceptualHash),
    Ssim(Ssim),
    MinHash(MinHash),
    Orb(Orb),
    Template(Template),
    Neural(Box<NeuralEmbedder>),
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
    /// Its name.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Classic(model) => &model.space().model,
            Self::Hash(model) => &model.space().model,
            Self::Ssim(model) => &model.space().model,
            Self::MinHash(model) => &model.space().model,
            Self::Orb(model) => &model.space().model,
            Self::Template(model) => &model.space().model,
            Self::Neural(model) => &model.space().model,
        }
    }

    /// Whether it makes vectors, and not signatures that are compared in pairs.
    pub(crate) fn makes_vectors(&self) -> bool {
        matches!(self, Self::Classic(_) | Self::Neural(_))
    }

    /// Where it runs, in words.
    pub(crate) fn device(&self) -> &str {
        match self {
            Self::Neural(model) => model.device(),
            _ => "cpu",
        }
    }

    /// How JPEGs are decoded for it.
    pub(crate) fn jpeg(&self) -> JpegDecoding {
        match self {
            Self::Neural(model) => model.jpeg(),
            _ => JpegDecoding::Plain,
        }
    }

    /// How many pictures it takes at a time where nothing else is asked for: a GPU wants many.
    pub(crate) fn batch_size(&self) -> Option<NonZeroUsize> {
        (self.device() != "cpu")
            .then(|| NonZeroUsize::new(256))
            .flatten()
    }

    /// Does something with the model.
    pub(crate) fn visit<V: ModelVisitor>(&self, visitor: V) -> Result<V::Output> {
        match self {
            Self::Classic(model) => visitor.embedder(model),
            Self::Hash(model) => visitor.similarity(model),
            Self::Ssim(model) => visitor.similarity(model),
            Self::MinHash(model) => visitor.similarity(model),
            Self::Orb(model) => visitor.similarity(model),
            Self::Template(model) => visitor.similarity(model),
            Self::Neural(model) => visitor.embedder(model.as_ref()),
        }
    }
}
