//! What can be typed after `tune`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;

use super::{InputArguments, ModelArguments};

#[derive(Debug, Args)]
pub(crate) struct TuneArguments {
    #[command(flatten)]
    pub(crate) input: InputArguments,
    #[command(flatten)]
    pub(crate) model: ModelArguments,
    #[command(flatten)]
    pub(crate) tuning: TuningArguments,
    /// The folder for the curves and the page
    #[arg(
        long,
        short,
        value_name = "DIR",
        default_value = "tune_results",
        help_heading = "Output"
    )]
    pub(crate) output: PathBuf,
    /// Replace the results of an earlier run
    #[arg(long, help_heading = "Output")]
    pub(crate) overwrite: bool,
    /// End with exit code 3 if anything was skipped
    #[arg(long)]
    pub(crate) strict: bool,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Tuning")]
pub(crate) struct TuningArguments {
    /// Pictures to look at, drawn at random where there are more
    #[arg(long, value_name = "N", default_value = "2000")]
    pub(crate) sample: NonZeroUsize,
    /// Makes what is drawn repeatable; another seed, another sample
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// For dbscan: pictures within reach, itself counted, that make a place dense
    #[arg(long, value_name = "N", default_value = "2")]
    pub(crate) min_samples: NonZeroUsize,
    /// Be asked of about 30 pairs whether they are alike, and get the share that is at each threshold
    #[arg(long)]
    pub(crate) label: bool,
    /// Take the answers from a file that the page of an earlier `tune` has saved
    #[arg(long, value_name = "FILE", conflicts_with = "label")]
    pub(crate) labels: Option<PathBuf>,
}
