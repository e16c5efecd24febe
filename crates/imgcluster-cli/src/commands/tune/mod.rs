//! `tune`: what each threshold would give of a sample of the pictures, and which to try.
//!
//! walk → draw a sample → take in → compare all pairs → ask a person, maybe → write → tell

mod ask;
mod labels;
mod next;
mod report;
mod tell;

use std::collections::{BTreeSet, HashMap};
use std::fs::{self, File};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

use anyhow::{Context, Result};
use imgcluster_cluster::{
    LabelledPair, PrecisionRow, TuneOptions, Tuning, pairs_to_label, precision, sample, sweep,
};
use imgcluster_core::ingest::Ingested;
use imgcluster_core::{
    ContentHash, Embedder, EmbeddingSpace, Extractor, Features, Neighbors, RowNeighbors,
    Similarity, Stage, UnitMatrix,
};
use imgcluster_embed::zoo::grouping_threshold;
use imgcluster_embed::{EmbedderExtractor, SignatureExtractor, Walked};
use imgcluster_viz::{ResultsFolder, TuneLabels, write_labels};

use super::done;
use crate::arguments::TuneArguments;
use crate::compare;
use crate::failure::Refusal;
use crate::found::{TakingIn, contents, tell_skipped, thumbnails};
use crate::input::walk_input;
use crate::model::{Model, ModelVisitor};
use crate::session::{OpenStore, Session};
use labels::{LABELS, Said};
use next::Next;

/// Pairs that a person is asked about.
const ASKED: usize = 30;

pub(super) fn run(arguments: &TuneArguments, session: &Session) -> Result<ExitCode> {
    let started = SystemTime::now();
    // A person may have put it there.
    let known = BTreeSet::from([PathBuf::from(LABELS)]);
    let folder = ResultsFolder::prepare_knowing(&arguments.output, arguments.overwrite, known)?;
    let earlier = earlier(arguments, session)?;
    if arguments.model.raw {
        let message = "`--raw` does nothing with `tune`, which compares directions";
        return Err(Refusal::usage(message, "leave `--raw` out").into());
    }
    let store = OpenStore::open(session)?;
    let model = Model::choose(&arguments.model, session)?;
    let mut walked = walk_input(&arguments.input, &[folder.path().to_owned()], session)?;
    let found = walked.candidates.len();
    draw(&mut walked, arguments, session);
    let device = model.device().to_owned();
    let seen = model.visit(Looking {
        walked,
        found,
        earlier,
        arguments,
        taking_in: TakingIn::of(&model, &arguments.input, &arguments.model),
        store: &store,
        session,
    })?;
    let words: Vec<String> = std::env::args_os()
        .skip(1)
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let model_name = &arguments.model.model;
    let next = Next::of(&words, model_name, arguments.tuning.min_samples.get());
    let thumbnails = thumbnails(&seen.ingested, &store)?;
    let facts = report::Facts {
        arguments,
        session,
        started,
        device,
        found: if found > arguments.tuning.sample.get() {
            found
        } else {
            seen.ingested.images.len()
        },
        seen: &seen,
        thumbnails: &thumbnails,
        next: &next,
    };
    let (at, document) = report::write(&facts, folder)?;
    if arguments.tuning.label {
        // The answers are among the results now; there may be none.
        drop(fs::remove_file(kept(&arguments.output)));
    }
    tell_skipped(&seen.ingested.skipped, None, session.printer);
    tell::outcome(&seen, facts.found, &next, &at, &document, session.printer)?;
    Ok(done(arguments.strict, seen.ingested.skipped.len()))
}

/// Leaves only a sample of the files that were found, where there are more.
fn draw(walked: &mut Walked, arguments: &TuneArguments, session: &Session) {
    let (found, flags) = (walked.candidates.len(), &arguments.tuning);
    if found <= flags.sample.get() {
        return;
    }
    let drawn = sample(found, flags.sample.get(), flags.seed);
    let drawn = drawn.into_iter().map(|at| walked.candidates[at].clone());
    walked.candidates = drawn.collect();
    session.printer.note(&format!(
        "looking at {} of {found} files, drawn at random (`--sample`, `--seed`)",
        flags.sample
    ));
}

/// What was found out of the sample.
struct Seen {
    ingested: Ingested,
    tuning: Tuning,
    space: EmbeddingSpace,
    said: Said,
    /// How many pairs are right at each threshold, if there are labels.
    precision: Option<Vec<PrecisionRow>>,
}

/// Looks at the sample, with whatever model it is.
struct Looking<'a> {
    walked: Walked,
    /// How many files were found, in the sample or not.
    found: usize,
    /// Labels that were given before.
    earlier: Option<TuneLabels>,
    arguments: &'a TuneArguments,
    taking_in: TakingIn,
    store: &'a OpenStore,
    session: &'a Session,
}

