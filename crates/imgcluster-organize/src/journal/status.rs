//! What a journal has left in place, for those who do not act on it.

use std::path::{Path, PathBuf};

use imgcluster_core::ContentHash;

use super::{Doing, State, Task, read};
use crate::OrganizeError;
use crate::disk::{Disk, Time};

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
    as_made: Option<(u64, Time)>,
}

impl MadeFile {
    /// Whether it is as it was made, by its length and the time of its last change; a link, if it
    /// leads where it led. `false` if it is gone or cannot be looked at.
    pub fn is_unchanged(&self) -> bool {
        match self.as_made {
            Some((size, modified)) => matches!(
                Disk::default().look(&self.path),
                Ok(Some(seen)) if seen.is_file() && seen.size == size && seen.modified == modified
            ),
            None => std::fs::read_link(&self.path).is_ok_and(|text| text == self.source),
        }
    }
}

/// Reads what a journal has left in place; `None` if nothing was ever begun with it.
///
/// # Errors
/// If it cannot be read, or is no journal of this program; see [`OrganizeError`].
pub fn read_journal(path: &Path) -> Result<Option<JournalStatus>, OrganizeError> {
    let mut contents = read(path)?;
    let Some(header) = contents.header.take() else {
        return Ok(None);
    };
    let mut made = Vec::new();
    for number in 0..contents.steps.len() as u32 {
        let state = contents.steps[number as usize].state;
        if matches!(state, State::Failed | State::Undone) {
            continue;
        }
        let at_end = contents.made(number)?;
        let step = contents.step(number)?;
        let (is_original, what) = match &step.task {
            Task::Rename { what, .. } | Task::Transfer { what, .. } => (true, Some(what)),
            Task::Copy { what, .. } | Task::Hardlink { what, .. } => (false, Some(what)),
            Task::Symlink { .. } => (false, None),
            Task::Folder { .. }
            | Task::Note { .. }
            | Task::Replace { .. }
            | Task::Delete { .. } => continue,
        };
        let as_made = match (at_end, what) {
            (Some(made), Some(_)) => Some((made.size, made.modified)),
            (_, what) => what.map(|what| (what.size, what.modified)),
        };
        made.push(MadeFile {
            path: step.task.place().to_owned(),
            source: step.task.source().unwrap_or(Path::new("")).to_owned(),
            is_original,
            as_made,
        });
    }
    Ok(Some(JournalStatus {
        plan: header.plan,
        plan_hash: header.plan_hash,
        doing: header.doing,
        target: header.target.map(|target| target.0),
        finished: contents.ended,
        half_undone: contents.undo_begun && !contents.undo_ended,
        undone: contents.undo_ended,
        made,
    }))
}
