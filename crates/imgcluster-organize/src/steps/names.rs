//! Whether the names of a step are still those that were written down.
//!
//! The paths in a journal led through no links when it was written. Somebody may since have put a
//! link, or another file system, in the place of a folder: then one name may be another, and what
//! looks like a second name of a file may be its only one.

use std::io::{self, ErrorKind};
use std::path::Path;

use super::Hands;
use crate::journal::{Step, Task};

/// Why a step whose names are others now is left as it is.
pub(super) const ELSEWHERE: &str = "its folder leads elsewhere now";

impl Hands<'_> {
    /// Whether a folder that the step works in is reached through a link now, or its two names have
    /// become one.
    pub(super) fn leads_elsewhere(&self, step: &Step) -> io::Result<bool> {
        let (one, other) = match &step.task {
            Task::Folder { path, .. } | Task::Note { path, .. } | Task::Delete { path, .. } => {
                (path, None)
            }
            Task::Symlink { to, .. } => (to, None),
            Task::Rename { from, to, .. }
            | Task::Transfer { from, to, .. }
            | Task::Copy { from, to, .. }
            | Task::Hardlink { from, to, .. } => (from, Some(to)),
            Task::Replace { path, keep, .. } => (path, Some(keep)),
        };
        let Some(other) = other else {
            return Ok(!is_real(one)?);
        };
        Ok(!is_real(one)? || !is_real(other)? || self.is_one_name(one, other)?)
    }

    /// Whether both are one name in one folder, by whatever ways it is reached.
    fn is_one_name(&self, one: &Path, other: &Path) -> io::Result<bool> {
        if one.file_name() != other.file_name() {
            return Ok(false);
        }
        let folder = |path: &Path| match path.parent() {
            Some(folder) => self.disk.look(folder),
            None => Ok(None),
        };
        Ok(match (folder(one)?, folder(other)?) {
            (Some(one), Some(other)) => one.same_file(&other),
            _ => false,
        })
    }

    /// Whether these are two names of one file, so that it stays when one of them is taken away.
    pub(super) fn are_two_names(&self, one: &Path, other: &Path) -> io::Result<bool> {
        Ok(match (self.disk.look(one)?, self.disk.look(other)?) {
            (Some(there), Some(seen)) => {
                !there.is_folder()
                    && there.same_file(&seen)
                    && there.links > 1
                    && !self.is_one_name(one, other)?
            }
            _ => false,
        })
    }
}

/// Whether no link is on the way to a name, as far as that way is there.
pub(crate) fn is_real(path: &Path) -> io::Result<bool> {
    for folder in path.ancestors().skip(1) {
        match folder.canonicalize() {
            Ok(found) => return Ok(found == folder),
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                if folder.is_symlink() {
                    return Ok(false);
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}
