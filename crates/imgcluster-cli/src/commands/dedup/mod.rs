//! `dedup`: copies found, and a plan of which to keep. Nothing is done to them here.
//!
//! walk → features → chains → facts → which is kept → decisions → plan and report

mod copies;
mod facts;
mod pictures;
mod record;
mod report;
mod tell;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::SystemTime;

use anyhow::Result;
use imgcluster_cluster::same_content;
use imgcluster_core::ingest::{Candidate, Ingested};
use imgcluster_core::{
    Embedder, EmbeddingSpace, Extractor, Features, Radius, RowNeighbors, Similarity, Stage,
    UnitMatrix,
};
use imgcluster_embed::{EmbedderExtractor, SignatureExtractor, Walked};
use imgcluster_organize::{KeepRule, Plan, ThinRequest, plan_thin};
use imgcluster_viz::{ResultsFolder, VizError};

use super::done;
use super::files::Earlier;
use crate::arguments::DedupArguments;
use crate::compare;
use crate::failure::Refusal;
use crate::found::{TakingIn, tell_skipped};
use crate::input::walk_input;
use crate::machine;
use crate::model::{Model, ModelVisitor};
use crate::session::{OpenStore, Session};
use copies::{Copies, Likeness};
use pictures::{Pictures, named_folder};

/// The model of `dedup`, if no other is asked for.
const DEFAULT_MODEL: &str = "phash";

/// The plan, in the results folder.
const PLAN: &str = "plan.json";

pub(super) fn run(arguments: &DedupArguments, session: &Session) -> Result<ExitCode> {
    let started = SystemTime::now();
    let rules = copies::rules(&arguments.duplicates.keep)?;
    let threshold = copies::threshold(arguments.duplicates.threshold)?;
    check_flags(arguments)?;
    let earlier = if arguments.overwrite {
        Earlier::look(&arguments.output, &[PLAN])?
    } else {
        Earlier::default()
    };
    let folder = ResultsFolder::prepare_knowing(
        &arguments.output,
        arguments.overwrite,
        earlier.known.clone(),
    )?;
    let store = OpenStore::open(session)?;
    let looking = Looking {
        arguments,
        rules: &rules,
        threshold,
        store: &store,
        session,
        walked: walk_all(arguments, &folder, session)?,
    };
    let found = if arguments.duplicates.exact {
        looking.by_bytes()?
    } else {
        let model = Model::choose(&arguments.model, session)?;
        if arguments.model.raw {
            let message = "`--raw` does nothing with `dedup`, which compares directions";
            return Err(Refusal::usage(message, "leave `--raw` out").into());
        }
        let taking_in = TakingIn::of(&model, &arguments.input, &arguments.model);
        let device = model.device().to_owned();
        model.visit(ByModel {
            looking,
            taking_in,
            device,
        })?
    };
    finish(
        &found,
        arguments,
        (session, started),
        (folder, &earlier),
        &store,
    )
}

/// Refuses flags that contradict each other.
fn check_flags(arguments: &DedupArguments) -> Result<()> {
    let (input, flags) = (&arguments.input, &arguments.duplicates);
    let model = &arguments.model.model;
    // The model of the environment is for all commands, and no word against `--exact`.
    let is_typed = *model != DEFAULT_MODEL
        && std::env::var_os("IMGCLUSTER_MODEL").is_none_or(|usual| usual != **model);
    if flags.exact && is_typed {
        let message = format!("`--exact` compares bytes, not what `--model {model}` finds alike");
        return Err(Refusal::usage(message, "leave one of them out").into());
    }
    let named = input.paths.iter().chain(&flags.reference);
    let named: BTreeSet<PathBuf> = named.map(|path| named_folder(path)).collect();
    if flags.across && named.len() < 2 && input.files_from.is_none() {
        let message = "`--across` looks for copies in different folders, and only one was named";
        let hint = "name two or more, such as `imgcluster dedup --across FOLDER OTHER`";
        return Err(Refusal::usage(message, hint).into());
    }
    Ok(())
}

/// Finds files below all folders that were named, those to compare with among them.
fn walk_all(
    arguments: &DedupArguments,
    folder: &ResultsFolder,
    session: &Session,
) -> Result<Walked> {
    let input = &arguments.input;
    let references = &arguments.duplicates.reference;
    for reference in references {
        if !reference.is_dir() {
            let message = format!("`{}` is no folder", reference.display());
            return Err(Refusal::usage(message, "give `--reference` a folder").into());
        }
    }
    let paths = input.paths.iter().chain(references).cloned().collect();
    walk_input(
        &input.with_paths(paths),
        &[folder.path().to_owned()],
        session,
    )
}

/// What is looked for, and where.
struct Looking<'a> {
    arguments: &'a DedupArguments,
    rules: &'a [KeepRule],
    threshold: Option<Radius>,
    store: &'a OpenStore,
    session: &'a Session,
    walked: Walked,
}

/// Copies of pictures.
struct Found {
    pictures: Pictures,
    copies: Copies,
    /// What told which are alike; nothing where only bytes count.
    space: Option<EmbeddingSpace>,
    threshold: Option<f64>,
    device: String,
    embedded: usize,
}

