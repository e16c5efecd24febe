//! Which settings are tried.

use std::num::NonZeroUsize;

use imgcluster_core::{Radius, RadiusError};

use super::method::{AlgorithmKind, Candidate, Method};
use crate::{
    Agglomerative, Covariance, Cut, Dbscan, GaussianMixture, Hdbscan, KMeans, Linkage, Selection,
    Threshold,
};

/// The values that parameters take; every combination for an algorithm is a setting.
///
/// For an empty list stands one value, the algorithm's own default.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    /// Which algorithms. Default: all.
    pub algorithms: Vec<AlgorithmKind>,
    /// HDBSCAN: the fewest rows of a cluster. Default: 5, 3, 10, 20.
    pub min_cluster_sizes: Vec<usize>,
    /// HDBSCAN: the most rows of a cluster. Default: no limit.
    pub max_cluster_sizes: Vec<NonZeroUsize>,
    /// HDBSCAN: how clusters are picked. Default: the excess of mass, leaves.
    pub selections: Vec<Selection>,
    /// HDBSCAN and DBSCAN: how many rows make a place dense. Default: 3 for HDBSCAN, 5 for DBSCAN
    /// (with 2 it is what [`Threshold`] is).
    pub min_samples: Vec<NonZeroUsize>,
    /// DBSCAN: how far a neighbour may be, by cosine. Default: 0.1, 0.15, 0.2, 0.3, 0.4.
    pub eps: Vec<f64>,
    /// Thresholds: the least similarity of a pair, in [-1, 1]. Default: 0.95, 0.9, 0.85, 0.8, 0.7,
    /// 0.6.
    pub thresholds: Vec<f64>,
    /// K-means, agglomerative, mixtures: how many clusters. Default: 4, 8, 16, 32, 64.
    /// Two round clusters score well on anything, whatever is in it.
    pub clusters: Vec<NonZeroUsize>,
    /// K-means, mixtures: how often clusters are improved at most. Default: 300 for k-means, 100 for
    /// mixtures.
    pub max_iterations: Vec<NonZeroUsize>,
    /// Agglomerative: how the distance of clusters is measured. Default: Ward's, which needs rows.
    pub linkages: Vec<Linkage>,
    /// Mixtures: which shapes clusters may have. Default: diagonal.
    pub covariances: Vec<Covariance>,
    /// K-means and mixtures: chooses the first centers. Default: 0.
    pub seed: u64,
}

impl Default for Grid {
    fn default() -> Self {
        let counts = |values: &[usize]| {
            values
                .iter()
                .copied()
                .filter_map(NonZeroUsize::new)
                .collect()
        };
        Self {
            algorithms: AlgorithmKind::ALL.to_vec(),
            min_cluster_sizes: vec![5, 3, 10, 20],
            max_cluster_sizes: Vec::new(),
            selections: vec![Selection::Eom, Selection::Leaf],
            min_samples: Vec::new(),
            eps: vec![0.1, 0.15, 0.2, 0.3, 0.4],
            thresholds: vec![0.95, 0.9, 0.85, 0.8, 0.7, 0.6],
            clusters: counts(&[4, 8, 16, 32, 64]),
            max_iterations: Vec::new(),
            linkages: vec![Linkage::Ward],
            covariances: vec![Covariance::Diagonal],
            seed: 0,
        }
    }
}

/// The values of a list, or the one that stands for an empty list.
fn or_default<T: Copy>(values: &[T], default: T) -> Vec<T> {
    if values.is_empty() {
        vec![default]
    } else {
        values.to_vec()
    }
}

impl Grid {
    /// The default for points that have only distances: agglomerative clustering goes by the mean
    /// over all pairs.
    pub fn pairwise() -> Self {
        Self {
            linkages: vec![Linkage::Average],
            ..Self::default()
        }
    }

    /// Lists the settings: algorithm after algorithm, the values in their order.
    ///
    /// Settings whose parts contradict each other are among them, and are refused when they are run.
    ///
    /// # Errors
    /// If a distance or a similarity is none.
    pub fn candidates(&self) -> Result<Vec<Candidate>, RadiusError> {
        let mut all = Vec::new();
        for algorithm in &self.algorithms {
            match algorithm {
                AlgorithmKind::Hdbscan => self.hdbscan(&mut all),
                AlgorithmKind::Dbscan => self.dbscan(&mut all)?,
                AlgorithmKind::Threshold => self.threshold(&mut all)?,
                AlgorithmKind::KMeans => self.k_means(&mut all),
                AlgorithmKind::Agglomerative => self.agglomerative(&mut all),
                AlgorithmKind::GaussianMixture => self.mixture(&mut all),
            }
        }
        Ok(all)
    }

