//! Files in, one stored feature per picture out.
//!
//! ```text
//! candidates ─ settle ─┬─ known ──────────────────────────────────────────┐
//!                      └─ open ─ decode ‖ extract ‖ store, batch by batch ─┴─ images, skipped
//! ```
//!
//! [`ingest`] first asks the store about every file (`settle`); only files that are new, changed
//! or not yet in the model's space are opened (`stages`). A bad picture is one skipped item and
//! never shifts another row; a failing model or store stops the run and keeps what was committed.

mod open;
mod settle;
mod stages;

use std::collections::{HashMap, HashSet};
use std::num::NonZeroUsize;
use std::path::PathBuf;

use crate::{
    BoxError, Cancelled, ContentHash, Decoder, Event, Extractor, FileStamp, Image, Job, Pixels,
    Skipped, Stage, Store, Wait,
};
use settle::{State, settle};

/// A file that may be a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The path as reached from the argument; what results show.
    pub path: PathBuf,
    /// The absolute path; what the store knows the file by.
    pub key: PathBuf,
    /// What the file system says of it.
    pub stamp: FileStamp,
}

/// A decoded file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// The upright picture.
    pub pixels: Pixels,
    /// The width of the upright original; larger than the pixels' if it was decoded reduced.
    pub width: u32,
    /// The height of the upright original.
    pub height: u32,
}

/// Why one file is left out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct DecodeError {
    /// In one line.
    pub reason: String,
    /// Whether the same bytes will always fail in this decoder, whatever the machine and the
    /// settings. Only such failures are remembered.
    pub lasting: bool,
}

/// How files are taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IngestOptions {
    /// Pictures in a batch: what a killed run can lose, and what the model sees at once.
    /// Default: 32.
    pub batch_size: NonZeroUsize,
}

impl Default for IngestOptions {
    fn default() -> Self {
        Self {
            batch_size: NonZeroUsize::new(32).expect("thirty-two is not zero"),
        }
    }
}

/// The parts the pipeline is made of.
#[derive(Debug)]
pub struct Pipeline<'a, D, E, S, W> {
    /// Reads files.
    pub decoder: &'a D,
    /// Makes features.
    pub extractor: &'a E,
    /// Remembers them.
    pub store: &'a S,
    /// Waits for the store.
    pub wait: &'a W,
}

/// What came of the files.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ingested {
    /// The pictures whose feature is now in the store, in the order of the candidates.
    pub images: Vec<Image>,
    /// The files that were left out, in the order of the candidates.
    pub skipped: Vec<Skipped>,
    /// How many features were computed now; the other images' were known before, or belong to
    /// equal files.
    pub embedded: usize,
}

/// Why a run stopped; everything committed before stays.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IngestError {
    /// The job was cancelled.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// The store failed.
    #[error("cannot {attempt} the store")]
    Store {
        /// What was tried.
        attempt: &'static str,
        /// Why it failed.
        source: BoxError,
    },
    /// The model failed.
    #[error("the model `{model}` failed")]
    Model {
        /// Its name.
        model: String,
        /// Why it failed.
        source: BoxError,
    },
    /// The model gave another number or shape of features than it promised.
    #[error(
        "the model `{model}` gave {got} features of the wrong number or shape, {wanted} wanted"
    )]
    WrongFeatures {
        /// Its name.
        model: String,
        /// How many came.
        got: usize,
        /// How many pictures it was given.
        wanted: usize,
    },
}

/// Makes sure that every readable picture has its feature in the store.
///
/// Files are taken in the order given; equal files are decoded once. The result does not depend on
/// the number of threads or the batch size.
///
/// # Errors
/// If the job is cancelled, or the store or the model fails. A file that fails is skipped.
pub fn ingest<D: Decoder, E: Extractor, S: Store, W: Wait>(
    candidates: &[Candidate],
    pipeline: &Pipeline<'_, D, E, S, W>,
    options: IngestOptions,
    job: &Job<'_>,
) -> Result<Ingested, IngestError> {
    let stage = job.stage(Stage::Ingest, Some(candidates.len() as u64));
    let mut states = settle(candidates, pipeline)?;
    let open: Vec<usize> = (0..states.len())
        .filter(|&at| matches!(states[at], State::Open(_)))
        .collect();
    stage.advance((candidates.len() - open.len()) as u64);
    let found = stages::run(candidates, &states, &open, pipeline, options, job, &stage)?;
    for (at, state) in found.states {
        states[at] = state;
    }
    let mut ingested = collect(candidates, states, pipeline)?;
    ingested.embedded = found.embedded;
    for skipped in &ingested.skipped {
        job.report(&Event::Skipped {
            path: &skipped.path,
            reason: &skipped.reason,
        });
    }
    Ok(ingested)
}

/// Puts settled files in order, with the sizes that the store keeps.
fn collect<D: Decoder, E: Extractor, S: Store, W: Wait>(
    candidates: &[Candidate],
    states: Vec<State>,
    pipeline: &Pipeline<'_, D, E, S, W>,
) -> Result<Ingested, IngestError> {
    let wanted: HashSet<ContentHash> = states.iter().filter_map(State::content).collect();
    let wanted: Vec<ContentHash> = wanted.into_iter().collect();
    let attempt = "read picture sizes from";
    let contents = pipeline
        .wait
        .wait(pipeline.store.contents(&wanted, false))
        .map_err(|source| IngestError::Store { attempt, source })?;
    let contents: HashMap<ContentHash, _> = wanted.into_iter().zip(contents).collect();
    let mut ingested = Ingested::default();
    for (candidate, state) in candidates.iter().zip(states) {
        let path = candidate.path.clone();
        let found = match &state {
            State::Known(content) => contents.get(content).and_then(Option::as_ref),
            _ => None,
        };
        match (state, found) {
            (State::Known(content), Some(found)) => {
                let (width, height) = (found.width, found.height);
                ingested.images.push(Image {
                    path,
                    content,
                    width,
                    height,
                });
            }
            (State::Failed(reason), _) => ingested.skipped.push(Skipped { path, reason }),
            (State::Known(_) | State::Open(_), _) => {
                let reason = "removed from the store while the run was on".to_owned();
                ingested.skipped.push(Skipped { path, reason });
            }
        }
    }
    Ok(ingested)
}
