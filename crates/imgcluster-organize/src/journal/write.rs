//! Adds lines to a journal.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use super::{Header, Record, Step};
use crate::disk::Disk;
use crate::{OrganizeError, SyncPolicy};

/// How every journal begins.
const BEGINS: &[u8] = br#"{"journal":{"version":"#;

/// So much of it has to be there to tell a journal, the first line of which was cut off, from
/// what somebody has written.
const KIND: usize = br#"{"journal":"#.len();

/// A journal that is open to be added to, by one process at a time.
#[derive(Debug)]
pub(crate) struct Journal<'a> {
    disk: &'a Disk,
    file: File,
    path: PathBuf,
    /// Up to here the file holds whole lines.
    length: u64,
    waiting: Vec<u8>,
    /// A write has failed; what it has left would be in the middle of a line if more followed.
    broken: bool,
    policy: SyncPolicy,
    next_step: u32,
}

impl<'a> Journal<'a> {
    /// Makes a new one, where no file is.
    pub(crate) fn create(
        disk: &'a Disk,
        path: &Path,
        policy: SyncPolicy,
    ) -> Result<Self, OrganizeError> {
        let file = open(path, true, OFlags::empty()).map_err(|source| failed(path, source))?;
        Self::locked(disk, file, path, policy)
    }

    /// Writes the first line of one that has none.
    pub(crate) fn head(&mut self, header: &Header) -> Result<(), OrganizeError> {
        self.cut(0)?;
        self.add(&Record::Journal(header.clone()))?;
        self.sync()?;
        let folder = match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        self.disk
            .sync_folder(folder)
            .map_err(|source| failed(&self.path, source))
    }

    /// Opens one that lies where a journal should; `None` if it is none, for then it is somebody
    /// else's and must not be written to. An empty file, and one in which the first line was cut
    /// off, may be begun anew.
    pub(crate) fn find(
        disk: &'a Disk,
        path: &Path,
        policy: SyncPolicy,
    ) -> Result<Option<Self>, OrganizeError> {
        let unreadable = |source| OrganizeError::ReadJournal {
            path: path.to_owned(),
            source,
        };
        match disk.look(path).map_err(unreadable)? {
            Some(seen) if seen.is_file() => {}
            _ => return Ok(None),
        }
        // Nobody is to put a link there in the meantime.
        let file = open(path, false, OFlags::NOFOLLOW | OFlags::NONBLOCK).map_err(unreadable)?;
        let journal = Self::locked(disk, file, path, policy)?;
        let ours = begins_as_ours(&journal.file).map_err(unreadable)?;
        Ok(ours.then_some(journal))
    }

    /// Opens one that is there; what it holds is read afterwards, when no other can change it.
    pub(crate) fn open(
        disk: &'a Disk,
        path: &Path,
        policy: SyncPolicy,
    ) -> Result<Self, OrganizeError> {
        let file =
            open(path, false, OFlags::empty()).map_err(|source| OrganizeError::ReadJournal {
                path: path.to_owned(),
                source,
            })?;
        Self::locked(disk, file, path, policy)
    }

    fn locked(
        disk: &'a Disk,
        file: File,
        path: &Path,
        policy: SyncPolicy,
    ) -> Result<Self, OrganizeError> {
        // A file system without locks has those of the folders neither; the caller says so.
        if let Ok(false) = disk.lock(&file, true) {
            return Err(OrganizeError::Locked {
                path: path.to_owned(),
            });
        }
        Ok(Self {
            disk,
            file,
            path: path.to_owned(),
            length: 0,
            waiting: Vec::new(),
            broken: false,
            policy,
            next_step: 0,
        })
    }

    /// Cuts off what follows the last whole line, and goes on with this step.
    pub(crate) fn continue_at(&mut self, length: u64, next_step: u32) -> Result<(), OrganizeError> {
        self.next_step = next_step;
        self.cut(length)
    }

    fn cut(&mut self, length: u64) -> Result<(), OrganizeError> {
        let now = self
            .file
            .metadata()
            .map_err(|e| failed(&self.path, e))?
            .len();
        if now > length {
            self.disk
                .truncate(&self.file, length)
                .map_err(|source| failed(&self.path, source))?;
        }
        self.length = length;
        Ok(())
    }

    /// Where it lies.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether each step is waited for.
    pub(crate) fn policy(&self) -> SyncPolicy {
        self.policy
    }

    /// Gives a step its number and says that it will be done. It may be done once
    /// [`sync`](Self::sync) has returned.
    pub(crate) fn begin(&mut self, step: &mut Step) -> Result<(), OrganizeError> {
        step.number = self.next_step;
        self.next_step += 1;
        self.add(&Record::Begin(step.clone()))
    }

    /// Adds the end of something that was done. A process that is killed afterwards leaves no doubt
    /// that it was; whether a loss of power does is a matter of policy.
    pub(crate) fn end(&mut self, record: &Record) -> Result<(), OrganizeError> {
        self.add(record)?;
        match self.policy {
            SyncPolicy::Step => self.sync(),
            SyncPolicy::Batch => self.flush(),
        }
    }

    /// Adds a line, to be written with the next ones.
    pub(crate) fn add(&mut self, record: &Record) -> Result<(), OrganizeError> {
        serde_json::to_writer(&mut self.waiting, record)
            .map_err(|source| failed(&self.path, source.into()))?;
        self.waiting.push(b'\n');
        Ok(())
    }

    /// Waits until all that was added is on the disk.
    pub(crate) fn sync(&mut self) -> Result<(), OrganizeError> {
        self.flush()?;
        self.disk
            .sync(&self.file)
            .map_err(|source| failed(&self.path, source))
    }

    fn flush(&mut self) -> Result<(), OrganizeError> {
        if self.broken {
            let source = io::Error::other("a line before it could not be written");
            return Err(failed(&self.path, source));
        }
        if self.waiting.is_empty() {
            return Ok(());
        }
        let waiting = std::mem::take(&mut self.waiting);
        if let Err(source) = self.disk.write(&self.file, &waiting) {
            // Part of a line may have been written; whoever reads it next cuts it off if this
            // fails too. Nothing may follow, for it could speak of steps that are not in there.
            self.broken = true;
            let _ = self.disk.truncate(&self.file, self.length);
            return Err(failed(&self.path, source));
        }
        self.length += waiting.len() as u64;
        Ok(())
    }
}

impl Drop for Journal<'_> {
    /// Writes what waits, however its user came to an end; that has the error to report.
    fn drop(&mut self) {
        if !self.broken {
            let _ = self.flush();
        }
    }
}

/// Whether a file is empty, or begins as every journal does.
fn begins_as_ours(file: &File) -> io::Result<bool> {
    let mut begins = Vec::with_capacity(BEGINS.len());
    file.take(BEGINS.len() as u64).read_to_end(&mut begins)?;
    Ok(begins.is_empty() || begins.len() >= KIND && BEGINS.starts_with(&begins))
}

fn open(path: &Path, create: bool, flags: OFlags) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .append(true)
        .create_new(create)
        .mode(0o600)
        .custom_flags(flags.bits().cast_signed())
        .open(path)
}

fn failed(path: &Path, source: io::Error) -> OrganizeError {
    OrganizeError::WriteJournal {
        path: path.to_owned(),
        source,
    }
}
