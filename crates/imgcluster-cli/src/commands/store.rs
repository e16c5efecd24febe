//! `store status` and `store prune`: care of what is remembered.

use std::fmt::Write;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use imgcluster_core::{FeatureShape, Pruned, Store};
use serde_json::{Value, json};

use crate::arguments::PruneArguments;
use crate::session::{OpenStore, Session};

pub(super) fn status(session: &Session) -> Result<ExitCode> {
    let store = OpenStore::open(session)?;
    let status = store.wait(store.store.status())?;
    let mut text = String::new();
    writeln!(text, "store     {}", store.url)?;
    if let Some(bytes) = status.bytes {
        writeln!(text, "size      {}", mebibytes(bytes))?;
    }
    writeln!(text, "files     {}", status.files)?;
    writeln!(
        text,
        "pictures  {} ({} belong to no known file)",
        status.contents, status.orphans
    )?;
    writeln!(text, "failures  {}", status.failures)?;
    writeln!(text, "runs      {}", status.runs)?;
    writeln!(text, "decisions {}", status.decisions)?;
    for (space, count) in &status.spaces {
        writeln!(
            text,
            "model     {} ({}), {count} features{}",
            space.model,
            shape(space.shape),
            vector_bytes(space.shape, *count)
                .map_or_else(String::new, |bytes| format!(", {}", mebibytes(bytes)))
        )?;
    }
    session.printer.answer(&text)?;
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
                "bytes": vector_bytes(space.shape, *count),
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
        "decisions": status.decisions,
        "spaces": spaces,
    }))?;
    Ok(ExitCode::SUCCESS)
}

/// How many bytes the values of so many vectors are; signatures may be of any length.
fn vector_bytes(shape: FeatureShape, count: u64) -> Option<u64> {
    match shape {
        FeatureShape::Vector(dim) => Some(count * dim.get() as u64 * size_of::<f32>() as u64),
        FeatureShape::Signature => None,
    }
}

fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}

fn shape(shape: FeatureShape) -> String {
    match shape {
        FeatureShape::Vector(dim) => format!("{dim} values"),
        FeatureShape::Signature => "signature".to_owned(),
    }
}

pub(super) fn prune(arguments: &PruneArguments, session: &Session) -> Result<ExitCode> {
    let store = OpenStore::open(session)?;
    let (mut gone, mut spared) = (Vec::new(), 0);
    for file in store.wait(store.store.known_files(None))? {
        match fate(&file) {
            Fate::There => {}
            Fate::OutOfReach if !arguments.missing_folders => spared += 1,
            Fate::Gone | Fate::OutOfReach => gone.push(file),
        }
    }
    if arguments.dry_run {
        would_forget(&gone, session)?;
    } else {
        let Pruned {
            files,
            contents,
            failures,
        } = store.wait(store.store.prune(&gone))?;
        session.printer.answer(&format!(
            "forgot {files} files that are gone, {contents} pictures and {failures} failures that \
             no file has any more\n"
        ))?;
        let counts = json!({
            "files": files, "contents": contents, "failures": failures, "spared": spared,
        });
        session.printer.json(&counts)?;
    }
    if spared > 0 {
        session.printer.note(&format!(
            "{spared} files are spared because their whole folder is out of reach, as if a disk \
             were not plugged in\nhint: `imgcluster store prune --missing-folders` forgets them too"
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn would_forget(gone: &[PathBuf], session: &Session) -> Result<()> {
    let mut text = String::new();
    for file in gone {
        writeln!(text, "{}", file.display())?;
    }
    writeln!(text, "{} files would be forgotten", gone.len())?;
    session.printer.answer(&text)?;
    let listed: Vec<_> = gone.iter().map(|file| file.to_string_lossy()).collect();
    session.printer.json(&json!({ "would_forget": listed }))
}

/// What became of a file that the store knows.
enum Fate {
    There,
    Gone,
    /// Its folder is gone or empty, as if its disk were not plugged in.
    OutOfReach,
}

fn fate(file: &Path) -> Fate {
    let missing =
        fs::symlink_metadata(file).is_err_and(|error| error.kind() == ErrorKind::NotFound);
    if !missing {
        return Fate::There;
    }
    let others = file.parent().and_then(|folder| fs::read_dir(folder).ok());
    let folder_is_there = others.is_some_and(|mut entries| entries.next().is_some());
    if folder_is_there {
        Fate::Gone
    } else {
        Fate::OutOfReach
    }
}
