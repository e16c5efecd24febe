use std::fs::{FileType, Metadata};
use std::os::unix::fs::MetadataExt;

use serde::{Deserialize, Serialize};

/// A moment of a file: seconds since 1970 and nanoseconds, as the file system keeps them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Time(pub(crate) i64, pub(crate) u32);

impl Time {
    /// Nanoseconds since 1970; the ends of what fits stand for what lies beyond.
    pub(crate) fn nanoseconds(self) -> i64 {
        self.0
            .saturating_mul(1_000_000_000)
            .saturating_add(i64::from(self.1))
    }
}

/// What a name leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    Folder,
    Link,
    Other,
}

/// What the file system says of a name; the link itself where it is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) kind: Kind,
    pub(crate) device: u64,
    pub(crate) inode: u64,
    pub(crate) size: u64,
    pub(crate) links: u64,
    pub(crate) mode: u32,
    pub(crate) accessed: Time,
    pub(crate) modified: Time,
    pub(crate) changed: Time,
}

impl Seen {
    pub(crate) fn new(metadata: &Metadata) -> Self {
        Self {
            kind: kind(metadata.file_type()),
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            links: metadata.nlink(),
            mode: metadata.mode() & 0o7777,
            accessed: time(metadata.atime(), metadata.atime_nsec()),
            modified: time(metadata.mtime(), metadata.mtime_nsec()),
            changed: time(metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    pub(crate) fn is_file(&self) -> bool {
        self.kind == Kind::File
    }

    pub(crate) fn is_folder(&self) -> bool {
        self.kind == Kind::Folder
    }

    /// Whether both are one file, of which at least one has to be there for the answer to hold.
    pub(crate) fn same_file(&self, other: &Self) -> bool {
        self.device == other.device && self.inode == other.inode
    }

    /// Whether nothing tells that the bytes could have changed.
    pub(crate) fn same_bytes(&self, other: &Self) -> bool {
        self.same_file(other) && self.size == other.size && self.modified == other.modified
    }
}

fn kind(of: FileType) -> Kind {
    if of.is_file() {
        Kind::File
    } else if of.is_dir() {
        Kind::Folder
    } else if of.is_symlink() {
        Kind::Link
    } else {
        Kind::Other
    }
}

fn time(seconds: i64, nanoseconds: i64) -> Time {
    Time(seconds, u32::try_from(nanoseconds).unwrap_or(0))
}
