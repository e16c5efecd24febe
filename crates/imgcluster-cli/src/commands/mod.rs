//! One file for each command.

mod cluster;
mod decisions;
mod dedup;
mod doctor;
mod files;
mod index;
mod models;
mod runs;
mod shell;
mod store;
mod train;
mod transfer;
mod tune;

use std::process::ExitCode;

use anyhow::Result;

use crate::arguments::{Command, DecisionsCommand, ModelsCommand, RunsCommand, StoreCommand};
use crate::session::Session;

/// The exit code of a run that was asked to be strict and skipped something.
const SKIPPED: u8 = 3;

/// Does what was typed.
pub(crate) fn run(command: Command, session: &Session) -> Result<ExitCode> {
    match command {
        Command::Cluster(arguments) => cluster::run(&arguments, session),
        Command::Dedup(arguments) => dedup::run(&arguments, session),
        Command::Apply(arguments) => files::apply(&arguments, session),
        Command::Undo(arguments) => files::undo(&arguments, session),
        Command::Tune(arguments) => tune::run(&arguments, session),
        Command::Index(arguments) => index::run(&arguments, session),
        Command::Train(arguments) => train::run(&arguments, session),
        Command::Runs(RunsCommand::List) => runs::list(session),
        Command::Runs(RunsCommand::Show { id }) => runs::show(id, session),
        Command::Decide(arguments) => decisions::decide(&arguments, session),
        Command::Decisions(DecisionsCommand::List) => decisions::list(session),
        Command::Decisions(DecisionsCommand::Forget { ids }) => decisions::forget(&ids, session),
        Command::Store(StoreCommand::Status) => store::status(session),
        Command::Store(StoreCommand::Prune(arguments)) => store::prune(&arguments, session),
        Command::Store(StoreCommand::Copy(arguments)) => transfer::copy(&arguments, session),
        Command::Store(StoreCommand::Export(arguments)) => transfer::export(&arguments, session),
        Command::Models(ModelsCommand::List) => models::list(session),
        Command::Models(ModelsCommand::Show { name }) => models::show(&name, session),
        Command::Models(ModelsCommand::Pull(arguments)) => models::pull(&arguments, session),
        Command::Doctor => doctor::run(session),
        Command::Completions { shell } => shell::completions(shell),
        Command::Man { output } => shell::manual(output.as_deref()),
    }
}

/// The exit code of a run that is done.
fn done(strict: bool, skipped: usize) -> ExitCode {
    if strict && skipped > 0 {
        ExitCode::from(SKIPPED)
    } else {
        ExitCode::SUCCESS
    }
}
