//! What carrying out and undoing have come to.

use std::fs::Metadata;
use std::path::PathBuf;
use std::time::UNIX_EPOCH;

use imgcluster_core::ContentHash;
use serde::{Deserialize, Serialize};

/// What carrying out a plan has come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    /// The journal, by which everything can be put back.
    pub journal: PathBuf,
    /// How many files were acted on, sidecars among them.
    pub done: usize,
    /// How many were acted on before, by the same plan and journal.
    pub done_before: usize,
    /// Pictures that were to be acted on and were left alone, as they or another file of their
    /// group, which the reason names, are not as the plan says or must not be touched. Nothing of
    /// the group was touched, unless the change was seen when part of it was done.
    pub refused: Vec<Refused>,
    /// Files that the system did not let us act on; what was done of their picture was taken back.
    pub failed: Vec<Refused>,
    /// What else there is to know, a line each.
    pub notes: Vec<String>,
    /// Whether it was begun before.
    pub resumed: bool,
}

/// A file that was left as it is, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The file.
    pub path: PathBuf,
    /// Why, in one line without its name.
    pub reason: String,
}

/// What putting things back has come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Undone {
    /// How many files were put back, or made names removed.
    pub restored: usize,
    /// Whether there was nothing to put back, as it had been done or nothing was ever done.
    pub already: bool,
    /// Files that could not be put back, and why; with the cause removed, another undo will.
    pub left: Vec<Refused>,
    /// What else there is to know, a line each.
    pub notes: Vec<String>,
}

/// What is done with files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Doing {
    /// They are brought to the trash.
    ThinTrash,
    /// They are moved to a folder.
    ThinMove,
    /// They become second names of the file that is kept.
    ThinHardlink,
    /// They become symbolic links to the file that is kept.
    ThinSymlink,
    /// They share their bytes with the file that is kept.
    ThinReflink,
    /// They are deleted.
    ThinDelete,
    /// They are copied into a folder.
    SortCopy,
    /// They are moved into a folder.
    SortMove,
    /// They get a second name in a folder.
    SortHardlink,
    /// Links to them are made in a folder.
    SortSymlink,
}

/// What a journal says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalStatus {
    /// The plan that was carried out.
    pub plan: PathBuf,
    /// The hash of the bytes of the plan's file.
    pub plan_hash: ContentHash,
    /// What was done.
    pub doing: Doing,
    /// The folder that files were brought to, if there is one.
    pub target: Option<PathBuf>,
    /// Whether every picture of the plan was done, refused or has failed.
    pub finished: bool,
    /// Whether an undo was begun and not finished.
    pub half_undone: bool,
    /// Whether an undo was finished.
    pub undone: bool,
    /// How many steps were begun or done and not taken back: with none, nothing hangs on the journal.
    pub in_effect: usize,
    /// The files and links that were made and not taken back, in the order in which they were.
    /// Those of a step that was interrupted are among them.
    pub made: Vec<MadeFile>,
}

impl JournalStatus {
    /// Whether files that were moved away from where they were are still where they were moved to.
    pub fn holds_originals(&self) -> bool {
        self.made
            .iter()
            .any(|made| made.is_original && made.path.symlink_metadata().is_ok())
    }
}

/// A file or link that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeFile {
    /// Its path.
    pub path: PathBuf,
    /// Where the file was, or what it was made from.
    pub source: PathBuf,
    /// Whether it is the file itself, moved here.
    pub is_original: bool,
    pub(crate) as_made: Option<(u64, i64)>,
}

impl MadeFile {
    /// Whether it is as it was made, by its length and the time of its last change; a link, if it
    /// leads where it led. `false` if it is gone or cannot be looked at.
    pub fn is_unchanged(&self) -> bool {
        match self.as_made {
            Some(as_made) => self.path.symlink_metadata().is_ok_and(|metadata| {
                metadata.is_file() && (metadata.len(), modified_ns(&metadata)) == as_made
            }),
            None => std::fs::read_link(&self.path).is_ok_and(|text| text == self.source),
        }
    }
}

/// Nanoseconds since 1970.
fn modified_ns(metadata: &Metadata) -> i64 {
    let modified = metadata.modified().unwrap_or(UNIX_EPOCH);
    match modified.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |ns| -ns),
    }
}
