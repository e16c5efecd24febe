//! Telling the results of an earlier run from pictures: their samples are copies.

use std::fs::File;
use std::io::Read;
use std::path::Path;

/// How much of `run.json` is looked at; what marks it comes first.
const BEGINNING: u64 = 256;

/// Tells whether a folder holds the results of an earlier run.
pub(super) fn are_in(folder: &Path) -> bool {
    let record = folder.join("run.json");
    // A named pipe would wait for a writer, so what it is is asked before it is opened.
    let is_file = std::fs::metadata(&record).is_ok_and(|metadata| metadata.is_file());
    let Some(file) = is_file.then(|| File::open(record).ok()).flatten() else {
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
