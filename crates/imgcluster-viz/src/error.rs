//! What can go wrong while results are drawn and written.

use std::io;
use std::path::{Path, PathBuf};

use imgcluster_core::{BoxError, Cancelled};

/// Why results were not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VizError {
    /// The output path is taken by something that is not a folder.
    #[error("`{}` exists and is not a folder", .0.display())]
    NotAFolder(PathBuf),
    /// The output folder holds something that this program did not make.
    #[error("`{}` is not empty and was not made by imgcluster", .0.display())]
    Foreign(PathBuf),
    /// The output folder holds earlier results, and overwriting was not asked for.
    #[error("`{}` already holds results", .0.display())]
    Exists(PathBuf),
    /// The output folder holds a file that is not part of the earlier results.
    #[error("`{}` is not part of the results in `{}`, which are therefore not replaced", .file.display(), .folder.display())]
    Kept {
        /// The first such file.
        file: PathBuf,
        /// The results folder.
        folder: PathBuf,
    },
    /// The output folder holds earlier results and cannot be replaced as a whole.
    #[error("`{}` holds earlier results and is a mount point, which cannot be replaced as a whole", .0.display())]
    MountPoint(PathBuf),
    /// The output path has no last part to give a folder a name.
    #[error("`{}` does not name a folder", .0.display())]
    NoName(PathBuf),
    /// The file system refused.
    #[error("could not {action} `{}`", .path.display())]
    File {
        /// What was attempted.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Something could not be written to where it was going.
    #[error("could not write {what}")]
    Write {
        /// What was being written.
        what: &'static str,
        /// Why not.
        source: io::Error,
    },
    /// The map could not be drawn.
    #[error("could not draw the map")]
    Draw(#[source] BoxError),
    /// The font in this program is not one.
    #[error("the embedded font cannot be read")]
    Font,
    /// A store cannot be read.
    #[error("cannot read {what} from the store")]
    Store {
        /// What was to be read.
        what: &'static str,
        /// Why not.
        source: BoxError,
    },
    /// A model was asked for that the store has no features of.
    #[error("the store has no features of the model `{model}`")]
    UnknownModel {
        /// Its name.
        model: String,
    },
    /// A plan is none that thins groups of duplicates out.
    #[error("cannot read the plan of duplicates")]
    Plan(#[source] serde_json::Error),
    /// A plan is of a version that is not known.
    #[error("the plan has version {0}, and only version 1 is known")]
    PlanVersion(u32),
    /// A plan and what is to be shown of it do not belong together.
    #[error("the plan names {planned} {what}, and {shown} are to be shown")]
    NotThePlan {
        /// Groups, or files of one group.
        what: &'static str,
        /// How many of them the plan has.
        planned: usize,
        /// How many are to be shown.
        shown: usize,
    },
    /// A plan does away with a file of a reference folder.
    #[error("the plan removes `{0}`, which is in a reference folder")]
    ReferenceRemoved(String),
    /// Labels of pairs are none.
    #[error("cannot read the labels of pairs")]
    Labels(#[source] serde_json::Error),
    /// Labels of pairs are of a version that is not known.
    #[error("the labels of pairs have version {0}, and only version 1 is known")]
    LabelsVersion(u32),
    /// The work was stopped.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl VizError {
    /// Turns an error of the file system into one that names the path.
    pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::File {
            action,
            path,
            source,
        }
    }

    /// Turns an error of a writer into one that says what was written.
    pub(crate) fn write(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Write { what, source }
    }
}
