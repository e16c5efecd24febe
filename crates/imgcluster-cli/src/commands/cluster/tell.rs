//! The summary on standard output.

use std::fmt::Write;
use std::path::Path;

use anyhow::Result;
use imgcluster_core::{Outcome, RunRecord, Trial};
use imgcluster_viz::write_clusters_json;
use serde_json::{Value, json};

use crate::printer::Printer;

/// Prints what was found: text with every cluster of two or more, one JSON object, or one line.
/// `files` tells what was done with the files, if anything was.
pub(super) fn outcome(
    outcome: &Outcome<'_>,
    output: &Path,
    files: Option<&Value>,
    printer: Printer,
) -> Result<()> {
    let mut document = Vec::new();
    write_clusters_json(outcome, &mut document)?;
    let mut document: Value = serde_json::from_slice(&document)?;
    document["output"] = output.to_string_lossy().into();
    if let Some(files) = files {
        document["organize"] = files.clone();
    }
    if !outcome.trials.is_empty() {
        document["selection"] = outcome.trials.iter().map(trial).collect();
    }
    printer.json(&document)?;
    printer.details(&clusters(outcome)?)?;
    printer.details(&settings(outcome.trials)?)?;
    printer.answer(&summary(outcome, output))?;
    if outcome.clustering.clusters() == 0 {
        printer.note(&format!(
            "hint: no clusters; {}",
            way_out(&outcome.run.algorithm)
        ));
    }
    Ok(())
}

/// Every cluster of two or more with its pictures, the largest first.
fn clusters(outcome: &Outcome<'_>) -> Result<String> {
    let mut text = String::new();
    let members = outcome.clustering.members();
    for (id, (members, summary)) in members.iter().zip(outcome.summaries).enumerate() {
        if members.len() < 2 {
            continue;
        }
        let about = if summary.min_is_exact { "" } else { "at most " };
        writeln!(
            text,
            "cluster_{id}: {} pictures, mean similarity {:.2}, worst pair {about}{:.2}",
            members.len(),
            summary.mean_similarity,
            summary.min_similarity
        )?;
        for &row in members {
            writeln!(text, "    {}", outcome.images[row as usize].path.display())?;
        }
    }
    Ok(text)
}

fn trial(trial: &Trial) -> Value {
    json!({
        "chosen": trial.is_chosen,
        "flags": trial.flags(),
        "clusters": trial.clusters,
        "noise": trial.noise,
        "silhouette": trial.silhouette,
        "calinski_harabasz": trial.calinski_harabasz,
        "davies_bouldin": trial.davies_bouldin,
        "score": trial.score,
        "reason": trial.reason,
    })
}

/// The settings that an automatic choice tried, the best first; nothing where there was none.
fn settings(trials: &[Trial]) -> Result<String> {
    let mut text = String::new();
    if trials.is_empty() {
        return Ok(text);
    }
    let width = trials.iter().map(|trial| trial.flags().len()).max();
    let width = width.unwrap_or_default();
    writeln!(
        text,
        "{:>7} {:>10} {:>9} {:>8} {:>8} {:>6}  setting",
        "score", "silhouette", "calinski", "davies", "clusters", "noise"
    )?;
    for trial in trials {
        let number =
            |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.3}"));
        let count = |count: Option<usize>| count.map_or("-".to_owned(), |count| count.to_string());
        let told = if trial.is_chosen {
            "chosen"
        } else {
            trial.reason.as_deref().unwrap_or_default()
        };
        let line = format!(
            "{:>7} {:>10} {:>9} {:>8} {:>8} {:>6}  {:width$}  {told}",
            number(trial.score),
            number(trial.silhouette),
            number(trial.calinski_harabasz),
            number(trial.davies_bouldin),
            count(trial.clusters),
            count(trial.noise),
            trial.flags(),
        );
        writeln!(text, "{}", line.trim_end())?;
    }
    Ok(text)
}

fn summary(outcome: &Outcome<'_>, output: &Path) -> String {
    let Outcome {
        images,
        clustering,
        run,
        ..
    } = outcome;
    let seconds: f64 = run.times.values().sum();
    format!(
        "{} pictures: {} {}, {} in none; {} skipped; model {}, algorithm {}{}, {seconds:.1} s; see {}\n",
        images.len(),
        clustering.clusters(),
        if clustering.clusters() == 1 {
            "cluster"
        } else {
            "clusters"
        },
        clustering.noise(),
        outcome.skipped.len(),
        run.model,
        run.algorithm,
        recall(run),
        output.join("report.html").display()
    )
}

/// How much an approximate search finds, if there was one, or that parts were clustered.
fn recall(run: &RunRecord) -> String {
    let parts = run.parameters.get("partitions").and_then(Value::as_u64);
    if let Some(parts) = parts.filter(|parts| *parts > 1) {
        return format!(" in {parts} parts (approximate)");
    }
    let recall = run.parameters.get("search-recall").and_then(Value::as_f64);
    recall.map_or_else(String::new, |recall| {
        format!(" on {:.0} % of the near pairs", 100.0 * recall)
    })
}

/// What to try when an algorithm finds no cluster at all.
fn way_out(algorithm: &str) -> &'static str {
    match algorithm {
        "hdbscan" => {
            "fewer pictures make one with `--min-cluster-size 2`, all of them may be one with \
             `--allow-single-cluster`"
        }
        "auto" => "`selection.csv` tells what every setting gave",
        "kmeans" | "agglomerative" | "gmm" => "a lower `--min-similarity` keeps more together",
        "dbscan" => "pictures farther apart are joined with a larger `--eps`",
        _ => "pictures less alike are joined with a lower `--threshold`",
    }
}
