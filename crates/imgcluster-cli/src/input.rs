//! Finding files: the paths that were typed, and those in a list.

use std::fs;
use std::io::{self, Read, stdin};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use imgcluster_embed::{EmbedError, WalkOptions, Walked, parse_file_list, walk};

use crate::arguments::InputArguments;
use crate::failure::Refusal;
use crate::session::Session;

/// How often a wait for standard input looks whether the user wants to stop.
const PATIENCE: Duration = Duration::from_millis(100);

/// Walks over everything that was named; `leave_out` is never read.
pub(crate) fn walk_input(
    input: &InputArguments,
    leave_out: &[PathBuf],
    session: &Session,
) -> Result<Walked> {
    let listed = match &input.files_from {
        Some(list) => parse_file_list(&read_list(list, session)?),
        None => Vec::new(),
    };
    let options = WalkOptions {
        recursive: !input.no_recursive,
        exclude: input.exclude.clone(),
        follow_symlinks: input.follow_symlinks,
        hidden: input.hidden,
        leave_out: leave_out.to_vec(),
        max_file_size: input.max_file_size,
        listed,
    };
    walk(&input.paths, &options, &session.job()).map_err(|error| match error {
        EmbedError::Pattern {
            ref pattern,
            ref source,
        } => {
            let message = format!("`{pattern}` is no pattern for `--exclude`: {source}");
            Refusal::usage(
                message,
                "write it as for a shell, such as `--exclude '*.gif'`",
            )
            .into()
        }
        other => other.into(),
    })
}

fn read_list(list: &Path, session: &Session) -> Result<Vec<u8>> {
    if list == Path::new("-") {
        return read_standard_input(session);
    }
    fs::read(list).with_context(|| format!("cannot read paths from `{}`", list.display()))
}

/// Reads on a thread of its own, so that Ctrl-C is heard while nothing comes.
fn read_standard_input(session: &Session) -> Result<Vec<u8>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let read: io::Result<Vec<u8>> = stdin().read_to_end(&mut bytes).map(|_| bytes);
        // Nobody listens any more if the user has stopped the program.
        drop(sender.send(read));
    });
    loop {
        session.job().check()?;
        match receiver.recv_timeout(PATIENCE) {
            Ok(read) => return read.context("cannot read paths from standard input"),
            Err(RecvTimeoutError::Timeout) => {}
            Err(error) => return Err(error).context("cannot read paths from standard input"),
        }
    }
}
