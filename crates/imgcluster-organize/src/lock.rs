//! Keeps two runs out of each other's folders.
//!
//! The locks are on the folders themselves, so that nothing has to be written into them: a folder
//! that is worked in is locked, and so are those above it, which others may share. A run in a
//! folder below or above another's thus meets its lock.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use crate::OrganizeError;
use crate::disk::{Disk, errno};

/// Locks that are held until this is dropped.
#[derive(Debug, Default)]
pub(crate) struct Locks {
    held: Vec<File>,
    /// Folders on file systems that know no locks.
    pub(crate) without: Vec<PathBuf>,
}

/// Which folders to lock.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    /// Whether nobody else may have it, by real path.
    folders: BTreeMap<PathBuf, bool>,
}

impl Wanted {
    /// Asks for a folder, by its real path.
    pub(crate) fn add(&mut self, folder: &Path, alone: bool) {
        for (depth, folder) in folder.ancestors().enumerate() {
            let alone = alone && depth == 0;
            *self.folders.entry(folder.to_owned()).or_default() |= alone;
        }
    }
}

impl Locks {
    /// Locks all folders, or none; never waits.
    pub(crate) fn take(disk: &Disk, wanted: &Wanted) -> Result<Self, OrganizeError> {
        let mut locks = Self::default();
        for (folder, alone) in &wanted.folders {
            locks.add(disk, folder, *alone)?;
        }
        Ok(locks)
    }

    /// Locks one more, and nothing above it.
    pub(crate) fn add(
        &mut self,
        disk: &Disk,
        folder: &Path,
        alone: bool,
    ) -> Result<(), OrganizeError> {
        let file = match disk.open_folder(folder) {
            Ok(file) => file,
            // A folder above that we may pass through but not read: nobody like us can lock it.
            Err(error) if !alone && error.kind() == std::io::ErrorKind::PermissionDenied => {
                return Ok(());
            }
            Err(source) => {
                return Err(OrganizeError::Folder {
                    path: folder.to_owned(),
                    source,
                });
            }
        };
        match disk.lock(&file, alone) {
            Ok(true) => self.held.push(file),
            Ok(false) => {
                return Err(OrganizeError::Locked {
                    path: folder.to_owned(),
                });
            }
            Err(error) if knows_no_locks(&error) => {
                if alone {
                    self.without.push(folder.to_owned());
                }
            }
            Err(source) => {
                return Err(OrganizeError::Folder {
                    path: folder.to_owned(),
                    source,
                });
            }
        }
        Ok(())
    }
}

fn knows_no_locks(error: &std::io::Error) -> bool {
    matches!(
        errno(error),
        Some(
            Errno::OPNOTSUPP
                | Errno::NOSYS
                | Errno::NOLCK
                | Errno::INVAL
                | Errno::BADF
                | Errno::PERM
                | Errno::ACCESS
        )
    )
}
