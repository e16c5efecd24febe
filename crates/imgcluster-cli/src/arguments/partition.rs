//! Clustering in parts.

use std::num::NonZeroUsize;

use clap::Args;

#[derive(Debug, Args)]
#[command(next_help_heading = "Partitions")]
pub(crate) struct PartitionArguments {
    /// Cluster parts of about this many pictures, in the order of their paths, then join clusters
    /// whose most typical pictures are alike: for models too slow for all pairs. Approximate; a run
    /// that was stopped goes on with the next part
    #[arg(long, value_name = "SIZE")]
    pub(crate) partition: Option<NonZeroUsize>,
    /// Compare pictures that are alone in their parts with each other too, as one more part: finds pairs
    /// whose two pictures lie in different parts, and takes longer the more such pictures there are
    #[arg(long, requires = "partition")]
    pub(crate) partition_noise: bool,
    /// Leave the clusters of each part in `partitions/` of the results, and the similarities of its
    /// pairs at or above the threshold
    #[arg(long, requires = "partition")]
    pub(crate) partition_keep: bool,
    /// Cluster everything at once as well, and tell how far both agree
    #[arg(long, requires = "partition")]
    pub(crate) partition_agreement: bool,
}
