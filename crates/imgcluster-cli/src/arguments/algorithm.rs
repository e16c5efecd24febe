//! How groups are made.

use std::num::NonZeroUsize;

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
#[command(next_help_heading = "Algorithm")]
pub(crate) struct AlgorithmArguments {
    /// How groups are made
    #[arg(long, value_name = "NAME", default_value = "hdbscan")]
    pub(crate) algorithm: AlgorithmName,
    /// auto: which algorithms are tried, in a list [default: all]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) candidates: Vec<AlgorithmName>,
    /// Split clusters that hide a pair less alike than this similarity, from -1 to 1, until none
    /// does (complete linkage); a picture left without a partner is in no cluster
    #[arg(long, value_name = "SIMILARITY", allow_negative_numbers = true)]
    pub(crate) min_similarity: Option<f64>,
    /// hdbscan, auto: pictures that make a cluster [default: 5]; as all that follow, a list for auto
    #[arg(long, value_name = "N", value_delimiter = ',')]
    pub(crate) min_cluster_size: Vec<NonZeroUsize>,
    /// hdbscan, dbscan, auto: pictures within reach, itself counted, that make a place dense
    /// [default: 3 for hdbscan, 2 for dbscan]
    #[arg(long, value_name = "N", value_delimiter = ',')]
    pub(crate) min_samples: Vec<NonZeroUsize>,
    /// hdbscan, auto: which clusters of the tree are taken [default: eom]
    #[arg(long, value_name = "HOW", value_delimiter = ',')]
    pub(crate) selection: Vec<SelectionName>,
    /// hdbscan: let all pictures be one cluster
    #[arg(long)]
    pub(crate) allow_single_cluster: bool,
    /// hdbscan, auto: split clusters of more pictures, as far as their tree does; leaves do not
    #[arg(long, value_name = "N", value_delimiter = ',')]
    pub(crate) max_cluster_size: Vec<NonZeroUsize>,
    /// dbscan, auto: the distance at which pictures are still neighbours [default: 0.3; of hashes and
    /// models that compare pairs, 1 minus their usual threshold]
    #[arg(long, value_name = "DISTANCE", value_delimiter = ',')]
    pub(crate) eps: Vec<f64>,
    /// dbscan: how distance is measured [default: cosine]
    #[arg(long, value_name = "NAME")]
    pub(crate) metric: Option<MetricName>,
    /// threshold, auto: the similarity, from -1 to 1, at which two pictures belong together
    /// [default: 0.85; hashes and models that compare pairs have their own, see `models show`]
    #[arg(
        long,
        value_name = "SIMILARITY",
        allow_negative_numbers = true,
        value_delimiter = ','
    )]
    pub(crate) threshold: Vec<f64>,
    /// kmeans, agglomerative, gmm, auto: how many clusters to make [default: 8]
    #[arg(long, value_name = "N", value_delimiter = ',')]
    pub(crate) clusters: Vec<NonZeroUsize>,
    /// kmeans, gmm, auto: how often clusters are improved at most [default: 300 for kmeans, 100 for
    /// gmm]
    #[arg(long, value_name = "N", value_delimiter = ',')]
    pub(crate) max_iterations: Vec<NonZeroUsize>,
    /// agglomerative: instead of a number of clusters, the distance up to which they are joined
    #[arg(long, value_name = "DISTANCE", conflicts_with = "clusters")]
    pub(crate) distance_threshold: Option<f64>,
    /// agglomerative, auto: how the distance of clusters is measured [default: average]
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(crate) linkage: Vec<LinkageName>,
    /// gmm, auto: which shapes clusters may have [default: diag]
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(crate) covariance: Vec<CovarianceName>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AlgorithmName {
    /// Clusters of any density; finds their number itself
    Hdbscan,
    /// Chains of dense places within one distance
    Dbscan,
    /// Chains of pairs at or above one similarity
    Threshold,
    /// A given number of clusters round their means
    Kmeans,
    /// The two nearest clusters join, again and again
    Agglomerative,
    /// A given number of overlapping clouds
    Gmm,
    /// The best of a grid over the others, by three scores; prints the table
    Auto,
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LinkageName {
    /// How much the squared distances to the means grow
    Ward,
    /// The mean over all pairs
    Average,
    /// The pair farthest apart
    Complete,
    /// The nearest pair
    Single,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CovarianceName {
    /// Stretched along the axes
    Diag,
    /// Any ellipsoid; slow for long vectors
    Full,
}
