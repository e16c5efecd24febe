//! How pictures are sorted into folders.

use std::num::NonZeroUsize;

use clap::{Args, ValueEnum};
use imgcluster_organize::SortAction;

use super::SyncArguments;

#[derive(Debug, Args)]
#[command(next_help_heading = "Files")]
pub(crate) struct OrganizeArguments {
    /// Sort the pictures into folders, one for each cluster, in the results folder
    #[arg(long, value_name = "HOW", default_value = "none")]
    pub(crate) organize: OrganizeName,
    /// What the folder of the pictures in no cluster is called
    #[arg(long, value_name = "NAME", default_value = "noise")]
    pub(crate) noise_name: NoiseName,
    /// Only tell what `--organize` or `--cap` would do with which file; write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Leave raw files, videos, XMP, JSON and captions of the same name where they are
    #[arg(long)]
    pub(crate) no_sidecars: bool,
    /// Keep at most this many pictures of each cluster, the most diverse: only they are sorted, or,
    /// without `--organize`, `plan.json` does away with the others
    #[arg(long, value_name = "N")]
    pub(crate) cap: Option<NonZeroUsize>,
    #[command(flatten)]
    pub(crate) sync: SyncArguments,
}

impl OrganizeArguments {
    /// Whether there is anything to plan for files.
    pub(crate) fn touches_files(&self) -> bool {
        self.organize != OrganizeName::None || self.cap.is_some()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OrganizeName {
    /// Not at all
    None,
    /// Copies
    Copy,
    /// The pictures themselves; `imgcluster undo` puts them back
    Move,
    /// Further names of the same files
    Hardlink,
    /// Links to the pictures
    Symlink,
}

impl OrganizeName {
    /// What is done to each file, if anything is.
    pub(crate) fn action(self) -> Option<SortAction> {
        match self {
            Self::None => None,
            Self::Copy => Some(SortAction::Copy),
            Self::Move => Some(SortAction::Move),
            Self::Hardlink => Some(SortAction::Hardlink),
            Self::Symlink => Some(SortAction::Symlink),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum NoiseName {
    Noise,
    Unique,
    Outliers,
}

impl NoiseName {
    /// The folder's name.
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::Noise => "noise",
            Self::Unique => "unique",
            Self::Outliers => "outliers",
        }
    }
}
