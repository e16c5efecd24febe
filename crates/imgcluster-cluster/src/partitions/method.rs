//! What each algorithm does with partitions, and with their representatives.

use std::num::NonZeroUsize;

use imgcluster_core::{Clusterer, Radius};

use super::words::fingerprint;
use crate::{Agglomerative, Candidate, Dbscan, Hdbscan, Linkage, Method, Split};

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
#[derive(Debug)]
pub enum PartitionMethod {
    /// By one setting.
    One(PartitionSetting),
    /// By the best of several: [`PartitionMethod::best`] tells how.
    Best {
        /// What is tried in each partition. Among representatives what [`PartitionMethod::of`] makes
        /// of each is tried.
        candidates: Vec<Candidate>,
        /// What cuts up clusters before they are scored, of partitions and of representatives.
        split: Option<Split>,
    },
}

/// One setting, for partitions and for representatives.
///
/// Options like the fewest members of a cluster mean images in a partition, and clusters among
/// representatives; so the two differ. [`PartitionMethod::of`] knows what that means for each
/// algorithm.
pub struct PartitionSetting {
    /// Clusters the items of a partition, with their rows where there are any.
    pub parts: Box<dyn Clusterer>,
    /// Clusters the medoids of all partitions, with their rows where there are any; one that is noise
    /// is merged with none.
    pub representatives: Box<dyn Clusterer>,
    /// How the rest comes together.
    pub joining: Joining,
    /// What computes with rows and so can do nothing where only pairs are known, if something does.
    pub needs_rows: Option<&'static str>,
    /// Words that differ for any two settings that may find different clusters: what a log kept with
    /// others is not taken for this one's.
    pub words: String,
}

impl std::fmt::Debug for PartitionSetting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PartitionSetting")
            .field("words", &self.words)
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
    /// * Agglomerative: the same cut among medoids. To a number of clusters, each partition is cut to
    ///   that number first. Every item has a cluster, if need be its own, so items like no other are
    ///   all compared with each other. Average linkage counts medoids alike, however large their
    ///   clusters are.
    /// * K-means and mixtures: the same number of clusters in each partition and among medoids, which
    ///   count alike. Where there are fewer medoids than that none are merged.
    ///
    /// K-means, mixtures and Ward linkage need rows ([`Partitions::find_in`](super::Partitions::find_in)).
    /// The first two compare rows with centers, and need no partitions to be fast.
    pub fn of(method: &Method) -> Self {
        let (representatives, joining) = among(method);
        Self::One(PartitionSetting {
            parts: Box::new(*method),
            representatives: Box::new(representatives),
            joining,
            needs_rows: needs_rows(method),
            words: format!("{method:?}"),
        })
    }

    /// Chooses in each partition, and among the representatives of all, the setting whose clusters
    /// score best there, as [`choose`](crate::choose) does.
    ///
    /// So partitions may be clustered by different settings. Noise joins as the setting of its own
    /// partition says ([`Joining`]), and that of algorithms that leave none stays what it is. Among
    /// representatives what [`PartitionMethod::of`] makes of each candidate is tried once. Where there are
    /// rows it is scored by the clusters of all items that it would give, before noise joins; scored by
    /// representatives alone, clusters of which each partition has its own are merged for want of anything
    /// nearer. Then a radius merges, too, only what is in reach ([`Joining::WithinReach`]): chains from one
    /// outlier to the next would score as one cluster and what is left. Where only pairs are known, of which too many would be measured for that, it is scored by
    /// the representatives.
    ///
    /// One that cannot run is left out with its reason, in a partition and among representatives; where
    /// there is none that can, a partition is an error, while representatives are not merged, with an
    /// [`Event::Warning`](imgcluster_core::Event::Warning). Fewer than two representatives need no choice.
    pub fn best(candidates: Vec<Candidate>, split: Option<Split>) -> Self {
        Self::Best { candidates, split }
    }

    /// Tells what is kept by this method from what is kept by others.
    pub(super) fn fingerprint(&self) -> u64 {
        match self {
            Self::One(setting) => fingerprint(&setting.words),
            Self::Best { candidates, split } => fingerprint(&format!("{candidates:?} {split:?}")),
        }
    }

    /// Lists the settings to choose from; none where there is one only.
    pub(super) fn candidates(&self) -> &[Candidate] {
        match self {
            Self::One(_) => &[],
            Self::Best { candidates, .. } => candidates,
        }
    }

    /// Lists what of these is tried among representatives, each once.
    pub(super) fn candidates_among(&self) -> Vec<Candidate> {
        let mut all: Vec<Candidate> = Vec::new();
        for candidate in self.candidates() {
            let next = candidate_among(candidate);
            if !all.contains(&next) {
                all.push(next);
            }
        }
        all
    }
}

/// What a method is among representatives, and how the rest comes together.
pub(super) fn among(method: &Method) -> (Method, Joining) {
    match *method {
        Method::Threshold(threshold) => (*method, Joining::Within(threshold.radius)),
        Method::Dbscan(dbscan) => {
            let two = NonZeroUsize::new(2).expect("two is not zero");
            let among = Dbscan {
                min_samples: two,
                ..dbscan
            };
            (Method::Dbscan(among), Joining::Within(dbscan.radius))
        }
        Method::Hdbscan(hdbscan) => {
            let among = Hdbscan {
                min_cluster_size: 2,
                min_samples: NonZeroUsize::MIN,
                allow_single_cluster: true,
                max_cluster_size: None,
                ..hdbscan
            };
            (Method::Hdbscan(among), Joining::WithinReach)
        }
        Method::Agglomerative(_) | Method::KMeans(_) | Method::GaussianMixture(_) => {
            (*method, Joining::AsClustered)
        }
    }
}

/// What a candidate is among representatives, with the parameters that it then has.
fn candidate_among(candidate: &Candidate) -> Candidate {
    let (method, _) = among(&candidate.method);
    let mut parameters = candidate.parameters.clone();
    let mut now: &[(&str, &str)] = &[];
    match method {
        Method::Hdbscan(_) => {
            parameters.retain(|(name, _)| *name != "max-cluster-size");
            now = &[("min-cluster-size", "2"), ("min-samples", "1")];
        }
        Method::Dbscan(_) => now = &[("min-samples", "2")],
        _ => {}
    }
    for (name, value) in &mut parameters {
        if let Some((_, now)) = now.iter().find(|(changed, _)| changed == name) {
            (*now).clone_into(value);
        }
    }
    Candidate { method, parameters }
}

/// Names what computes with rows.
fn needs_rows(method: &Method) -> Option<&'static str> {
    match method {
        Method::KMeans(_) => Some("k-means"),
        Method::GaussianMixture(_) => Some("a mixture"),
        Method::Agglomerative(Agglomerative {
            linkage: Linkage::Ward,
            ..
        }) => Some("ward linkage"),
        _ => None,
    }
}
