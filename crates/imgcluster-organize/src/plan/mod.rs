//! What is to be done to files.

mod check;
mod error;
mod look;
mod make;
mod paths;
mod raw;
mod read;
#[cfg(test)]
mod tests;
mod write;

use std::path::PathBuf;

use imgcluster_core::ContentHash;

pub use error::{InvalidPlan, OtherMachine, Place, PlanError, Problem};
pub use make::{
    Duplicates, LeftOut, Made, MakeError, SortRequest, ThinRequest, plan_sort, plan_thin,
};
pub(crate) use paths::name_from;
pub use paths::{BadPath, absolute, root_of};

/// What is to be done to files.
#[derive(Debug, Clone, PartialEq)]
pub enum Plan {
    /// Keep one file of each group, and do away with the others.
    Thin(ThinPlan),
    /// Sort files into a folder.
    Sort(SortPlan),
}

/// A file as it was when the plan was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedFile {
    /// Its absolute path.
    pub path: PathBuf,
    /// The hash of its bytes.
    pub content: ContentHash,
    /// Its length in bytes, if the plan says so.
    pub size: Option<u64>,
    /// Time of the last change, in nanoseconds since 1970, if the plan says so.
    pub modified_ns: Option<i64>,
}

/// Keep one file of each group, and do away with the others.
#[derive(Debug, Clone, PartialEq)]
pub struct ThinPlan {
    /// The machine that it was made on, if that is known; it holds on no other.
    pub machine: Option<String>,
    /// The folders that were looked through, absolute; every file of the plan lies below one.
    pub roots: Vec<PathBuf>,
    /// Folders of which no file is ever touched, absolute.
    pub references: Vec<PathBuf>,
    /// The groups; each is done whole or not at all.
    pub groups: Vec<Group>,
    /// Sets of pictures that a person has found to be no duplicates of each other.
    pub not_duplicates: Vec<Vec<PlannedFile>>,
}

/// Files of which one is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// The file that stays as it is.
    pub keep: Survivor,
    /// The files to do away with.
    pub remove: Vec<Removal>,
    /// The similarity of the two least alike of the group, if it is known.
    pub worst_similarity: Option<f32>,
}

/// The file of a group that stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survivor {
    /// The file.
    pub file: PlannedFile,
    /// Why it is this one.
    pub reason: String,
}

/// A file to do away with.
#[derive(Debug, Clone, PartialEq)]
pub struct Removal {
    /// The file.
    pub file: PlannedFile,
    /// How alike it is to the survivor, if that is known.
    pub similarity: Option<f32>,
    /// Files that belong to it, and go where it goes.
    pub sidecars: Vec<PlannedFile>,
}

/// Sort files into a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SortPlan {
    /// The machine that it was made on, if that is known; it holds on no other.
    pub machine: Option<String>,
    /// The folders that the files come from, absolute; every file of the plan lies below one.
    pub roots: Vec<PathBuf>,
    /// The folder that they are sorted into, absolute.
    pub target: PathBuf,
    /// How they get there.
    pub action: SortAction,
    /// Whether a file may be a symbolic link, that stands for what it leads to.
    pub follow_symlinks: bool,
    /// Which file goes where; each is done whole, with what belongs to it, or not at all.
    pub files: Vec<Placement>,
}

/// How files get into a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SortAction {
    /// A copy; on file systems that can, one that shares its bytes until either is changed.
    Copy,
    /// The file itself.
    Move,
    /// A second name of the same file.
    Hardlink,
    /// A link to the file, by its absolute path.
    Symlink,
}

/// A file and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// The file.
    pub file: PlannedFile,
    /// Where it goes, relative to the target.
    pub to: PathBuf,
    /// Files that belong to it, each with its place.
    pub sidecars: Vec<(PlannedFile, PathBuf)>,
}
