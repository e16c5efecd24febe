//! From what was typed to the plain parameters of the libraries.

use std::num::NonZeroUsize;

use anyhow::Result;
use imgcluster_cluster::{Dbscan, Hdbscan, Selection, Threshold};
use imgcluster_core::{Clusterer, Metric, Radius};
use serde_json::{Map, Value, json};

use crate::arguments::{AlgorithmArguments, AlgorithmName, MetricName, SelectionName};
use crate::failure::Refusal;

/// An algorithm with its parameters, checked.
pub(crate) struct Algorithm {
    pub(crate) name: &'static str,
    pub(crate) clusterer: Box<dyn Clusterer>,
    /// How the distance of rows is measured; pairwise models have a distance of their own.
    pub(crate) metric: Metric,
    /// Every parameter by flag name.
    pub(crate) parameters: Map<String, Value>,
}

/// Checks the flags of the algorithm.
///
/// # Errors
/// A usage error if a flag belongs to another algorithm or a value makes no sense.
pub(crate) fn algorithm(arguments: &AlgorithmArguments) -> Result<Algorithm> {
    refuse_foreign_flags(arguments)?;
    match arguments.algorithm {
        AlgorithmName::Hdbscan => hdbscan(arguments),
        AlgorithmName::Dbscan => dbscan(arguments),
        AlgorithmName::Threshold => threshold(arguments),
    }
}

fn hdbscan(arguments: &AlgorithmArguments) -> Result<Algorithm> {
    let defaults = Hdbscan::default();
    let selection = match arguments.selection {
        Some(SelectionName::Leaf) => Selection::Leaf,
        Some(SelectionName::Eom) => Selection::Eom,
        None => defaults.selection,
    };
    let options = Hdbscan {
        min_cluster_size: arguments
            .min_cluster_size
            .map_or(defaults.min_cluster_size, usize::from),
        min_samples: arguments.min_samples.unwrap_or(defaults.min_samples),
        selection,
        allow_single_cluster: arguments.allow_single_cluster,
        max_cluster_size: arguments.max_cluster_size.or(defaults.max_cluster_size),
    };
    options
        .validate()
        .map_err(|error| Refusal::usage(error.to_string(), "see `imgcluster cluster --help`"))?;
    let selection = if options.selection == Selection::Leaf {
        "leaf"
    } else {
        "eom"
    };
    let parameters = parameters([
        ("min-cluster-size", json!(options.min_cluster_size)),
        ("min-samples", json!(options.min_samples)),
        ("selection", json!(selection)),
        ("allow-single-cluster", json!(options.allow_single_cluster)),
        ("max-cluster-size", json!(options.max_cluster_size)),
    ]);
    // Euclidean distance of unit rows, as scikit-learn users run it on normalised embeddings.
    Ok(Algorithm {
        name: "hdbscan",
        clusterer: Box::new(options),
        metric: Metric::Euclidean,
        parameters,
    })
}

fn dbscan(arguments: &AlgorithmArguments) -> Result<Algorithm> {
    let defaults = Dbscan::default();
    let eps = arguments.eps.unwrap_or(0.3);
    let radius = Radius::new(eps)
        .map_err(|error| wrong_value("--eps", &eps.to_string(), &error.to_string()))?;
    let options = Dbscan {
        radius,
        min_samples: arguments.min_samples.unwrap_or(defaults.min_samples),
    };
    let (metric, metric_name) = match arguments.metric {
        Some(MetricName::Euclidean) => (Metric::Euclidean, "euclidean"),
        Some(MetricName::Cosine) | None => (Metric::Cosine, "cosine"),
    };
    let parameters = parameters([
        ("eps", json!(eps)),
        ("min-samples", json!(options.min_samples)),
        ("metric", json!(metric_name)),
    ]);
    Ok(Algorithm {
        name: "dbscan",
        clusterer: Box::new(options),
        metric,
        parameters,
    })
}

fn threshold(arguments: &AlgorithmArguments) -> Result<Algorithm> {
    let similarity = arguments.threshold.unwrap_or(0.85);
    let radius = Radius::from_similarity(similarity)
        .map_err(|error| wrong_value("--threshold", &similarity.to_string(), &error.to_string()))?;
    let parameters = parameters([("threshold", json!(similarity))]);
    let clusterer = Box::new(Threshold { radius });
    Ok(Algorithm {
        name: "threshold",
        clusterer,
        metric: Metric::Cosine,
        parameters,
    })
}

fn parameters<const N: usize>(pairs: [(&str, Value); N]) -> Map<String, Value> {
    pairs
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn wrong_value(flag: &str, value: &str, why: &str) -> Refusal {
    Refusal::usage(format!("`{value}` is no value for `{flag}`"), why)
}

/// Refuses flags that say how vectors are treated, for a model that makes none.
///
/// # Errors
/// A usage error that names the flag.
pub(crate) fn refuse_vector_flags(
    model: &str,
    raw: bool,
    metric: Option<MetricName>,
) -> Result<(), Refusal> {
    for (flag, given) in [("--raw", raw), ("--metric", metric.is_some())] {
        if given {
            let message =
                format!("`{flag}` does nothing with `--model {model}`, which makes no vectors");
            return Err(Refusal::usage(
                message,
                format!("leave `{flag}` out, or add `--model classic`"),
            ));
        }
    }
    Ok(())
}

/// Refuses flags that the chosen algorithm would ignore in silence.
fn refuse_foreign_flags(arguments: &AlgorithmArguments) -> Result<(), Refusal> {
    use AlgorithmName::{Dbscan, Hdbscan, Threshold};
    let given = |option: Option<NonZeroUsize>| option.is_some();
    let flags: [(&str, bool, &[AlgorithmName]); 8] = [
        (
            "--min-cluster-size",
            given(arguments.min_cluster_size),
            &[Hdbscan],
        ),
        (
            "--min-samples",
            given(arguments.min_samples),
            &[Hdbscan, Dbscan],
        ),
        ("--selection", arguments.selection.is_some(), &[Hdbscan]),
        (
            "--allow-single-cluster",
            arguments.allow_single_cluster,
            &[Hdbscan],
        ),
        (
            "--max-cluster-size",
            given(arguments.max_cluster_size),
            &[Hdbscan],
        ),
        ("--eps", arguments.eps.is_some(), &[Dbscan]),
        ("--metric", arguments.metric.is_some(), &[Dbscan]),
        ("--threshold", arguments.threshold.is_some(), &[Threshold]),
    ];
    for (flag, given, owners) in flags {
        if given && !owners.contains(&arguments.algorithm) {
            let (chosen, owner) = (name(arguments.algorithm), name(owners[0]));
            let message = format!("`{flag}` does nothing with `--algorithm {chosen}`");
            let hint = format!("add `--algorithm {owner}`, or leave `{flag}` out");
            return Err(Refusal::usage(message, hint));
        }
    }
    Ok(())
}

fn name(algorithm: AlgorithmName) -> &'static str {
    match algorithm {
        AlgorithmName::Hdbscan => "hdbscan",
        AlgorithmName::Dbscan => "dbscan",
        AlgorithmName::Threshold => "threshold",
    }
}
