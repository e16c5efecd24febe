//! What a person says about pictures that look alike.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
#[command(subcommand_negates_reqs = true)]
pub(crate) struct DecideArguments {
    /// Remember what was decided in the report of `imgcluster dedup`, from the file that it
    /// exports: no set of pictures that is kept together there is a group again
    #[arg(long, value_name = "FILE", required = true)]
    pub(crate) from: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Option<DecideCommand>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DecideCommand {
    /// Remember that these pictures are no duplicates of each other, so that their group is left
    /// out until another picture or copy joins it
    NotDuplicate(NotDuplicateArguments),
}

#[derive(Debug, Args)]
pub(crate) struct NotDuplicateArguments {
    /// Files, or contents by their hashes of 64 hex digits as plans and results name them
    #[arg(required = true, num_args = 2.., value_name = "FILE|HASH")]
    pub(crate) files: Vec<OsString>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DecisionsCommand {
    /// List what was decided, the oldest first
    List,
    /// Forget decisions, so that the groups they settled return
    Forget {
        /// Their numbers in `decisions list`
        #[arg(required = true, value_name = "ID")]
        ids: Vec<u64>,
    },
}
