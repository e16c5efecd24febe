//! What a person says about pictures that look alike.

use std::ffi::OsString;

use clap::{Args, Subcommand};

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