    fn hdbscan(&self, all: &mut Vec<Candidate>) {
        let default = Hdbscan::default();
        let limits: Vec<_> = self.max_cluster_sizes.iter().copied().map(Some).collect();
        // What shares the most work lies together.
        for min_samples in or_default(&self.min_samples, default.min_samples) {
            for min_cluster_size in or_default(&self.min_cluster_sizes, default.min_cluster_size) {
                for max_cluster_size in or_default(&limits, None) {
                    for selection in or_default(&self.selections, default.selection) {
                        let name = match selection {
                            Selection::Eom => "eom",
                            Selection::Leaf => "leaf",
                        };
                        let mut parameters = vec![
                            ("min-cluster-size", min_cluster_size.to_string()),
                            ("min-samples", min_samples.to_string()),
                            ("selection", name.to_owned()),
                        ];
                        let limit =
                            max_cluster_size.map(|limit| ("max-cluster-size", limit.to_string()));
                        parameters.extend(limit);
                        let method = Method::Hdbscan(Hdbscan {
                            min_cluster_size,
                            min_samples,
                            selection,
                            max_cluster_size,
                            ..default
                        });
                        all.push(Candidate { method, parameters });
                    }
                }
            }
        }
    }

    fn dbscan(&self, all: &mut Vec<Candidate>) -> Result<(), RadiusError> {
        let five = NonZeroUsize::new(5).expect("five is not zero");
        for min_samples in or_default(&self.min_samples, five) {
            for eps in or_default(&self.eps, 0.3) {
                let radius = Radius::new(eps)?;
                all.push(Candidate {
                    method: Method::Dbscan(Dbscan {
                        radius,
                        min_samples,
                    }),
                    parameters: vec![
                        ("eps", eps.to_string()),
                        ("min-samples", min_samples.to_string()),
                    ],
                });
            }
        }
        Ok(())
    }

    fn threshold(&self, all: &mut Vec<Candidate>) -> Result<(), RadiusError> {
        for similarity in or_default(&self.thresholds, 0.85) {
            let radius = Radius::from_similarity(similarity)?;
            all.push(Candidate {
                method: Method::Threshold(Threshold { radius }),
                parameters: vec![("threshold", similarity.to_string())],
            });
        }
        Ok(())
    }

    fn k_means(&self, all: &mut Vec<Candidate>) {
        let default = KMeans::default();
        for max_iterations in or_default(&self.max_iterations, default.max_iterations) {
            for clusters in or_default(&self.clusters, default.clusters) {
                all.push(Candidate {
                    method: Method::KMeans(KMeans {
                        clusters,
                        max_iterations,
                        seed: self.seed,
                        ..default
                    }),
                    parameters: vec![
                        ("clusters", clusters.to_string()),
                        ("max-iterations", max_iterations.to_string()),
                    ],
                });
            }
        }
    }

    fn agglomerative(&self, all: &mut Vec<Candidate>) {
        let default = Agglomerative::default();
        let eight = NonZeroUsize::new(8).expect("eight is not zero");
        for linkage in or_default(&self.linkages, default.linkage) {
            let name = match linkage {
                Linkage::Ward => "ward",
                Linkage::Average => "average",
                Linkage::Complete => "complete",
                Linkage::Single => "single",
            };
            for clusters in or_default(&self.clusters, eight) {
                all.push(Candidate {
                    method: Method::Agglomerative(Agglomerative {
                        cut: Cut::Clusters(clusters),
                        linkage,
                        ..default
                    }),
                    parameters: vec![
                        ("clusters", clusters.to_string()),
                        ("linkage", name.to_owned()),
                    ],
                });
            }
        }
    }

    fn mixture(&self, all: &mut Vec<Candidate>) {
        let default = GaussianMixture::default();
        for covariance in or_default(&self.covariances, default.covariance) {
            let name = match covariance {
                Covariance::Diagonal => "diag",
                Covariance::Full => "full",
            };
            for max_iterations in or_default(&self.max_iterations, default.max_iterations) {
                for components in or_default(&self.clusters, default.components) {
                    all.push(Candidate {
                        method: Method::GaussianMixture(GaussianMixture {
                            components,
                            covariance,
                            max_iterations,
                            seed: self.seed,
                            ..default
                        }),
                        parameters: vec![
                            ("clusters", components.to_string()),
                            ("covariance", name.to_owned()),
                            ("max-iterations", max_iterations.to_string()),
                        ],
                    });
                }
            }
        }
    }
}
