//! What is written where.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArguments {
    /// The folder for the results
    #[arg(long, short, value_name = "DIR", default_value = "clustering_results")]
    pub(crate) output: PathBuf,
    /// Replace the results of an earlier run
    #[arg(long)]
    pub(crate) overwrite: bool,
    /// Pictures copied for each cluster: the most typical one first, then diverse ones
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(crate) samples_per_cluster: usize,
    /// Makes the map, the samples and what kmeans and gmm start from repeatable; another seed,
    /// another map
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
}
