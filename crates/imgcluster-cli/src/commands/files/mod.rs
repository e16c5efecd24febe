//! `apply` and `undo`: files are touched, and put back.

mod apply;
mod earlier;
mod undo;

pub(super) use apply::{Work, as_json, carry_out, preview, run as apply};
pub(super) use earlier::Earlier;
pub(super) use undo::run as undo;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use etcetera::BaseStrategy;
use imgcluster_organize::{Refused, TrashFolder};

use crate::printer::Printer;

/// How many files are told on standard error.
const TOLD: usize = 20;

/// Where the trash of the user is.
fn trash() -> Result<TrashFolder> {
    let folders = etcetera::choose_base_strategy()
        .context("cannot tell where your trash is; choose another `--action`")?;
    Ok(TrashFolder::own(folders.data_dir().join("Trash")))
}

/// The journals of a plan: all that `apply` has begun with it, in the order of their names.
fn journals(plan: &Path) -> Vec<PathBuf> {
    let stem = plan.file_stem().unwrap_or_default().as_encoded_bytes();
    let is_journal = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().as_encoded_bytes();
        let number = name.strip_prefix(stem).and_then(|rest| {
            let rest = rest.strip_prefix(b".journal-")?;
            rest.strip_suffix(b".jsonl")
        });
        number.is_some_and(|number| number.iter().all(u8::is_ascii_digit))
    };
    let folder = plan
        .parent()
        .and_then(|folder| std::fs::read_dir(folder).ok());
    let entries = folder.into_iter().flatten().flatten();
    let mut journals: Vec<_> = entries
        .map(|entry| entry.path())
        .filter(is_journal)
        .collect();
    journals.sort();
    journals
}

/// Tells files and what about them, as many as are read.
fn tell(what: &str, files: &[Refused], printer: Printer) {
    if files.is_empty() {
        return;
    }
    let noun = if files.len() == 1 { "file" } else { "files" };
    printer.reason(&format!("{what} {} {noun}:", files.len()));
    for Refused { path, reason } in files.iter().take(TOLD) {
        printer.reason(&format!("  {}: {reason}", path.display()));
    }
    if files.len() > TOLD {
        printer.reason(&format!("  … and {} more", files.len() - TOLD));
    }
}

fn list(files: &[Refused]) -> Vec<serde_json::Value> {
    let one = |Refused { path, reason }: &Refused| serde_json::json!({"path": path.to_string_lossy(), "reason": reason});
    files.iter().map(one).collect()
}