impl Looking<'_> {
    /// Finds files of the same bytes.
    fn by_bytes(self) -> Result<Found> {
        let pictures = Pictures::by_bytes(self.walked, self.arguments, self.session)?;
        let neighbors = same_content(pictures.files.iter().map(|file| file.content));
        let likeness = Likeness {
            neighbors: &neighbors,
            radius: Radius::from_similarity(1.0)?,
        };
        let copies = Copies::find(&pictures, &likeness, self.rules, self.store, self.session)?;
        Ok(Found {
            pictures,
            copies,
            space: None,
            threshold: None,
            device: "cpu".to_owned(),
            embedded: 0,
        })
    }

    fn by_likeness(
        self,
        candidates: &[Candidate],
        ingested: Ingested,
        likeness: &Likeness<'_>,
        space: &EmbeddingSpace,
        device: String,
    ) -> Result<Found> {
        let embedded = ingested.embedded;
        let pictures = Pictures::of(candidates, ingested, self.arguments)?;
        let copies = Copies::find(&pictures, likeness, self.rules, self.store, self.session)?;
        Ok(Found {
            pictures,
            copies,
            space: Some(space.clone()),
            threshold: Some(1.0 - f64::from(likeness.radius.get())),
            device,
            embedded,
        })
    }
}

/// Looks for pictures that a model finds alike.
struct ByModel<'a> {
    looking: Looking<'a>,
    taking_in: TakingIn,
    device: String,
}

impl ByModel<'_> {
    fn features<E: Extractor>(
        &mut self,
        extractor: &E,
    ) -> Result<(Vec<Candidate>, Ingested, Features)> {
        let Looking { store, session, .. } = self.looking;
        let walked = std::mem::take(&mut self.looking.walked);
        let candidates = walked.candidates.clone();
        let (ingested, features) = self.taking_in.features(walked, extractor, store, session)?;
        Ok((candidates, ingested, features))
    }
}

impl ModelVisitor for ByModel<'_> {
    type Output = Found;

    fn embedder<E: Embedder>(mut self, embedder: &E) -> Result<Found> {
        let (candidates, ingested, features) = self.features(&EmbedderExtractor(embedder))?;
        let space = embedder.space();
        let Features::Vectors(rows) = features else {
            anyhow::bail!(
                "the model `{}` is stored as signatures, not vectors",
                space.model
            );
        };
        let unit = UnitMatrix::normalize(rows)?;
        let neighbors = RowNeighbors::cosine(&unit);
        let radius = copies::radius(self.looking.threshold, &space.model, self.looking.session)?;
        let likeness = Likeness {
            neighbors: &neighbors,
            radius,
        };
        self.looking
            .by_likeness(&candidates, ingested, &likeness, space, self.device)
    }

    fn similarity<S: Similarity>(mut self, similarity: &S) -> Result<Found> {
        let (candidates, ingested, features) = self.features(&SignatureExtractor(similarity))?;
        let space = similarity.space();
        let signatures = compare::signatures(&features, &ingested.images, similarity)?;
        let neighbors = compare::compared(similarity, &signatures, self.looking.session)?;
        let radius = copies::radius(self.looking.threshold, &space.model, self.looking.session)?;
        let likeness = Likeness {
            neighbors: &*neighbors,
            radius,
        };
        self.looking
            .by_likeness(&candidates, ingested, &likeness, space, self.device)
    }
}

/// Plans, writes and tells.
fn finish(
    found: &Found,
    arguments: &DedupArguments,
    (session, started): (&Session, SystemTime),
    (mut folder, earlier): (ResultsFolder, &Earlier),
    store: &OpenStore,
) -> Result<ExitCode> {
    let job = session.job();
    let pictures = &found.pictures;
    let request = ThinRequest {
        machine: machine::here(),
        roots: pictures.roots.clone(),
        references: pictures.references.clone(),
    };
    let made = plan_thin(
        request,
        &pictures.files,
        &pictures.sidecars,
        &found.copies.groups,
        &job,
    )?;
    for left in &made.left_out {
        session.printer.note(&format!("warning: {left}"));
    }
    tell::behind_links(found.copies.behind_links, session.printer);
    let stage = job.stage(Stage::Write, None);
    let plan = Plan::Thin(made.plan);
    let mut document = Vec::new();
    plan.write(&mut document)?;
    let Plan::Thin(plan) = plan else {
        anyhow::bail!("a plan that sorts")
    };
    let document = String::from_utf8(document)?;
    let record = record::record(found, &plan, arguments, session, started);
    folder.write(PLAN, |file| {
        file.write_all(document.as_bytes())
            .map_err(|source| VizError::Write { what: PLAN, source })
    })?;
    report::write(&mut folder, found, (&plan, &document), &record, store)?;
    let held = earlier.settle(session)?;
    let at = folder.finish(&record, &job)?;
    drop((held, stage));
    tell_skipped(&pictures.skipped, None, session.printer);
    tell::plan(&plan, found, &at, &document, session.printer)?;
    Ok(done(arguments.strict, pictures.skipped.len()))
}
