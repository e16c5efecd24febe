//! The settings themselves, and how they are run one after the other.

use std::num::NonZeroUsize;

use imgcluster_core::{BoxError, Clusterer, Clustering, Job, Points};

use super::Views;
use crate::agglomerative::Join;
use crate::hdbscan::ReachabilityTree;
use crate::{Agglomerative, Dbscan, GaussianMixture, Hdbscan, KMeans, Linkage, Threshold};

/// An algorithm, whatever its options.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AlgorithmKind {
    /// [`Hdbscan`].
    Hdbscan,
    /// [`Dbscan`].
    Dbscan,
    /// [`Threshold`].
    Threshold,
    /// [`KMeans`].
    KMeans,
    /// [`Agglomerative`].
    Agglomerative,
    /// [`GaussianMixture`].
    GaussianMixture,
}

impl AlgorithmKind {
    /// Every algorithm, in the order in which they are tried.
    pub const ALL: [Self; 6] = [
        Self::Hdbscan,
        Self::Dbscan,
        Self::Threshold,
        Self::KMeans,
        Self::Agglomerative,
        Self::GaussianMixture,
    ];

    /// Names the algorithm as it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hdbscan => "hdbscan",
            Self::Dbscan => "dbscan",
            Self::Threshold => "threshold",
            Self::KMeans => "kmeans",
            Self::Agglomerative => "agglomerative",
            Self::GaussianMixture => "gmm",
        }
    }
}

/// An algorithm with its options.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Method {
    /// By [`Views::euclidean`].
    Hdbscan(Hdbscan),
    /// By [`Views::cosine`].
    Dbscan(Dbscan),
    /// By [`Views::cosine`].
    Threshold(Threshold),
    /// By [`Views::euclidean`].
    KMeans(KMeans),
    /// By [`Views::euclidean`].
    Agglomerative(Agglomerative),
    /// By [`Views::euclidean`].
    GaussianMixture(GaussianMixture),
}

impl Method {
    /// Which algorithm it is.
    pub fn kind(&self) -> AlgorithmKind {
        match self {
            Self::Hdbscan(_) => AlgorithmKind::Hdbscan,
            Self::Dbscan(_) => AlgorithmKind::Dbscan,
            Self::Threshold(_) => AlgorithmKind::Threshold,
            Self::KMeans(_) => AlgorithmKind::KMeans,
            Self::Agglomerative(_) => AlgorithmKind::Agglomerative,
            Self::GaussianMixture(_) => AlgorithmKind::GaussianMixture,
        }
    }
}

impl Clusterer for Method {
    fn cluster(&self, points: &Points<'_>, job: &Job<'_>) -> Result<Clustering, BoxError> {
        match self {
            Self::Hdbscan(hdbscan) => hdbscan.cluster(points, job),
            Self::Dbscan(dbscan) => dbscan.cluster(points, job),
            Self::Threshold(threshold) => threshold.cluster(points, job),
            Self::KMeans(k_means) => k_means.cluster(points, job),
            Self::Agglomerative(agglomerative) => agglomerative.cluster(points, job),
            Self::GaussianMixture(mixture) => mixture.cluster(points, job),
        }
    }
}

/// A setting to try.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// What is run.
    pub method: Method,
    /// Its parameters by flag name, as they are typed.
    pub parameters: Vec<(&'static str, String)>,
}

/// Runs settings, and keeps what the next one may share: the tree of HDBSCAN while `min_samples` is
/// the same, the joins of agglomerative clustering while the linkage is.
#[derive(Default)]
pub(super) struct Runner {
    tree: Option<(NonZeroUsize, ReachabilityTree)>,
    joins: Option<(Linkage, Vec<Join>)>,
}

impl Runner {
    pub(super) fn run(
        &mut self,
        method: &Method,
        views: &Views<'_>,
        job: &Job<'_>,
    ) -> Result<Clustering, BoxError> {
        match method {
            Method::Hdbscan(hdbscan) => self.hdbscan(hdbscan, views, job),
            Method::Dbscan(dbscan) => dbscan.cluster(&views.cosine, job),
            Method::Threshold(threshold) => threshold.cluster(&views.cosine, job),
            Method::KMeans(k_means) => k_means.cluster(&views.euclidean, job),
            Method::Agglomerative(agglomerative) => self.agglomerative(agglomerative, views, job),
            Method::GaussianMixture(mixture) => mixture.cluster(&views.euclidean, job),
        }
    }

    fn hdbscan(
        &mut self,
        hdbscan: &Hdbscan,
        views: &Views<'_>,
        job: &Job<'_>,
    ) -> Result<Clustering, BoxError> {
        hdbscan.validate()?;
        if views.euclidean.len() < hdbscan.min_cluster_size {
            return hdbscan.cluster(&views.euclidean, job);
        }
        let min_samples = hdbscan.min_samples;
        let tree = match self.tree.take().filter(|(known, _)| *known == min_samples) {
            Some((_, tree)) => tree,
            None => ReachabilityTree::grow(views.euclidean.neighbors(), min_samples, job)?,
        };
        let clustering = hdbscan.pick(&tree);
        self.tree = Some((min_samples, tree));
        Ok(clustering)
    }

    fn agglomerative(
        &mut self,
        agglomerative: &Agglomerative,
        views: &Views<'_>,
        job: &Job<'_>,
    ) -> Result<Clustering, BoxError> {
        let linkage = agglomerative.linkage;
        let joins = match self.joins.take().filter(|(known, _)| *known == linkage) {
            Some((_, joins)) => joins,
            None => agglomerative.joins(&views.euclidean, job)?,
        };
        let clustering = agglomerative.stop(views.euclidean.len(), &joins);
        self.joins = Some((linkage, joins));
        Ok(clustering)
    }
}
