//! `undo`: puts everything back.

use std::process::ExitCode;

use anyhow::Result;
use imgcluster_organize::{OrganizeError, UndoOptions};
use serde_json::json;

use super::apply::explain;
use super::{list, tell};
use crate::arguments::UndoArguments;
use crate::failure::Refusal;
use crate::machine;
use crate::session::Session;

pub(in crate::commands) fn run(arguments: &UndoArguments, session: &Session) -> Result<ExitCode> {
    let options = UndoOptions {
        sync: arguments.sync.sync.into(),
        machine: machine::here(),
    };
    let journal = imgcluster_organize::absolute(&arguments.journal)?;
    let undone = imgcluster_organize::undo(&journal, &options, &session.job())
        .map_err(|error| match error {
            OrganizeError::Garbage { line: 1, .. } => {
                let hint = "give the journal, whose path `imgcluster apply` prints last; those of a \
                            plan lie beside it";
                Refusal::because(error, hint).into()
            }
            error => explain(error, "imgcluster undo"),
        })?;
    for note in &undone.notes {
        session.printer.note(note);
    }
    tell("could not put back", &undone.left, session.printer);
    if undone.already {
        session
            .printer
            .note("nothing to put back: it was undone already, or nothing was done");
    }
    session.printer.answer(&format!(
        "{} files put back, {} not\n",
        undone.restored,
        undone.left.len()
    ))?;
    session.printer.json(&json!({
        "restored": undone.restored,
        "left": list(&undone.left),
        "already": undone.already,
        "notes": undone.notes,
    }))?;
    Ok(if undone.left.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
