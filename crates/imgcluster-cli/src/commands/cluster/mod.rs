//! `cluster`: the main job, one step after the other.
//!
//! settings → walk → ingest → load → cluster → sum up → map → write → remember → tell → sort files

mod analysis;
mod memory;
mod organize;
mod partition;
mod record;
mod search;
mod tell;
mod whiten;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

use anyhow::Result;
use imgcluster_cluster::Views;
use imgcluster_core::ingest::{Candidate, Ingested};
use imgcluster_core::{
    Embedder, EmbeddingSpace, Extractor, Features, Matrix, Metric, NewRun, Outcome, Points,
    RowNeighbors, RunMember, Similarity, Store, UnitMatrix,
};
use imgcluster_embed::{EmbedderExtractor, SignatureExtractor, Walked};
use imgcluster_viz::{ResultsFolder, ResultsOptions, write_results};

use super::done;
use super::files::{Earlier, preview};
use crate::arguments::ClusterArguments;
use crate::compare;
use crate::found::{TakingIn, contents, tell_skipped, thumbnails};
use crate::input::walk_input;
use crate::model::{Model, ModelVisitor};
use crate::session::{OpenStore, Session, address};
use crate::settings::{self, Algorithm};
use analysis::{Analysis, analyze};
use partition::{Parted, Parting};
use record::RunFacts;
use search::Searched;

pub(super) fn run(arguments: &ClusterArguments, session: &Session) -> Result<ExitCode> {
    let started = SystemTime::now();
    let (named, seed) = (&arguments.model.model, arguments.output.seed);
    let algorithm = settings::algorithm(&arguments.algorithm, named, seed)?;
    search::refuse_algorithm(arguments.search.search, &algorithm)?;
    whiten::refuse_search(arguments)?;
    partition::refuse(arguments)?;
    let output = &arguments.output;
    organize::refuse(arguments)?;
    // What costs nothing is asked before a model is downloaded and loaded.
    let earlier = if output.overwrite {
        Earlier::look(&output.output, &[organize::SORTED, organize::CAPPED])?
    } else {
        Earlier::default()
    };
    let folder = if arguments.organize.dry_run {
        None
    } else {
        let known = earlier.known.clone();
        Some(ResultsFolder::prepare_knowing(
            &output.output,
            output.overwrite,
            known,
        )?)
    };
    let url = address(&session.store)?;
    search::refuse_store(arguments.search.search, &url)?;
    let store = OpenStore::open_url(url, session)?;
    let model = Model::choose(&arguments.model, session)?;
    if !model.makes_vectors() {
        let metric = arguments.algorithm.metric;
        settings::refuse_vector_flags(model.name(), arguments.model.raw, metric)?;
        whiten::refuse_model(arguments, model.name())?;
        settings::refuse_vector_algorithm(model.name(), &algorithm)?;
        search::refuse_model(arguments.search.search, model.name())?;
    }
    let leave_out = folder
        .as_ref()
        .map_or(output.output.as_path(), ResultsFolder::path);
    let left_out = [leave_out.to_owned(), partition::beside(leave_out)];
    let walked = walk_input(&arguments.input, &left_out, session)?;
    let found = model.visit(Grouping {
        walked,
        output: leave_out.to_owned(),
        candidates: Vec::new(),
        arguments,
        algorithm: &algorithm,
        taking_in: TakingIn::of(&model, &arguments.input, &arguments.model),
        store: &store,
        session,
    })?;
    let facts = RunFacts {
        arguments,
        device: model.device(),
        algorithm: &algorithm,
        session,
        started,
        found: &found,
    };
    let Some(folder) = folder else {
        let plan = organize::plan(&found, arguments, &output.output, session)?;
        if let Some(plan) = plan {
            preview(&plan, None, session)?;
        }
        if let Some(parted) = &found.parted {
            parted.finish(session);
        }
        return Ok(ExitCode::SUCCESS);
    };
    let finished = finish(&facts, folder, &earlier, &store);
    if let (Err(_), Some(parted)) = (&finished, &found.parted) {
        parted.tell_kept(session);
    }
    finished
}

/// What the pictures are and how they group.
struct Found {
    ingested: Ingested,
    /// The files among which the pictures are; only where files are to be sorted.
    candidates: Vec<Candidate>,
    features: Features,
    analysis: Analysis,
    space: EmbeddingSpace,
    /// The share of the nearest that an approximate search finds.
    recall: Option<f64>,
    /// What was found in parts, if it was.
    parted: Option<Parted>,
}

/// Takes pictures in and groups them, with whatever model it is.
struct Grouping<'a> {
    walked: Walked,
    /// Where the results will be.
    output: PathBuf,
    candidates: Vec<Candidate>,
    arguments: &'a ClusterArguments,
    algorithm: &'a Algorithm,
    taking_in: TakingIn,
    store: &'a OpenStore,
    session: &'a Session,
}

impl Grouping<'_> {
    /// Takes pictures in and loads their features, in order.
    fn features<E: Extractor>(&mut self, extractor: &E) -> Result<(Ingested, Features)> {
        let walked = std::mem::take(&mut self.walked);
        if self.arguments.organize.touches_files() {
            self.candidates.clone_from(&walked.candidates);
        }
        self.taking_in
            .features(walked, extractor, self.store, self.session)
    }

    /// Clusters in parts, if that was asked for.
    fn in_parts(
        &self,
        space: &EmbeddingSpace,
        ingested: &Ingested,
        views: &Views<'_>,
    ) -> Result<Option<Parted>> {
        let raw = self.arguments.model.raw;
        let parting = Parting {
            images: &ingested.images,
            views,
            algorithm: self.algorithm,
            model: format!(
                "{space:?}, raw {raw}, whiten {}, {:?}",
                self.arguments.whiten, self.algorithm.metric
            ),
            output: &self.output,
        };
        parting.find(self.arguments, self.session)
    }
}

