//! From what was typed to the plain parameters of the libraries.

mod auto;
mod refuse;

pub(crate) use refuse::{refuse_vector_algorithm, refuse_vector_flags};

use anyhow::Result;
use imgcluster_cluster::{
    Agglomerative, Candidate, Covariance, Cut, Dbscan, GaussianMixture, Hdbscan, KMeans, Linkage,
    Method, Selection, Split, Threshold,
};
use imgcluster_core::{Metric, Radius};
use imgcluster_embed::zoo::grouping_threshold;
use serde_json::{Map, Value, json};

use crate::arguments::{
    AlgorithmArguments, AlgorithmName, CovarianceName, LinkageName, MetricName, SelectionName,
};
use crate::failure::Refusal;
use crate::run_record::named;

/// An algorithm with its parameters, checked.
pub(crate) struct Algorithm {
    pub(crate) name: &'static str,
    pub(crate) how: How,
    /// What splits its clusters, if anything does.
    pub(crate) split: Option<Split>,
    /// How the distance of rows is measured; pairwise models have a distance of their own.
    pub(crate) metric: Metric,
    /// What of it only vectors have a use for, if so: the flag to change.
    pub(crate) needs_vectors: Option<&'static str>,
    /// Every parameter by flag name.
    pub(crate) parameters: Map<String, Value>,
}

/// What makes the clusters.
#[derive(Debug)]
pub(crate) enum How {
    /// One setting.
    One(Method),
    /// The best of many.
    Best {
        /// Those to try on vectors.
        of_rows: Vec<Candidate>,
        /// Those to try on pictures that have only similarities.
        of_pairs: Vec<Candidate>,
    },
}

/// Checks the flags of the algorithm; `seed` is that of the whole run. What pictures must have in
/// common at least, where that is not said, depends on the `model`.
///
/// # Errors
/// A usage error if a flag belongs to another algorithm or a value makes no sense.
pub(crate) fn algorithm(
    arguments: &AlgorithmArguments,
    model: &str,
    seed: u64,
) -> Result<Algorithm> {
    refuse::refuse_foreign_flags(arguments)?;
    if arguments.algorithm != AlgorithmName::Auto {
        refuse::refuse_lists(arguments)?;
    }
    let mut algorithm = match arguments.algorithm {
        AlgorithmName::Hdbscan => hdbscan(arguments),
        AlgorithmName::Dbscan => dbscan(arguments, model),
        AlgorithmName::Threshold => threshold(arguments, model),
        AlgorithmName::Kmeans => Ok(kmeans(arguments, seed)),
        AlgorithmName::Agglomerative => agglomerative(arguments),
        AlgorithmName::Gmm => Ok(gmm(arguments, seed)),
        AlgorithmName::Auto => auto::auto(arguments, seed),
    }?;
    algorithm.split = split(arguments)?;
    let limit = ("min-similarity".to_owned(), json!(arguments.min_similarity));
    algorithm.parameters.extend([limit]);
    Ok(algorithm)
}

fn split(arguments: &AlgorithmArguments) -> Result<Option<Split>> {
    let Some(similarity) = arguments.min_similarity else {
        return Ok(None);
    };
    let radius = Radius::from_similarity(similarity).map_err(|error| {
        wrong_value(
            "--min-similarity",
            &similarity.to_string(),
            &error.to_string(),
        )
    })?;
    Ok(Some(Split::within(radius)))
}

/// The one value of a flag that may be a list elsewhere.
fn one<T: Copy>(values: &[T]) -> Option<T> {
    values.first().copied()
}

fn hdbscan(arguments: &AlgorithmArguments) -> Result<Algorithm> {
    let defaults = Hdbscan::default();
    let selection = match one(&arguments.selection) {
        Some(SelectionName::Leaf) => Selection::Leaf,
        Some(SelectionName::Eom) => Selection::Eom,
        None => defaults.selection,
    };
    let options = Hdbscan {
        min_cluster_size: one(&arguments.min_cluster_size)
            .map_or(defaults.min_cluster_size, usize::from),
        min_samples: one(&arguments.min_samples).unwrap_or(defaults.min_samples),
        selection,
        allow_single_cluster: arguments.allow_single_cluster,
        max_cluster_size: one(&arguments.max_cluster_size).or(defaults.max_cluster_size),
    };
    options
        .validate()
        .map_err(|error| Refusal::usage(error.to_string(), "see `imgcluster cluster --help`"))?;
    let selection = if options.selection == Selection::Leaf {
        "leaf"
    } else {
        "eom"
    };
    let parameters = named([
        ("min-cluster-size", json!(options.min_cluster_size)),
        ("min-samples", json!(options.min_samples)),
        ("selection", json!(selection)),
        ("allow-single-cluster", json!(options.allow_single_cluster)),
        ("max-cluster-size", json!(options.max_cluster_size)),
    ]);
    // Euclidean distance of unit rows, as scikit-learn users run it on normalised embeddings.
    Ok(Algorithm {
        name: "hdbscan",
        how: How::One(Method::Hdbscan(options)),
        split: None,
        metric: Metric::Euclidean,
        needs_vectors: None,
        parameters,
    })
}

