//! `--label`: asks a person which pairs are alike, one line each.

use std::io::{self, BufRead};
use std::path::{Path, absolute};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use imgcluster_cluster::{LabelledPair, SamplePair};
use imgcluster_core::Image;

use crate::printer::say;
use crate::session::Session;

/// How often a wait for an answer looks whether the user wants to stop.
const PATIENCE: Duration = Duration::from_millis(100);

/// What a person says of a pair.
enum Answer {
    Alike(bool),
    Skip,
    Stop,
}

/// Asks about each pair until all are answered, or the person has had enough. Questions are on standard
/// error, answers on standard input. After each, `keep` is given all that was said.
///
/// # Errors
/// If standard input cannot be read, or the user stops the program.
pub(super) fn ask(
    pairs: &[SamplePair],
    images: &[Image],
    session: &Session,
    keep: &dyn Fn(&[LabelledPair]) -> Result<()>,
) -> Result<Vec<LabelledPair>> {
    let answers = listen();
    let mut labels = Vec::new();
    say("are these alike? answer y or n, s to skip a pair, q to stop");
    for (number, pair) in pairs.iter().enumerate() {
        let [a, b] = [pair.a, pair.b].map(|row| shown(&images[row as usize].path));
        let (number, count, similarity) = (number + 1, pairs.len(), pair.similarity());
        say(&format!(
            "{number} of {count}, similarity {similarity:.3}\n  {a}\n  {b}"
        ));
        match answer(&answers, session)? {
            Answer::Alike(alike) => {
                labels.push(LabelledPair { pair: *pair, alike });
                keep(&labels)?;
            }
            Answer::Skip => {}
            Answer::Stop => break,
        }
    }
    Ok(labels)
}

/// A path as terminals make a link of it, where that can be told.
fn shown(path: &Path) -> String {
    let whole = absolute(path).unwrap_or_else(|_| path.to_owned());
    let plain = whole.to_str().filter(|text| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-~".contains(&byte);
        text.bytes().all(is_plain)
    });
    plain.map_or_else(
        || whole.display().to_string(),
        |text| format!("file://{text}"),
    )
}

/// Reads lines on a thread of its own, so that Ctrl-C is heard while nothing comes.
fn listen() -> Receiver<io::Result<String>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in io::stdin().lock().lines() {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

/// Waits for an answer that can be understood; the end of the input stops the questions.
fn answer(answers: &Receiver<io::Result<String>>, session: &Session) -> Result<Answer> {
    loop {
        session.job().check()?;
        let line = match answers.recv_timeout(PATIENCE) {
            Ok(line) => line.context("cannot read answers from standard input")?,
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => return Ok(Answer::Stop),
        };
        match line.trim().to_ascii_lowercase().as_str() {
            "y" | "yes" => return Ok(Answer::Alike(true)),
            "n" | "no" => return Ok(Answer::Alike(false)),
            "s" | "skip" => return Ok(Answer::Skip),
            "q" | "quit" => return Ok(Answer::Stop),
            other => say(&format!("`{other}` is no answer: y, n, s or q")),
        }
    }
}
