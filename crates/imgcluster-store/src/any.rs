//! Whichever store a user named.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use imgcluster_core::{
    BoxError, CancelToken, Content, ContentHash, Decision, EmbeddingSpace, Failure, Features,
    Known, KnownFile, NewRun, Pruned, PutBatch, RunMember, Store, StoreStatus, StoredDecision,
    StoredRun,
};

use crate::{PostgresStore, SqliteStore, StoreError, StoreUrl};

/// A store of the kind that its address says.
#[derive(Debug)]
#[non_exhaustive]
pub enum AnyStore {
    /// In one file.
    Sqlite(SqliteStore),
    /// In a database on a server.
    Postgres(PostgresStore),
}

impl AnyStore {
    /// Opens the store at this address, which gives up soon after the token is cancelled where it
    /// waits for a server.
    ///
    /// # Errors
    /// See [`SqliteStore::open`] and [`PostgresStore::open`].
    pub async fn open(url: &StoreUrl, cancel: &CancelToken) -> Result<Self, StoreError> {
        Ok(match url {
            StoreUrl::Sqlite(path) => Self::Sqlite(SqliteStore::open(path).await?),
            StoreUrl::Postgres(address) => {
                Self::Postgres(PostgresStore::open_heeding(address, cancel).await?)
            }
        })
    }

    /// Closes the store: see [`SqliteStore::close`] and [`PostgresStore::close`].
    pub async fn close(&self) {
        match self {
            Self::Sqlite(store) => store.close().await,
            Self::Postgres(store) => store.close().await,
        }
    }
}

/// Hands a call on to the store there is.
macro_rules! to_either {
    ($any:ident, $store:ident => $call:expr) => {
        match $any {
            AnyStore::Sqlite($store) => $call.await,
            AnyStore::Postgres($store) => $call.await,
        }
    };
}

impl Store for AnyStore {
    async fn files(&self, paths: &[PathBuf]) -> Result<Vec<Option<KnownFile>>, BoxError> {
        to_either!(self, store => store.files(paths))
    }

    async fn known(
        &self,
        space: &EmbeddingSpace,
        decoder: &str,
        contents: &[ContentHash],
    ) -> Result<Vec<Known>, BoxError> {
        to_either!(self, store => store.known(space, decoder, contents))
    }

    async fn put(&self, batch: PutBatch<'_>) -> Result<(), BoxError> {
        to_either!(self, store => store.put(batch))
    }

    async fn load(
        &self,
        space: &EmbeddingSpace,
        contents: &[ContentHash],
    ) -> Result<Features, BoxError> {
        to_either!(self, store => store.load(space, contents))
    }

    async fn contents(
        &self,
        contents: &[ContentHash],
        thumbnails: bool,
    ) -> Result<Vec<Option<Content>>, BoxError> {
        to_either!(self, store => store.contents(contents, thumbnails))
    }

    async fn record_run(&self, run: NewRun<'_>) -> Result<u64, BoxError> {
        to_either!(self, store => store.record_run(run))
    }

    async fn runs(&self) -> Result<Vec<StoredRun>, BoxError> {
        to_either!(self, store => store.runs())
    }

    async fn run(&self, id: u64) -> Result<Option<(StoredRun, Vec<RunMember>)>, BoxError> {
        to_either!(self, store => store.run(id))
    }

    async fn decide(&self, decisions: &[Decision]) -> Result<Vec<u64>, BoxError> {
        to_either!(self, store => store.decide(decisions))
    }

    async fn decisions(&self) -> Result<Vec<StoredDecision>, BoxError> {
        to_either!(self, store => store.decisions())
    }

    async fn forget_decision(&self, id: u64) -> Result<bool, BoxError> {
        to_either!(self, store => store.forget_decision(id))
    }

    async fn status(&self) -> Result<StoreStatus, BoxError> {
        to_either!(self, store => store.status())
    }

    async fn known_files(&self, below: Option<&Path>) -> Result<Vec<PathBuf>, BoxError> {
        to_either!(self, store => store.known_files(below))
    }

    async fn contents_in(
        &self,
        space: &EmbeddingSpace,
        after: Option<ContentHash>,
        limit: NonZeroUsize,
    ) -> Result<Vec<ContentHash>, BoxError> {
        to_either!(self, store => store.contents_in(space, after, limit))
    }

    async fn failures(
        &self,
        after: Option<&Failure>,
        limit: NonZeroUsize,
    ) -> Result<Vec<Failure>, BoxError> {
        to_either!(self, store => store.failures(after, limit))
    }

    async fn prune(&self, gone: &[PathBuf]) -> Result<Pruned, BoxError> {
        to_either!(self, store => store.prune(gone))
    }
}
