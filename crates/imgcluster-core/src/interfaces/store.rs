//! What is remembered between runs.

use std::future::Future;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use crate::{
    BoxError, ClusterId, ContentHash, Decision, EmbeddingSpace, Features, FileStamp, RunRecord,
};

/// A file as the store last saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownFile {
    /// What the file system said then.
    pub stamp: FileStamp,
    /// The hash of its bytes then.
    pub content: ContentHash,
}

/// What the store knows of a content in one embedding space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// Its feature is stored.
    Present,
    /// It could not be decoded, for this reason.
    Failed(String),
    /// Nothing is known.
    Missing,
}

/// What is kept of a decoded picture besides its features.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Pixels in a row, upright.
    pub width: u32,
    /// Rows, upright.
    pub height: u32,
    /// A small encoded picture, if one was made.
    pub thumbnail: Option<Vec<u8>>,
}

/// A newly decoded picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewContent {
    /// The hash of its bytes.
    pub hash: ContentHash,
    /// What is kept of it.
    pub content: Content,
}

/// What one batch of the pipeline found out; stored whole or not at all.
#[derive(Debug, Clone, Copy)]
pub struct PutBatch<'a> {
    /// The space the features are of.
    pub space: &'a EmbeddingSpace,
    /// The decoder that the failures happened in.
    pub decoder: &'a str,
    /// Files whose content was identified; absolute paths.
    pub files: &'a [(PathBuf, KnownFile)],
    /// Pictures that were decoded.
    pub contents: &'a [NewContent],
    /// One feature for each of `contents`, in order.
    pub features: &'a Features,
    /// Contents that cannot be decoded, with the reason.
    pub failures: &'a [(ContentHash, String)],
}

/// A content that a decoder could not decode.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Failure {
    /// The hash of its bytes.
    pub content: ContentHash,
    /// The decoder that it happened in.
    pub decoder: String,
    /// What was wrong.
    pub reason: String,
}

/// A run to be remembered.
#[derive(Debug, Clone, Copy)]
pub struct NewRun<'a> {
    /// What was run and what came of it.
    pub record: &'a RunRecord,
    /// Every clustered file with its content, cluster and strength.
    pub members: &'a [RunMember],
}

/// One file in the result of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunMember {
    /// The path as the run reached it.
    pub path: PathBuf,
    /// The hash of its bytes.
    pub content: ContentHash,
    /// Its cluster, or noise.
    pub label: Option<ClusterId>,
    /// How firmly it belongs, if the algorithm says.
    pub strength: Option<f32>,
}

/// A remembered run.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredRun {
    /// Its number, counted up from 1.
    pub id: u64,
    /// What was run and what came of it.
    pub record: RunRecord,
}

/// A remembered decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDecision {
    /// Its number, counted up from 1, maybe with gaps; one that was forgotten is never given again.
    pub id: u64,
    /// What was decided.
    pub decision: Decision,
}

/// How much a store holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoreStatus {
    /// Files with a known content.
    pub files: u64,
    /// Decoded contents.
    pub contents: u64,
    /// Contents that no known file has any more.
    pub orphans: u64,
    /// Contents that cannot be decoded.
    pub failures: u64,
    /// Remembered runs.
    pub runs: u64,
    /// Remembered decisions.
    pub decisions: u64,
    /// Bytes on disk, if the store is on a disk that it can see.
    pub bytes: Option<u64>,
    /// Each embedding space with its number of features, ordered by model name.
    pub spaces: Vec<(EmbeddingSpace, u64)>,
}

/// What a pruning removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pruned {
    /// Files forgotten.
    pub files: u64,
    /// Contents forgotten, with all their features.
    pub contents: u64,
    /// Failures forgotten.
    pub failures: u64,
}

/// Remembers files, features, failures, runs and decisions between runs of the program.
///
/// Every method is one transaction: it happens whole or not at all, also when the process is
/// killed in the middle, and two processes may use one store at once. Putting the same thing twice
/// changes nothing. Nothing is ever removed but by [`Store::prune`] and [`Store::forget_decision`],
/// and the failure of a content that the same decoder reads after all.
pub trait Store: Send + Sync {
    /// Tells what is known of each file, in order; paths are absolute.
    fn files(
        &self,
        paths: &[PathBuf],
    ) -> impl Future<Output = Result<Vec<Option<KnownFile>>, BoxError>> + Send;

