//! Finding files and taking them in: what `cluster` and `index` have in common.

use std::fs;
use std::io::{Read, stdin};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use imgcluster_core::ingest::{IngestOptions, Ingested, Pipeline, ingest};
use imgcluster_core::{Extractor, Skipped};
use imgcluster_embed::{DecodeOptions, FileDecoder, WalkOptions, Walked, parse_file_list, walk};

use crate::arguments::{InputArguments, ModelArguments, WholeNumberOrAuto};
use crate::failure::Refusal;
use crate::printer::{Printer, say};
use crate::session::{OpenStore, Session};

/// How many skipped files are told on standard error.
const TOLD: usize = 10;

/// Walks over everything that was named; `leave_out` is never read.
pub(crate) fn walk_input(
    input: &InputArguments,
    leave_out: &[PathBuf],
    session: &Session,
) -> Result<Walked> {
    let mut roots = input.paths.clone();
    if let Some(list) = &input.files_from {
        roots.extend(parse_file_list(&read_list(list)?));
    }
    let options = WalkOptions {
        recursive: !input.no_recursive,
        exclude: input.exclude.clone(),
        follow_symlinks: input.follow_symlinks,
        hidden: input.hidden,
        leave_out: leave_out.to_vec(),
        max_file_size: input.max_file_size,
    };
    Ok(walk(&roots, &options, &session.job())?)
}

fn read_list(list: &Path) -> Result<Vec<u8>> {
    if list == Path::new("-") {
        let mut bytes = Vec::new();
        stdin()
            .read_to_end(&mut bytes)
            .context("cannot read paths from standard input")?;
        return Ok(bytes);
    }
    fs::read(list).with_context(|| format!("cannot read paths from `{}`", list.display()))
}

/// Makes sure that every picture that was found has its feature in the store.
///
/// # Errors
/// If nothing can be used: with the first reasons.
pub(crate) fn take_in<E: Extractor>(
    walked: Walked,
    extractor: &E,
    input: &InputArguments,
    model: &ModelArguments,
    store: &OpenStore,
    session: &Session,
) -> Result<Ingested> {
    let decoder = FileDecoder::new(DecodeOptions {
        max_pixels: input.max_pixels,
        max_file_size: input.max_file_size,
        ..DecodeOptions::default()
    });
    let pipeline = Pipeline {
        decoder: &decoder,
        extractor,
        store: &store.store,
        wait: &store.runtime,
    };
    let mut options = IngestOptions::default();
    if let WholeNumberOrAuto::Number(batch_size) = model.batch_size {
        options.batch_size = batch_size;
    }
    let mut ingested = ingest(&walked.candidates, &pipeline, options, &session.job())?;
    ingested.skipped.extend(walked.skipped);
    let bytes = |skipped: &Skipped| skipped.path.as_os_str().as_encoded_bytes().to_vec();
    ingested.skipped.sort_by_cached_key(bytes);
    if ingested.images.is_empty() {
        return Err(nothing_usable(&ingested.skipped).into());
    }
    Ok(ingested)
}

fn nothing_usable(skipped: &[Skipped]) -> Refusal {
    if skipped.is_empty() {
        let hint = "name a folder that holds JPEG, PNG, WebP, BMP, TIFF or GIF files";
        return Refusal::new("no pictures found", hint);
    }
    for line in told_lines(skipped) {
        say(&line);
    }
    let message = format!("no pictures can be used; {} skipped", files(skipped.len()));
    Refusal::new(
        message,
        "the reasons are listed above; `imgcluster doctor` tells what this build reads",
    )
}

/// Tells on standard error what was skipped, and where the whole list is.
pub(crate) fn tell_skipped(skipped: &[Skipped], list: Option<&Path>, printer: Printer) {
    if skipped.is_empty() || printer == Printer::Quiet {
        return;
    }
    say(&format!("skipped {}:", files(skipped.len())));
    for line in told_lines(skipped) {
        say(&line);
    }
    if let Some(list) = list
        && skipped.len() > TOLD
    {
        say(&format!("  all of them are in {}", list.display()));
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
