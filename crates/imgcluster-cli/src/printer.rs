//! Standard output: text, one JSON object, or little.

use std::io::{self, ErrorKind, Write};

use anyhow::{Context, Error, Result};
use serde_json::Value;

/// What the user asked to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Printer {
    Text,
    Json,
    Quiet,
}

impl Printer {
    /// Prints whole text, unless JSON or silence was asked for.
    pub(crate) fn text(self, text: &str) -> Result<()> {
        if self == Self::Text {
            write_out(text)
        } else {
            Ok(())
        }
    }

    /// Prints an object, if JSON was asked for.
    pub(crate) fn json(self, object: &Value) -> Result<()> {
        if self == Self::Json {
            write_out(&format!("{object}\n"))
        } else {
            Ok(())
        }
    }
}

/// Prints data that was asked for by name, such as a completion script.
pub(crate) fn write_out(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .context("cannot write to standard output")
}

/// Prints a line for people on standard error; nobody can be told if that fails.
pub(crate) fn say(line: &str) {
    drop(writeln!(io::stderr().lock(), "{line}"));
}

/// Tells whether an error only means that the reader of our output went away.
pub(crate) fn is_broken_pipe(error: &Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.kind() == ErrorKind::BrokenPipe)
}
