//! What can be typed after `dedup`.

use std::path::PathBuf;

use clap::Args;

use super::{InputArguments, ModelArguments};

#[derive(Debug, Args)]
pub(crate) struct DedupArguments {
    #[command(flatten)]
    pub(crate) input: InputArguments,
    #[command(flatten)]
    pub(crate) model: ModelArguments,
    #[command(flatten)]
    pub(crate) duplicates: DuplicateArguments,
    /// The folder for the plan and the report
    #[arg(
        long,
        short,
        value_name = "DIR",
        default_value = "dedup_results",
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
#[command(next_help_heading = "Duplicates")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag that is typed or not"
)]
pub(crate) struct DuplicateArguments {
    /// The similarity, from -1 to 1, at which two pictures are taken for one [default: what suits the
    /// model]
    #[arg(long, value_name = "SIMILARITY", allow_negative_numbers = true)]
    pub(crate) threshold: Option<f64>,
    /// Only files with the same bytes: those of one length are compared, without a model
    #[arg(long, conflicts_with = "threshold")]
    pub(crate) exact: bool,
    /// What decides which copy is kept before anything else, the first rule first: in:DIR (a file
    /// of this folder), or one of those that follow anyway, in this order: whole (a RAW file or a
    /// video beside it), resolution, format, metadata, size, sharpness, oldest, shortest-path
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    pub(crate) keep: Vec<String>,
    /// A folder that is compared with, whose files are always kept and never touched (repeatable)
    #[arg(long, value_name = "DIR")]
    pub(crate) reference: Vec<PathBuf>,
    /// Only copies in different ones of the folders that were named; a file that was named counts
    /// as in its folder
    #[arg(long, conflicts_with = "within")]
    pub(crate) across: bool,
    /// Only copies in the same one of the folders that were named
    #[arg(long)]
    pub(crate) within: bool,
    /// Leave raw files, videos, XMP, JSON and captions of the same name where they are
    #[arg(long)]
    pub(crate) no_sidecars: bool,
}
