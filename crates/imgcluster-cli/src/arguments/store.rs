//! Where features and runs are remembered.

use std::ffi::OsString;

use clap::Args;

#[derive(Debug, Args)]
#[command(next_help_heading = "Store")]
pub(crate) struct StoreArguments {
    /// Where features and runs are remembered: `sqlite:PATH`
    /// [default: a file in your data folder]
    #[arg(long, value_name = "URL", env = "IMGCLUSTER_STORE")]
    pub(crate) store: Option<OsString>,
}
