//! The store in a `PostgreSQL` database with pgvector.

mod address;
mod contents;
mod decisions;
mod fault;
mod features;
mod files;
mod nearest;
mod open;
mod patience;
mod put;
mod runs;
mod schema;
mod upkeep;
mod vector;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use imgcluster_core::{
    BoxError, CancelToken, Content, ContentHash, Decision, EmbeddingSpace, Failure, FeatureShape,
    Features, Known, KnownFile, NewRun, Pruned, PutBatch, RunMember, Store, StoreStatus,
    StoredDecision, StoredRun,
};
use sqlx::postgres::PgRow;
use sqlx::{PgPool, Postgres, Row, Transaction};

use crate::{StoreError, batch};
pub use address::PostgresAddress;
use fault::Fault;
pub use nearest::NearestOptions;
use patience::{Patience, attempt, while_wanted};

/// Items that are put in one statement at most: bounds what a call holds besides its answer.
const CHUNK: usize = 8192;

/// Items that are asked for in one statement at most. Many, because the server then reads a table
/// once instead of page by page in the order asked, where that is cheaper.
const LIST: usize = 100_000;

/// Gives the number of values of a space's vectors, or none where it has signatures.
fn space_dim(space: &EmbeddingSpace) -> Option<i32> {
    match space.shape {
        FeatureShape::Vector(dim) => i32::try_from(dim.get()).ok(),
        FeatureShape::Signature => None,
    }
}

/// Gives the bytes of hashes.
fn hashes(hashes: &[ContentHash]) -> Vec<&[u8]> {
    hashes.iter().map(|hash| &hash.0[..]).collect()
}

/// Gives a limit as the server takes it.
fn count(limit: NonZeroUsize) -> i64 {
    i64::try_from(limit.get()).unwrap_or(i64::MAX)
}

/// Reads where in the list that was asked for a row belongs; the server counts from 1.
fn place(row: &PgRow) -> Result<usize, sqlx::Error> {
    Ok(row.try_get::<i64, _>(0)? as usize - 1)
}

/// A store that any number of programs on any number of machines share.
///
/// Everything lives in the schema `image_clustering` of one database, in tables that `init.sql`
/// explains. Readers and writers never wait for each other but where two write the same picture at
/// once. A process killed at any moment leaves what it had committed, and nothing locked. When the
/// connection is lost or the server restarts, every method tries again for a minute before it
/// fails; one that is silent is waited for as long as a statement may take.
///
/// Paths are those of one machine: see `root` in [`PostgresAddress`]. Pruning forgets files of its
/// own root only, and no content that a file of any root has.
///
/// Needs a Tokio runtime; [`Runtime`](crate::Runtime) is one for programs that have none.
#[derive(Debug)]
pub struct PostgresStore {
    address: PostgresAddress,
    root: String,
    cancel: CancelToken,
    pool: PgPool,
}

impl PostgresStore {
    /// Connects to the database; makes the schema if it is not there, and brings an older one up to
    /// date.
    ///
    /// # Errors
    /// If the server cannot be reached within ten seconds, does not let the user in, lacks pgvector
    /// or the right to switch it on, or the schema is another program's or a newer version's.
    pub async fn open(address: &PostgresAddress) -> Result<Self, StoreError> {
        open::open(address).await
    }

    /// Opens the store, and has this and every method give up soon after the token is cancelled.
    ///
    /// # Errors
    /// See [`open`](Self::open).
    pub async fn open_heeding(
        address: &PostgresAddress,
        cancel: &CancelToken,
    ) -> Result<Self, StoreError> {
        let open = async { Ok(open::open(address).await?) };
        let opened = while_wanted(cancel, open).await;
        let store = opened.map_err(|fault: Fault| fault.of(address))?;
        Ok(store.heeding(cancel.clone()))
    }

    /// Has every method give up soon after the token is cancelled, as where the server is silent.
    #[must_use]
    pub fn heeding(self, cancel: CancelToken) -> Self {
        Self { cancel, ..self }
    }

    /// The address, which tells no password when it is shown.
    pub fn address(&self) -> &PostgresAddress {
        &self.address
    }

    /// The machine (or share) whose paths this store is asked for.
    pub fn root(&self) -> &str {
        &self.root
    }

    /// Closes the connections. Every method of a store that is closed fails.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Begins to read one state of the store.
    async fn read(&self) -> Result<Transaction<'static, Postgres>, Fault> {
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        Ok(self.pool.begin_with(begin).await?)
    }

    /// Begins to put rows, with plans that do not hang on how many.
    async fn write_rows(&self) -> Result<Transaction<'static, Postgres>, Fault> {
        // nothing to choose when rows are put, and a plan made anew copies the whole list
        let begin = "BEGIN; SET LOCAL plan_cache_mode = force_generic_plan";
        Ok(self.pool.begin_with(begin).await?)
    }

    /// Begins to write.
    async fn write(&self) -> Result<Transaction<'static, Postgres>, Fault> {
        Ok(self.pool.begin().await?)
    }

    /// Names this store in the error of a method.
    fn blame<T>(&self, result: Result<T, Fault>) -> Result<T, BoxError> {
        result.map_err(|fault| fault.of(&self.address).into())
    }
}

