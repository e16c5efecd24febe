//! `store copy` and `store export`: what is remembered, elsewhere.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::SystemTime;

use anyhow::{Error, Result};
use imgcluster_core::{Event, Store, Wait};
use imgcluster_store::{Amount, Copied, CopyOptions, StoreUrl, TransferError};
use imgcluster_viz::{Export, ExportOptions, Exported, ResultsFolder, VizError};
use serde_json::{Value, json};

use crate::arguments::{CopyArguments, ExportArguments, FormatName};
use crate::failure::Refusal;
use crate::session::{OpenStore, Session, address_in, read_address};

pub(super) fn copy(arguments: &CopyArguments, session: &Session) -> Result<ExitCode> {
    let to = target(arguments)?;
    let store = OpenStore::open(session)?;
    let to = OpenStore::open_url(to, session)?;
    if is_same(&store.url, &to.url) {
        let message = format!("`{}` is the store that would be copied", to.url);
        let hint = "name another one, such as `imgcluster store copy sqlite:copy.sqlite`";
        return Err(Refusal::usage(message, hint).into());
    }
    let job = session.job();
    let copying = imgcluster_store::copy(&store.store, &to.store, CopyOptions::default(), &job);
    let copied = store.runtime.wait(copying);
    let copied = copied.map_err(|error| difference(error, session))?;
    tell_copied(&copied, (&store.url, &to.url), session)?;
    note_other_machines(&store, session)?;
    Ok(ExitCode::SUCCESS)
}

/// The address to copy to, as it was typed or as a file has it.
fn target(arguments: &CopyArguments) -> Result<StoreUrl> {
    match (&arguments.to, &arguments.to_file) {
        (Some(text), _) => read_address(text),
        (None, file) => address_in(file.as_deref().unwrap_or(Path::new(""))),
    }
}

/// Tells whether two addresses lead to one store, as far as that can be seen. Both are there.
fn is_same(a: &StoreUrl, b: &StoreUrl) -> bool {
    match (a, b) {
        (StoreUrl::Sqlite(a), StoreUrl::Sqlite(b)) => {
            let files = (fs::canonicalize(a), fs::canonicalize(b));
            a == b || matches!(files, (Ok(a), Ok(b)) if a == b)
        }
        (a, b) => a.to_string() == b.to_string(),
    }
}

/// Tells that a store which several machines share holds files that only they can copy.
fn note_other_machines(store: &OpenStore, session: &Session) -> Result<()> {
    let all = store.wait(store.store.status())?.files;
    let own = store.wait(store.store.known_files(None))?.len() as u64;
    if all > own {
        session.printer.note(&format!(
            "{} files of other machines are left out; `?root=NAME` in the address asks as another one",
            all - own
        ));
    }
    Ok(())
}

/// Tells each difference before the error that counts them.
fn difference(error: TransferError, session: &Session) -> Error {
    let TransferError::Differs { first, .. } = &error else {
        return error.into();
    };
    for difference in first {
        let message = difference.to_string();
        session.job().report(&Event::Warning { message: &message });
    }
    let hint = if first.iter().any(|difference| difference.missing) {
        "repeat the copy while nobody prunes the other store"
    } else {
        "everything else is copied; what differs was there before and stays, so copy to a fresh store \
         to have it as it is here"
    };
    Refusal::because(error, hint).into()
}

fn tell_copied(
    copied: &Copied,
    (from, to): (&StoreUrl, &StoreUrl),
    session: &Session,
) -> Result<()> {
    let amounts = [
        ("files", copied.files),
        ("features", copied.features),
        ("failures", copied.failures),
        ("runs", copied.runs),
        ("decisions", copied.decisions),
    ];
    let told = amounts.map(|(name, Amount { copied, new })| format!("{copied} {name} ({new} new)"));
    let told = format!(
        "{to} now holds {}; all were read back the same\n",
        told.join(", ")
    );
    session.printer.answer(&told)?;
    if copied.unreadable_runs > 0 {
        session.printer.note(&format!(
            "{} runs are left out because this build cannot read their records",
            copied.unreadable_runs
        ));
    }
    let mut object = json!({
        "from": from.to_string(),
        "to": to.to_string(),
        "unreadable_runs": copied.unreadable_runs,
    });
    for (name, Amount { copied, new }) in amounts {
        object[name] = json!({"copied": copied, "new": new});
    }
    session.printer.json(&object)
}

pub(super) fn export(arguments: &ExportArguments, session: &Session) -> Result<ExitCode> {
    let started = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    let folder = ResultsFolder::prepare(&arguments.output, arguments.overwrite)?;
    let store = OpenStore::open(session)?;
    let asked = |format| arguments.format.is_empty() || arguments.format.contains(&format);
    let export = Export {
        store: &store.store,
        wait: &store.runtime,
        version: env!("CARGO_PKG_VERSION"),
        started: &started,
        options: ExportOptions {
            model: arguments.model.clone(),
            arrays: asked(FormatName::Npy),
            parquet: asked(FormatName::Parquet),
        },
    };
    let exported = export
        .write(folder, &session.job())
        .map_err(unknown_model)?;
    tell_exported(&exported, session)?;
    Ok(ExitCode::SUCCESS)
}

fn unknown_model(error: VizError) -> Error {
    match error {
        VizError::UnknownModel { .. } => {
            Refusal::because(error, "`imgcluster store status` lists the models it has").into()
        }
        other => other.into(),
    }
}

fn tell_exported(exported: &Exported, session: &Session) -> Result<()> {
    let mut text = String::new();
    for one in &exported.spaces {
        write!(text, "{}: {} rows", one.name, one.rows)?;
        if one.without_file > 0 {
            let left_out = one.without_file;
            write!(text, "; {left_out} features of no known file are left out")?;
        }
        writeln!(text)?;
    }
    session.printer.details(&text)?;
    let path = exported.path.display();
    session.printer.answer(&format!(
        "{} files, {} failures and {} runs are written to {path}\n",
        exported.files, exported.failures, exported.runs
    ))?;
    let object: Value = json!({
        "output": path.to_string(),
        "spaces": exported.spaces,
        "files": exported.files,
        "failures": exported.failures,
        "runs": exported.runs,
    });
    session.printer.json(&object)
}
