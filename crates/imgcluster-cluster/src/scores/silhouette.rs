//! How much nearer rows are to their own cluster than to the next.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use imgcluster_core::{Against, Cancelled, Clustering, Job, Neighbors, UnitMatrix, for_each_block};

use super::is_comparable;
use crate::product::dot;

/// Sums of distances that are kept at a time.
const SUMS: usize = 1 << 22;

/// Rows a thread takes at a time.
const BLOCK: NonZeroUsize = NonZeroUsize::new(64).expect("not zero");

/// Mean distances this small come from rounding alone.
const NONE: f64 = 1e-12;

/// Computes the mean silhouette of all rows that are not noise: `(b - a) / max(a, b)` with the mean
/// distance `a` to the others of its cluster and `b` to the nearest other cluster, 0 for a row
/// alone. In [-1, 1]; higher is better.
///
/// Measures every pair, so the distance may be any; some roundings of `f32` go into it. Noise is
/// left out; `None` unless there are two clusters, one of them of two rows. Rousseeuw,
/// *Silhouettes*, Journal of Computational and Applied Mathematics, 1987.
///
/// # Errors
/// [`Cancelled`] if the job was cancelled.
///
/// # Panics
/// Panics if the clustering is not of these items.
pub fn silhouette(
    neighbors: &dyn Neighbors,
    clustering: &Clustering,
    job: &Job<'_>,
) -> Result<Option<f64>, Cancelled> {
    assert_eq!(
        neighbors.len(),
        clustering.len(),
        "a clustering of these items"
    );
    if !is_comparable(clustering) {
        return Ok(None);
    }
    // Noise goes to a place of its own at the end, which nobody reads.
    let places = clustering.clusters() + 1;
    let labels = clustering.labels().iter();
    let labels: Vec<usize> = labels
        .map(|label| label.map_or(places - 1, |id| id.0 as usize))
        .collect();
    let together = (SUMS / places).max(BLOCK.get());
    let mut total = 0.0;
    for start in (0..labels.len()).step_by(together) {
        let rows = start..labels.len().min(start + together);
        let sums: Vec<_> = rows
            .clone()
            .map(|_| Mutex::new(vec![0.0; places]))
            .collect();
        let add = |row: u32, first: u32, distances: &[f32]| {
            let sums = &sums[row as usize - start];
            let mut sums = sums.lock().unwrap_or_else(PoisonError::into_inner);
            for (distance, label) in distances.iter().zip(&labels[first as usize..]) {
                sums[*label] += f64::from(*distance);
            }
        };
        neighbors.measure(rows.clone(), Against::All, job, &add)?;
        for (sums, row) in sums.into_iter().zip(rows) {
            let sums = sums.into_inner().unwrap_or_else(PoisonError::into_inner);
            if labels[row] < places - 1 {
                total += of_row(labels[row], &sums, clustering.sizes());
            }
        }
    }
    Ok(Some(
        total / clustering.sizes().iter().sum::<usize>() as f64,
    ))
}

/// Computes the [`silhouette`] of rows by cosine distance, without measuring pairs: the sum of the
/// similarities of a row to all rows of a cluster is its product with their sum.
///
/// # Errors
/// [`Cancelled`] if the job was cancelled.
///
/// # Panics
/// Panics if the clustering is not of these rows.
pub fn cosine_silhouette(
    rows: &UnitMatrix,
    clustering: &Clustering,
    job: &Job<'_>,
) -> Result<Option<f64>, Cancelled> {
    assert_eq!(rows.rows(), clustering.len(), "a clustering of these rows");
    if !is_comparable(clustering) {
        return Ok(None);
    }
    let dim = rows.view().dim();
    let sizes = clustering.sizes();
    let mut sums = vec![0.0; sizes.len() * dim];
    let mut row = Vec::with_capacity(dim);
    for (values, label) in rows.view().iter().zip(clustering.labels()) {
        let Some(id) = label else { continue };
        to_length_one(values, &mut row);
        let sums = &mut sums[id.0 as usize * dim..][..dim];
        for (sum, value) in sums.iter_mut().zip(&row) {
            *sum += value;
        }
    }
    let found = Mutex::new(vec![0.0; clustering.len()]);
    let scratch = || (Vec::new(), Vec::new());
    for_each_block(
        job,
        rows.rows(),
        BLOCK,
        scratch,
        |(row, distances), block| {
            for at in block {
                let Some(id) = clustering.labels()[at] else {
                    continue;
                };
                to_length_one(rows.view().row(at), row);
                distances.clear();
                let parts = sums.chunks_exact(dim).zip(sizes);
                distances.extend(parts.map(|(sum, size)| *size as f64 - dot(row, sum)));
                let silhouette = of_row(id.0 as usize, distances, sizes);
                found.lock().unwrap_or_else(PoisonError::into_inner)[at] = silhouette;
            }
        },
    )?;
    let found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    let total: f64 = found.into_iter().sum();
    Ok(Some(total / sizes.iter().sum::<usize>() as f64))
}

/// The silhouette of a row of the cluster `own`, from its summed distances to each cluster.
fn of_row(own: usize, sums: &[f64], sizes: &[usize]) -> f64 {
    if sizes[own] < 2 {
        return 0.0;
    }
    let within = sums[own] / (sizes[own] - 1) as f64;
    let others = sums.iter().zip(sizes).enumerate();
    let others = others.filter(|(cluster, _)| *cluster != own);
    let means = others.map(|(_, (sum, size))| sum / *size as f64);
    let nearest = means.fold(f64::INFINITY, f64::min);
    let larger = within.max(nearest);
    if larger > NONE {
        (nearest - within) / larger
    } else {
        0.0
    }
}

/// Scales a row that `f32` holds only nearly at length one.
fn to_length_one(values: &[f32], row: &mut Vec<f64>) {
    row.clear();
    row.extend(values.iter().map(|value| f64::from(*value)));
    let length = dot(row, row).sqrt();
    for value in row {
        *value /= length;
    }
}
