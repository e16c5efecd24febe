//! The summary on standard output.

use std::fmt::Write;
use std::path::Path;

use anyhow::Result;
use imgcluster_core::{Outcome, RunRecord};
use imgcluster_viz::write_clusters_json;
use serde_json::Value;

use crate::printer::Printer;

/// Prints what was found: text with every cluster of two or more, one JSON object, or one line.
pub(super) fn outcome(outcome: &Outcome<'_>, output: &Path, printer: Printer) -> Result<()> {
    let mut document = Vec::new();
    write_clusters_json(outcome, &mut document)?;
    let mut document: Value = serde_json::from_slice(&document)?;
    document["output"] = output.to_string_lossy().into();
    printer.json(&document)?;
    printer.details(&clusters(outcome)?)?;
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

/// How much an approximate search finds, if there was one.
fn recall(run: &RunRecord) -> String {
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
        "dbscan" => "pictures farther apart are joined with a larger `--eps`",
        _ => "pictures less alike are joined with a lower `--threshold`",
    }
}
