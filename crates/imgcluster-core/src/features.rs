//! What a model makes of pictures, and the name under which it may be kept.

use std::num::NonZeroUsize;

use crate::{ContentHash, Matrix, MatrixError};

/// The cache key of a model: two features may be compared only if these are equal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EmbeddingSpace {
    /// The model's name, as given to `--model`.
    pub model: String,
    /// Hash of the weights, or of the algorithm's version where there are none.
    pub weights: ContentHash,
    /// Hash of everything that is done to pixels before the model sees them.
    pub preprocess: ContentHash,
    /// What one feature is.
    pub shape: FeatureShape,
}

/// What one feature is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FeatureShape {
    /// A row of this many `f32`.
    Vector(NonZeroUsize),
    /// Bytes that only a [`Similarity`](crate::Similarity) can read.
    Signature,
}

/// One feature per picture, in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Features {
    /// Rows of an embedding model.
    Vectors(Matrix),
    /// Signatures of a pairwise similarity.
    Signatures(Vec<Vec<u8>>),
}

/// Features that do not fit together.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FeaturesError {
    /// The rows are not well formed.
    #[error("the features are not usable rows")]
    Rows(#[from] MatrixError),
    /// Vectors met signatures.
    #[error("vectors and signatures cannot be mixed")]
    Mixed,
}

impl Features {
    /// Makes an empty set of features of this shape.
    pub fn empty(shape: FeatureShape) -> Self {
        match shape {
            FeatureShape::Vector(dim) => Self::Vectors(Matrix::empty(dim)),
            FeatureShape::Signature => Self::Signatures(Vec::new()),
        }
    }

    /// Counts the features.
    pub fn len(&self) -> usize {
        match self {
            Self::Vectors(rows) => rows.rows(),
            Self::Signatures(signatures) => signatures.len(),
        }
    }

    /// Tells whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Tells whether these are features of the given shape.
    pub fn fit(&self, shape: FeatureShape) -> bool {
        match (self, shape) {
            (Self::Vectors(rows), FeatureShape::Vector(dim)) => rows.dim() == dim.get(),
            (Self::Signatures(_), FeatureShape::Signature) => true,
            _ => false,
        }
    }
}
