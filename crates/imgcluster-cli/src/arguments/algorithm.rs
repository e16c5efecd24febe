//! How groups are made.

use std::num::NonZeroUsize;

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
#[command(next_help_heading = "Algorithm")]
pub(crate) struct AlgorithmArguments {
    /// How groups are made
    #[arg(long, value_name = "NAME", default_value = "hdbscan")]
    pub(crate) algorithm: AlgorithmName,
    /// hdbscan: pictures that make a cluster [default: 5]
    #[arg(long, value_name = "N")]
    pub(crate) min_cluster_size: Option<NonZeroUsize>,
    /// hdbscan, dbscan: pictures within reach, itself counted, that make a place dense
    /// [default: 3 for hdbscan, 2 for dbscan]
    #[arg(long, value_name = "N")]
    pub(crate) min_samples: Option<NonZeroUsize>,
    /// hdbscan: which clusters of the tree are taken [default: eom]
    #[arg(long, value_name = "HOW")]
    pub(crate) selection: Option<SelectionName>,
    /// hdbscan: let all pictures be one cluster
    #[arg(long)]
    pub(crate) allow_single_cluster: bool,
    /// hdbscan: split clusters of more pictures where the tree allows
    #[arg(long, value_name = "N")]
    pub(crate) max_cluster_size: Option<NonZeroUsize>,
    /// dbscan: the distance at which pictures are still neighbours [default: 0.3]
    #[arg(long, value_name = "DISTANCE")]
    pub(crate) eps: Option<f64>,
    /// dbscan: how distance is measured [default: cosine]
    #[arg(long, value_name = "NAME")]
    pub(crate) metric: Option<MetricName>,
    /// threshold: the similarity, from -1 to 1, at which two pictures belong together
    /// [default: 0.85]
    #[arg(long, value_name = "SIMILARITY", allow_negative_numbers = true)]
    pub(crate) threshold: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AlgorithmName {
    /// Clusters of any density; finds their number itself
    Hdbscan,
    /// Chains of dense places within one distance
    Dbscan,
    /// Chains of pairs at or above one similarity
    Threshold,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SelectionName {
    /// Clusters that last longest (excess of mass)
    Eom,
    /// The smallest clusters
    Leaf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MetricName {
    /// One minus the cosine similarity
    Cosine,
    /// The length of the difference
    Euclidean,
}
