//! This project's own algorithms.

use std::num::NonZeroUsize;

use imgcluster_cluster::{
    Agglomerative, Covariance, Cut, Dbscan, GaussianMixture, Hdbscan, KMeans, Linkage, Threshold,
    cosine_silhouette,
};
use imgcluster_core::{
    CancelToken, Clusterer, Clustering, Job, Neighbors, Points, Quiet, Radius, RowNeighbors,
    Tiling, UnitMatrix,
};

use crate::{Answer, AnyResult, Run, Task, npy};

/// How our own code is to work; the answers are the same.
#[derive(Debug, Clone)]
pub struct How {
    /// Threads to use. Default: 1.
    pub threads: NonZeroUsize,
    /// What rules pairs out. Default: the fastest.
    pub tiling: Tiling,
    /// Stops the task. Default: one that nobody else has.
    pub cancel: CancelToken,
}

impl Default for How {
    fn default() -> Self {
        Self {
            threads: NonZeroUsize::MIN,
            tiling: Tiling::default(),
            cancel: CancelToken::default(),
        }
    }
}

/// Gives what does the task; packing the rows for the search belongs to that.
pub(crate) fn prepare<'a>(task: &Task, rows: &'a UnitMatrix, how: &How) -> AnyResult<Run<'a>> {
    let job = Job::new(&Quiet, how.cancel.clone(), how.threads);
    let tiling = how.tiling;
    if let Some(clusterer) = over_pairs(task)? {
        let by_cosine = !matches!(task, Task::Hdbscan { .. });
        return Ok(Box::new(move || {
            let neighbors = if by_cosine {
                RowNeighbors::cosine(rows)
            } else {
                RowNeighbors::euclidean(rows.view())
            };
            let neighbors = neighbors.with_tiling(tiling);
            let points = Points::with_rows(&neighbors, rows.view());
            Ok(clusterer.cluster(&points, &job)?.into())
        }));
    }
    over_rows(task, rows, job, tiling)
}

/// The algorithms that ask who is near whom.
fn over_pairs(task: &Task) -> AnyResult<Option<Box<dyn Clusterer>>> {
    let joined = |linkage, clusters| Agglomerative {
        cut: Cut::Clusters(clusters),
        linkage,
        ..Agglomerative::default()
    };
    Ok(Some(match *task {
        Task::Threshold { similarity } => {
            let radius = Radius::from_similarity(similarity)?;
            Box::new(Threshold { radius })
        }
        Task::Dbscan { eps, min_samples } => Box::new(Dbscan {
            radius: Radius::new(eps)?,
            min_samples,
        }),
        Task::Hdbscan {
            min_cluster_size,
            min_samples,
        } => Box::new(Hdbscan {
            min_cluster_size,
            min_samples,
            ..Hdbscan::default()
        }),
        Task::Ward { clusters } => Box::new(joined(Linkage::Ward, clusters)),
        Task::Average { clusters } => Box::new(joined(Linkage::Average, clusters)),
        _ => return Ok(None),
    }))
}

/// Everything else.
fn over_rows<'a>(
    task: &Task,
    rows: &'a UnitMatrix,
    job: Job<'a>,
    tiling: Tiling,
) -> AnyResult<Run<'a>> {
    Ok(match *task {
        Task::Kmeans {
            clusters,
            iterations,
            seed,
        } => {
            let kmeans = KMeans {
                clusters,
                max_iterations: iterations,
                restarts: Some(NonZeroUsize::MIN),
                seed,
                tolerance: 0.0,
            };
            Box::new(move || {
                let found = kmeans.find(rows.view(), &job)?;
                Ok(Answer {
                    clustering: Some(found.clustering),
                    inertia: Some(found.inertia),
                    iterations: Some(found.iterations),
                    ..Answer::default()
                })
            })
        }
        Task::Gmm { components, seed } => {
            let mixture = GaussianMixture {
                components,
                covariance: Covariance::Full,
                restarts: Some(NonZeroUsize::MIN),
                seed,
                ..GaussianMixture::default()
            };
            Box::new(move || Ok(mixture.find(rows.view(), &job)?.clustering.into()))
        }
        Task::Silhouette { ref of } => {
            let clustering = Clustering::from_groups(&npy::read_labels(of)?);
            if clustering.len() != rows.rows() {
                return Err("there must be one label a row".into());
            }
            Box::new(move || {
                Ok(Answer {
                    score: cosine_silhouette(rows, &clustering, &job)?,
                    ..Answer::default()
                })
            })
        }
        Task::Knn { k } => Box::new(move || {
            Ok(Answer {
                neighbors: Some(
                    RowNeighbors::cosine(rows)
                        .with_tiling(tiling)
                        .knn(k, &job)?,
                ),
                ..Answer::default()
            })
        }),
        ref other => return Err(format!("{other:?} goes by pairs").into()),
    })
}
