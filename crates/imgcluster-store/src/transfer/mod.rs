//! Copying one store into another.

mod decisions;
mod difference;
mod error;
mod failures;
mod features;
mod files;
mod runs;

use std::collections::HashSet;
use std::num::NonZeroUsize;

use imgcluster_core::{
    ContentHash, EmbeddingSpace, FeatureShape, Features, Job, Stage, StageGuard, Store, StoreStatus,
};

use difference::Differences;
pub use difference::{Difference, Thing};
pub use error::TransferError;

/// How a store is copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CopyOptions {
    /// How many files, pictures or failures are held in memory and put at once, and how many
    /// decisions are put at once. Default: 1024.
    pub page: NonZeroUsize,
}

impl Default for CopyOptions {
    fn default() -> Self {
        Self {
            page: NonZeroUsize::new(1024).expect("a thousand is not zero"),
        }
    }
}

/// How many things of one kind were copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Amount {
    /// What was read from the one store, and is now in the other.
    pub copied: u64,
    /// Of these, what the other did not hold before, or a file that it knew otherwise.
    pub new: u64,
}

/// What was copied, and read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Copied {
    /// Files.
    pub files: Amount,
    /// Features of all spaces, with the sizes and thumbnails of their contents.
    pub features: Amount,
    /// Failures of all decoders.
    pub failures: Amount,
    /// Runs, with all their members.
    pub runs: Amount,
    /// Runs with a record that this build cannot read, which stay where they are.
    pub unreadable_runs: u64,
    /// Decisions.
    pub decisions: Amount,
}

/// Copies everything that one store holds into another, and reads it back to see that it is there
/// bit for bit.
///
/// The contents of each space come first, with their features and thumbnails, in the order of the
/// files that have them, so that they lie as close together as they did; then those that no file
/// has, failures, files, runs, and decisions, the oldest first. What the other store holds beyond that stays.
/// Of a file that both know, it learns what this one knows. It keeps a feature, size, thumbnail or failure
/// of its own; where that differs, the rest is copied nonetheless, and the end is an error. A run
/// of equal record and members is the same run and is not doubled; others get new numbers. A decision
/// that means the same as one of the other store is that one, whose time and paths stay.
///
/// At the end every feature is looked for once more, since a pruning of the other store takes what no
/// file has yet. Only files of the machine (the root) that a store was opened for are copied.
///
/// This can be stopped at any moment and repeated: what is already there is read, not written. In
/// memory are one page of things, the paths of all files, the hashes of all contents of each
/// space, the largest run, and all decisions. Both stores may be in use meanwhile; what is put into the first one after its page was read is not copied.
///
/// The stage has a step for each file, feature, run and decision.
///
/// # Errors
/// If either store fails, the job is cancelled, or what was copied does not read back the same.
pub async fn copy<F: Store, T: Store>(
    from: &F,
    to: &T,
    options: CopyOptions,
    job: &Job<'_>,
) -> Result<Copied, TransferError> {
    let held = from.status().await.map_err(TransferError::read_from)?;
    let features: u64 = held.spaces.iter().map(|(_, count)| count).sum();
    let paths = from.known_files(None).await;
    let paths = paths.map_err(TransferError::read_from)?;
    let any_space = any_space(&held);
    let total = held.files + features + held.runs + held.decisions;
    let mut transfer = Transfer {
        from,
        to,
        page: options.page,
        no_features: Features::empty(any_space.shape),
        any_space,
        job,
        stage: job.stage(Stage::Copy, Some(total)),
        differences: Differences::default(),
        copied: Copied::default(),
        contents: Vec::new(),
    };
    for (space, _) in &held.spaces {
        transfer.features(space, &paths).await?;
    }
    transfer.failures().await?;
    transfer.files(&paths).await?;
    transfer.runs(held.runs).await?;
    transfer.decisions().await?;
    transfer.still_there().await?;
    transfer.differences.refuse()?;
    Ok(transfer.copied)
}

/// A copy in the making.
struct Transfer<'a, F, T> {
    from: &'a F,
    to: &'a T,
    page: NonZeroUsize,
    /// Named by batches that hold no features.
    any_space: EmbeddingSpace,
    no_features: Features,
    job: &'a Job<'a>,
    stage: StageGuard<'a>,
    differences: Differences,
    copied: Copied,
    /// Every content that was copied, by its space.
    contents: Vec<(EmbeddingSpace, HashSet<ContentHash>)>,
}

/// Names no decoder: what is put under it ends no decoder's failure.
const NO_DECODER: &str = "";

/// A space that nothing is in.
fn nowhere() -> EmbeddingSpace {
    EmbeddingSpace {
        model: String::new(),
        weights: ContentHash([0; 32]),
        preprocess: ContentHash([0; 32]),
        shape: FeatureShape::Signature,
    }
}

/// Gives a space that the target gets to know in any case, if there is one.
fn any_space(held: &StoreStatus) -> EmbeddingSpace {
    let first = held.spaces.first();
    first.map_or_else(nowhere, |(space, _)| space.clone())
}
