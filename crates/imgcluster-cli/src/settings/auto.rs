//! `--algorithm auto`: the flags as lists of values to try.

use anyhow::Result;
use imgcluster_cluster::{AlgorithmKind, Covariance, Grid, Linkage, Selection};
use imgcluster_core::{Metric, Radius};
use serde_json::{Map, Value, json};

use super::{Algorithm, How, name, wrong_value};
use crate::arguments::{
    AlgorithmArguments, AlgorithmName, CovarianceName, LinkageName, SelectionName,
};
use crate::run_record::named;

/// Makes the grid of what was typed, and of the defaults where nothing was.
pub(super) fn auto(arguments: &AlgorithmArguments, seed: u64) -> Result<Algorithm> {
    refuse_wrong_distances(arguments)?;
    let of_rows = grid(arguments, Grid::default(), seed);
    let of_pairs = grid(arguments, Grid::pairwise(), seed);
    let needs_vectors = match &of_rows.algorithms[..] {
        [AlgorithmKind::KMeans] => Some("--candidates kmeans"),
        [AlgorithmKind::GaussianMixture] => Some("--candidates gmm"),
        _ => None,
    };
    Ok(Algorithm {
        name: name(AlgorithmName::Auto),
        how: How::Best {
            of_rows: of_rows.candidates()?,
            of_pairs: of_pairs.candidates()?,
        },
        split: None,
        metric: Metric::Euclidean,
        needs_vectors,
        parameters: lists(&of_rows, arguments),
    })
}

/// Every list by flag name; the linkages only where they were typed, since their default depends on
/// the model.
fn lists(grid: &Grid, arguments: &AlgorithmArguments) -> Map<String, Value> {
    named([
        ("candidates", names(&grid.algorithms, AlgorithmKind::name)),
        ("min-cluster-size", json!(grid.min_cluster_sizes)),
        ("max-cluster-size", json!(grid.max_cluster_sizes)),
        (
            "selection",
            names(&grid.selections, |selection| match selection {
                Selection::Eom => "eom",
                Selection::Leaf => "leaf",
            }),
        ),
        ("min-samples", json!(grid.min_samples)),
        ("eps", json!(grid.eps)),
        ("threshold", json!(grid.thresholds)),
        ("clusters", json!(grid.clusters)),
        ("max-iterations", json!(grid.max_iterations)),
        (
            "linkage",
            json!(
                arguments
                    .linkage
                    .iter()
                    .map(|linkage| linkage_of(*linkage).1)
                    .collect::<Vec<_>>()
            ),
        ),
        (
            "covariance",
            names(&grid.covariances, |covariance| match covariance {
                Covariance::Diagonal => "diag",
                Covariance::Full => "full",
            }),
        ),
    ])
}

/// Refuses values that are no distance, or no similarity, by the flag that they were typed for.
fn refuse_wrong_distances(arguments: &AlgorithmArguments) -> Result<()> {
    for &eps in &arguments.eps {
        Radius::new(eps)
            .map_err(|error| wrong_value("--eps", &eps.to_string(), &error.to_string()))?;
    }
    for &similarity in &arguments.threshold {
        Radius::from_similarity(similarity).map_err(|error| {
            wrong_value("--threshold", &similarity.to_string(), &error.to_string())
        })?;
    }
    Ok(())
}

fn names<T: Copy>(values: &[T], name: impl Fn(T) -> &'static str) -> Value {
    json!(values.iter().map(|value| name(*value)).collect::<Vec<_>>())
}

/// Puts what was typed in the place of the defaults.
fn grid(arguments: &AlgorithmArguments, defaults: Grid, seed: u64) -> Grid {
    let sizes = arguments.min_cluster_size.iter().map(|size| size.get());
    let linkages = arguments.linkage.iter();
    Grid {
        algorithms: or(
            arguments.candidates.iter().filter_map(|name| kind(*name)),
            defaults.algorithms,
        ),
        min_cluster_sizes: or(sizes, defaults.min_cluster_sizes),
        max_cluster_sizes: arguments.max_cluster_size.clone(),
        selections: or(
            arguments.selection.iter().map(|selection| match selection {
                SelectionName::Eom => Selection::Eom,
                SelectionName::Leaf => Selection::Leaf,
            }),
            defaults.selections,
        ),
        min_samples: arguments.min_samples.clone(),
        eps: or(arguments.eps.iter().copied(), defaults.eps),
        thresholds: or(arguments.threshold.iter().copied(), defaults.thresholds),
        clusters: or(arguments.clusters.iter().copied(), defaults.clusters),
        max_iterations: arguments.max_iterations.clone(),
        linkages: or(
            linkages.map(|linkage| linkage_of(*linkage).0),
            defaults.linkages,
        ),
        covariances: or(
            arguments
                .covariance
                .iter()
                .map(|covariance| match covariance {
                    CovarianceName::Diag => Covariance::Diagonal,
                    CovarianceName::Full => Covariance::Full,
                }),
            defaults.covariances,
        ),
        seed,
    }
}

/// What was typed, or the default where that is nothing.
fn or<T>(typed: impl Iterator<Item = T>, default: Vec<T>) -> Vec<T> {
    let typed: Vec<T> = typed.collect();
    if typed.is_empty() { default } else { typed }
}

fn kind(name: AlgorithmName) -> Option<AlgorithmKind> {
    match name {
        AlgorithmName::Hdbscan => Some(AlgorithmKind::Hdbscan),
        AlgorithmName::Dbscan => Some(AlgorithmKind::Dbscan),
        AlgorithmName::Threshold => Some(AlgorithmKind::Threshold),
        AlgorithmName::Kmeans => Some(AlgorithmKind::KMeans),
        AlgorithmName::Agglomerative => Some(AlgorithmKind::Agglomerative),
        AlgorithmName::Gmm => Some(AlgorithmKind::GaussianMixture),
        AlgorithmName::Auto => None,
    }
}

fn linkage_of(name: LinkageName) -> (Linkage, &'static str) {
    match name {
        LinkageName::Ward => (Linkage::Ward, "ward"),
        LinkageName::Average => (Linkage::Average, "average"),
        LinkageName::Complete => (Linkage::Complete, "complete"),
        LinkageName::Single => (Linkage::Single, "single"),
    }
}
