//! What makes no sense together.

use super::{Algorithm, name};
use crate::arguments::AlgorithmName::{
    self, Agglomerative, Auto, Dbscan, Gmm, Hdbscan, Kmeans, Threshold,
};
use crate::arguments::{AlgorithmArguments, MetricName};
use crate::failure::Refusal;

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
pub(super) fn refuse_foreign_flags(arguments: &AlgorithmArguments) -> Result<(), Refusal> {
    let is_auto = arguments.algorithm == Auto;
    if arguments.candidates.contains(&Auto) {
        let hint = "leave `--candidates` out to try every algorithm";
        return Err(Refusal::usage(
            "`auto` cannot be one of `--candidates`",
            hint,
        ));
    }
    for (flag, given, owners) in flags(arguments) {
        let is_owned = owners.contains(&arguments.algorithm);
        if given && !is_owned {
            let (chosen, owner) = (name(arguments.algorithm), name(owners[0]));
            let message = format!("`{flag}` does nothing with `--algorithm {chosen}`");
            let hint = format!("add `--algorithm {owner}`, or leave `{flag}` out");
            return Err(Refusal::usage(message, hint));
        }
        let tried = &arguments.candidates;
        let is_tried = |owner: &AlgorithmName| *owner != Auto && tried.contains(owner);
        let for_some = flag == "--candidates" || tried.is_empty() || owners.iter().any(is_tried);
        if given && is_auto && !for_some {
            let message = format!("`{flag}` does nothing for any of the `--candidates`");
            let hint = format!("add `{}` to these, or leave `{flag}` out", name(owners[0]));
            return Err(Refusal::usage(message, hint));
        }
    }
    Ok(())
}

/// Each flag, whether it was given, and the algorithms that heed it.
fn flags(arguments: &AlgorithmArguments) -> [(&'static str, bool, &'static [AlgorithmName]); 14] {
    let all = arguments;
    [
        ("--candidates", !all.candidates.is_empty(), &[Auto]),
        (
            "--min-cluster-size",
            !all.min_cluster_size.is_empty(),
            &[Hdbscan, Auto],
        ),
        (
            "--min-samples",
            !all.min_samples.is_empty(),
            &[Hdbscan, Dbscan, Auto],
        ),
        ("--selection", !all.selection.is_empty(), &[Hdbscan, Auto]),
        (
            "--allow-single-cluster",
            all.allow_single_cluster,
            &[Hdbscan],
        ),
        (
            "--max-cluster-size",
            !all.max_cluster_size.is_empty(),
            &[Hdbscan, Auto],
        ),
        ("--eps", !all.eps.is_empty(), &[Dbscan, Auto]),
        ("--metric", all.metric.is_some(), &[Dbscan]),
        ("--threshold", !all.threshold.is_empty(), &[Threshold, Auto]),
        (
            "--clusters",
            !all.clusters.is_empty(),
            &[Kmeans, Agglomerative, Gmm, Auto],
        ),
        (
            "--max-iterations",
            !all.max_iterations.is_empty(),
            &[Kmeans, Gmm, Auto],
        ),
        (
            "--distance-threshold",
            all.distance_threshold.is_some(),
            &[Agglomerative],
        ),
        ("--linkage", !all.linkage.is_empty(), &[Agglomerative, Auto]),
        ("--covariance", !all.covariance.is_empty(), &[Gmm, Auto]),
    ]
}

/// Refuses several values of a flag for an algorithm that takes one.
pub(super) fn refuse_lists(arguments: &AlgorithmArguments) -> Result<(), Refusal> {
    let lists = [
        ("--min-cluster-size", arguments.min_cluster_size.len()),
        ("--min-samples", arguments.min_samples.len()),
        ("--selection", arguments.selection.len()),
        ("--max-cluster-size", arguments.max_cluster_size.len()),
        ("--eps", arguments.eps.len()),
        ("--threshold", arguments.threshold.len()),
        ("--clusters", arguments.clusters.len()),
        ("--max-iterations", arguments.max_iterations.len()),
        ("--linkage", arguments.linkage.len()),
        ("--covariance", arguments.covariance.len()),
    ];
    let Some((flag, count)) = lists.into_iter().find(|(_, count)| *count > 1) else {
        return Ok(());
    };
    let chosen = name(arguments.algorithm);
    let message = format!("`{flag}` has {count} values, and `--algorithm {chosen}` takes one");
    let hint = format!("give one, or try all with `--algorithm auto --candidates {chosen}`");
    Err(Refusal::usage(message, hint))
}
