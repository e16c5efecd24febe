//! The summary on standard output.

use std::fmt::Write;
use std::path::Path;

use anyhow::Result;
use imgcluster_core::Outcome;
use imgcluster_viz::write_clusters_json;
use serde_json::Value;

use crate::printer::{Printer, say};

/// Prints what was found: text with every cluster of two or more, or one JSON object, or one line.
pub(super) fn outcome(outcome: &Outcome<'_>, output: &Path, printer: Printer) -> Result<()> {
    match printer {
        Printer::Text => printer.text(&text(outcome, output)?)?,
        Printer::Quiet => {}
        Printer::Json => {
            let mut document = Vec::new();
            write_clusters_json(outcome, &mut document)?;
            let mut document: Value = serde_json::from_slice(&document)?;
            document["output"] = output.to_string_lossy().into();
            printer.json(&document)?;
        }
    }
    if outcome.clustering.clusters() == 0 && printer == Printer::Text {
        say(
            "hint: no clusters; fewer pictures make one with `--min-cluster-size 2`, all of them may be one with \
             `--allow-single-cluster`, and `--algorithm threshold --threshold 0.8` joins alike pairs",
        );
    }
    Ok(())
}

fn text(outcome: &Outcome<'_>, output: &Path) -> Result<String> {
    let Outcome {
        images,
        clustering,
        summaries,
        run,
        ..
    } = outcome;
    let mut text = String::new();
    let members = clustering.members();
    for (id, (members, summary)) in members.iter().zip(*summaries).enumerate() {
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
            writeln!(text, "    {}", images[row as usize].path.display())?;
        }
    }
    let seconds: f64 = run.times.values().sum();
    writeln!(
        text,
        "{} pictures: {} {}, {} in none; {} skipped; model {}, algorithm {}, {seconds:.1} s",
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
        run.algorithm
    )?;
    writeln!(text, "results: {}", output.join("report.html").display())?;
    Ok(text)
}
