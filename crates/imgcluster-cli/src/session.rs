//! What every command works with: the printer, the job, and the store.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use etcetera::BaseStrategy;
use imgcluster_core::{BoxError, CancelToken, Job, Wait};
use imgcluster_store::{AnyStore, Runtime, StoreError, StoreUrl};

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
    /// Which store was asked for.
    pub(crate) store: StoreArguments,
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
            store: common.store.clone(),
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
    pub(crate) store: AnyStore,
    pub(crate) runtime: Runtime,
}

impl OpenStore {
    /// Opens the store that the flag, the environment or the default names.
    pub(crate) fn open(session: &Session) -> Result<Self> {
        Self::open_url(address(&session.store)?, session)
    }

    /// Opens the store at an address.
    pub(crate) fn open_url(url: StoreUrl, session: &Session) -> Result<Self> {
        let runtime = Runtime::new().context("cannot start the store's runtime")?;
        let store = runtime.wait(AnyStore::open(&url, &session.cancel))?;
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
    /// Leaves one whole file behind, that can be copied or backed up, and no connection open.
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

/// The address of the store: a flag or the environment, else a file in the user's data folder.
pub(crate) fn address(arguments: &StoreArguments) -> Result<StoreUrl> {
    if let Some(file) = &arguments.store_file {
        return address_in(file);
    }
    let given = arguments.store.clone();
    if let Some(text) = given.or_else(|| std::env::var_os("IMGCLUSTER_STORE")) {
        return read_address(&text);
    }
    let folders = etcetera::choose_base_strategy().context(
        "cannot tell where your data folder is; name a store with `--store sqlite:PATH`",
    )?;
    let path: PathBuf = folders.data_dir().join("imgcluster").join("store.sqlite");
    Ok(StoreUrl::parse(&OsString::from(path))?)
}

/// Reads an address from the first line of a file.
pub(crate) fn address_in(file: &Path) -> Result<StoreUrl> {
    let hint = "give a file whose first line is an address, such as `postgres://ada@host/pictures`";
    let refused = |why: String| {
        let message = format!(
            "cannot read the address of the store from `{}`: {why}",
            file.display()
        );
        Refusal::new(message, hint)
    };
    let text = fs::read_to_string(file).map_err(|error| refused(error.to_string()))?;
    let line = text.lines().next().unwrap_or_default().trim();
    if line.is_empty() {
        return Err(refused("its first line is empty".to_owned()).into());
    }
    read_address(OsStr::new(line))
}

/// Reads an address as it was typed. Where it says no more than `postgres:`, the rest comes from the
/// environment: from `DATABASE_URL`, else from the variables that libpq reads.
pub(crate) fn read_address(text: &OsStr) -> Result<StoreUrl> {
    let bare = ["postgres:", "postgres://", "postgresql:", "postgresql://"];
    let is_bare = bare.iter().any(|bare| text == *bare);
    let text = match std::env::var_os("DATABASE_URL") {
        Some(url) if is_bare => url,
        _ => text.to_owned(),
    };
    let wrong = |error: StoreError| {
        let hint = "name a file, such as `--store sqlite:pictures.sqlite`, or a database, such as \
                    `--store postgres://ada@localhost/pictures`";
        Refusal::usage(error.to_string(), hint)
    };
    let url = StoreUrl::parse(&text).map_err(wrong)?;
    if is_bare && matches!(url, StoreUrl::Sqlite(_)) {
        let hint = "write it as `postgres://USER:PASSWORD@HOST/DATABASE`";
        return Err(Refusal::usage("DATABASE_URL is not the address of a server", hint).into());
    }
    Ok(url)
}