impl ModelVisitor for Grouping<'_> {
    type Output = Found;

    fn embedder<E: Embedder>(mut self, embedder: &E) -> Result<Found> {
        let extractor = EmbedderExtractor(embedder);
        let (ingested, features) = self.features(&extractor)?;
        let Features::Vectors(rows) = features else {
            anyhow::bail!(
                "the model `{}` is stored as signatures, not vectors",
                embedder.space().model
            );
        };
        let raw: Option<Matrix> = self.arguments.model.raw.then(|| rows.clone());
        let unit = if self.arguments.whiten {
            whiten::whiten(&rows, self.session)?
        } else {
            UnitMatrix::normalize(rows)?
        };
        memory::check(unit.view(), self.session.job().threads())?;
        let cosine = RowNeighbors::cosine(&unit);
        let likeness = Points::with_rows(&cosine, unit.view());
        let measured = raw.as_ref().map_or(unit.view(), Matrix::view);
        let euclidean;
        let (exact, measured) = match self.algorithm.metric {
            Metric::Cosine => (&cosine, unit.view()),
            Metric::Euclidean => {
                euclidean = RowNeighbors::euclidean(measured);
                (&euclidean, measured)
            }
        };
        let contents = contents(&ingested);
        let searched = Searched {
            exact,
            metric: self.algorithm.metric,
            space: embedder.space(),
            contents: &contents,
        };
        let approximate = search::approximate(&searched, self.arguments, self.store, self.session)?;
        let points = match &approximate {
            Some(approximate) => Points::with_rows(&approximate.neighbors, measured),
            None => Points::with_rows(exact, measured),
        };
        let views = Views {
            euclidean: points,
            cosine: likeness,
            unit: Some(&unit),
        };
        let parted = self.in_parts(embedder.space(), &ingested, &views)?;
        let parts = parted.as_ref().map(|parted| &parted.outcome);
        let analysis = analyze(&views, self.algorithm, self.arguments, parts, self.session)?;
        let recall = approximate.and_then(|approximate| approximate.recall);
        let features = Features::Vectors(raw.unwrap_or_else(|| unit.clone().into_matrix()));
        Ok(Found {
            ingested,
            candidates: self.candidates,
            features,
            analysis,
            space: embedder.space().clone(),
            recall,
            parted,
        })
    }

    fn similarity<S: Similarity>(mut self, similarity: &S) -> Result<Found> {
        let extractor = SignatureExtractor(similarity);
        let (ingested, features) = self.features(&extractor)?;
        let signatures = compare::signatures(&features, &ingested.images, similarity)?;
        // Parts are there to spare most pairs.
        let flags = &self.arguments.partition;
        let neighbors = if flags.partition.is_some() && !flags.partition_agreement {
            similarity.neighbors(&signatures)
        } else {
            compare::compared(similarity, &signatures, self.session)?
        };
        let views = Views::pairwise(Points::pairwise(&*neighbors));
        let parted = self.in_parts(similarity.space(), &ingested, &views)?;
        let parts = parted.as_ref().map(|parted| &parted.outcome);
        let analysis = analyze(&views, self.algorithm, self.arguments, parts, self.session)?;
        Ok(Found {
            ingested,
            candidates: self.candidates,
            features,
            analysis,
            space: similarity.space().clone(),
            recall: None,
            parted,
        })
    }
}

/// Writes, remembers and tells.
fn finish(
    facts: &RunFacts<'_>,
    mut folder: ResultsFolder,
    earlier: &Earlier,
    store: &OpenStore,
) -> Result<ExitCode> {
    let RunFacts {
        arguments,
        session,
        found,
        ..
    } = *facts;
    let thumbnails = thumbnails(&found.ingested, store)?;
    let record = facts.record();
    let outcome = Outcome {
        images: &found.ingested.images,
        thumbnails: &thumbnails,
        features: &found.features,
        clustering: &found.analysis.clustering,
        summaries: &found.analysis.summaries,
        noise_samples: &found.analysis.noise_samples,
        layout: &found.analysis.layout,
        trials: &found.analysis.trials,
        skipped: &found.ingested.skipped,
        run: &record,
    };
    let options = ResultsOptions::default();
    if let Some(parted) = &found.parted {
        parted.keep(&found.ingested.images, &mut folder)?;
    }
    let held = earlier.settle(session)?;
    let folder = write_results(&outcome, folder, &options, &session.job())?;
    drop(held);
    if let Some(parted) = &found.parted {
        parted.finish(session);
    }
    let members = members(found);
    store.wait(store.store.record_run(NewRun {
        record: &record,
        members: &members,
    }))?;
    let output: &Path = &arguments.output.output;
    tell_skipped(
        outcome.skipped,
        Some(&output.join("skipped.csv")),
        session.printer,
    );
    let organized = organize::run(found, arguments, &folder, session);
    let told = organized.as_ref().ok().and_then(Option::as_ref);
    tell::outcome(
        &outcome,
        output,
        told.map(|organized| &organized.document),
        session.printer,
    )?;
    if let Some(organized) = organized? {
        session.printer.answer(&organized.line)?;
        organized.failure.map_or(Ok(()), Err)?;
    }
    Ok(done(arguments.strict, outcome.skipped.len()))
}

fn members(found: &Found) -> Vec<RunMember> {
    let clustering = &found.analysis.clustering;
    let strengths = clustering.strengths();
    let images = found.ingested.images.iter().enumerate();
    images
        .map(|(row, image)| RunMember {
            path: image.path.clone(),
            content: image.content,
            label: clustering.labels()[row],
            strength: strengths.map(|strengths| strengths[row]),
        })
        .collect()
}
