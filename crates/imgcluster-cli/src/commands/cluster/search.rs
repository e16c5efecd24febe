//! `--search approximate`: most near pairs instead of all, and how many that is.

use std::num::NonZeroUsize;

use anyhow::{Context, Result};
use imgcluster_core::{ApproximateError, ApproximateOptions, FoundNeighbors, RowNeighbors, Stage};

use crate::arguments::{ClusterArguments, SearchName};
use crate::failure::Refusal;
use crate::session::Session;
use crate::settings::Algorithm;

/// Neighbours of which the recall is told.
const RECALL_AT: NonZeroUsize = NonZeroUsize::new(10).expect("ten is not zero");
/// Pictures whose neighbours are also sought exactly.
const SAMPLE: NonZeroUsize = NonZeroUsize::new(200).expect("not zero");

/// Refuses an approximate search where none is made.
///
/// # Errors
/// A usage error that names the flag.
pub(super) fn refuse_algorithm(search: SearchName, algorithm: &Algorithm) -> Result<(), Refusal> {
    let searches = ["hdbscan", "dbscan", "threshold"].contains(&algorithm.name);
    if search == SearchName::Exact || searches {
        return Ok(());
    }
    let message = format!(
        "`--search approximate` does nothing with `--algorithm {}`, which does not search for near \
         pairs",
        algorithm.name
    );
    Err(Refusal::usage(
        message,
        "leave `--search` out, or add `--algorithm hdbscan`",
    ))
}

/// Refuses an approximate search for a model that makes no vectors.
///
/// # Errors
/// A usage error that names the flag.
pub(super) fn refuse_model(search: SearchName, model: &str) -> Result<(), Refusal> {
    if search == SearchName::Exact {
        return Ok(());
    }
    let message = format!(
        "`--search approximate` cannot be used with `--model {model}`: it is for vectors, and \
         hashes are searched exactly in seconds"
    );
    Err(Refusal::usage(
        message,
        "leave `--search` out, or add `--model classic`",
    ))
}

/// An approximate search, and the share of the nearest that it finds.
pub(super) struct Approximate<'a> {
    pub(super) neighbors: FoundNeighbors<'a>,
    pub(super) recall: Option<f64>,
}

/// Prepares the search, if it was asked for, and tells how good it is.
pub(super) fn approximate<'a>(
    arguments: &ClusterArguments,
    exact: &'a RowNeighbors<'a>,
    session: &Session,
) -> Result<Option<Approximate<'a>>> {
    if arguments.search.search == SearchName::Exact {
        return Ok(None);
    }
    let job = session.job();
    let _stage = job.stage(Stage::Cluster, None);
    let defaults = ApproximateOptions::default();
    let min_samples = arguments.algorithm.min_samples.first().copied();
    let options = ApproximateOptions {
        neighbors: defaults.neighbors.max(min_samples.unwrap_or(RECALL_AT)),
        seed: arguments.output.seed,
        ..defaults
    };
    let neighbors = match FoundNeighbors::by_graph(exact, &options, &job) {
        Err(ApproximateError::Cancelled(cancelled)) => return Err(cancelled.into()),
        other => other.context("cannot search approximately")?,
    };
    let recall = neighbors.recall(RECALL_AT, SAMPLE, &job)?;
    if let Some(recall) = recall {
        session.printer.note(&format!(
            "approximate search: {:.1} % of the {RECALL_AT} nearest were found, by an exact search \
             for up to {SAMPLE} pictures",
            100.0 * recall
        ));
    }
    Ok(Some(Approximate { neighbors, recall }))
}
