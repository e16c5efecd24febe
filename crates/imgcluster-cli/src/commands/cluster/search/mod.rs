//! `--search`: most near pairs instead of all, and how many that is.

mod copies;
mod database;

use std::num::NonZeroUsize;

use anyhow::{Context, Result};
use clap::ValueEnum;
use imgcluster_core::{
    ApproximateError, ApproximateOptions, ContentHash, EmbeddingSpace, FoundNeighbors, Job, Metric,
    RowNeighbors, Stage,
};
use imgcluster_store::StoreUrl;

use crate::arguments::{ClusterArguments, SearchName};
use crate::failure::Refusal;
use crate::session::{OpenStore, Session};
use crate::settings::Algorithm;

/// Neighbours of which the recall is told.
const RECALL_AT: NonZeroUsize = NonZeroUsize::new(10).expect("ten is not zero");
/// Pictures whose neighbours are also sought exactly.
const SAMPLE: NonZeroUsize = NonZeroUsize::new(200).expect("not zero");

/// A choice as it is typed.
fn typed(search: SearchName) -> String {
    let value = search.to_possible_value();
    value.map_or_else(String::new, |value| value.get_name().to_owned())
}

/// Refuses a search that is not exact where none is made.
///
/// # Errors
/// A usage error that names the flag.
pub(super) fn refuse_algorithm(search: SearchName, algorithm: &Algorithm) -> Result<(), Refusal> {
    let searches = ["hdbscan", "dbscan", "threshold"].contains(&algorithm.name);
    if search == SearchName::Exact || searches {
        return Ok(());
    }
    let message = format!(
        "`--search {}` does nothing with `--algorithm {}`, which does not search for near pairs",
        typed(search),
        algorithm.name
    );
    Err(Refusal::usage(
        message,
        "leave `--search` out, or add `--algorithm hdbscan`",
    ))
}

/// Refuses a search in the database where there is none that can search.
///
/// # Errors
/// A usage error that names both flags.
pub(super) fn refuse_store(search: SearchName, store: &StoreUrl) -> Result<(), Refusal> {
    if search != SearchName::Database || matches!(store, StoreUrl::Postgres(_)) {
        return Ok(());
    }
    Err(Refusal::usage(
        "`--search database` needs a store in PostgreSQL, and `--store` names none",
        "leave `--search` out, or name a database, such as `--store postgres://ada@localhost/pictures`",
    ))
}

/// Refuses a search that is not exact for a model that makes no vectors.
///
/// # Errors
/// A usage error that names the flag.
pub(super) fn refuse_model(search: SearchName, model: &str) -> Result<(), Refusal> {
    if search == SearchName::Exact {
        return Ok(());
    }
    let message = format!(
        "`--search {}` cannot be used with `--model {model}`: it is for vectors; this model \
         compares all pairs, exactly",
        typed(search)
    );
    Err(Refusal::usage(
        message,
        "leave `--search` out, or add `--model classic`",
    ))
}

/// What is searched.
pub(super) struct Searched<'a> {
    pub(super) exact: &'a RowNeighbors<'a>,
    /// What `exact` measures.
    pub(super) metric: Metric,
    /// Where the rows are in the store.
    pub(super) space: &'a EmbeddingSpace,
    /// Of which content each row is.
    pub(super) contents: &'a [ContentHash],
}

/// A search that is not exact, and the share of the nearest that it finds.
pub(super) struct Approximate<'a> {
    pub(super) neighbors: FoundNeighbors<'a>,
    pub(super) recall: Option<f64>,
}

/// Prepares the search, if one that is not exact was asked for, and tells how good it is.
pub(super) fn approximate<'a>(
    searched: &Searched<'a>,
    arguments: &ClusterArguments,
    store: &OpenStore,
    session: &Session,
) -> Result<Option<Approximate<'a>>> {
    let search = arguments.search.search;
    let job = session.job();
    let _stage = (search != SearchName::Exact).then(|| job.stage(Stage::Cluster, None));
    let neighbors = match search {
        SearchName::Exact => return Ok(None),
        SearchName::Approximate => by_graph(searched.exact, arguments, &job)?,
        SearchName::Database => {
            let deep = min_samples(arguments).max(RECALL_AT);
            database::search(searched, deep, arguments.model.raw, store, &job)?
        }
    };
    let recall = neighbors.recall(RECALL_AT, SAMPLE, &job)?;
    if let Some(recall) = recall {
        session.printer.note(&format!(
            "{} search: {:.1} % of the {RECALL_AT} nearest were found, by an exact search for up to \
             {SAMPLE} pictures",
            typed(search),
            100.0 * recall
        ));
    }
    Ok(Some(Approximate { neighbors, recall }))
}

/// How many neighbours an algorithm goes by at least.
fn min_samples(arguments: &ClusterArguments) -> NonZeroUsize {
    let given = arguments.algorithm.min_samples.first();
    given.copied().unwrap_or(RECALL_AT)
}

fn by_graph<'a>(
    exact: &'a RowNeighbors<'a>,
    arguments: &ClusterArguments,
    job: &Job<'_>,
) -> Result<FoundNeighbors<'a>> {
    let defaults = ApproximateOptions::default();
    let options = ApproximateOptions {
        neighbors: defaults.neighbors.max(min_samples(arguments)),
        seed: arguments.output.seed,
        ..defaults
    };
    match FoundNeighbors::by_graph(exact, &options, job) {
        Err(ApproximateError::Cancelled(cancelled)) => Err(cancelled.into()),
        other => other.context("cannot search approximately"),
    }
}
