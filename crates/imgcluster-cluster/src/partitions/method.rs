//! What each algorithm does with partitions, and with their representatives.

use std::num::NonZeroUsize;

use imgcluster_core::{Clusterer, Radius};

use super::PartitionsError;
use crate::{Agglomerative, Dbscan, Hdbscan, Linkage, Method};

/// How clusters of different partitions, and the noise of partitions, come together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Joining {
    /// Clusters are merged as their representatives are clustered. Noise joins its nearest medoid
    /// within this radius, inclusive.
    Within(Radius),
    /// Clusters are merged where their representatives are in one cluster, and chained together by
    /// pairs of different partitions that are in reach of each other: no farther apart than the
    /// farthest member of either cluster is from its medoid. Noise joins its nearest medoid if it is no
    /// farther from it than its farthest member. For methods without a radius: among representatives,
    /// which are few and of all clusters, such a method finds clusters whatever their scale.
    WithinReach,
    /// Clusters are merged as their representatives are clustered. Noise stays noise.
    AsClustered,
}

/// How partitions are clustered, and how their representatives.
///
/// Options like the fewest members of a cluster mean images in a partition, and clusters among
/// representatives; so the two differ. [`PartitionMethod::of`] knows what that means for each
/// algorithm.
pub struct PartitionMethod {
    /// Clusters the items of a partition; it is given no rows.
    pub parts: Box<dyn Clusterer>,
    /// Clusters the medoids of all partitions; one that is noise is merged with none.
    pub representatives: Box<dyn Clusterer>,
    /// How the rest comes together.
    pub joining: Joining,
}

impl std::fmt::Debug for PartitionMethod {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PartitionMethod")
            .field("joining", &self.joining)
            .finish_non_exhaustive()
    }
}

impl PartitionMethod {
    /// Tells how to run an algorithm in partitions.
    ///
    /// * Thresholds: the same radius among medoids, and for noise.
    /// * DBSCAN: the same radius among medoids, where each counts as a core row, as it stands for a
    ///   dense cluster; so two within the radius are one cluster. The same radius for noise.
    ///   `min_samples` counts images of one partition: above 2 it finds less than among all.
    /// * HDBSCAN: among medoids two make a cluster, one may be the only one, and their distances
    ///   alone count (`min_samples` 1); then [`Joining::WithinReach`]. `min_cluster_size` and
    ///   `min_samples` count images of one partition; a `max_cluster_size` holds within partitions only.
    ///   As it knows no radius, it finds clusters among unlike images where a partition holds too few
    ///   that are alike, and merging cannot undo that: it needs partitions that hold several times
    ///   `min_cluster_size` images of every cluster.
    /// * Agglomerative, by average, complete or single linkage: the same cut among medoids. To a
    ///   number of clusters, each partition is cut to that number first. Every item has a cluster, if need
    ///   be its own, so items like no other are all compared with each other. Average linkage
    ///   counts medoids alike, however large their clusters are.
    ///
    /// # Errors
    /// [`PartitionsError::NeedsRows`] for k-means, mixtures and Ward linkage. The first two compare
    /// rows with centers and need no partitions; none has anything to compute with where only pairs
    /// are known.
    pub fn of(method: &Method) -> Result<Self, PartitionsError> {
        match *method {
            Method::Threshold(threshold) => Ok(Self::within(threshold, threshold.radius)),
            Method::Dbscan(dbscan) => Ok(Self::within(dbscan, dbscan.radius)),
            Method::Hdbscan(hdbscan) => Ok(Self {
                parts: Box::new(hdbscan),
                representatives: Box::new(Hdbscan {
                    min_cluster_size: 2,
                    min_samples: NonZeroUsize::MIN,
                    allow_single_cluster: true,
                    max_cluster_size: None,
                    ..hdbscan
                }),
                joining: Joining::WithinReach,
            }),
            Method::Agglomerative(agglomerative) => Self::agglomerative(agglomerative),
            Method::KMeans(_) => Err(PartitionsError::NeedsRows("k-means")),
            Method::GaussianMixture(_) => Err(PartitionsError::NeedsRows("a mixture")),
        }
    }

    fn within(parts: impl Clusterer + 'static, radius: Radius) -> Self {
        Self {
            parts: Box::new(parts),
            representatives: Box::new(Dbscan {
                radius,
                min_samples: NonZeroUsize::new(2).expect("two is not zero"),
            }),
            joining: Joining::Within(radius),
        }
    }

    fn agglomerative(agglomerative: Agglomerative) -> Result<Self, PartitionsError> {
        if agglomerative.linkage == Linkage::Ward {
            return Err(PartitionsError::NeedsRows("ward linkage"));
        }
        Ok(Self {
            parts: Box::new(agglomerative),
            representatives: Box::new(agglomerative),
            joining: Joining::AsClustered,
        })
    }
}
