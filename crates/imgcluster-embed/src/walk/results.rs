//! Telling the results of an earlier run from pictures: their samples are copies.

use std::fs::File;
use std::io::Read;
use std::path::Path;

/// How much of `run.json` is looked at; what marks it comes first.
const BEGINNING: u64 = 256;

/// Tells whether a folder holds the results of an earlier run.
pub(super) fn are_in(folder: &Path) -> bool {
    let Ok(file) = File::open(folder.join("run.json")) else {
        return false;
    };
    let mut beginning = Vec::new();
    if file.take(BEGINNING).read_to_end(&mut beginning).is_err() {
        return false;
    }
    let text: String = String::from_utf8_lossy(&beginning)
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect();
    text.contains(r#""tool":"imgcluster""#)
}
