//! What can be typed to move files, and to move them back.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueEnum};
use imgcluster_organize::{SyncPolicy, ThinAction};

#[derive(Debug, Args)]
pub(crate) struct ApplyArguments {
    /// A plan of `dedup` or `cluster --organize`, or the file that a report has saved
    #[arg(value_name = "PLAN")]
    pub(crate) plan: PathBuf,
    /// What is done with copies: trash, move:DIR, hardlink, symlink, reflink or delete [default: trash]
    #[arg(long, value_name = "ACTION")]
    pub(crate) action: Option<ActionArgument>,
    /// With `--action delete`: yes, without a way back
    #[arg(long)]
    pub(crate) permanently: bool,
    /// Only tell what would be done
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) sync: SyncArguments,
    /// End with exit code 3 if any group was left alone
    #[arg(long)]
    pub(crate) strict: bool,
}

#[derive(Debug, Args)]
pub(crate) struct UndoArguments {
    /// The journal, whose path `apply` prints last
    #[arg(value_name = "JOURNAL")]
    pub(crate) journal: PathBuf,
    #[command(flatten)]
    pub(crate) sync: SyncArguments,
}

#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct SyncArguments {
    /// How often the journal is brought to the disk
    #[arg(long, value_name = "WHEN", default_value = "step")]
    pub(crate) sync: SyncName,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SyncName {
    /// Before and after each file
    Step,
    /// Before and after some hundred files: much faster, and as safe unless the power fails
    Batch,
}

impl From<SyncName> for SyncPolicy {
    fn from(name: SyncName) -> Self {
        match name {
            SyncName::Step => Self::Step,
            SyncName::Batch => Self::Batch,
        }
    }
}

/// An action as it is typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ActionArgument(pub(crate) ThinAction);

impl FromStr for ActionArgument {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(folder) = text.strip_prefix("move:")
            && !folder.is_empty()
        {
            return Ok(Self(ThinAction::Move(folder.into())));
        }
        let action = match text {
            "trash" => ThinAction::Trash,
            "hardlink" => ThinAction::Hardlink,
            "symlink" => ThinAction::Symlink,
            "reflink" => ThinAction::Reflink,
            "delete" => ThinAction::Delete,
            _ => {
                let actions = "trash, move:DIR, hardlink, symlink, reflink or delete";
                return Err(format!("an action is {actions}"));
            }
        };
        Ok(Self(action))
    }
}

impl fmt::Display for ActionArgument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            ThinAction::Trash => f.write_str("trash"),
            ThinAction::Move(folder) => write!(f, "move:{}", folder.display()),
            ThinAction::Hardlink => f.write_str("hardlink"),
            ThinAction::Symlink => f.write_str("symlink"),
            ThinAction::Reflink => f.write_str("reflink"),
            ThinAction::Delete => f.write_str("delete"),
        }
    }
}
