//! linfa-clustering: a k-d tree for DBSCAN, and plain loops.

use imgcluster_core::{Clustering, UnitMatrix};
use linfa::DatasetBase;
use linfa::traits::{Fit, Predict, Transformer};
use linfa_clustering::{Dbscan, GaussianMixtureModel, KMeans};
use ndarray_for_linfa::{Array1, Array2};

use super::{euclidean, parts};
use crate::{Answer, AnyResult, Run, Task};

pub(crate) fn prepare<'a>(task: &Task, rows: &'a UnitMatrix) -> AnyResult<Option<Run<'a>>> {
    let (shape, values) = parts(rows);
    let array = Array2::from_shape_vec(shape, values)?;
    let count = rows.rows() as f64;
    Ok(match *task {
        Task::Dbscan { eps, min_samples } => {
            let parameters = Dbscan::params::<f32>(min_samples.get()).tolerance(euclidean(eps));
            Some(Box::new(move || {
                let labels = parameters.transform(&array)?;
                Ok(Clustering::from_groups(&labels.to_vec()).into())
            }))
        }
        Task::Kmeans {
            clusters,
            iterations,
            ..
        } => {
            let data = DatasetBase::from(array);
            let parameters = KMeans::params(clusters.get())
                .n_runs(1)
                .max_n_iterations(iterations.get() as u64)
                // It wants one above zero: until no center moves.
                .tolerance(f32::MIN_POSITIVE);
            Some(Box::new(move || {
                let model = parameters.fit(&data)?;
                let labels: Array1<usize> = model.predict(data.records());
                Ok(Answer {
                    clustering: Some(every(&labels)),
                    inertia: Some(f64::from(model.inertia()) * count),
                    ..Answer::default()
                })
            }))
        }
        Task::Gmm { components, .. } => {
            // In `f32` it finds its covariances not positive definite.
            let data = DatasetBase::from(array.mapv(f64::from));
            let parameters = GaussianMixtureModel::<f64>::params(components.get())
                .n_runs(1)
                .max_n_iterations(100)
                .tolerance(1e-3)
                .reg_covariance(1e-6);
            Some(Box::new(move || {
                let labels: Array1<usize> = parameters.fit(&data)?.predict(data.records());
                Ok(every(&labels).into())
            }))
        }
        _ => None,
    })
}

fn every(labels: &Array1<usize>) -> Clustering {
    Clustering::from_groups(&labels.iter().copied().map(Some).collect::<Vec<_>>())
}
