//! The words, the interfaces and the pipeline of imgcluster, with no model, database or image
//! codec behind them.
//!
//! * Rows: [`Matrix`], [`UnitMatrix`], [`MatrixRef`].
//! * Who is near whom: [`Neighbors`], answered exactly by [`RowNeighbors`] for vectors, by
//!   [`HashNeighbors`] for hashes of 64 bits, and by [`PairwiseNeighbors`] for anything with a
//!   [`Similarity`], or from what another search has found by [`FoundNeighbors`], or measured
//!   once by [`RememberedNeighbors`]; [`Points`] is what an algorithm gets.
//! * Results: [`Clustering`], [`Layout`], [`Outcome`].
//! * What people said of them: [`Decision`], [`Decisions`].
//! * Interfaces: [`Decoder`], [`Embedder`], [`Similarity`], [`Extractor`], [`Store`],
//!   [`Clusterer`], [`Projector`], [`Sink`], [`Reporter`].
//! * [`ingest`]: files in, one stored feature per picture out.
//!
//! ```
//! use imgcluster_core::{Job, Matrix, Neighbors, Radius, RowNeighbors, UnionFind, UnitMatrix};
//! use std::sync::Mutex;
//!
//! let rows = Matrix::new(vec![1.0, 0.0, 0.9, 0.1, 0.0, 1.0], 2)?;
//! let unit = UnitMatrix::normalize(rows)?;
//! let neighbors = RowNeighbors::cosine(&unit);
//! let groups = Mutex::new(UnionFind::new(3));
//! neighbors.within(Radius::from_similarity(0.85)?, &Job::quiet(), &|a, b, _distance| {
//!     groups.lock().expect("no other thread panicked").union(a, b);
//! })?;
//! assert!(groups.lock().expect("no other thread panicked").same(0, 1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod clustering;
mod concurrent_union_find;
mod content;
mod decisions;
mod features;
pub mod ingest;
mod interfaces;
mod job;
mod matrix;
mod neighbors;
mod outcome;
mod parallel;
mod pixels;
mod run;
mod training;
mod union_find;

pub use clustering::{ClusterId, Clustering};
pub use concurrent_union_find::ConcurrentUnionFind;
pub use content::{ContentHash, FileStamp, ParseHashError};
pub use decisions::{DecidedContent, Decision, DecisionError, Decisions, count_copies};
pub use features::{EmbeddingSpace, FeatureShape, Features, FeaturesError};
pub use imgcluster_kernels::InstructionSet;
pub use interfaces::{
    Clusterer, CropRounding, Decoder, Embedder, Extractor, Filter, InputSpec, ParkWait, Projector,
    Resize, Similarity, Sink, Wait,
    store::{
        Content, Failure, Known, KnownFile, NewContent, NewRun, Pruned, PutBatch, RunMember, Store,
        StoreStatus, StoredDecision, StoredRun,
    },
};
pub use job::{CancelToken, Cancelled, Event, Job, Quiet, Reporter, Stage, StageGuard};
pub use matrix::{Matrix, MatrixError, MatrixRef, UnitMatrix};
pub use neighbors::{
    Against, BitHash, CenterSearch, FoundNeighbors, HashNeighbors, KnnGraph, Metric, NearRow,
    Neighbors, PairwiseNeighbors, Points, Radius, RadiusError, RememberError, RememberedNeighbors,
    RowNeighbors, Searched, Tiling,
};
#[cfg(feature = "approximate")]
pub use neighbors::{ApproximateError, ApproximateOptions};
pub use outcome::{ClusterSummary, Image, Layout, Outcome, Skipped, Trial};
pub use parallel::for_each_block;
pub use pixels::{PixelBatch, Pixels, PixelsError, Span};
pub use run::{RunCounts, RunRecord, RunTimes};
pub use training::EpochLoss;
pub use union_find::UnionFind;

/// An error of an implementation behind one of the interfaces, boxed so that the interfaces need
/// not know it. Its `source()` chain is kept.
pub type BoxError = Box<dyn std::error::Error + Send + Sync + 'static>;
