//! Where features and runs are remembered.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Store")]
pub(crate) struct StoreArguments {
    /// Where features and runs are remembered: `sqlite:PATH` or `postgres://USER@HOST/DATABASE`; of
    /// `postgres:` the rest comes from `DATABASE_URL` or the `PG…` variables
    /// [default: `IMGCLUSTER_STORE`, else a file in your data folder]
    // The environment is not read by clap, which would show a password in the help.
    #[arg(long, global = true, value_name = "URL", conflicts_with = "store_file")]
    pub(crate) store: Option<OsString>,

    /// Read the address of the store from the first line of a file, so that a password in it is not
    /// in the list of processes
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) store_file: Option<PathBuf>,
}
