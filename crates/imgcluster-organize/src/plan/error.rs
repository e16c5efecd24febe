//! Why a plan is refused.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::paths::BadPath;

/// A plan that is not carried out; nothing was touched.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The file could not be read.
    #[error("could not read the plan `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is longer than any plan is.
    #[error("`{}` is longer than {limit} bytes and no plan", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
        /// The longest that is read.
        limit: u64,
    },
    /// The file is no JSON, or has other fields or types than a plan.
    #[error("`{}` is not a plan that this program reads", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What was found, with line and column.
        source: serde_json::Error,
    },
    /// The plan was written by another version.
    #[error("`{}` is a plan of version {found}, and this program reads version 1", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// What it says.
        found: u64,
    },
    /// The plan would do what no plan may.
    #[error("the plan `{}` is refused", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: InvalidPlan,
    },
}

/// A plan made on another machine, whose paths lead elsewhere here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the plan was made on `{made_on}`, and this is {}; make it again here, or take `machine` out \
     of it if its paths mean the same files here",
    here.as_ref().map_or_else(|| "a machine without a name".to_owned(), |name| format!("`{name}`"))
)]
pub struct OtherMachine {
    /// The machine in the plan.
    pub made_on: String,
    /// This machine, if it has a name.
    pub here: Option<String>,
}

/// What is wrong in a plan, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct InvalidPlan {
    /// Where in the plan.
    pub place: Place,
    /// What is wrong there.
    pub problem: Problem,
}

/// A place in a plan, shown as in `groups[0].remove[2]`; all numbers count from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// A root.
    Root(usize),
    /// A reference folder.
    Reference(usize),
    /// The folder that files are sorted into.
    Target,
    /// A group.
    Group(usize),
    /// The survivor of a group.
    Keep(usize),
    /// Group, removal.
    Remove(usize, usize),
    /// Group, removal, sidecar.
    RemoveSidecar(usize, usize, usize),
    /// A set of pictures that are no duplicates.
    NotDuplicates(usize),
    /// Set, picture.
    NotDuplicate(usize, usize),
    /// A file that is sorted.
    File(usize),
    /// File, sidecar.
    FileSidecar(usize, usize),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Root(at) => write!(f, "`roots[{at}]`"),
            Self::Reference(at) => write!(f, "`references[{at}]`"),
            Self::Target => write!(f, "`target`"),
            Self::Group(group) => write!(f, "`groups[{group}]`"),
            Self::Keep(group) => write!(f, "`groups[{group}].keep`"),
            Self::Remove(group, at) => write!(f, "`groups[{group}].remove[{at}]`"),
            Self::RemoveSidecar(group, at, sidecar) => {
                write!(f, "`groups[{group}].remove[{at}].sidecars[{sidecar}]`")
            }
            Self::NotDuplicates(set) => write!(f, "`not_duplicates[{set}]`"),
            Self::NotDuplicate(set, at) => write!(f, "`not_duplicates[{set}][{at}]`"),
            Self::File(at) => write!(f, "`files[{at}]`"),
            Self::FileSidecar(at, sidecar) => write!(f, "`files[{at}].sidecars[{sidecar}]`"),
        }
    }
}

/// What is wrong at a place of a plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A path that no plan may have.
    #[error("`{}` {why}", path.display())]
    Path {
        /// The path.
        path: PathBuf,
        /// What is wrong with it.
        why: BadPath,
    },
    /// A file that lies in none of the folders that the plan is about.
    #[error("`{}` lies outside the roots", .0.display())]
    Outside(PathBuf),
    /// A file of a reference folder would be touched.
    #[error("`{}` lies in the reference folder `{}`, where nothing is touched", path.display(), folder.display())]
    InReference {
        /// The file.
        path: PathBuf,
        /// The reference folder.
        folder: PathBuf,
    },
    /// A file that another place has already.
    #[error("`{}` is {before} already", path.display())]
    Twice {
        /// The file.
        path: PathBuf,
        /// Where it was before.
        before: Place,
    },
    /// A group that removes nothing, or a set of no pictures.
    #[error("is empty")]
    Empty,
    /// Two files would go to one place.
    #[error("its place `{}` is that of {before} already", to.display())]
    PlaceTwice {
        /// The place.
        to: PathBuf,
        /// Whose it is.
        before: Place,
    },
    /// A file would go below another file.
    #[error("its place `{}` is below that of {above}, which is a file", to.display())]
    PlaceBelowFile {
        /// The place.
        to: PathBuf,
        /// Whose place it is below.
        above: Place,
    },
    /// A file would go where a file of the plan comes from.
    #[error("its place `{}` is where {from} lies", to.display())]
    PlaceIsSource {
        /// The place.
        to: PathBuf,
        /// The file that lies there.
        from: Place,
    },
    /// The bytes beside a path cannot be read.
    #[error("`{0}` is not base64 of a path of this system")]
    Base64(String),
    /// The bytes beside a path are another path.
    #[error("the bytes beside `{shown}` are those of `{}`", bytes.display())]
    Base64Differs {
        /// What a person sees.
        shown: String,
        /// What the bytes say.
        bytes: PathBuf,
    },
    /// A similarity that is no number.
    #[error("a similarity is not finite")]
    NotFinite,
}
