//! Every call to the system that looks at files or changes them, and nothing that decides.

mod copy;
#[cfg(test)]
pub(crate) mod faults;
mod metadata;
mod stat;

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use imgcluster_core::ContentHash;
use rustix::fs::{CWD, FlockOperation, OFlags};
use rustix::io::Errno;

pub(crate) use metadata::{ATTRIBUTES, Metadata};
pub(crate) use stat::{Kind, Seen, Time};

/// How much of a file is read at once.
const BLOCK: usize = 1 << 17;

/// The file system. Every change of it goes through one of the methods, each of which makes one
/// change that is there whole or not at all, save [`write`](Disk::write) and [`copy`](Disk::copy).
#[derive(Debug, Default)]
pub(crate) struct Disk {
    #[cfg(test)]
    pub(crate) faults: Option<std::sync::Arc<faults::Faults>>,
}

#[expect(
    clippy::unused_self,
    reason = "it stands for the disk; tests let each call of one fail"
)]
impl Disk {
    /// Where tests stop or fail what comes next.
    #[cfg_attr(
        not(test),
        expect(clippy::unnecessary_wraps, reason = "tests let it fail")
    )]
    fn gate(&self, what: &str) -> io::Result<()> {
        #[cfg(test)]
        if let Some(faults) = &self.faults {
            return faults.pass(what);
        }
        let _ = what;
        Ok(())
    }

    /// Looks at a name, without following it; `None` if nothing has it.
    pub(crate) fn look(&self, path: &Path) -> io::Result<Option<Seen>> {
        match std::fs::symlink_metadata(path) {
            Ok(metadata) => Ok(Some(Seen::new(&metadata))),
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Opens a file to read it, never a link, and leaves its time of access if we may.
    pub(crate) fn open(&self, path: &Path) -> io::Result<File> {
        let careful = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let open = |flags: OFlags| {
            OpenOptions::new()
                .read(true)
                .custom_flags(flags.bits().cast_signed())
                .open(path)
        };
        #[cfg(any(target_os = "linux", target_os = "android"))]
        match open(careful | OFlags::NOATIME) {
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {}
            other => return other,
        }
        open(careful)
    }

    /// Opens a folder.
    pub(crate) fn open_folder(&self, path: &Path) -> io::Result<File> {
        OpenOptions::new()
            .read(true)
            .custom_flags((OFlags::DIRECTORY | OFlags::NONBLOCK).bits().cast_signed())
            .open(path)
    }

    /// Hashes the bytes of an open file, from its beginning.
    pub(crate) fn hash(&self, mut file: &File) -> io::Result<ContentHash> {
        use std::io::Seek;
        file.rewind()?;
        let mut hasher = blake3::Hasher::new();
        let mut block = vec![0; BLOCK.min(file.metadata()?.len() as usize + 1)];
        loop {
            match file.read(&mut block) {
                Ok(0) => return Ok(ContentHash(*hasher.finalize().as_bytes())),
                Ok(length) => hasher.update(&block[..length]),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
        }
    }

    /// Hashes the file of a name; `None` if there is none, or none that is a file.
    pub(crate) fn hash_at(&self, path: &Path) -> io::Result<Option<ContentHash>> {
        match self.look(path)? {
            Some(seen) if seen.is_file() => Ok(Some(self.hash(&self.open(path)?)?)),
            _ => Ok(None),
        }
    }

    /// Gives a file another name, unless that is taken ([`ErrorKind::AlreadyExists`]).
    pub(crate) fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.gate("rename")?;
        if from.parent() != to.parent() {
            self.gate("rename across")?;
        }
        #[cfg(test)]
        if self.faults.as_ref().is_some_and(|faults| faults.by_link) {
            return self.rename_by_link(from, to);
        }
        match rename_exclusively(from, to) {
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => self.rename_by_link(from, to),
            // Layered file systems say so of files that they keep in two places.
            Err(Errno::XDEV) if from.parent() == to.parent() => self.rename_by_link(from, to),
            other => Ok(other?),
        }
    }

    /// The same where the file system cannot do it in one step.
    fn rename_by_link(&self, from: &Path, to: &Path) -> io::Result<()> {
        match std::fs::hard_link(from, to) {
            Ok(()) => self.unlink(from),
            Err(error)
                if matches!(
                    errno(&error),
                    Some(Errno::PERM | Errno::OPNOTSUPP | Errno::NOSYS)
                ) =>
            {
                // Neither is there: nothing is left but to look first.
                if self.look(to)?.is_some() {
                    return Err(ErrorKind::AlreadyExists.into());
                }
                self.gate("rename")?;
                std::fs::rename(from, to)
            }
            Err(error) => Err(error),
        }
    }

    /// Gives a file a second name, unless that is taken.
    pub(crate) fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.gate("link")?;
        std::fs::hard_link(from, to)
    }

    /// Makes a symbolic link, unless its name is taken.
    pub(crate) fn symlink(&self, text: &Path, at: &Path) -> io::Result<()> {
        self.gate("symlink")?;
        std::os::unix::fs::symlink(text, at)
    }

    /// Takes a name away.
    pub(crate) fn unlink(&self, path: &Path) -> io::Result<()> {
        self.gate("unlink")?;
        std::fs::remove_file(path)
    }

    /// Makes a folder, unless its name is taken.
    pub(crate) fn make_folder(&self, path: &Path, mode: u32) -> io::Result<()> {
        self.gate("mkdir")?;
        DirBuilder::new().mode(mode).create(path)
    }

    /// Takes an empty folder away.
    pub(crate) fn remove_folder(&self, path: &Path) -> io::Result<()> {
        self.gate("rmdir")?;
        std::fs::remove_dir(path)
    }

    /// Makes a file that only we may read, unless its name is taken.
    pub(crate) fn create(&self, path: &Path) -> io::Result<File> {
        self.gate("create")?;
        OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
    }

    /// Writes bytes to the end of an open file.
    pub(crate) fn write(&self, mut file: &File, bytes: &[u8]) -> io::Result<()> {
        if let Err(fault) = self.gate("write") {
            // A write that is cut off leaves a part.
            let _ = file.write_all(&bytes[..bytes.len() / 2]);
            return Err(fault);
        }
        file.write_all(bytes)
    }

    /// Cuts a file off.
    pub(crate) fn truncate(&self, file: &File, length: u64) -> io::Result<()> {
        self.gate("truncate")?;
        file.set_len(length)
    }

    /// Waits until the bytes of a file are on the disk.
    pub(crate) fn sync(&self, file: &File) -> io::Result<()> {
        self.gate("sync")?;
        file.sync_all()
    }

    /// Waits until the names in a folder are on the disk, where the file system can.
    pub(crate) fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.gate("sync")?;
        match self.open_folder(path).and_then(|folder| folder.sync_all()) {
            Err(error)
                if matches!(
                    errno(&error),
                    Some(Errno::INVAL | Errno::BADF | Errno::OPNOTSUPP)
                ) =>
            {
                Ok(())
            }
            other => other,
        }
    }

    /// Sets the times of a folder, and of nothing else ([`ErrorKind::NotADirectory`]).
    pub(crate) fn set_folder_times(
        &self,
        path: &Path,
        accessed: Time,
        modified: Time,
    ) -> io::Result<()> {
        self.gate("utimens")?;
        metadata::write_folder_times(path, accessed, modified)
    }

    /// Gives a file all that belongs to it besides its bytes; see [`Metadata::write`].
    pub(crate) fn set_metadata(
        &self,
        file: &File,
        metadata: &Metadata,
    ) -> io::Result<Vec<&'static str>> {
        self.gate("metadata")?;
        metadata.write(file)
    }

    /// Locks an open file or folder; `false` if another has it.
    pub(crate) fn lock(&self, file: &File, alone: bool) -> io::Result<bool> {
        let operation = if alone {
            FlockOperation::NonBlockingLockExclusive
        } else {
            FlockOperation::NonBlockingLockShared
        };
        match rustix::fs::flock(file, operation) {
            Ok(()) => Ok(true),
            Err(Errno::WOULDBLOCK) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// The number that the system gave.
pub(crate) fn errno(error: &io::Error) -> Option<Errno> {
    error.raw_os_error().map(Errno::from_raw_os_error)
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn rename_exclusively(from: &Path, to: &Path) -> Result<(), Errno> {
    rustix::fs::renameat_with(CWD, from, CWD, to, rustix::fs::RenameFlags::NOREPLACE)
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn rename_exclusively(_from: &Path, _to: &Path) -> Result<(), Errno> {
    Err(Errno::NOSYS)
}
