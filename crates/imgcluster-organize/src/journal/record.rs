//! The lines of a journal.

use std::path::{Path, PathBuf};

use imgcluster_core::ContentHash;
use serde::{Deserialize, Serialize};

use super::exact::{self, Exact};
use crate::Doing;
use crate::disk::{Metadata, Seen, Time};

/// The version that is written, and the only one that is read.
pub(crate) const VERSION: u32 = 1;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Record {
    /// The first line: what all the others are about.
    Journal(Header),
    /// A folder, as it was before anything in it was touched.
    Times {
        #[serde(with = "exact")]
        folder: PathBuf,
        accessed: Time,
        modified: Time,
    },
    /// A step will be done.
    Begin(Step),
    /// A step was done.
    Done {
        step: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        made: Option<Made>,
    },
    /// A step was not done, and nothing is left of it.
    Failed { step: u32, reason: String },
    /// All will be taken back.
    UndoBegin,
    /// A step will be taken back.
    Undoing { step: u32 },
    /// A step was taken back.
    Undone { step: u32 },
    /// A step could not be taken back.
    Left { step: u32, reason: String },
    /// A picture was left alone: it or another file of its group is not as the plan says.
    Refused {
        #[serde(with = "exact")]
        path: PathBuf,
        reason: String,
    },
    /// Every step of the plan was done, refused or has failed.
    End {
        done: u64,
        refused: u64,
        failed: u64,
    },
    /// Every step that was done was taken back, or could not be.
    UndoEnd { undone: u64, left: u64 },
}

/// What a journal is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Header {
    pub(crate) version: u32,
    /// Name and version of the program.
    pub(crate) program: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) machine: Option<String>,
    #[serde(with = "exact")]
    pub(crate) plan: PathBuf,
    /// The hash of the bytes of the plan's file.
    pub(crate) plan_hash: ContentHash,
    pub(crate) doing: Doing,
    pub(crate) roots: Vec<Exact>,
    /// The folder that files are brought to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) target: Option<Exact>,
    /// Begins every name that is used for a moment only.
    pub(crate) hidden: String,
}

/// A file as it was just before it was acted upon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct What {
    pub(crate) hash: ContentHash,
    pub(crate) size: u64,
    pub(crate) modified: Time,
    pub(crate) inode: u64,
}

impl What {
    /// Whether this is the file: its inode, length and time.
    pub(crate) fn is(&self, seen: &Seen) -> bool {
        self.has_inode(seen) && self.size == seen.size && self.modified == seen.modified
    }

    /// Whether this is the file, that may have been changed since.
    pub(crate) fn has_inode(&self, seen: &Seen) -> bool {
        seen.is_file() && self.inode == seen.inode
    }
}

/// What a step has made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Made {
    pub(crate) inode: u64,
    pub(crate) size: u64,
    pub(crate) modified: Time,
}

impl Made {
    pub(crate) fn new(seen: &Seen) -> Self {
        Self {
            inode: seen.inode,
            size: seen.size,
            modified: seen.modified,
        }
    }

    pub(crate) fn is(&self, seen: &Seen) -> bool {
        self.inode == seen.inode && self.size == seen.size && self.modified == seen.modified
    }
}

/// One change, with every name it uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Step {
    /// Counted from zero; the journal begins steps in this order.
    #[serde(rename = "step")]
    pub(crate) number: u32,
    /// The picture of the plan that it is done for, with what belongs to that; a folder that is
    /// made is for none alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) unit: Option<u32>,
    /// Whether the picture is done with it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) last: bool,
    pub(crate) task: Task,
}

/// The kinds of change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Task {
    /// A folder is made.
    Folder {
        #[serde(with = "exact")]
        path: PathBuf,
        mode: u32,
    },
    /// A small file of this text is made.
    Note {
        #[serde(with = "exact")]
        path: PathBuf,
        text: String,
    },
    /// A file gets another name in the same file system.
    Rename {
        #[serde(with = "exact")]
        from: PathBuf,
        #[serde(with = "exact")]
        to: PathBuf,
        what: What,
    },
    /// A file is brought to another file system: it is copied, and then removed.
    Transfer {
        #[serde(with = "exact")]
        from: PathBuf,
        #[serde(with = "exact")]
        to: PathBuf,
        what: What,
        metadata: Metadata,
    },
    /// A copy of a file is made.
    Copy {
        #[serde(with = "exact")]
        from: PathBuf,
        #[serde(with = "exact")]
        to: PathBuf,
        what: What,
    },
    /// A file gets a second name.
    Hardlink {
        #[serde(with = "exact")]
        from: PathBuf,
        #[serde(with = "exact")]
        to: PathBuf,
        what: What,
    },
    /// A link to a file is made.
    Symlink {
        #[serde(with = "exact")]
        from: PathBuf,
        #[serde(with = "exact")]
        to: PathBuf,
    },
    /// A file makes room for a link to, or a clone of, one with the same bytes.
    Replace {
        #[serde(with = "exact")]
        path: PathBuf,
        by: By,
        #[serde(with = "exact")]
        keep: PathBuf,
        what: What,
        metadata: Metadata,
    },
    /// A file is deleted; `keep` has the same bytes.
    Delete {
        #[serde(with = "exact")]
        path: PathBuf,
        keep: Option<Exact>,
        what: What,
        metadata: Metadata,
    },
}

/// What takes the place of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum By {
    Hardlink,
    Symlink,
    Reflink,
}

impl Task {
    /// Where the file was, for those that act on one.
    pub(crate) fn source(&self) -> Option<&Path> {
        match self {
            Self::Folder { .. } | Self::Note { .. } => None,
            Self::Rename { from, .. }
            | Self::Transfer { from, .. }
            | Self::Copy { from, .. }
            | Self::Hardlink { from, .. }
            | Self::Symlink { from, .. } => Some(from),
            Self::Replace { path, .. } | Self::Delete { path, .. } => Some(path),
        }
    }

    /// Whether it makes one name, and nothing before that.
    pub(crate) fn is_single(&self) -> bool {
        matches!(
            self,
            Self::Folder { .. }
                | Self::Note { .. }
                | Self::Rename { .. }
                | Self::Hardlink { .. }
                | Self::Symlink { .. }
        )
    }

    /// The name that is made or taken away.
    pub(crate) fn place(&self) -> &Path {
        match self {
            Self::Rename { to, .. }
            | Self::Transfer { to, .. }
            | Self::Copy { to, .. }
            | Self::Hardlink { to, .. }
            | Self::Symlink { to, .. } => to,
            Self::Folder { path, .. }
            | Self::Note { path, .. }
            | Self::Replace { path, .. }
            | Self::Delete { path, .. } => path,
        }
    }
}
