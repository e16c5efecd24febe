//! What every command works with: the printer, the job, and the store.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use anyhow::{Context, Result};
use etcetera::BaseStrategy;
use imgcluster_core::{BoxError, CancelToken, Job, Wait};
use imgcluster_store::{Runtime, SqliteStore, StoreError, StoreUrl};

use crate::arguments::{CommonArguments, ProgressChoice, StoreArguments};
use crate::failure::Refusal;
use crate::interrupt;
use crate::printer::{Data, Printer};
use crate::progress::{StageTimer, reporter};

/// One run of the program.
pub(crate) struct Session {
    pub(crate) printer: Printer,
    pub(crate) timer: StageTimer,
    pub(crate) threads: NonZeroUsize,
    cancel: CancelToken,
}

impl Session {
    pub(crate) fn new(common: &CommonArguments) -> Result<Self> {
        let data = match (common.json, common.quiet) {
            (true, _) => Data::Json,
            (false, true) => Data::Quiet,
            (false, false) => Data::Text,
        };
        let printer = Printer {
            data,
            json_talk: common.progress == ProgressChoice::Json,
        };
        let cores = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Ok(Self {
            printer,
            timer: StageTimer::new(reporter(common)),
            threads: common
                .threads
                .and_then(|count| NonZeroUsize::new(count.into()))
                .unwrap_or_else(cores),
            cancel: interrupt::listen()?,
        })
    }

    /// Whether the user asked the program to stop.
    pub(crate) fn interrupted(&self) -> bool {
        self.cancel.is_cancelled()
    }

    /// The job that library calls get.
    pub(crate) fn job(&self) -> Job<'_> {
        Job::new(&self.timer, self.cancel.clone(), self.threads)
    }
}

/// An open store and the runtime its futures run on.
pub(crate) struct OpenStore {
    pub(crate) url: StoreUrl,
    pub(crate) store: SqliteStore,
    pub(crate) runtime: Runtime,
}

impl OpenStore {
    /// Opens the store that the flag, the environment or the default names.
    pub(crate) fn open(arguments: &StoreArguments) -> Result<Self> {
        Self::open_url(address(arguments)?)
    }

    /// Opens the store at an address.
    pub(crate) fn open_url(url: StoreUrl) -> Result<Self> {
        let runtime = Runtime::new().context("cannot start the store's runtime")?;
        let StoreUrl::Sqlite(path) = &url else {
            anyhow::bail!("`{url}` is not a store that this build can open");
        };
        let store = runtime.wait(SqliteStore::open(path))?;
        Ok(Self {
            url,
            store,
            runtime,
        })
    }

    /// Waits for a call to the store.
    pub(crate) fn wait<T>(&self, call: impl Future<Output = Result<T, BoxError>>) -> Result<T> {
        self.runtime.wait(call).map_err(unboxed)
    }
}

impl Drop for OpenStore {
    /// Leaves one whole file behind, that can be copied or backed up.
    fn drop(&mut self) {
        self.runtime.wait(self.store.close());
    }
}

/// Keeps the type of a boxed error that a hint depends on, which a box inside a box would hide.
fn unboxed(error: BoxError) -> anyhow::Error {
    match error.downcast::<StoreError>() {
        Ok(error) => anyhow::Error::new(*error),
        Err(error) => anyhow::Error::from_boxed(error),
    }
}

/// The address of the store: the flag or the environment, else a file in the user's data folder.
pub(crate) fn address(arguments: &StoreArguments) -> Result<StoreUrl> {
    if let Some(text) = &arguments.store {
        let wrong = |error: StoreError| {
            let hint = "name a file, such as `--store sqlite:pictures.sqlite`";
            Refusal::usage(error.to_string(), hint)
        };
        return Ok(StoreUrl::parse(text).map_err(wrong)?);
    }
    let folders = etcetera::choose_base_strategy().context(
        "cannot tell where your data folder is; name a store with `--store sqlite:PATH`",
    )?;
    let path: PathBuf = folders.data_dir().join("imgcluster").join("store.sqlite");
    Ok(StoreUrl::parse(&OsString::from(path))?)
}
