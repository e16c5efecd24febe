//! The first stage: identifies and decodes files, each content once.

use std::collections::{HashMap, HashSet};
use std::num::NonZeroUsize;
use std::sync::mpsc::SyncSender;
use std::sync::{Mutex, PoisonError};

use super::settle::{State, look_up};
use super::stages::Batch;
use super::{Candidate, DecodeError, IngestError, Pipeline};
use crate::{
    Content, ContentHash, Decoder, Extractor, Job, Known, KnownFile, NewContent, Store, Wait,
    for_each_block,
};

/// Opens files batch by batch.
pub(super) struct Opener<'a, 'p, D, E, S, W> {
    candidates: &'a [Candidate],
    states: &'a [State],
    pipeline: &'a Pipeline<'p, D, E, S, W>,
    job: &'a Job<'a>,
    /// Contents that are settled for good in this run: stored or on their way, or why they cannot
    /// be decoded. A failure that may pass belongs to one file and is not among them.
    resolved: HashMap<ContentHash, Result<(), String>>,
}

/// One file of a batch.
struct OpenFile {
    /// Its place among the candidates.
    place: usize,
    /// The hash of its bytes, or why it is left out.
    identity: Result<ContentHash, DecodeError>,
    /// Whether the hash is an earlier one that was taken on trust because the stamp is the same.
    on_trust: bool,
}

/// A decoded and prepared picture, or why there is none.
type Picture<P> = Result<(NewContent, P), DecodeError>;

/// A batch on its way to the model, with where each of its files stands.
type Opened<P> = (Batch<Vec<P>>, Vec<(usize, State)>);

impl<'a, 'p, D: Decoder, E: Extractor, S: Store, W: Wait> Opener<'a, 'p, D, E, S, W> {
    pub(super) fn new(
        candidates: &'a [Candidate],
        states: &'a [State],
        pipeline: &'a Pipeline<'p, D, E, S, W>,
        job: &'a Job<'a>,
    ) -> Self {
        Self {
            candidates,
            states,
            pipeline,
            job,
            resolved: HashMap::new(),
        }
    }

    /// Opens the files at these places and sends them on; tells where each stands.
    pub(super) fn open_all(
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

    fn open_batch(&mut self, places: &[usize]) -> Result<Opened<E::Prepared>, IngestError> {
        let mut files = self.identify(places)?;
        let mut batch = Batch {
            files: Vec::new(),
            contents: Vec::new(),
            failures: Vec::new(),
            payload: Vec::new(),
            steps: places.len() as u64,
        };
        // Each round settles a content, gives up a file, or trades a trusted hash for a true one.
        loop {
            let fresh = self.fresh(&files)?;
            if fresh.is_empty() {
                break;
            }
            let pictures = self.decode(&files, &fresh)?;
            for ((at, content), picture) in fresh.into_iter().zip(pictures) {
                match picture {
                    Ok((new, prepared)) => {
                        batch.contents.push(new);
                        batch.payload.push(prepared);
                        self.resolved.insert(content, Ok(()));
                    }
                    Err(error) if error.lasting => {
                        batch.failures.push((content, error.reason.clone()));
                        self.resolved.insert(content, Err(error.reason));
                    }
                    Err(error) => self.look_again(&mut files[at], content, error),
                }
            }
        }
        let settled = files
            .into_iter()
            .map(|file| self.state(file, &mut batch))
            .collect();
        Ok((batch, settled))
    }

    /// Deals with a failure that may pass. If the hash was taken on trust the bytes may be others
    /// by now, so the file is hashed and gets one more try; otherwise it alone is left out, and
    /// the next file of the same content is tried.
    fn look_again(&self, file: &mut OpenFile, content: ContentHash, error: DecodeError) {
        file.identity = Err(error);
        if file.on_trust {
            file.on_trust = false;
            let found = self
                .pipeline
                .decoder
                .identify(&self.candidates[file.place].path);
            match found {
                Ok(true_content) if true_content == content => {}
                found => file.identity = found,
            }
        }
    }

    /// Where a file stands in the end; its identity goes into the batch.
    fn state<P>(&self, file: OpenFile, batch: &mut Batch<P>) -> (usize, State) {
        let OpenFile {
            place, identity, ..
        } = file;
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
        (place, state)
    }

    /// Hashes the files whose content is not known, side by side.
    fn identify(&self, places: &[usize]) -> Result<Vec<OpenFile>, IngestError> {
        self.side_by_side(places, |&place| {
            let trusted = match &self.states[place] {
                State::Open(content) => *content,
                _ => None,
            };
            let hashed = || self.pipeline.decoder.identify(&self.candidates[place].path);
            OpenFile {
                place,
                identity: trusted.map_or_else(hashed, Ok),
                on_trust: trusted.is_some(),
            }
        })
    }

    /// Picks the first file of each content that neither this run nor the store has dealt with.
    fn fresh(&mut self, files: &[OpenFile]) -> Result<Vec<(usize, ContentHash)>, IngestError> {
        let mut seen = HashSet::new();
        let unresolved: Vec<(usize, ContentHash)> = files
            .iter()
            .enumerate()
            .filter_map(|(at, file)| Some((at, *file.identity.as_ref().ok()?)))
            .filter(|(_, content)| !self.resolved.contains_key(content) && seen.insert(*content))
            .collect();
        if unresolved.is_empty() {
            return Ok(unresolved);
        }
        let contents: Vec<ContentHash> = unresolved.iter().map(|(_, content)| *content).collect();
        let known = look_up(&contents, self.pipeline)?;
        let mut fresh = Vec::new();
        for ((at, content), known) in unresolved.into_iter().zip(known) {
            match known {
                Known::Present => drop(self.resolved.insert(content, Ok(()))),
                Known::Failed(reason) => drop(self.resolved.insert(content, Err(reason))),
                Known::Missing => fresh.push((at, content)),
            }
        }
        Ok(fresh)
    }

    /// Decodes and prepares pictures, side by side, in order.
    fn decode(
        &self,
        files: &[OpenFile],
        fresh: &[(usize, ContentHash)],
    ) -> Result<Vec<Picture<E::Prepared>>, IngestError> {
        self.side_by_side(fresh, |(at, content)| {
            let Pipeline {
                decoder, extractor, ..
            } = *self.pipeline;
            let path = &self.candidates[files[*at].place].path;
            let picture = decoder.decode(path, content)?;
            let prepared = extractor
                .prepare(&picture.pixels, content)
                .map_err(|error| DecodeError {
                    reason: format!("cannot be prepared: {error}"),
                    lasting: false,
                })?;
            let thumbnail = decoder.thumbnail(&picture.pixels);
            let (width, height) = (picture.width, picture.height);
            let kept = Content {
                width,
                height,
                thumbnail,
            };
            Ok((
                NewContent {
                    hash: *content,
                    content: kept,
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
                    *done[at].lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
                }
            },
        )?;
        let taken = done.into_iter().map(|slot| {
            let slot = slot.into_inner().unwrap_or_else(PoisonError::into_inner);
            slot.expect("every block ran, or the search was cancelled above")
        });
        Ok(taken.collect())
    }
}
