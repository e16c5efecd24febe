//! What the configurations of a model say, as far as that decides which files belong to it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Preprocess;
use crate::hub::choice::{PREPROCESSOR, PROCESSOR};
use crate::models::Architecture;

/// Configurations are a few kilobytes; more is something else.
const LONGEST: u64 = 1 << 20;

/// Whether this is the configuration of an architecture that is built in.
pub(super) fn is_supported(configuration: &Path) -> bool {
    text(configuration).is_some_and(|text| Architecture::from_json(&text).is_ok())
}

/// Chooses the first whose configuration is of an architecture that is built in and that has all it
/// needs, or else the first: a repository may have the files of several programs, and not all of
/// its descriptions be read.
pub(super) fn first_usable<W>(
    pairs: Vec<(W, PathBuf)>,
    find: impl Fn(&str) -> Option<PathBuf>,
) -> Option<(W, PathBuf)> {
    let is_usable = |(_, configuration): &(W, PathBuf)| {
        is_supported(configuration) && preprocessor(configuration, &find).is_some()
    };
    let best = match pairs.as_slice() {
        [] | [_] => 0,
        several => several.iter().position(is_usable).unwrap_or(0),
    };
    pairs.into_iter().nth(best)
}

/// Finds the file that says what is done to pictures: one of its own, or the configuration.
pub(super) fn preprocessor(
    configuration: &Path,
    find: impl Fn(&str) -> Option<PathBuf>,
) -> Option<PathBuf> {
    let speaks =
        |path: &PathBuf| text(path).is_some_and(|text| Preprocess::is_told_by(text.as_bytes()));
    find(PREPROCESSOR)
        .or_else(|| find(PROCESSOR).filter(speaks))
        .or_else(|| Some(configuration.to_owned()).filter(speaks))
}

fn text(path: &Path) -> Option<String> {
    let length = fs::metadata(path).ok()?.len();
    if length > LONGEST {
        return None;
    }
    fs::read_to_string(path).ok()
}
