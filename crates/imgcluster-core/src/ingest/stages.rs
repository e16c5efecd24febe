//! Decode ‖ extract ‖ store: three stages on threads of their own, joined by channels that hold
//! nothing, so that at most three batches exist and at most two are computed but not committed.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::open::Opener;
use super::settle::State;
use super::{Candidate, IngestError, IngestOptions, Pipeline};
use crate::{
    ContentHash, Decoder, Extractor, Features, Job, KnownFile, NewContent, PutBatch, StageGuard,
    Store, Wait,
};

/// What the stages found out.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Where each opened file stands now.
    pub(super) states: Vec<(usize, State)>,
    /// How many features were computed and committed.
    pub(super) embedded: usize,
}

/// One batch on its way; `payload` is what changes from stage to stage.
pub(super) struct Batch<T> {
    pub(super) files: Vec<(PathBuf, KnownFile)>,
    pub(super) contents: Vec<NewContent>,
    pub(super) failures: Vec<(ContentHash, String)>,
    pub(super) payload: T,
    pub(super) steps: u64,
}

impl<T> Batch<T> {
    fn with<U>(
        self,
        payload: impl FnOnce(T) -> Result<U, IngestError>,
    ) -> Result<Batch<U>, IngestError> {
        let Self {
            files,
            contents,
            failures,
            steps,
            payload: old,
        } = self;
        Ok(Batch {
            files,
            contents,
            failures,
            steps,
            payload: payload(old)?,
        })
    }
}

/// Opens the files at the places `open`, batch by batch.
pub(super) fn run<D: Decoder, E: Extractor, S: Store, W: Wait>(
    candidates: &[Candidate],
    states: &[State],
    open: &[usize],
    pipeline: &Pipeline<'_, D, E, S, W>,
    options: IngestOptions,
    job: &Job<'_>,
    stage: &StageGuard<'_>,
) -> Result<Found, IngestError> {
    let (to_extract, decoded) = sync_channel(0);
    let (to_store, extracted) = sync_channel(0);
    std::thread::scope(|scope| {
        let extracting = scope.spawn(move || extract(&decoded, &to_store, pipeline, job));
        let storing = scope.spawn(move || store(&extracted, pipeline, stage));
        let mut opener = Opener::new(candidates, states, pipeline, job);
        let states = opener.open_all(open, options.batch_size, &to_extract);
        drop(to_extract);
        // A stage that fails drops its receiver, and those before it end quietly; so the last
        // stage's error is the cause, and is the one to tell.
        let extracted = extracting
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let stored = storing
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let embedded = stored?;
        extracted?;
        Ok(Found {
            states: states?,
            embedded,
        })
    })
}

/// The second stage: turns prepared pictures into features.
fn extract<D: Decoder, E: Extractor, S: Store, W: Wait>(
    decoded: &Receiver<Batch<Vec<E::Prepared>>>,
    to_store: &SyncSender<Batch<Features>>,
    pipeline: &Pipeline<'_, D, E, S, W>,
    job: &Job<'_>,
) -> Result<(), IngestError> {
    let space = pipeline.extractor.space();
    for batch in decoded {
        let batch = batch.with(|prepared| {
            let wanted = prepared.len();
            if wanted == 0 {
                return Ok(Features::empty(space.shape));
            }
            let model = space.model.clone();
            let features = pipeline
                .extractor
                .extract(prepared, job)
                .map_err(|source| IngestError::Model {
                    model: model.clone(),
                    source,
                })?;
            if features.len() != wanted || !features.fit(space.shape) {
                return Err(IngestError::WrongFeatures {
                    model,
                    got: features.len(),
                    wanted,
                });
            }
            Ok(features)
        })?;
        if to_store.send(batch).is_err() {
            return Ok(());
        }
    }
    Ok(())
}

/// The third stage: commits each batch; gives the number of features committed.
fn store<D: Decoder, E: Extractor, S: Store, W: Wait>(
    extracted: &Receiver<Batch<Features>>,
    pipeline: &Pipeline<'_, D, E, S, W>,
    stage: &StageGuard<'_>,
) -> Result<usize, IngestError> {
    let mut embedded = 0;
    for batch in extracted {
        let put = PutBatch {
            space: pipeline.extractor.space(),
            decoder: pipeline.decoder.version(),
            files: &batch.files,
            contents: &batch.contents,
            features: &batch.payload,
            failures: &batch.failures,
        };
        pipeline
            .wait
            .wait(pipeline.store.put(put))
            .map_err(|source| IngestError::Store {
                attempt: "write to",
                source,
            })?;
        embedded += batch.contents.len();
        stage.advance(batch.steps);
    }
    Ok(embedded)
}
