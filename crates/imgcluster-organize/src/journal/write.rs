//! Adds lines to a journal.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::{Header, Record, Step};
use crate::disk::Disk;
use crate::{OrganizeError, SyncPolicy};

/// How many bytes of ends wait in memory at most.
const WAITING: usize = 1 << 16;

/// A journal that is open to be added to, by one process at a time.
#[derive(Debug)]
pub(crate) struct Journal<'a> {
    disk: &'a Disk,
    file: File,
    path: PathBuf,
    /// Up to here the file holds whole lines.
    length: u64,
    waiting: Vec<u8>,
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
        let file = open(path, true).map_err(|source| failed(path, source))?;
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

    /// Opens one that is there; what it holds is read afterwards, when no other can change it.
    pub(crate) fn open(
        disk: &'a Disk,
        path: &Path,
        policy: SyncPolicy,
    ) -> Result<Self, OrganizeError> {
        let file = open(path, false).map_err(|source| OrganizeError::ReadJournal {
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

    /// Adds the end of something that was done: at once on the disk, or soon.
    pub(crate) fn end(&mut self, record: &Record) -> Result<(), OrganizeError> {
        self.add(record)?;
        match self.policy {
            SyncPolicy::Step => self.sync(),
            SyncPolicy::Batch if self.waiting.len() > WAITING => self.flush(),
            SyncPolicy::Batch => Ok(()),
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
        if self.waiting.is_empty() {
            return Ok(());
        }
        let waiting = std::mem::take(&mut self.waiting);
        if let Err(source) = self.disk.write(&self.file, &waiting) {
            // Part of a line may have been written; whoever reads it next cuts it off if this
            // fails too.
            let _ = self.disk.truncate(&self.file, self.length);
            return Err(failed(&self.path, source));
        }
        self.length += waiting.len() as u64;
        Ok(())
    }
}

fn open(path: &Path, create: bool) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .append(true)
        .create_new(create)
        .mode(0o600)
        .open(path)
}

fn failed(path: &Path, source: io::Error) -> OrganizeError {
    OrganizeError::WriteJournal {
        path: path.to_owned(),
        source,
    }
}