impl Store for PostgresStore {
    async fn files(&self, paths: &[PathBuf]) -> Result<Vec<Option<KnownFile>>, BoxError> {
        attempt!(self, self.read(), |transaction| {
            files::look_up(&mut transaction, &self.root, paths).await
        })
    }

    async fn known(
        &self,
        space: &EmbeddingSpace,
        decoder: &str,
        contents: &[ContentHash],
    ) -> Result<Vec<Known>, BoxError> {
        attempt!(self, self.read(), |transaction| {
            features::known(&mut transaction, space, decoder, contents).await
        })
    }

    async fn put(&self, batch: PutBatch<'_>) -> Result<(), BoxError> {
        batch::check(&batch)?;
        attempt!(self, self.write_rows(), |transaction| {
            put::put(&mut transaction, &self.root, &batch).await
        })
    }

    async fn load(
        &self,
        space: &EmbeddingSpace,
        contents: &[ContentHash],
    ) -> Result<Features, BoxError> {
        attempt!(self, self.read(), |transaction| {
            features::load(&mut transaction, space, contents).await
        })
    }

    async fn contents(
        &self,
        contents: &[ContentHash],
        thumbnails: bool,
    ) -> Result<Vec<Option<Content>>, BoxError> {
        attempt!(self, self.read(), |transaction| {
            contents::look_up(&mut transaction, contents, thumbnails).await
        })
    }

    async fn record_run(&self, run: NewRun<'_>) -> Result<u64, BoxError> {
        let record = batch::record_to_json(run.record)?;
        // The same in every attempt: a commit may arrive although its answer does not.
        let token: String = attempt!(self, self.read(), |transaction| {
            runs::token(&mut transaction).await
        })?;
        attempt!(self, self.write(), |transaction| {
            runs::insert(&mut transaction, &run, &record, &token).await
        })
    }

    async fn runs(&self) -> Result<Vec<StoredRun>, BoxError> {
        attempt!(self, self.read(), |transaction| {
            runs::list(&mut transaction).await
        })
    }

    async fn run(&self, id: u64) -> Result<Option<(StoredRun, Vec<RunMember>)>, BoxError> {
        attempt!(self, self.read(), |transaction| {
            runs::find(&mut transaction, id).await
        })
    }

    async fn decide(&self, decisions: &[Decision]) -> Result<Vec<u64>, BoxError> {
        attempt!(self, self.write(), |transaction| {
            decisions::insert(&mut transaction, decisions).await
        })
    }

    async fn decisions(&self) -> Result<Vec<StoredDecision>, BoxError> {
        attempt!(self, self.read(), |transaction| {
            decisions::list(&mut transaction).await
        })
    }

    async fn forget_decision(&self, id: u64) -> Result<bool, BoxError> {
        // Asked first: a commit may arrive although its answer does not.
        let was_there: bool = attempt!(self, self.read(), |transaction| {
            decisions::is_there(&mut transaction, id).await
        })?;
        attempt!(self, self.write(), |transaction| {
            decisions::forget(&mut transaction, id).await
        })?;
        Ok(was_there)
    }

    async fn status(&self) -> Result<StoreStatus, BoxError> {
        attempt!(self, self.read(), |transaction| {
            upkeep::status(&mut transaction).await
        })
    }

    async fn known_files(&self, below: Option<&Path>) -> Result<Vec<PathBuf>, BoxError> {
        attempt!(self, self.read(), |transaction| {
            files::list(&mut transaction, &self.root, below).await
        })
    }

    async fn contents_in(
        &self,
        space: &EmbeddingSpace,
        after: Option<ContentHash>,
        limit: NonZeroUsize,
    ) -> Result<Vec<ContentHash>, BoxError> {
        attempt!(self, self.read(), |transaction| {
            features::contents_in(&mut transaction, space, after, limit).await
        })
    }

    async fn failures(
        &self,
        after: Option<&Failure>,
        limit: NonZeroUsize,
    ) -> Result<Vec<Failure>, BoxError> {
        attempt!(self, self.read(), |transaction| {
            upkeep::failures(&mut transaction, after, limit).await
        })
    }

    async fn prune(&self, gone: &[PathBuf]) -> Result<Pruned, BoxError> {
        attempt!(self, self.write(), |transaction| {
            upkeep::prune(&mut transaction, &self.root, gone).await
        })
    }
}
