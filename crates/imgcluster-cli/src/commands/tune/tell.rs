//! The table on standard output.

use std::fmt::Write;
use std::path::Path;

use anyhow::Result;
use imgcluster_cluster::{CurveRow, SuggestionKind};
use serde_json::Value;

use super::Seen;
use super::next::Next;
use crate::printer::Printer;

/// Rows of the table beside those of suggestions.
const ROWS: usize = 12;

/// Prints what each threshold gives, what to try, and how to go on.
pub(super) fn outcome(
    seen: &Seen,
    found: usize,
    next: &Next,
    at: &Path,
    document: &[u8],
    printer: Printer,
) -> Result<()> {
    let mut object: Value = serde_json::from_slice(document)?;
    object["output"] = at.to_string_lossy().into();
    printer.json(&object)?;
    printer.details(&table(seen)?)?;
    printer.details(&radii(seen)?)?;
    let images = seen.ingested.images.len();
    let page = at.join("tune.html");
    let of = if found > images {
        format!(" of {found} files")
    } else {
        String::new()
    };
    let plural = if images == 1 { "" } else { "s" };
    let answer = match seen.tuning.suggestion(SuggestionKind::Recommended) {
        Some(best) => format!(
            "{images} picture{plural}{of}: try a threshold of {}, {}\n  {}\nall thresholds with pairs to look at: {}\n",
            best.row.threshold,
            best.reason,
            next.at(best.row.threshold),
            page.display()
        ),
        None => format!(
            "{images} picture{plural}{of}: no threshold to recommend: too few are alike, or too few differ\n\
             all thresholds with pairs to look at: {}\n",
            page.display()
        ),
    };
    printer.answer(&answer)
}

/// Thresholds worth a line: suggestions, those that labels tell of, and some between that show where
/// things change.
fn rows(seen: &Seen) -> Vec<&CurveRow> {
    let tuning = &seen.tuning;
    let curve = &tuning.curve;
    let most = tuning
        .suggestions
        .iter()
        .map(|suggestion| suggestion.row.pairs)
        .max();
    let most = most.unwrap_or(0).max(tuning.count as u64) * 4;
    let end = curve
        .partition_point(|row| row.pairs <= most)
        .max(1)
        .min(curve.len());
    let step = end.div_ceil(ROWS).max(1);
    let is_suggested = |row: &CurveRow| {
        let mut all = tuning.suggestions.iter();
        all.any(|suggestion| suggestion.row.threshold.total_cmp(&row.threshold).is_eq())
    };
    let rows = curve.iter().enumerate();
    let is_told = |row: &CurveRow| is_suggested(row) || !right(seen, row.threshold).is_empty();
    rows.filter(|(place, row)| (*place < end && place.is_multiple_of(step)) || is_told(row))
        .map(|(_, row)| row)
        .collect()
}

fn table(seen: &Seen) -> Result<String> {
    let tuning = &seen.tuning;
    let mut text = String::from("threshold       pairs  clusters  clustered  largest   noise");
    text.push_str(if seen.precision.is_some() {
        "  right pairs (95 %)\n"
    } else {
        "\n"
    });
    for row in rows(seen) {
        let CurveRow {
            threshold,
            pairs,
            clusters,
            clustered,
            largest,
            noise,
            ..
        } = row;
        write!(
            text,
            "{threshold:>10} {pairs:>10} {clusters:>9} {clustered:>10} {largest:>8} {noise:>7}"
        )?;
        if seen.precision.is_some() {
            write!(text, "  {:<18}", right(seen, *threshold))?;
        }
        let kinds = tuning.suggestions.iter();
        let kinds =
            kinds.filter(|suggestion| suggestion.row.threshold.total_cmp(threshold).is_eq());
        let kinds: Vec<&str> = kinds.map(|suggestion| suggestion.kind.name()).collect();
        if !kinds.is_empty() {
            write!(text, "  <- {}", kinds.join(", "))?;
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    Ok(text)
}

/// The share of right pairs at a threshold, as the labels tell.
fn right(seen: &Seen, threshold: f64) -> String {
    let rows = seen.precision.as_deref().unwrap_or_default();
    let row = rows
        .iter()
        .find(|row| row.threshold.total_cmp(&threshold).is_eq());
    row.map_or_else(String::new, |row| {
        let share = row
            .precision
            .map_or_else(|| "?".to_owned(), |share| format!("{share:.2}"));
        format!("{share} ({:.2} to {:.2})", row.low, row.high)
    })
}

fn radii(seen: &Seen) -> Result<String> {
    let mut text = String::new();
    if seen.tuning.suggestions.is_empty() {
        return Ok(text);
    }
    for radius in &seen.tuning.radius_suggestions {
        let min_samples = seen.tuning.min_samples;
        writeln!(
            text,
            "dbscan --min-samples {min_samples} --eps {}: {} ({})",
            radius.radius,
            radius.reason,
            radius.kind.name()
        )?;
    }
    Ok(text)
}
