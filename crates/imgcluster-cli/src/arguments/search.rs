//! How near pictures are found.

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
#[command(next_help_heading = "Algorithm")]
pub(crate) struct SearchArguments {
    /// hdbscan, dbscan, threshold: how near pictures are found
    #[arg(long, value_name = "HOW", default_value = "exact")]
    pub(crate) search: SearchName,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SearchName {
    /// All of them, by comparing every pair
    Exact,
    /// Most of them, by a graph; for many hundred thousand pictures
    Approximate,
    /// Most of them, by an index in the PostgreSQL store, which is made once and kept
    Database,
}