    /// Tells what is known of each content in a space, in order. A failure counts only if it
    /// happened in this decoder.
    fn known(
        &self,
        space: &EmbeddingSpace,
        decoder: &str,
        contents: &[ContentHash],
    ) -> impl Future<Output = Result<Vec<Known>, BoxError>> + Send;

    /// Stores what one batch found out.
    fn put(&self, batch: PutBatch<'_>) -> impl Future<Output = Result<(), BoxError>> + Send;

    /// Loads the feature of each content, in order; a content may be asked for more than once.
    /// One that is not stored is an error.
    fn load(
        &self,
        space: &EmbeddingSpace,
        contents: &[ContentHash],
    ) -> impl Future<Output = Result<Features, BoxError>> + Send;

    /// Loads what is kept of each content, in order; thumbnails only where asked for.
    fn contents(
        &self,
        contents: &[ContentHash],
        thumbnails: bool,
    ) -> impl Future<Output = Result<Vec<Option<Content>>, BoxError>> + Send;

    /// Lists the contents that have a feature in a space, in the bytewise order of their hashes:
    /// the first `limit` of those after `after`, or of all where none is given. `after` need not
    /// be stored. A space that the store does not know has none.
    fn contents_in(
        &self,
        space: &EmbeddingSpace,
        after: Option<ContentHash>,
        limit: NonZeroUsize,
    ) -> impl Future<Output = Result<Vec<ContentHash>, BoxError>> + Send;

    /// Lists the failures of all decoders, also of contents that another decoder reads, in the
    /// bytewise order of the hash and then of the decoder's name: the first `limit` of those after
    /// `after`, or of all where none is given. `after` need not be stored, its reason does not count.
    fn failures(
        &self,
        after: Option<&Failure>,
        limit: NonZeroUsize,
    ) -> impl Future<Output = Result<Vec<Failure>, BoxError>> + Send;

    /// Remembers a run and gives its number.
    fn record_run(&self, run: NewRun<'_>) -> impl Future<Output = Result<u64, BoxError>> + Send;

    /// Lists the remembered runs, the newest first; a record that cannot be read is left out.
    fn runs(&self) -> impl Future<Output = Result<Vec<StoredRun>, BoxError>> + Send;

    /// Loads one run with its members in the order of their paths, if it is remembered.
    fn run(
        &self,
        id: u64,
    ) -> impl Future<Output = Result<Option<(StoredRun, Vec<RunMember>)>, BoxError>> + Send;

    /// Remembers decisions, all or none of them, and gives their numbers, in order. One that means
    /// the same as one that is remembered is that one: it gives its number, and keeps its time and
    /// paths. Decisions belong to no embedding space, and to no files that the store must know.
    fn decide(
        &self,
        decisions: &[Decision],
    ) -> impl Future<Output = Result<Vec<u64>, BoxError>> + Send;

    /// Lists all decisions in the order of their numbers, which is that in which they were put.
    fn decisions(&self) -> impl Future<Output = Result<Vec<StoredDecision>, BoxError>> + Send;

    /// Forgets a decision, and tells whether it was there.
    fn forget_decision(&self, id: u64) -> impl Future<Output = Result<bool, BoxError>> + Send;

    /// Counts what the store holds.
    fn status(&self) -> impl Future<Output = Result<StoreStatus, BoxError>> + Send;

    /// Lists every known file below a folder, or all where none is given.
    fn known_files(
        &self,
        below: Option<&Path>,
    ) -> impl Future<Output = Result<Vec<PathBuf>, BoxError>> + Send;

    /// Forgets these files, and then every content (with its features) and failure that no
    /// known file has. Runs and decisions are kept.
    fn prune(&self, gone: &[PathBuf]) -> impl Future<Output = Result<Pruned, BoxError>> + Send;
}
