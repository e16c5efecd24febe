//! From what was typed to the plain parameters of the libraries.

use std::num::NonZeroUsize;

use anyhow::Result;
use imgcluster_cluster::{
    Agglomerative, Covariance, Cut, Dbscan, GaussianMixture, Hdbscan, KMeans, Linkage, Selection,
    Threshold,
};
use imgcluster_core::{Clusterer, Metric, Radius};
use serde_json::{Map, Value, json};

use crate::arguments::{
    AlgorithmArguments, AlgorithmName, CovarianceName, LinkageName, MetricName, SelectionName,
};
use crate::failure::Refusal;

/// An algorithm with its parameters, checked.
pub(crate) struct Algorithm {
    pub(crate) name: &'static str,
    pub(crate) clusterer: Box<dyn Clusterer>,
    /// How the distance of rows is measured; pairwise models have a distance of their own.
    pub(crate) metric: Metric,
    /// What of it only vectors have a use for, if so: the flag to change.
    pub(crate) needs_vectors: Option<&'static str>,
    /// Every parameter by flag name.
    pub(crate) parameters: Map<String, Value>,
}

/// Checks the flags of the algorithm; `seed` is that of the whole run.
///
/// # Errors
/// A usage error if a flag belongs to another algorithm or a value makes no sense.
pub(crate) fn algorithm(arguments: &AlgorithmArguments, seed: u64) -> Result<Algorithm> {
    refuse_foreign_flags(arguments)?;
    match arguments.algorithm {
        AlgorithmName::Hdbscan => hdbscan(arguments),
        AlgorithmName::Dbscan => dbscan(arguments),
        AlgorithmName::Threshold => threshold(arguments),
        AlgorithmName::Kmeans => Ok(kmeans(arguments, seed)),
        AlgorithmName::Agglomerative => agglomerative(arguments),
        AlgorithmName::Gmm => Ok(gmm(arguments, seed)),
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
        needs_vectors: None,
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
        needs_vectors: None,
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
        needs_vectors: None,
        parameters,
    })
}

fn kmeans(arguments: &AlgorithmArguments, seed: u64) -> Algorithm {
    let defaults = KMeans::default();
    let options = KMeans {
        clusters: arguments.clusters.unwrap_or(defaults.clusters),
        max_iterations: arguments.max_iterations.unwrap_or(defaults.max_iterations),
        seed,
        ..defaults
    };
    let parameters = parameters([
        ("clusters", json!(options.clusters)),
        ("max-iterations", json!(options.max_iterations)),
    ]);
    Algorithm {
        name: "kmeans",
        clusterer: Box::new(options),
        metric: Metric::Euclidean,
        needs_vectors: Some("--algorithm kmeans"),
        parameters,
    }
}

fn agglomerative(arguments: &AlgorithmArguments) -> Result<Algorithm> {
    let defaults = Agglomerative::default();
    let cut = match (arguments.clusters, arguments.distance_threshold) {
        (Some(clusters), _) => Cut::Clusters(clusters),
        (None, Some(distance)) => Cut::Distance(Radius::new(distance).map_err(|error| {
            let (flag, value) = ("--distance-threshold", distance.to_string());
            wrong_value(flag, &value, &error.to_string())
        })?),
        (None, None) => defaults.cut,
    };
    let (linkage, linkage_name) = match arguments.linkage {
        Some(LinkageName::Ward) => (Linkage::Ward, "ward"),
        Some(LinkageName::Average) | None => (Linkage::Average, "average"),
        Some(LinkageName::Complete) => (Linkage::Complete, "complete"),
        Some(LinkageName::Single) => (Linkage::Single, "single"),
    };
    let clusters = match cut {
        Cut::Clusters(clusters) => Some(clusters),
        Cut::Distance(_) => None,
    };
    let parameters = parameters([
        ("clusters", json!(clusters)),
        ("distance-threshold", json!(arguments.distance_threshold)),
        ("linkage", json!(linkage_name)),
    ]);
    let clusterer = Box::new(Agglomerative {
        cut,
        linkage,
        ..defaults
    });
    Ok(Algorithm {
        name: "agglomerative",
        clusterer,
        metric: Metric::Euclidean,
        needs_vectors: (linkage == Linkage::Ward).then_some("--linkage ward"),
        parameters,
    })
}

fn gmm(arguments: &AlgorithmArguments, seed: u64) -> Algorithm {
    let defaults = GaussianMixture::default();
    let (covariance, covariance_name) = match arguments.covariance {
        Some(CovarianceName::Full) => (Covariance::Full, "full"),
        Some(CovarianceName::Diag) | None => (Covariance::Diagonal, "diag"),
    };
    let options = GaussianMixture {
        components: arguments.clusters.unwrap_or(defaults.components),
        covariance,
        max_iterations: arguments.max_iterations.unwrap_or(defaults.max_iterations),
        seed,
        ..defaults
    };
    let parameters = parameters([
        ("clusters", json!(options.components)),
        ("covariance", json!(covariance_name)),
        ("max-iterations", json!(options.max_iterations)),
    ]);
    Algorithm {
        name: "gmm",
        clusterer: Box::new(options),
        metric: Metric::Euclidean,
        needs_vectors: Some("--algorithm gmm"),
        parameters,
    }
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

/// Refuses an algorithm that computes with vectors, for a model that makes none.
///
/// # Errors
/// A usage error that names the flag.
pub(crate) fn refuse_vector_algorithm(model: &str, algorithm: &Algorithm) -> Result<(), Refusal> {
    let Some(flag) = algorithm.needs_vectors else {
        return Ok(());
    };
    let message = format!("`{flag}` cannot be used with `--model {model}`, which makes no vectors");
    let hint = if flag.starts_with("--linkage") {
        "add `--linkage average`, or `--model classic`"
    } else {
        "add `--algorithm agglomerative`, or `--model classic`"
    };
    Err(Refusal::usage(message, hint))
}

/// Refuses flags that the chosen algorithm would ignore in silence.
fn refuse_foreign_flags(arguments: &AlgorithmArguments) -> Result<(), Refusal> {
    use AlgorithmName::{Agglomerative, Dbscan, Gmm, Hdbscan, Kmeans, Threshold};
    let given = |option: Option<NonZeroUsize>| option.is_some();
    let flags: [(&str, bool, &[AlgorithmName]); 13] = [
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
        (
            "--clusters",
            given(arguments.clusters),
            &[Kmeans, Agglomerative, Gmm],
        ),
        (
            "--max-iterations",
            given(arguments.max_iterations),
            &[Kmeans, Gmm],
        ),
        (
            "--distance-threshold",
            arguments.distance_threshold.is_some(),
            &[Agglomerative],
        ),
        ("--linkage", arguments.linkage.is_some(), &[Agglomerative]),
        ("--covariance", arguments.covariance.is_some(), &[Gmm]),
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
        AlgorithmName::Kmeans => "kmeans",
        AlgorithmName::Agglomerative => "agglomerative",
        AlgorithmName::Gmm => "gmm",
    }
}
