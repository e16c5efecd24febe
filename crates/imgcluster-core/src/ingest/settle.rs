//! What the store already knows of the files, in two questions for all of them.

use std::path::PathBuf;

use super::{Candidate, IngestError, Pipeline};
use crate::{ContentHash, Decoder, Extractor, Known, Store, Wait};

/// Where one file stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    /// Its feature is in the store.
    Known(ContentHash),
    /// It is left out, for this reason.
    Failed(String),
    /// It must be opened; the hash is there if the file has not changed.
    Open(Option<ContentHash>),
}

impl State {
    /// The content of a file whose feature is in the store.
    pub(super) fn content(&self) -> Option<ContentHash> {
        match self {
            Self::Known(content) => Some(*content),
            _ => None,
        }
    }
}

/// Settles every file whose stamp and content the store knows.
pub(super) fn settle<D: Decoder, E: Extractor, S: Store, W: Wait>(
    candidates: &[Candidate],
    pipeline: &Pipeline<'_, D, E, S, W>,
) -> Result<Vec<State>, IngestError> {
    let store_error = |attempt| move |source| IngestError::Store { attempt, source };
    let keys: Vec<PathBuf> = candidates
        .iter()
        .map(|candidate| candidate.key.clone())
        .collect();
    let files = pipeline
        .wait
        .wait(pipeline.store.files(&keys))
        .map_err(store_error("look up files in"))?;
    let unchanged: Vec<Option<ContentHash>> = candidates
        .iter()
        .zip(files)
        .map(|(candidate, file)| {
            file.filter(|file| file.stamp == candidate.stamp)
                .map(|file| file.content)
        })
        .collect();
    let hashes: Vec<ContentHash> = unchanged.iter().filter_map(|content| *content).collect();
    let mut known = look_up(&hashes, pipeline)?.into_iter();
    let states = unchanged.into_iter().map(|content| match content {
        None => State::Open(None),
        Some(content) => match known.next() {
            Some(Known::Present) => State::Known(content),
            Some(Known::Failed(reason)) => State::Failed(reason),
            Some(Known::Missing) | None => State::Open(Some(content)),
        },
    });
    Ok(states.collect())
}

/// Asks the store about contents in the model's space.
pub(super) fn look_up<D: Decoder, E: Extractor, S: Store, W: Wait>(
    contents: &[ContentHash],
    pipeline: &Pipeline<'_, D, E, S, W>,
) -> Result<Vec<Known>, IngestError> {
    let (space, decoder) = (pipeline.extractor.space(), pipeline.decoder.version());
    pipeline
        .wait
        .wait(pipeline.store.known(space, decoder, contents))
        .map_err(|source| IngestError::Store {
            attempt: "look up pictures in",
            source,
        })
}
