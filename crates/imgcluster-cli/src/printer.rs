//! What is printed: data on standard output, talk on standard error.

use std::io::{self, ErrorKind, Write};

use anyhow::{Context, Error, Result};
use serde_json::{Value, json};

/// What the user asked to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Printer {
    pub(crate) data: Data,
    /// Whether talk is JSON lines too, because a program is reading.
    pub(crate) json_talk: bool,
}

/// How data is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Data {
    Text,
    Json,
    Quiet,
}

impl Printer {
    /// Prints details, unless JSON or quiet was asked for.
    pub(crate) fn details(self, text: &str) -> Result<()> {
        if self.data == Data::Text {
            write_out(text)
        } else {
            Ok(())
        }
    }

    /// Prints what matters, unless JSON was asked for.
    pub(crate) fn answer(self, text: &str) -> Result<()> {
        if self.data == Data::Json {
            Ok(())
        } else {
            write_out(text)
        }
    }

    /// Prints an object, if JSON was asked for.
    pub(crate) fn json(self, object: &Value) -> Result<()> {
        if self.data == Data::Json {
            write_out(&format!("{object}\n"))
        } else {
            Ok(())
        }
    }

    /// Tells people something on standard error, unless quiet was asked for.
    pub(crate) fn note(self, line: &str) {
        match (self.json_talk, self.data) {
            (true, _) => say(&json!({"event": "note", "message": line}).to_string()),
            (false, Data::Quiet) => {}
            (false, _) => say(line),
        }
    }

    /// Tells people what an error to come is about, even when quiet was asked for.
    pub(crate) fn reason(self, line: &str) {
        if !self.json_talk {
            say(line); // in JSON each was an event of its own
        }
    }

    /// Tells an error and the way out, whatever was asked for.
    pub(crate) fn failure(self, message: &str, hint: Option<&str>) {
        if self.json_talk {
            let line = json!({"event": "error", "message": message, "hint": hint});
            return say(&line.to_string());
        }
        say(&format!("error: {message}"));
        if let Some(hint) = hint {
            say(&format!("hint: {hint}"));
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

/// Writes a line to standard error; nobody can be told if that fails.
pub(crate) fn say(line: &str) {
    drop(writeln!(io::stderr().lock(), "{line}"));
}

/// Tells whether an error only means that the reader of our output went away.
pub(crate) fn is_broken_pipe(error: &Error) -> bool {
    let causes = error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>());
    causes
        .into_iter()
        .any(|cause| cause.kind() == ErrorKind::BrokenPipe)
}
