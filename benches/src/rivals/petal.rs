//! petal-clustering: ball trees.

use std::collections::HashMap;

use imgcluster_core::{Clustering, UnitMatrix};
use ndarray_for_petal::Array2;
use petal_clustering::{Dbscan, Fit, HDbscan};
use petal_neighbors::distance::Euclidean;

use super::{euclidean, parts};
use crate::{AnyResult, Run, Task};

pub(crate) fn prepare<'a>(task: &Task, rows: &'a UnitMatrix) -> AnyResult<Option<Run<'a>>> {
    let (shape, values) = parts(rows);
    let array = Array2::from_shape_vec(shape, values)?;
    let count = rows.rows();
    Ok(match *task {
        Task::Dbscan { eps, min_samples } => {
            let (eps, min_samples) = (euclidean(eps), min_samples.get());
            Some(Box::new(move || {
                let mut dbscan = Dbscan::new(eps, min_samples, Euclidean::default());
                let (clusters, _noise) = dbscan.fit(&array, None);
                Ok(labelled(count, &clusters).into())
            }))
        }
        Task::Hdbscan {
            min_cluster_size,
            min_samples,
        } => Some(Box::new(move || {
            let mut hdbscan = HDbscan {
                alpha: 1.0_f32,
                min_samples: min_samples.get(),
                min_cluster_size,
                metric: Euclidean::default(),
                boruvka: true,
            };
            let (clusters, _noise, _scores) = hdbscan.fit(&array, None);
            Ok(labelled(count, &clusters).into())
        })),
        _ => None,
    })
}

fn labelled(count: usize, clusters: &HashMap<usize, Vec<usize>>) -> Clustering {
    let mut groups = vec![None; count];
    for (cluster, members) in clusters {
        for &row in members {
            groups[row] = Some(*cluster);
        }
    }
    Clustering::from_groups(&groups)
}
