//! How long work is watched and stopped: events to a [`Reporter`], and a [`CancelToken`].

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::EpochLoss;

/// A part of a run that takes time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// Fetching the weights of a model; its steps are bytes.
    Download,
    /// Finding files.
    Walk,
    /// Hashing, decoding and embedding pictures that are not in the store.
    Ingest,
    /// Reading features from the store.
    Load,
    /// Reading pictures into memory, to learn from; its steps are files.
    Read,
    /// Training a model; its steps are pictures, as often as they are seen.
    Train,
    /// Measuring how alike pairs are; its steps are pairs.
    Compare,
    /// Finding neighbours and clusters.
    Cluster,
    /// Drawing the map.
    Project,
    /// Writing results.
    Write,
    /// Copying one store into another.
    Copy,
    /// Doing with files what a plan says; its steps are pictures.
    Apply,
    /// Putting files back; its steps are those of the journal.
    Undo,
}

impl Stage {
    /// Names the stage in one lower-case word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Download => "download",
            Self::Walk => "walk",
            Self::Ingest => "ingest",
            Self::Load => "load",
            Self::Read => "read",
            Self::Train => "train",
            Self::Compare => "compare",
            Self::Cluster => "cluster",
            Self::Project => "project",
            Self::Write => "write",
            Self::Copy => "copy",
            Self::Apply => "apply",
            Self::Undo => "undo",
        }
    }
}

/// What a library tells whoever watches.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A stage begins; `total` steps are expected, if that is known.
    Started {
        /// Which stage.
        stage: Stage,
        /// How many steps it has.
        total: Option<u64>,
    },
    /// Some steps of a stage are done.
    Advanced {
        /// Which stage.
        stage: Stage,
        /// How many more steps.
        by: u64,
    },
    /// One item was left out and the run goes on.
    Skipped {
        /// The file.
        path: &'a Path,
        /// Why, in one line.
        reason: &'a str,
    },
    /// Something the user should know; the run goes on.
    Warning {
        /// One line.
        message: &'a str,
    },
    /// An epoch of training ended.
    Epoch {
        /// How many epochs there are at most.
        epochs: u32,
        /// Its number and its losses.
        loss: EpochLoss,
    },
    /// A stage ended.
    Finished {
        /// Which stage.
        stage: Stage,
    },
}

/// Receives events; may be called from several threads at once.
pub trait Reporter: Sync {
    /// Takes note of one event. Must return quickly.
    fn report(&self, event: &Event<'_>);
}

/// A reporter that takes no notes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quiet;

impl Reporter for Quiet {
    fn report(&self, _event: &Event<'_>) {}
}

/// The work was stopped on request; nothing that was committed is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("stopped on request")]
pub struct Cancelled;

/// A flag that asks running work to stop; clones share it.
#[derive(Debug, Clone, Default)]
pub struct CancelToken(Arc<AtomicBool>);

impl CancelToken {
    /// Asks the work to stop at its next step.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Tells whether the work was asked to stop.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What every long call gets: who watches, whether to stop, and how many threads it may use.
#[derive(Clone)]
pub struct Job<'a> {
    reporter: &'a dyn Reporter,
    cancel: CancelToken,
    threads: NonZeroUsize,
}

impl std::fmt::Debug for Job<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Job")
            .field("threads", &self.threads)
            .finish_non_exhaustive()
    }
}

impl<'a> Job<'a> {
    /// Makes a job that may use `threads` threads.
    pub fn new(reporter: &'a dyn Reporter, cancel: CancelToken, threads: NonZeroUsize) -> Self {
        Self {
            reporter,
            cancel,
            threads,
        }
    }

    /// Makes a job that nobody watches, on as many threads as the machine has cores.
    pub fn quiet() -> Job<'static> {
        let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Job::new(&Quiet, CancelToken::default(), threads)
    }

    /// How many threads the work may use.
    pub fn threads(&self) -> NonZeroUsize {
        self.threads
    }

    /// Goes on, or tells that the work should stop.
    ///
    /// # Errors
    /// [`Cancelled`] once the token was cancelled.
    pub fn check(&self) -> Result<(), Cancelled> {
        if self.cancel.is_cancelled() {
            Err(Cancelled)
        } else {
            Ok(())
        }
    }

    /// Tells the reporter something.
    pub fn report(&self, event: &Event<'_>) {
        self.reporter.report(event);
    }

    /// Announces a stage; its end is announced when the guard is dropped.
    pub fn stage(&self, stage: Stage, total: Option<u64>) -> StageGuard<'_> {
        self.report(&Event::Started { stage, total });
        StageGuard {
            reporter: self.reporter,
            stage,
        }
    }
}

/// A running stage.
#[must_use = "the stage ends when this is dropped"]
pub struct StageGuard<'a> {
    reporter: &'a dyn Reporter,
    stage: Stage,
}

impl StageGuard<'_> {
    /// Tells that `by` more steps are done.
    pub fn advance(&self, by: u64) {
        self.reporter.report(&Event::Advanced {
            stage: self.stage,
            by,
        });
    }
}

impl Drop for StageGuard<'_> {
    fn drop(&mut self) {
        self.reporter.report(&Event::Finished { stage: self.stage });
    }
}
