//! The store in one `SQLite` file.

mod contents;
mod decisions;
mod fault;
mod features;
mod files;
mod listing;
mod open;
mod parameters;
mod put;
mod runs;
mod upkeep;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use futures_util::future::try_join_all;
use imgcluster_core::{
    BoxError, Content, ContentHash, Decision, EmbeddingSpace, Failure, FeatureShape, Features,
    Known, KnownFile, Matrix, NewRun, Pruned, PutBatch, RunMember, Store, StoreStatus,
    StoredDecision, StoredRun,
};
use sqlx::{Sqlite, SqlitePool, Transaction};

use crate::{StoreError, batch};
use fault::Fault;

/// Readers that share a long list, and how many vectors make it worth another reader.
const PARTS: usize = 2;
const LEAST_PART: usize = 4096;

/// A store in one file.
///
/// Any number of threads and processes may use one file at once: readers never wait, writers wait
/// for each other (up to a minute for another process). A process killed at any moment leaves a
/// usable file with everything it had committed. Needs a Tokio runtime; [`Runtime`](crate::Runtime)
/// is one for programs that have none.
///
/// A run whose record this build cannot read, as one of a newer build or in a damaged file, is
/// left out of [`Store::runs`], so that the others are still listed. [`Store::status`] counts it,
/// and [`Store::run`] tells what is wrong with it.
#[derive(Debug)]
pub struct SqliteStore {
    path: PathBuf,
    /// One connection, so that the threads of this process take turns in order.
    writer: SqlitePool,
    readers: SqlitePool,
}

impl SqliteStore {
    /// Opens the store in this file; makes the file and its folders if they are not there, and
    /// brings an older schema up to date.
    ///
    /// # Errors
    /// If there is something else than a store at the path, the store was made by a newer version,
    /// or the file cannot be opened, made or written.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        open::open(path).await
    }

    /// The file, as an absolute path; of a link, what it leads to.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Closes the store and folds what was written into its one file, so that this can be copied
    /// alone. Every method of a store that is closed fails.
    ///
    /// While another process reads or writes the file, some of it may have to stay in the `-wal`
    /// file beside it; that process folds it in. This waits for nobody and is no failure, like a
    /// store that is dropped without closing.
    pub async fn close(&self) {
        self.readers.close().await;
        // Nothing is lost if this fails: whoever opens the file next does it.
        let _ = open::fold_log(&self.writer).await;
        self.writer.close().await;
    }

    /// Begins to read one state of the store.
    async fn read(&self) -> Result<Transaction<'static, Sqlite>, Fault> {
        Ok(self.readers.begin().await?)
    }

    /// Begins to write; waits for all other writers.
    async fn write(&self) -> Result<Transaction<'static, Sqlite>, Fault> {
        // a transaction that begins with reading cannot wait for writers later
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// Loads vectors; a long list in parts, each by a reader of its own. No part can see another
    /// vector than the others, since a vector that is stored never changes.
    async fn load_vectors(
        &self,
        space: &EmbeddingSpace,
        contents: &[ContentHash],
        dim: NonZeroUsize,
    ) -> Result<Matrix, Fault> {
        let mut values = vec![0.0; contents.len() * dim.get()];
        let part = contents.len().div_ceil(PARTS).max(LEAST_PART);
        let parts = contents
            .chunks(part)
            .zip(values.chunks_mut(part * dim.get()));
        let load = async |(contents, values): (&[ContentHash], &mut [f32])| {
            features::load_values(&mut *self.read().await?, space, contents, values).await
        };
        try_join_all(parts.map(load)).await?;
        Ok(features::rows(space, contents, values, dim)?)
    }

    /// Names this store in the error of a method.
    fn blame<T>(&self, result: Result<T, Fault>) -> Result<T, BoxError> {
        result.map_err(|fault| fault.of(&self.path).into())
    }
}

impl Store for SqliteStore {
    async fn files(&self, paths: &[PathBuf]) -> Result<Vec<Option<KnownFile>>, BoxError> {
        let work = async { files::look_up(&mut *self.read().await?, paths).await };
        self.blame(work.await)
    }

    async fn known(
        &self,
        space: &EmbeddingSpace,
        decoder: &str,
        contents: &[ContentHash],
    ) -> Result<Vec<Known>, BoxError> {
        let work =
            async { features::known(&mut *self.read().await?, space, decoder, contents).await };
        self.blame(work.await)
    }

