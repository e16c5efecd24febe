//! What is asked of all.

use std::num::NonZeroUsize;
use std::path::PathBuf;

/// A task, with the parameters that all contenders get alike.
#[derive(Debug, Clone, PartialEq, clap::Subcommand)]
pub enum Task {
    /// Join every pair that is so much alike
    Threshold {
        /// The least cosine similarity
        #[arg(long, default_value_t = 0.85)]
        similarity: f64,
    },
    /// DBSCAN by cosine distance
    Dbscan {
        /// The largest cosine distance of neighbours
        #[arg(long, default_value_t = 0.3)]
        eps: f64,
        /// How many rows within it, itself included, make a core row
        #[arg(long, default_value = "2")]
        min_samples: NonZeroUsize,
    },
    /// HDBSCAN by Euclidean distance
    Hdbscan {
        /// The fewest rows of a cluster
        #[arg(long, default_value_t = 5)]
        min_cluster_size: usize,
        /// How many rows, itself included, a core distance reaches
        #[arg(long, default_value = "3")]
        min_samples: NonZeroUsize,
    },
    /// One attempt of k-means from k-means++ seeds, until no row moves
    Kmeans {
        /// How many clusters
        #[arg(long, default_value = "200")]
        clusters: NonZeroUsize,
        /// How often centers move at most
        #[arg(long, default_value = "25")]
        iterations: NonZeroUsize,
        /// Chooses the seeds
        #[arg(long, default_value_t = 0)]
        seed: u64,
    },
    /// A mixture of normal distributions with full covariances, from one attempt
    Gmm {
        /// How many distributions
        #[arg(long, default_value = "8")]
        components: NonZeroUsize,
        /// Chooses where it starts
        #[arg(long, default_value_t = 0)]
        seed: u64,
    },
    /// Agglomerative clustering with Ward's linkage
    Ward {
        /// How many clusters are left
        #[arg(long, default_value = "100")]
        clusters: NonZeroUsize,
    },
    /// Agglomerative clustering by the mean cosine distance
    Average {
        /// How many clusters are left
        #[arg(long, default_value = "100")]
        clusters: NonZeroUsize,
    },
    /// The mean silhouette of given clusters by cosine distance
    Silhouette {
        /// Their labels, an .npy of integers; -1 is noise
        #[arg(long)]
        of: PathBuf,
    },
    /// The nearest others of each row by cosine distance
    Knn {
        /// How many
        #[arg(long, default_value = "10")]
        k: NonZeroUsize,
    },
}
