//! One change of the disk: how it is made, what an interrupted one has come to, and how it is
//! taken back.
//!
//! Every name that a step uses is in the journal before it is used, or follows from what is.

mod act;
mod back;
mod names;
mod settle;

use std::io;
use std::path::{Path, PathBuf};

use imgcluster_core::ContentHash;

pub(crate) use back::{Back, TAKEN};
pub(crate) use names::is_real;

use crate::disk::{Disk, Seen, errno};
use crate::journal::{Made, Step, What};

/// What makes and takes back steps.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hands<'a> {
    pub(crate) disk: &'a Disk,
    /// Begins every name that is used for a moment only.
    pub(crate) hidden: &'a str,
}

/// The file that is kept while others go, as it was found.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) path: PathBuf,
    pub(crate) seen: Seen,
}

/// Why a step was not done.
#[derive(Debug)]
pub(crate) enum Halt {
    /// The system did not let us.
    System(io::Error),
    /// A file is not what it was when it was looked at.
    Changed(&'static str),
    /// The name that it would make is taken.
    Taken,
    /// The names are on two file systems.
    OtherDisk,
    /// The file system cannot let two files share their bytes.
    CannotShare,
}

impl From<io::Error> for Halt {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::AlreadyExists => Self::Taken,
            io::ErrorKind::CrossesDevices => Self::OtherDisk,
            io::ErrorKind::InvalidData => Self::Changed("its bytes changed while they were copied"),
            _ => Self::System(error),
        }
    }
}

impl Halt {
    /// In one line, without the name of the file.
    pub(crate) fn reason(&self) -> String {
        match self {
            Self::System(error) => error.to_string(),
            Self::Changed(how) => (*how).to_owned(),
            Self::Taken => "its new name was taken each time".to_owned(),
            Self::OtherDisk => "its old and its new name would be on two file systems".to_owned(),
            Self::CannotShare => "the file system cannot let files share their bytes".to_owned(),
        }
    }
}

/// What an interrupted step has come to.
#[derive(Debug)]
pub(crate) enum Settled {
    Done(Option<Made>),
    /// Nothing of it is left.
    NotDone,
}

/// What has become of a step that was tried.
#[derive(Debug)]
pub(crate) enum Tried {
    Done(Option<Made>, Vec<&'static str>),
    NotDone(Halt),
    /// It was neither finished nor cleaned up; why the one, and why the other.
    Stuck(Halt, io::Error),
}

impl Hands<'_> {
    /// Makes a step; one that fails on the way is finished or cleaned up.
    pub(crate) fn try_step(&self, step: &Step, keep: Option<&Kept>) -> Tried {
        let mut missing = Vec::new();
        match self.act(step, keep, &mut missing) {
            Ok(made) => Tried::Done(made, missing),
            // Where the first thing to do finds a name taken, nothing there is ours.
            Err(Halt::Taken) if step.task.is_single() => Tried::NotDone(Halt::Taken),
            Err(halt) => match self.settle(step) {
                Ok(Settled::Done(made)) => Tried::Done(made, missing),
                Ok(Settled::NotDone) => Tried::NotDone(halt),
                Err(error) => Tried::Stuck(halt, error),
            },
        }
    }

    /// The name in the folder of what is made, while it is not finished.
    fn part(&self, step: &Step) -> PathBuf {
        self.hidden(step.task.place(), step.number, "part")
    }

    /// The name in the folder of the file, while it is taken aside.
    fn aside(&self, step: &Step) -> PathBuf {
        let beside = step.task.source().unwrap_or(step.task.place());
        self.hidden(beside, step.number, "aside")
    }

    fn hidden(&self, beside: &Path, step: u32, what: &str) -> PathBuf {
        beside.with_file_name(format!("{}{step}.{what}", self.hidden))
    }

    /// Whether a file of these bytes has this name.
    fn has(&self, path: &Path, content: ContentHash) -> io::Result<bool> {
        Ok(self.disk.hash_at(path)? == Some(content))
    }

    /// Whether the name has the file that was looked at, with the bytes that it had.
    fn is_exactly(&self, path: &Path, what: &What) -> io::Result<bool> {
        match self.disk.look(path)? {
            Some(seen) if what.is(&seen) => self.has(path, what.hash),
            _ => Ok(false),
        }
    }

    /// Takes a name away if it is there.
    fn clear(&self, path: &Path) -> io::Result<()> {
        match self.disk.look(path)? {
            Some(_) => self.disk.unlink(path),
            None => Ok(()),
        }
    }
}

/// Whether a link with this text has the name.
fn links_to(path: &Path, text: &Path) -> io::Result<bool> {
    match std::fs::read_link(path) {
        Ok(found) => Ok(found == text),
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::InvalidInput
            ) =>
        {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// Whether a folder could not be removed because something is in it.
fn is_not_empty(error: &io::Error) -> bool {
    matches!(
        errno(error),
        Some(rustix::io::Errno::NOTEMPTY | rustix::io::Errno::EXIST)
    )
}

/// Something that keeps a step from being settled, in words.
fn stuck(message: String) -> io::Error {
    io::Error::other(message)
}
