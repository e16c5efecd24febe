//! The `imgcluster` program: what is typed goes to the libraries, what they find is shown.

mod arguments;
mod commands;
mod compare;
mod failure;
mod found;
mod hub;
mod input;
mod interrupt;
mod machine;
mod model;
mod printer;
mod progress;
mod quoted;
mod run_record;
mod secrets;
mod session;
mod settings;

use std::process::ExitCode;

use clap::Parser;

use arguments::Cli;
use session::Session;

fn main() -> ExitCode {
    silence_caught_panics();
    let cli = Cli::parse();
    let session = match Session::new(&cli.common) {
        Ok(session) => session,
        Err(error) => {
            printer::say(&format!("error: {error:#}"));
            return ExitCode::FAILURE;
        }
    };
    commands::run(cli.command, &session).unwrap_or_else(|error| failure::report(&error, &session))
}

/// A decoder that panics on a hostile file is caught and the file skipped; nobody needs to see the
/// panic itself.
fn silence_caught_panics() {
    let talkative = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !imgcluster_embed::decoding() {
            talkative(panic);
        }
    }));
}
