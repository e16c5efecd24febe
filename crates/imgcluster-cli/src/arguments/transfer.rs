//! Where the store goes: another store, or tables.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub(crate) struct CopyArguments {
    /// The store to copy to, made if it is not there
    #[arg(value_name = "TO", required_unless_present = "to_file")]
    pub(crate) to: Option<OsString>,
    /// Read the address of the store to copy to from this file, so that a password in it shows in
    /// no list of processes
    #[arg(long, value_name = "FILE", conflicts_with = "to")]
    pub(crate) to_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ExportArguments {
    /// Only the features of this model, as `imgcluster store status` names it
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,
    /// How features are written [default: both]
    #[arg(long, value_name = "FORMAT", value_delimiter = ',')]
    pub(crate) format: Vec<FormatName>,
    /// The folder for the tables
    #[arg(long, short, value_name = "DIR", default_value = "store_export")]
    pub(crate) output: PathBuf,
    /// Replace an earlier export
    #[arg(long)]
    pub(crate) overwrite: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FormatName {
    /// An array for numpy, with a CSV table that says which row is which file
    Npy,
    /// One Parquet table
    Parquet,
}