    async fn put(&self, batch: PutBatch<'_>) -> Result<(), BoxError> {
        batch::check(&batch)?;
        let work = async {
            let mut transaction = self.write().await?;
            put::put(&mut transaction, &batch).await?;
            Ok(transaction.commit().await?)
        };
        self.blame(work.await)
    }

    async fn load(
        &self,
        space: &EmbeddingSpace,
        contents: &[ContentHash],
    ) -> Result<Features, BoxError> {
        let work = async {
            Ok(match space.shape {
                FeatureShape::Vector(dim) => {
                    Features::Vectors(self.load_vectors(space, contents, dim).await?)
                }
                FeatureShape::Signature => Features::Signatures(
                    features::load_signatures(&mut *self.read().await?, space, contents).await?,
                ),
            })
        };
        self.blame(work.await)
    }

    async fn contents(
        &self,
        contents: &[ContentHash],
        thumbnails: bool,
    ) -> Result<Vec<Option<Content>>, BoxError> {
        let work =
            async { contents::look_up(&mut *self.read().await?, contents, thumbnails).await };
        self.blame(work.await)
    }

    async fn contents_in(
        &self,
        space: &EmbeddingSpace,
        after: Option<ContentHash>,
        limit: NonZeroUsize,
    ) -> Result<Vec<ContentHash>, BoxError> {
        let work = async { listing::contents(&mut *self.read().await?, space, after, limit).await };
        self.blame(work.await)
    }

    async fn failures(
        &self,
        after: Option<&Failure>,
        limit: NonZeroUsize,
    ) -> Result<Vec<Failure>, BoxError> {
        let work = async { listing::failures(&mut *self.read().await?, after, limit).await };
        self.blame(work.await)
    }

    async fn record_run(&self, run: NewRun<'_>) -> Result<u64, BoxError> {
        let record = batch::record_to_json(run.record)?;
        let work = async {
            let mut transaction = self.write().await?;
            let id = runs::insert(&mut transaction, &run, &record).await?;
            transaction.commit().await?;
            Ok(id)
        };
        self.blame(work.await)
    }

    async fn runs(&self) -> Result<Vec<StoredRun>, BoxError> {
        let work = async { runs::list(&mut *self.read().await?).await };
        self.blame(work.await)
    }

    async fn run(&self, id: u64) -> Result<Option<(StoredRun, Vec<RunMember>)>, BoxError> {
        let work = async { runs::find(&mut *self.read().await?, id).await };
        self.blame(work.await)
    }

    async fn decide(&self, decisions: &[Decision]) -> Result<Vec<u64>, BoxError> {
        let work = async {
            let mut transaction = self.write().await?;
            let ids = decisions::insert(&mut transaction, decisions).await?;
            transaction.commit().await?;
            Ok(ids)
        };
        self.blame(work.await)
    }

    async fn decisions(&self) -> Result<Vec<StoredDecision>, BoxError> {
        let work = async { decisions::list(&mut *self.read().await?).await };
        self.blame(work.await)
    }

    async fn forget_decision(&self, id: u64) -> Result<bool, BoxError> {
        let work = async {
            let mut transaction = self.write().await?;
            let was_there = decisions::forget(&mut transaction, id).await?;
            transaction.commit().await?;
            Ok(was_there)
        };
        self.blame(work.await)
    }

    async fn status(&self) -> Result<StoreStatus, BoxError> {
        let work = async {
            let status = upkeep::status(&mut *self.read().await?).await?;
            let bytes = upkeep::bytes(&self.path);
            Ok(StoreStatus { bytes, ..status })
        };
        self.blame(work.await)
    }

    async fn known_files(&self, below: Option<&Path>) -> Result<Vec<PathBuf>, BoxError> {
        let work = async { files::list(&mut *self.read().await?, below).await };
        self.blame(work.await)
    }

    async fn prune(&self, gone: &[PathBuf]) -> Result<Pruned, BoxError> {
        let work = async {
            let mut transaction = self.write().await?;
            let pruned = upkeep::prune(&mut transaction, gone).await?;
            transaction.commit().await?;
            Ok(pruned)
        };
        self.blame(work.await)
    }
}