fn dbscan(arguments: &AlgorithmArguments, model: &str) -> Result<Algorithm> {
    let defaults = Dbscan::default();
    // Rounded as it is typed: 1 - 0.9 is a little less than 0.1 in floating point.
    let distance = |similarity: f64| ((1.0 - similarity) * 1e6).round() / 1e6;
    let usual = || grouping_threshold(model).map_or(0.3, distance);
    let eps = one(&arguments.eps).unwrap_or_else(usual);
    let radius = Radius::new(eps)
        .map_err(|error| wrong_value("--eps", &eps.to_string(), &error.to_string()))?;
    let options = Dbscan {
        radius,
        min_samples: one(&arguments.min_samples).unwrap_or(defaults.min_samples),
    };
    let (metric, metric_name) = match arguments.metric {
        Some(MetricName::Euclidean) => (Metric::Euclidean, "euclidean"),
        Some(MetricName::Cosine) | None => (Metric::Cosine, "cosine"),
    };
    let parameters = named([
        ("eps", json!(eps)),
        ("min-samples", json!(options.min_samples)),
        ("metric", json!(metric_name)),
    ]);
    Ok(Algorithm {
        name: "dbscan",
        how: How::One(Method::Dbscan(options)),
        split: None,
        metric,
        needs_vectors: None,
        parameters,
    })
}

fn threshold(arguments: &AlgorithmArguments, model: &str) -> Result<Algorithm> {
    let usual = || grouping_threshold(model).unwrap_or(0.85);
    let similarity = one(&arguments.threshold).unwrap_or_else(usual);
    let radius = Radius::from_similarity(similarity)
        .map_err(|error| wrong_value("--threshold", &similarity.to_string(), &error.to_string()))?;
    let parameters = named([("threshold", json!(similarity))]);
    Ok(Algorithm {
        name: "threshold",
        how: How::One(Method::Threshold(Threshold { radius })),
        split: None,
        metric: Metric::Cosine,
        needs_vectors: None,
        parameters,
    })
}

fn kmeans(arguments: &AlgorithmArguments, seed: u64) -> Algorithm {
    let defaults = KMeans::default();
    let options = KMeans {
        clusters: one(&arguments.clusters).unwrap_or(defaults.clusters),
        max_iterations: one(&arguments.max_iterations).unwrap_or(defaults.max_iterations),
        seed,
        ..defaults
    };
    let parameters = named([
        ("clusters", json!(options.clusters)),
        ("max-iterations", json!(options.max_iterations)),
    ]);
    Algorithm {
        name: "kmeans",
        how: How::One(Method::KMeans(options)),
        split: None,
        metric: Metric::Euclidean,
        needs_vectors: Some("--algorithm kmeans"),
        parameters,
    }
}

fn agglomerative(arguments: &AlgorithmArguments) -> Result<Algorithm> {
    let defaults = Agglomerative::default();
    let cut = match (one(&arguments.clusters), arguments.distance_threshold) {
        (Some(clusters), _) => Cut::Clusters(clusters),
        (None, Some(distance)) => Cut::Distance(Radius::new(distance).map_err(|error| {
            let (flag, value) = ("--distance-threshold", distance.to_string());
            wrong_value(flag, &value, &error.to_string())
        })?),
        (None, None) => defaults.cut,
    };
    let (linkage, linkage_name) = match one(&arguments.linkage) {
        Some(LinkageName::Ward) => (Linkage::Ward, "ward"),
        Some(LinkageName::Average) | None => (Linkage::Average, "average"),
        Some(LinkageName::Complete) => (Linkage::Complete, "complete"),
        Some(LinkageName::Single) => (Linkage::Single, "single"),
    };
    let clusters = match cut {
        Cut::Clusters(clusters) => Some(clusters),
        Cut::Distance(_) => None,
    };
    let parameters = named([
        ("clusters", json!(clusters)),
        ("distance-threshold", json!(arguments.distance_threshold)),
        ("linkage", json!(linkage_name)),
    ]);
    let options = Agglomerative {
        cut,
        linkage,
        ..defaults
    };
    Ok(Algorithm {
        name: "agglomerative",
        how: How::One(Method::Agglomerative(options)),
        split: None,
        metric: Metric::Euclidean,
        needs_vectors: (linkage == Linkage::Ward).then_some("--linkage ward"),
        parameters,
    })
}

fn gmm(arguments: &AlgorithmArguments, seed: u64) -> Algorithm {
    let defaults = GaussianMixture::default();
    let (covariance, covariance_name) = match one(&arguments.covariance) {
        Some(CovarianceName::Full) => (Covariance::Full, "full"),
        Some(CovarianceName::Diag) | None => (Covariance::Diagonal, "diag"),
    };
    let options = GaussianMixture {
        components: one(&arguments.clusters).unwrap_or(defaults.components),
        covariance,
        max_iterations: one(&arguments.max_iterations).unwrap_or(defaults.max_iterations),
        seed,
        ..defaults
    };
    let parameters = named([
        ("clusters", json!(options.components)),
        ("covariance", json!(covariance_name)),
        ("max-iterations", json!(options.max_iterations)),
    ]);
    Algorithm {
        name: "gmm",
        how: How::One(Method::GaussianMixture(options)),
        split: None,
        metric: Metric::Euclidean,
        needs_vectors: Some("--algorithm gmm"),
        parameters,
    }
}

fn wrong_value(flag: &str, value: &str, why: &str) -> Refusal {
    Refusal::usage(format!("`{value}` is no value for `{flag}`"), why)
}

fn name(algorithm: AlgorithmName) -> &'static str {
    match algorithm {
        AlgorithmName::Hdbscan => "hdbscan",
        AlgorithmName::Dbscan => "dbscan",
        AlgorithmName::Threshold => "threshold",
        AlgorithmName::Kmeans => "kmeans",
        AlgorithmName::Agglomerative => "agglomerative",
        AlgorithmName::Gmm => "gmm",
        AlgorithmName::Auto => "auto",
    }
}
