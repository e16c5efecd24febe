//! Decode ‖ extract ‖ store: three stages on threads of their own, joined by channels that hold
//! nothing, so that at most three batches exist and at most two are computed but not committed.

use std::collections::{HashMap, HashSet};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::settle::{State, look_up};
use super::{Candidate, DecodeError, IngestError, IngestOptions, Pipeline};
use crate::{
    Content, ContentHash, Decoder, Extractor, Features, Job, Known, KnownFile, NewContent,
    PutBatch, StageGuard, Store, Wait, for_each_block,
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
struct Batch<T> {
    files: Vec<(PathBuf, KnownFile)>,
    contents: Vec<NewContent>,
    failures: Vec<(ContentHash, String)>,
    payload: T,
    steps: u64,
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
        let mut opener = Opener {
            candidates,
            states,
            pipeline,
            job,
            resolved: HashMap::new(),
        };
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

/// The first stage: identifies and decodes files, each content once.
struct Opener<'a, 'p, D, E, S, W> {
    candidates: &'a [Candidate],
    states: &'a [State],
    pipeline: &'a Pipeline<'p, D, E, S, W>,
    job: &'a Job<'a>,
    /// Contents already dealt with in this run: stored or on their way, or why not.
    resolved: HashMap<ContentHash, Result<(), String>>,
}

/// A decoded and prepared picture.
type Picture<P> = (NewContent, P);

impl<D: Decoder, E: Extractor, S: Store, W: Wait> Opener<'_, '_, D, E, S, W> {
    fn open_all(
        &mut self,
        open: &[usize],
        batch_size: NonZeroUsize,
        to_extract: &SyncSender<Batch<Vec<E::Prepared>>>,
    ) -> Result<Vec<(usize, State)>, IngestError> {
        let mut states = Vec::with_capacity(open.len());
        for places in open.chunks(batch_size.get()) {
            self.job.check()?;
            let (batch, settled) = self.open_batch(places)?;
            states.extend(settled);
            if to_extract.send(batch).is_err() {
                break; // a later stage failed and tells why
            }
        }
        Ok(states)
    }

    #[expect(
        clippy::type_complexity,
        reason = "one batch and the states of its files"
    )]
    fn open_batch(
        &mut self,
        places: &[usize],
    ) -> Result<(Batch<Vec<E::Prepared>>, Vec<(usize, State)>), IngestError> {
        let identities = self.identify(places)?;
        let fresh = self.fresh(&identities, places)?;
        let pictures = self.decode(&fresh)?;
        let mut batch = Batch {
            files: Vec::new(),
            contents: Vec::new(),
            failures: Vec::new(),
            payload: Vec::new(),
            steps: places.len() as u64,
        };
        for ((_, content), picture) in fresh.into_iter().zip(pictures) {
            let outcome = match picture {
                Ok((new, prepared)) => {
                    batch.contents.push(new);
                    batch.payload.push(prepared);
                    Ok(())
                }
                Err(error) => {
                    if error.lasting {
                        batch.failures.push((content, error.reason.clone()));
                    }
                    Err(error.reason)
                }
            };
            self.resolved.insert(content, outcome);
        }
        let mut settled = Vec::with_capacity(places.len());
        for (&place, identity) in places.iter().zip(identities) {
            let state = match identity {
                Err(error) => State::Failed(error.reason),
                Ok(content) => {
                    let candidate = &self.candidates[place];
                    let file = KnownFile {
                        stamp: candidate.stamp,
                        content,
                    };
                    batch.files.push((candidate.key.clone(), file));
                    match self.resolved.get(&content) {
                        Some(Err(reason)) => State::Failed(reason.clone()),
                        _ => State::Known(content),
                    }
                }
            };
            settled.push((place, state));
        }
        Ok((batch, settled))
    }

    /// Hashes the files whose content is not known, side by side.
    fn identify(
        &self,
        places: &[usize],
    ) -> Result<Vec<Result<ContentHash, DecodeError>>, IngestError> {
        self.side_by_side(places, |&place| match &self.states[place] {
            State::Open(Some(content)) => Ok(*content),
            _ => self.pipeline.decoder.identify(&self.candidates[place].path),
        })
    }

    /// Picks the first file of each content that neither this run nor the store has dealt with.
    fn fresh(
        &mut self,
        identities: &[Result<ContentHash, DecodeError>],
        places: &[usize],
    ) -> Result<Vec<(usize, ContentHash)>, IngestError> {
        let mut seen = HashSet::new();
        let unresolved: Vec<(usize, ContentHash)> = places
            .iter()
            .zip(identities)
            .filter_map(|(place, identity)| Some((*place, *identity.as_ref().ok()?)))
            .filter(|(_, content)| !self.resolved.contains_key(content) && seen.insert(*content))
            .collect();
        let contents: Vec<ContentHash> = unresolved.iter().map(|(_, content)| *content).collect();
        let known = look_up(&contents, self.pipeline)?;
        let mut fresh = Vec::new();
        for ((place, content), known) in unresolved.into_iter().zip(known) {
            match known {
                Known::Present => drop(self.resolved.insert(content, Ok(()))),
                Known::Failed(reason) => drop(self.resolved.insert(content, Err(reason))),
                Known::Missing => fresh.push((place, content)),
            }
        }
        Ok(fresh)
    }

    /// Decodes and prepares pictures, side by side, in order.
    #[expect(
        clippy::type_complexity,
        reason = "one picture or its error for each file"
    )]
    fn decode(
        &self,
        fresh: &[(usize, ContentHash)],
    ) -> Result<Vec<Result<Picture<E::Prepared>, DecodeError>>, IngestError> {
        self.side_by_side(fresh, |(place, content)| {
            let Pipeline {
                decoder, extractor, ..
            } = *self.pipeline;
            let picture = decoder.decode(&self.candidates[*place].path, content)?;
            let prepared = extractor
                .prepare(&picture.pixels, content)
                .map_err(|error| DecodeError {
                    reason: format!("cannot be prepared: {error}"),
                    lasting: false,
                })?;
            let thumbnail = decoder.thumbnail(&picture.pixels);
            let (width, height) = (picture.width, picture.height);
            let content_kept = Content {
                width,
                height,
                thumbnail,
            };
            Ok((
                NewContent {
                    hash: *content,
                    content: content_kept,
                },
                prepared,
            ))
        })
    }

    /// Does the same to every item on the job's threads and keeps the order.
    fn side_by_side<T: Sync, U: Send>(
        &self,
        items: &[T],
        work: impl Fn(&T) -> U + Sync,
    ) -> Result<Vec<U>, IngestError> {
        let done: Vec<Mutex<Option<U>>> = items.iter().map(|_| Mutex::new(None)).collect();
        for_each_block(
            self.job,
            items.len(),
            NonZeroUsize::MIN,
            || (),
            |(), range| {
                for at in range {
                    let result = work(&items[at]);
                    *done[at]
                        .lock()
                        .unwrap_or_else(std::sync::PoisonError::into_inner) = Some(result);
                }
            },
        )?;
        let taken = done.into_iter().map(|slot| {
            let slot = slot
                .into_inner()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            slot.expect("every block ran, or the search was cancelled above")
        });
        Ok(taken.collect())
    }
}
