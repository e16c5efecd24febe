//! Whether there is still the place that a file is to be put back to.

use std::io;
use std::path::{Path, PathBuf};

use crate::disk::Disk;
use crate::journal::{Step, Task};

/// Why a file cannot be put back, if the folder of the plan that it was in is not there, as where a
/// drive was taken out: its folders must not be made anew in what is there instead.
pub(super) fn against(
    disk: &Disk,
    roots: &[PathBuf],
    step: &Step,
) -> io::Result<Option<&'static str>> {
    let (from, to) = match &step.task {
        Task::Rename { from, to, .. } | Task::Transfer { from, to, .. } => (from, Some(to)),
        Task::Replace { path, .. } | Task::Delete { path, .. } => (path, None),
        Task::Folder { .. }
        | Task::Note { .. }
        | Task::Copy { .. }
        | Task::Hardlink { .. }
        | Task::Symlink { .. } => return Ok(None),
    };
    if disk.look(from)?.is_some() {
        return Ok(None);
    }
    // The outermost stands for those within; a root may be a file, and its folder has to be there.
    let roots = roots.iter().filter(|root| from.starts_with(root));
    let Some(root) = roots.min_by_key(|root| root.as_os_str().len()) else {
        return Ok(match from.parent() {
            Some(folder) if folder.is_dir() => None,
            _ => Some("its folder is gone"),
        });
    };
    let folder = match root.parent() {
        Some(folder) if root == from => folder,
        _ => root.as_path(),
    };
    if !disk.look(folder)?.is_some_and(|seen| seen.is_folder()) {
        return Ok(Some("the folder of the plan that it was in is gone"));
    }
    let Some(to) = to.and_then(|to| to.parent()) else {
        return Ok(None);
    };
    Ok(is_left_behind(disk, step, folder, to)?.then_some("the drive that it was on is not there"))
}

/// Whether the folder seems to be what a drive was mounted at: it is on another file system than it
/// was, as far as can be told from where the file was brought.
fn is_left_behind(disk: &Disk, step: &Step, folder: &Path, to: &Path) -> io::Result<bool> {
    let (Some(here), Some(there)) = (disk.look(folder)?, disk.look(to)?) else {
        return Ok(false);
    };
    let is_one_disk = here.device == there.device;
    match &step.task {
        // Two names in one file system; what was brought into the folder may lie in another below.
        Task::Rename { .. } => Ok(!is_one_disk && folder.read_dir()?.next().is_none()),
        Task::Transfer { .. } => Ok(is_one_disk && folder.read_dir()?.next().is_none()),
        _ => Ok(false),
    }
}
