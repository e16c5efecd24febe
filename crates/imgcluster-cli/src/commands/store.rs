//! `store status` and `store prune`: care of what is remembered.

use std::fmt::Write;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use imgcluster_core::{FeatureShape, Pruned, Store};
use serde_json::{Value, json};

use crate::arguments::{PruneArguments, StoreArguments};
use crate::session::{OpenStore, Session};

pub(super) fn status(arguments: &StoreArguments, session: &Session) -> Result<ExitCode> {
    let store = OpenStore::open(arguments)?;
    let status = store.wait(store.store.status())?;
    let mut text = String::new();
    writeln!(text, "store     {}", store.url)?;
    if let Some(bytes) = status.bytes {
        writeln!(
            text,
            "size      {:.1} MiB",
            bytes as f64 / f64::from(1 << 20)
        )?;
    }
    writeln!(text, "files     {}", status.files)?;
    writeln!(
        text,
        "pictures  {} ({} belong to no known file)",
        status.contents, status.orphans
    )?;
    writeln!(text, "failures  {}", status.failures)?;
    writeln!(text, "runs      {}", status.runs)?;
    for (space, count) in &status.spaces {
        writeln!(
            text,
            "model     {} ({}), {count} features",
            space.model,
            shape(space.shape)
        )?;
    }
    session.printer.text(&text)?;
    let spaces: Vec<Value> = status
        .spaces
        .iter()
        .map(|(space, count)| {
            json!({
                "model": space.model,
                "weights": space.weights,
                "preprocess": space.preprocess,
                "shape": shape(space.shape),
                "features": count,
            })
        })
        .collect();
    session.printer.json(&json!({
        "store": store.url.to_string(),
        "bytes": status.bytes,
        "files": status.files,
        "contents": status.contents,
        "orphans": status.orphans,
        "failures": status.failures,
        "runs": status.runs,
        "spaces": spaces,
    }))?;
    Ok(ExitCode::SUCCESS)
}

fn shape(shape: FeatureShape) -> String {
    match shape {
        FeatureShape::Vector(dim) => format!("{dim} values"),
        FeatureShape::Signature => "signature".to_owned(),
    }
}

pub(super) fn prune(arguments: &PruneArguments, session: &Session) -> Result<ExitCode> {
    let store = OpenStore::open(&arguments.store)?;
    let known = store.wait(store.store.known_files(None))?;
    let gone: Vec<PathBuf> = known
        .into_iter()
        .filter(|file| is_gone(file, arguments.missing_folders))
        .collect();
    if arguments.dry_run {
        let mut text = String::new();
        for file in &gone {
            writeln!(text, "{}", file.display())?;
        }
        writeln!(text, "{} files would be forgotten", gone.len())?;
        session.printer.text(&text)?;
        let listed: Vec<_> = gone.iter().map(|file| file.to_string_lossy()).collect();
        session.printer.json(&json!({ "would_forget": listed }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let Pruned {
        files,
        contents,
        failures,
    } = store.wait(store.store.prune(&gone))?;
    session.printer.text(&format!(
        "forgot {files} files that are gone, {contents} pictures and {failures} failures that no file has any more\n"
    ))?;
    session
        .printer
        .json(&json!({"files": files, "contents": contents, "failures": failures}))?;
    Ok(ExitCode::SUCCESS)
}

/// Tells whether a file was deleted. A file whose folder is gone or empty may be on a disk that is
/// not plugged in, so it counts only if the user says so.
fn is_gone(file: &Path, missing_folders: bool) -> bool {
    let missing =
        fs::symlink_metadata(file).is_err_and(|error| error.kind() == ErrorKind::NotFound);
    let folder_is_there = || {
        let entries = file.parent().map(fs::read_dir);
        entries.is_some_and(|entries| entries.is_ok_and(|mut entries| entries.next().is_some()))
    };
    missing && (missing_folders || folder_is_there())
}
