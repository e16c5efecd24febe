//! Groups, what is to be known of each, and the map.

use anyhow::Result;
use imgcluster_cluster::{
    Candidate, Capped, Choice, ChoiceError, PartitionsOutcome, Split, SummaryOptions, Views, cap,
    choose, noise_samples, summarize,
};
use imgcluster_core::{
    ClusterSummary, Clusterer, Clustering, Job, Layout, Neighbors, Points, Projector, Stage, Trial,
};
use imgcluster_viz::TSne;

use super::partition::NEAREST;
use crate::arguments::ClusterArguments;
use crate::failure::Refusal;
use crate::session::Session;
use crate::settings::{Algorithm, How};

pub(super) struct Analysis {
    pub(super) clustering: Clustering,
    /// What an automatic choice tried.
    pub(super) trials: Vec<Trial>,
    pub(super) summaries: Vec<ClusterSummary>,
    pub(super) noise_samples: Vec<u32>,
    pub(super) layout: Layout,
    /// Clusters of more pictures than were asked for.
    pub(super) capped: Vec<Capped>,
}

/// Groups pictures. One setting goes by `views.euclidean`, whatever the distance there is; what is
/// shown of pictures, and what splits clusters, by `views.cosine`. What was found in `parts` is not
/// looked for again; the map is then of those compared there.
pub(super) fn analyze(
    views: &Views<'_>,
    algorithm: &Algorithm,
    arguments: &ClusterArguments,
    parts: Option<&PartitionsOutcome>,
    session: &Session,
) -> Result<Analysis> {
    let output = &arguments.output;
    let job = session.job();
    let likeness = &views.cosine;
    let total = candidates(algorithm, views).map(|candidates| candidates.len() as u64);
    let stage = job.stage(Stage::Cluster, total);
    let (clustering, trials) = match parts {
        Some(parts) => (in_parts(views, algorithm, parts, &job)?, trials(parts)),
        None => cluster(views, algorithm, session, &job)?,
    };
    let options = SummaryOptions {
        samples: output.samples_per_cluster,
        seed: output.seed,
        ..SummaryOptions::default()
    };
    let summaries = summarize(likeness, &clustering, &options, &job)?;
    let noise_samples = noise_samples(&clustering, options.samples, likeness, options.seed);
    let capped = match arguments.organize.cap {
        Some(most) => cap(likeness, &clustering, most, &job)?,
        None => Vec::new(),
    };
    drop(stage);
    let map = TSne {
        seed: output.seed,
        ..TSne::default()
    };
    let layout = match parts {
        Some(parts) => {
            let compared = parts.neighbors(measure(views, algorithm), NEAREST, &job)?;
            let points = match views.euclidean.rows() {
                Some(rows) => Points::with_rows(&compared, rows),
                None => Points::pairwise(&compared),
            };
            map.project(&points, &job)
        }
        None => map.project(likeness, &job),
    };
    let layout = layout.map_err(anyhow::Error::from_boxed)?;
    Ok(Analysis {
        clustering,
        trials,
        summaries,
        noise_samples,
        layout,
        capped,
    })
}

/// What parts are measured by, as [`Partitions::measure`](imgcluster_cluster::Partitions::measure) says.
fn measure<'a>(views: &Views<'a>, algorithm: &Algorithm) -> &'a dyn Neighbors {
    match algorithm.how {
        How::One(_) => views.euclidean.neighbors(),
        How::Best { .. } => views.cosine.neighbors(),
    }
}

/// The settings to try on these pictures, if several are.
pub(super) fn candidates<'a>(
    algorithm: &'a Algorithm,
    views: &Views<'_>,
) -> Option<&'a [Candidate]> {
    match &algorithm.how {
        How::One(_) => None,
        How::Best { of_rows, of_pairs } => Some(match views.unit {
            Some(_) => of_rows,
            None => of_pairs,
        }),
    }
}

/// What decided over the clusters of all pictures: the choice of the one part, or among what is typical
/// of several.
fn trials(parts: &PartitionsOutcome) -> Vec<Trial> {
    match &parts.trials {
        None => Vec::new(),
        Some(trials) if trials.partitions.len() == 1 => trials.partitions[0].clone(),
        Some(trials) => trials.representatives.clone(),
    }
}

/// The clusters that were found in parts, split where that was asked for.
fn in_parts(
    views: &Views<'_>,
    algorithm: &Algorithm,
    parts: &PartitionsOutcome,
    job: &Job<'_>,
) -> Result<Clustering> {
    let clustering = parts.clustering.clone();
    Ok(match &algorithm.split {
        Some(split) => split.split(clustering, views.cosine.neighbors(), job)?,
        None => clustering,
    })
}

/// Groups pictures all at once; gives what an automatic choice tried.
pub(super) fn cluster(
    views: &Views<'_>,
    algorithm: &Algorithm,
    session: &Session,
    job: &Job<'_>,
) -> Result<(Clustering, Vec<Trial>)> {
    if let How::One(method) = &algorithm.how {
        let clustering = method.cluster(&views.euclidean, job);
        let clustering = clustering.map_err(anyhow::Error::from_boxed)?;
        let Some(split) = &algorithm.split else {
            return Ok((clustering, Vec::new()));
        };
        let clustering = split.split(clustering, views.cosine.neighbors(), job)?;
        return Ok((clustering, Vec::new()));
    }
    let candidates = candidates(algorithm, views).unwrap_or_default();
    best(candidates, views, algorithm.split.as_ref(), session, job)
}

/// Tries all settings, and says so.
fn best(
    candidates: &[Candidate],
    views: &Views<'_>,
    split: Option<&Split>,
    session: &Session,
    job: &Job<'_>,
) -> Result<(Clustering, Vec<Trial>)> {
    let (count, pictures) = (candidates.len(), views.cosine.len());
    session.printer.note(&format!(
        "auto: trying {count} settings on {pictures} pictures; one that would take more than a few \
         minutes is left out"
    ));
    let choice = choose(candidates, views, split, job).map_err(|error| match error {
        ChoiceError::NothingRan { .. } | ChoiceError::Nothing => {
            let hint = "try others with `--candidates`, or vectors with `--model classic`";
            anyhow::Error::from(Refusal::because(error, hint))
        }
        error => error.into(),
    })?;
    let chosen = choice.chosen();
    let flags = chosen.flags();
    session.printer.note(&match &chosen.reason {
        None => format!("auto: chose `{flags}`"),
        Some(reason) => format!("auto: no setting can be compared; kept `{flags}`, where {reason}"),
    });
    let Choice {
        clustering, trials, ..
    } = choice;
    Ok((clustering, trials))
}
