use std::io;
use std::path::PathBuf;

use imgcluster_core::Cancelled;

/// Why carrying out a plan, or putting things back, has stopped as a whole.
///
/// What concerns one file or group does not stop the others; it is reported in
/// [`Applied`](crate::Applied) or [`Undone`](crate::Undone).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OrganizeError {
    /// Another run works in this folder, above it or below it, or with this journal.
    #[error("`{}` is in use by another run", path.display())]
    Locked {
        /// The folder or the journal.
        path: PathBuf,
    },
    /// A folder of the plan cannot be reached.
    #[error("cannot open the folder `{}`", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The journal cannot be written; no step is done that is not in it. Once it can be written
    /// again, the same command goes on, or an undo puts everything back.
    #[error("cannot write the journal `{}`", path.display())]
    WriteJournal {
        /// The journal.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The journal cannot be read.
    #[error("cannot read the journal `{}`", path.display())]
    ReadJournal {
        /// The journal.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A line of the journal is none that this program has written.
    #[error("line {line} of the journal `{}` cannot be understood", path.display())]
    Garbage {
        /// The journal.
        path: PathBuf,
        /// The line, counted from one.
        line: u64,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A line of the journal does not fit those before it.
    #[error("line {line} of the journal `{}` does not follow from those before it", path.display())]
    OutOfOrder {
        /// The journal.
        path: PathBuf,
        /// The line, counted from one.
        line: u64,
    },
    /// The journal is of a later version of this program.
    #[error("the journal `{}` has version {version}, and this program reads version 1", path.display())]
    JournalVersion {
        /// The journal.
        path: PathBuf,
        /// Its version.
        version: u32,
    },
    /// A plan of this name was begun with other content or another action, and is neither finished
    /// nor undone.
    #[error("`{}` was begun with another plan or action and is not finished; undo it first", journal.display())]
    Unfinished {
        /// The journal of what was begun.
        journal: PathBuf,
    },
    /// The journal is being undone, or an undo of it was interrupted.
    #[error("an undo of `{}` was begun and is not finished; finish it first", journal.display())]
    HalfUndone {
        /// The journal.
        journal: PathBuf,
    },
    /// The plan or journal was made on another machine, where paths mean other files.
    #[error("this was made on `{made_on}`, and this machine is `{here}`")]
    OtherMachine {
        /// The machine that it was made on.
        made_on: String,
        /// This one.
        here: String,
    },
    /// A plan that sorts says itself what is done.
    #[error("a plan that sorts files has its own action; no other can be given")]
    ActionGiven,
    /// Pictures cannot be brought to the trash, as nobody has said where it is.
    #[error("it is not known where the trash of this system is")]
    NoTrash,
    /// Files would be brought into a reference folder, or into a folder that holds one.
    #[error("the target `{}` is, holds or lies in the reference folder `{}`, where nothing is touched", target.display(), reference.display())]
    TargetAtReference {
        /// The folder that files would be brought to.
        target: PathBuf,
        /// The reference folder.
        reference: PathBuf,
    },
    /// The path has to be absolute.
    #[error("`{}` is not an absolute path", path.display())]
    Relative {
        /// The path.
        path: PathBuf,
    },
    /// Files cannot be acted on safely on this system.
    #[error("this system offers no way to move files that is safe enough")]
    Unsupported,
    /// Somebody asked for it.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}
