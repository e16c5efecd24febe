//! The summary on standard output.

use std::fmt::Write;
use std::path::Path;

use anyhow::Result;
use imgcluster_organize::ThinPlan;
use serde_json::{Value, json};

use super::Found;
use crate::printer::{Data, Printer};
use crate::quoted::quoted;

/// Prints what would be kept and what not: text with every group, one JSON object, or one line.
pub(super) fn plan(
    plan: &ThinPlan,
    found: &Found,
    folder: &Path,
    document: &str,
    printer: Printer,
) -> Result<()> {
    let file = folder.join("plan.json");
    if printer.data == Data::Json {
        let document: Value = serde_json::from_str(document)?;
        return printer.json(&json!({
            "output": folder.to_string_lossy(),
            "plan": document,
            "decided": found.copies.settled,
            "skipped": found.pictures.skipped.len(),
        }));
    }
    printer.details(&groups(plan)?)?;
    if found.copies.settled > 0 {
        printer.note(&format!(
            "{} left out: no duplicates, as you decided (`imgcluster decisions list`)",
            match found.copies.settled {
                1 => "1 group was".to_owned(),
                count => format!("{count} groups were"),
            }
        ));
    }
    printer.answer(&summary(plan, found, folder))?;
    if !plan.groups.is_empty() {
        printer.details(&format!(
            "no file was touched; after a look at the report: imgcluster apply {}\n",
            quoted(&file.display().to_string())
        ))?;
    }
    Ok(())
}

/// Warns of copies that no plan does away with.
pub(super) fn behind_links(count: usize, printer: Printer) {
    let stay = match count {
        0 => return,
        1 => "1 copy stays: it is a symbolic link, or lies behind one".to_owned(),
        _ => format!("{count} copies stay: they are symbolic links, or lie behind one"),
    };
    printer.note(&format!("warning: {stay}"));
}

/// Every group: what is kept and why, and what is not.
fn groups(plan: &ThinPlan) -> Result<String> {
    let mut text = String::new();
    for group in &plan.groups {
        let keep = &group.keep;
        let path = keep.file.path.display();
        writeln!(text, "keep   {path}")?;
        if !keep.reason.is_empty() {
            writeln!(text, "       ({})", keep.reason)?;
        }
        for removal in &group.remove {
            write!(text, "remove {}", removal.file.path.display())?;
            if let Some(similarity) = removal.similarity {
                write!(text, "  {similarity:.3}")?;
            }
            match removal.sidecars.len() {
                0 => {}
                count => write!(text, "  with {}", counted(count, "sidecar"))?,
            }
            text.push('\n');
        }
        if let Some(worst) = group.worst_similarity.filter(|_| group.remove.len() > 1) {
            writeln!(text, "       worst pair {worst:.3}")?;
        }
    }
    Ok(text)
}

fn summary(plan: &ThinPlan, found: &Found, folder: &Path) -> String {
    let pictures = found.pictures.total;
    let skipped = found.pictures.skipped.len();
    let looked_at = match &found.space {
        Some(_) => counted(pictures, "picture"),
        // What only bytes are compared of need not be a picture.
        None => format!("{} looked at", counted(pictures, "file")),
    };
    let copies: usize = plan.groups.iter().map(|group| group.remove.len()).sum();
    if copies == 0 {
        return format!("{looked_at}: no duplicates; {skipped} skipped\n");
    }
    let bytes: u64 = plan
        .groups
        .iter()
        .flat_map(|group| &group.remove)
        .flat_map(|removal| removal.sidecars.iter().chain([&removal.file]))
        .filter_map(|file| file.size)
        .sum();
    format!(
        "{looked_at}: {} of {} can go, {}; {skipped} skipped; see {}\n",
        counted(copies, "file"),
        counted(plan.groups.len(), "group"),
        sized(bytes),
        folder.join("report.html").display()
    )
}

/// A length as one reads it.
fn sized(bytes: u64) -> String {
    match bytes {
        0..1_000 => counted(bytes as usize, "byte"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

/// A number with its noun.
fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
