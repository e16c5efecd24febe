//! What can be typed: one file for each group of flags.

mod algorithm;
mod decisions;
mod dedup;
mod files;
mod input;
mod model;
mod organize;
mod output;
mod partition;
mod search;
mod store;
mod train;
mod transfer;
mod tune;

pub(crate) use algorithm::{
    AlgorithmArguments, AlgorithmName, CovarianceName, LinkageName, MetricName, SelectionName,
};
pub(crate) use decisions::{
    DecideArguments, DecideCommand, DecisionsCommand, NotDuplicateArguments,
};
pub(crate) use dedup::DedupArguments;
pub(crate) use files::{ActionArgument, ApplyArguments, SyncArguments, SyncName, UndoArguments};
pub(crate) use input::{InputArguments, WholeNumberOrAuto};
pub(crate) use model::{DeviceArgument, ModelArguments, PrecisionArgument, PreprocessArgument};
pub(crate) use organize::{OrganizeArguments, OrganizeName};
pub(crate) use output::OutputArguments;
pub(crate) use partition::PartitionArguments;
pub(crate) use search::{SearchArguments, SearchName};
pub(crate) use store::StoreArguments;
pub(crate) use train::{LossName, TrainArguments};
pub(crate) use transfer::{CopyArguments, ExportArguments, FormatName};
pub(crate) use tune::TuneArguments;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

/// Point it at a folder of pictures, get the groups.
#[derive(Debug, Parser)]
#[command(
    name = "imgcluster",
    version,
    propagate_version = true,
    max_term_width = 100
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) common: CommonArguments,
}

/// Flags that every command takes.
#[derive(Debug, Args)]
pub(crate) struct CommonArguments {
    /// Print only the line that matters, and errors
    #[arg(long, short, global = true, conflicts_with = "json")]
    pub(crate) quiet: bool,
    /// Print one JSON object instead of text
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// How progress is shown on standard error
    #[arg(long, global = true, value_name = "HOW", default_value = "auto")]
    pub(crate) progress: ProgressChoice,
    /// Threads to use [default: one for each core]
    #[arg(
        long,
        short = 'j',
        global = true,
        value_name = "N",
        env = "IMGCLUSTER_THREADS",
        value_parser = clap::value_parser!(u16).range(1..=1024)
    )]
    pub(crate) threads: Option<u16>,
    #[command(flatten)]
    pub(crate) store: StoreArguments,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgressChoice {
    /// Bars on a terminal, else nothing
    Auto,
    /// Bars
    Bar,
    /// One JSON object a line
    Json,
    /// Nothing
    None,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Group pictures by likeness and write the results folder
    Cluster(Box<ClusterArguments>),
    /// Find copies, and plan which to keep; no file is touched
    #[command(mut_arg("model", |model| model.default_value("phash")))]
    Dedup(Box<DedupArguments>),
    /// Carry out a plan of `dedup` or `cluster`, with a journal to put everything back
    Apply(ApplyArguments),
    /// Put back everything that a journal says was done
    Undo(UndoArguments),
    /// See what each threshold would give: curves, suggestions, pairs; no file is touched
    Tune(Box<TuneArguments>),
    /// Only compute and remember the features of pictures
    Index(IndexArguments),
    /// Train an autoencoder on your own pictures, to use with `--model autoencoder:FILE`
    Train(Box<TrainArguments>),
    /// Earlier runs
    #[command(subcommand)]
    Runs(RunsCommand),
    /// Remember what you have found out about pictures that look alike
    Decide(DecideArguments),
    /// What was decided about pictures that look alike
    #[command(subcommand)]
    Decisions(DecisionsCommand),
    /// The store of features, files, runs and decisions
    #[command(subcommand)]
    Store(StoreCommand),
    /// The models that can be asked for with `--model`
    #[command(subcommand)]
    Models(ModelsCommand),
    /// Check whether the main job can run here
    Doctor,
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page, or write one page for each command
    Man {
        /// Write the pages to this folder
        #[arg(long, value_name = "DIR")]
        output: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ClusterArguments {
    #[command(flatten)]
    pub(crate) input: InputArguments,
    #[command(flatten)]
    pub(crate) model: ModelArguments,
    #[command(flatten)]
    pub(crate) algorithm: AlgorithmArguments,
    /// See vectors along their principal components, those that explain 90 % of what varies, each
    /// scaled to vary alike: for vectors that are all much alike, such as those of an autoencoder
    #[arg(long, conflicts_with = "raw", help_heading = "Algorithm")]
    pub(crate) whiten: bool,
    #[command(flatten)]
    pub(crate) search: SearchArguments,
    #[command(flatten)]
    pub(crate) partition: PartitionArguments,
    #[command(flatten)]
    pub(crate) output: OutputArguments,
    #[command(flatten)]
    pub(crate) organize: OrganizeArguments,
    /// End with exit code 3 if anything was skipped
    #[arg(long)]
    pub(crate) strict: bool,
}

#[derive(Debug, Args)]
pub(crate) struct IndexArguments {
    #[command(flatten)]
    pub(crate) input: InputArguments,
    #[command(flatten)]
    pub(crate) model: ModelArguments,
    /// End with exit code 3 if anything was skipped
    #[arg(long)]
    pub(crate) strict: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RunsCommand {
    /// List the remembered runs, the newest first
    List,
    /// Show one run: what was run, and the groups it found
    Show {
        /// Its number in `runs list`
        id: u64,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum StoreCommand {
    /// Count what the store holds
    Status,
    /// Forget files that are gone, and what belongs to no file any more
    Prune(PruneArguments),
    /// Copy everything into another store, and read it back
    Copy(CopyArguments),
    /// Write features, files, failures and runs as tables for other programs
    Export(ExportArguments),
}

#[derive(Debug, Args)]
pub(crate) struct PruneArguments {
    /// Only list the files that would be forgotten
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Also forget files whose folder is gone or empty; an unplugged disk looks the same
    #[arg(long)]
    pub(crate) missing_folders: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ModelsCommand {
    /// List the models: built in, and with weights to download
    List,
    /// Show everything that is known of a model
    Show {
        /// Its name in `models list`, a repository `ORG/NAME`, or a folder
        #[arg(value_name = "MODEL")]
        name: String,
    },
    /// Download the weights of a model
    Pull(PullArguments),
}

#[derive(Debug, Args)]
pub(crate) struct PullArguments {
    /// Its name in `models list`, or a repository `ORG/NAME`
    #[arg(value_name = "MODEL")]
    pub(crate) name: String,
    /// Which weights of the model; see `imgcluster models show MODEL` [default: the usual ones]
    #[arg(long, value_name = "TAG")]
    pub(crate) pretrained: Option<String>,
    /// Other commands have this flag; here it is an error
    #[arg(long, hide = true)]
    pub(crate) offline: bool,
}