impl Looking<'_> {
    fn features<E: Extractor>(&mut self, extractor: &E) -> Result<(Ingested, Features)> {
        let walked = std::mem::take(&mut self.walked);
        self.taking_in
            .features(walked, extractor, self.store, self.session)
    }

    fn look(
        mut self,
        ingested: Ingested,
        neighbors: &dyn Neighbors,
        space: &EmbeddingSpace,
    ) -> Result<Seen> {
        let flags = &self.arguments.tuning;
        let options = TuneOptions {
            min_samples: flags.min_samples,
            seed: flags.seed,
            population: NonZeroUsize::new(self.found),
            usual: grouping_threshold(&space.model),
            ..TuneOptions::default()
        };
        let job = self.session.job();
        let stage = job.stage(Stage::Cluster, None);
        let tuning = sweep(neighbors, &options, &job)?;
        drop(stage);
        let said = self.labels(&ingested, &tuning, neighbors, &space.model)?;
        let copies = copies(&ingested);
        let right = |said: &Said| precision(&tuning, &said.labels, copies);
        let precision = said.as_ref().map(right);
        Ok(Seen {
            ingested,
            tuning,
            space: space.clone(),
            said: said.unwrap_or_default(),
            precision,
        })
    }

    /// What a person says of some pairs, now, in a file, or in the results that are replaced.
    fn labels(
        &mut self,
        ingested: &Ingested,
        tuning: &Tuning,
        neighbors: &dyn Neighbors,
        model: &str,
    ) -> Result<Option<Said>> {
        let (flags, images) = (&self.arguments.tuning, &ingested.images);
        let earlier = self.earlier.take();
        let is_told = flags.label || earlier.is_some();
        let earlier = earlier.map(|labels| Said::of(labels, images, neighbors));
        let mut said = earlier.unwrap_or_default();
        if !said.others.is_empty() {
            let plural = if said.others.len() == 1 {
                " is"
            } else {
                "s are"
            };
            self.session.printer.note(&format!(
                "{} labelled pair{plural} not of two pictures looked at here: kept, but not counted",
                said.others.len()
            ));
        }
        if flags.label {
            let pairs = pairs_to_label(tuning, ASKED, flags.seed, content_keys(ingested));
            let kept = kept(&self.arguments.output);
            let keep = |labels: &[LabelledPair]| -> Result<()> {
                let file = File::create(&kept);
                let file = file.with_context(|| format!("cannot write `{}`", kept.display()))?;
                Ok(write_labels(
                    &labels::document(labels, images, model),
                    file,
                )?)
            };
            let answers = ask::ask(&pairs, images, self.session, &keep).inspect_err(|_| {
                if kept.exists() {
                    let answers = kept.display();
                    let line =
                        format!("your answers are in `{answers}`: `--labels {answers}` takes them");
                    self.session.printer.note(&line);
                }
            })?;
            said.labels.extend(answers);
        }
        Ok(is_told.then_some(said))
    }
}

/// Tells which pictures are copies of one file.
fn content_keys(ingested: &Ingested) -> impl Fn(u32) -> u64 {
    let key = |content: ContentHash| {
        content
            .0
            .first_chunk()
            .map_or(0, |bytes| u64::from_le_bytes(*bytes))
    };
    let keys: Vec<u64> = contents(ingested).into_iter().map(key).collect();
    move |row| keys[row as usize]
}

/// Counts pairs of pictures that are copies of one file.
fn copies(ingested: &Ingested) -> u64 {
    let mut files: HashMap<ContentHash, u64> = HashMap::new();
    for content in contents(ingested) {
        *files.entry(content).or_default() += 1;
    }
    files.values().map(|count| count * (count - 1) / 2).sum()
}

/// Where answers are kept until the results are there.
fn kept(output: &Path) -> PathBuf {
    let mut name = output.as_os_str().to_owned();
    name.push(".");
    name.push(LABELS);
    PathBuf::from(name)
}

/// Labels that were given, or that are in the results that are to be replaced.
fn earlier(arguments: &TuneArguments, session: &Session) -> Result<Option<TuneLabels>> {
    if let Some(file) = &arguments.tuning.labels {
        return labels::read(file).map(Some);
    }
    let file = arguments.output.join(LABELS);
    if !arguments.overwrite || !file.exists() {
        return Ok(None);
    }
    let labels = labels::read(&file)?;
    session
        .printer
        .note("labels of the earlier results are taken along");
    Ok(Some(labels))
}

impl ModelVisitor for Looking<'_> {
    type Output = Seen;

    fn embedder<E: Embedder>(mut self, embedder: &E) -> Result<Seen> {
        let (ingested, features) = self.features(&EmbedderExtractor(embedder))?;
        let Features::Vectors(rows) = features else {
            let model = &embedder.space().model;
            anyhow::bail!("the model `{model}` is stored as signatures, not vectors");
        };
        let unit = UnitMatrix::normalize(rows)?;
        self.look(ingested, &RowNeighbors::cosine(&unit), embedder.space())
    }

    fn similarity<S: Similarity>(mut self, similarity: &S) -> Result<Seen> {
        let (ingested, features) = self.features(&SignatureExtractor(similarity))?;
        let signatures = compare::signatures(&features, &ingested.images, similarity)?;
        let neighbors = compare::compared(similarity, &signatures, self.session)?;
        self.look(ingested, &*neighbors, similarity.space())
    }
}
