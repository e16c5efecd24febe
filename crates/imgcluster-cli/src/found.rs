//! Taking files in: what the commands that look at pictures have in common.

use std::path::Path;

use anyhow::Result;
use imgcluster_core::ingest::{IngestOptions, Ingested, Pipeline, ingest};
use imgcluster_core::{Content, ContentHash, Extractor, Features, Skipped, Stage, Store};
use imgcluster_embed::{DecodeOptions, FileDecoder, Walked};

use crate::arguments::{InputArguments, ModelArguments, WholeNumberOrAuto};
use crate::failure::Refusal;
use crate::model::Model;
use crate::printer::Printer;
use crate::session::{OpenStore, Session};

/// How many skipped files are told on standard error.
const TOLD: usize = 10;

/// How files are taken in for a model.
#[derive(Clone, Copy)]
pub(crate) struct TakingIn {
    decoding: DecodeOptions,
    options: IngestOptions,
}

impl TakingIn {
    /// As the flags say, and else as it suits the model.
    pub(crate) fn of(model: &Model, input: &InputArguments, flags: &ModelArguments) -> Self {
        let defaults = IngestOptions::default();
        let batch_size = match flags.batch_size {
            WholeNumberOrAuto::Number(batch_size) => batch_size,
            WholeNumberOrAuto::Auto => model.batch_size().unwrap_or(defaults.batch_size),
        };
        Self {
            decoding: DecodeOptions {
                max_pixels: input.max_pixels,
                max_file_size: input.max_file_size,
                jpeg: model.jpeg(),
                ..DecodeOptions::default()
            },
            options: IngestOptions { batch_size },
        }
    }

    /// Makes sure that every picture that was found has its feature in the store.
    ///
    /// # Errors
    /// If nothing can be used: with the first reasons.
    pub(crate) fn run<E: Extractor>(
        &self,
        walked: Walked,
        extractor: &E,
        store: &OpenStore,
        session: &Session,
    ) -> Result<Ingested> {
        let decoder = FileDecoder::new(self.decoding);
        let pipeline = Pipeline {
            decoder: &decoder,
            extractor,
            store: &store.store,
            wait: &store.runtime,
        };
        let candidates = &walked.candidates;
        let mut ingested = ingest(candidates, &pipeline, self.options, &session.job())?;
        ingested.skipped.extend(walked.skipped);
        hold_to_limits(&mut ingested, &self.decoding);
        let bytes = |skipped: &Skipped| skipped.path.as_os_str().as_encoded_bytes().to_vec();
        ingested.skipped.sort_by_cached_key(bytes);
        if ingested.images.is_empty() {
            return Err(nothing_usable(&ingested.skipped, session.printer).into());
        }
        Ok(ingested)
    }
}

impl TakingIn {
    /// Takes pictures in and loads their features, in order.
    ///
    /// # Errors
    /// As [`TakingIn::run`], or if the store cannot be read.
    pub(crate) fn features<E: Extractor>(
        &self,
        walked: Walked,
        extractor: &E,
        store: &OpenStore,
        session: &Session,
    ) -> Result<(Ingested, Features)> {
        let ingested = self.run(walked, extractor, store, session)?;
        let job = session.job();
        let _stage = job.stage(Stage::Load, None);
        let contents = contents(&ingested);
        let features = store.wait(store.store.load(extractor.space(), &contents))?;
        Ok((ingested, features))
    }
}

/// The content of each picture, in order.
pub(crate) fn contents(ingested: &Ingested) -> Vec<ContentHash> {
    let images = ingested.images.iter();
    images.map(|image| image.content).collect()
}

/// The small picture of each, in order, as far as the store has them.
///
/// # Errors
/// If the store cannot be read.
pub(crate) fn thumbnails(ingested: &Ingested, store: &OpenStore) -> Result<Vec<Option<Vec<u8>>>> {
    let contents = store.wait(store.store.contents(&contents(ingested), true))?;
    let thumbnail = |content: Option<Content>| content.and_then(|content| content.thumbnail);
    Ok(contents.into_iter().map(thumbnail).collect())
}

/// Leaves out pictures over the pixel limit that the store knows from a run with a higher one, so
/// that results do not depend on what ran before.
fn hold_to_limits(ingested: &mut Ingested, limits: &DecodeOptions) {
    ingested.images.retain(|image| {
        let Some(reason) = limits.too_many_pixels(image.width, image.height) else {
            return true;
        };
        ingested.skipped.push(Skipped {
            path: image.path.clone(),
            reason,
        });
        false
    });
}

/// Tells that there is nothing to work with, with the first reasons.
pub(crate) fn nothing_usable(skipped: &[Skipped], printer: Printer) -> Refusal {
    if skipped.is_empty() {
        let hint = "name a folder that holds JPEG, PNG, WebP, BMP, TIFF or GIF files";
        return Refusal::new("no pictures found", hint);
    }
    for line in told_lines(skipped) {
        printer.reason(&line);
    }
    let message = format!("no pictures can be used; {} skipped", files(skipped.len()));
    Refusal::new(
        message,
        "the reasons are listed above; `imgcluster doctor` tells what this build reads",
    )
}

/// Tells on standard error what was skipped, and where the whole list is.
pub(crate) fn tell_skipped(skipped: &[Skipped], list: Option<&Path>, printer: Printer) {
    if skipped.is_empty() || printer.json_talk {
        return; // in JSON each was an event of its own
    }
    printer.note(&format!("skipped {}:", files(skipped.len())));
    for line in told_lines(skipped) {
        printer.note(&line);
    }
    if let Some(list) = list
        && skipped.len() > TOLD
    {
        printer.note(&format!("  all of them are in {}", list.display()));
    }
}

fn told_lines(skipped: &[Skipped]) -> impl Iterator<Item = String> {
    let lines = skipped.iter().take(TOLD);
    let lines = lines.map(|skipped| format!("  {}: {}", skipped.path.display(), skipped.reason));
    let more = skipped.len().saturating_sub(TOLD);
    lines.chain((more > 0).then(|| format!("  … and {more} more")))
}

fn files(count: usize) -> String {
    if count == 1 {
        "1 file".to_owned()
    } else {
        format!("{count} files")
    }
}
