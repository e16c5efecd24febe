//! How tight clusters are beside how far apart they lie, by their means.

use imgcluster_core::{Clustering, MatrixRef};

use super::is_comparable;

/// Mean distances this small are none.
const NONE: f64 = 1e-8;

/// Computes the ratio of the variance between clusters to that within, by Euclidean distance;
/// higher is better. 1 where no row is off the mean of its cluster, as in scikit-learn.
///
/// Noise is left out; `None` unless there are two clusters, one of them of two rows. Caliński and
/// Harabasz, *A dendrite method for cluster analysis*, Communications in Statistics, 1974.
///
/// # Panics
/// Panics if the clustering is not of these rows.
pub fn calinski_harabasz(rows: MatrixRef<'_>, clustering: &Clustering) -> Option<f64> {
    let means = Means::of(rows, clustering)?;
    let within: f64 = means
        .each_squared(rows, clustering, |squared| squared)
        .iter()
        .sum();
    let count = means.sizes.iter().sum::<usize>() as f64;
    let mut middle = vec![0.0; rows.dim()];
    for (mean, size) in means.iter().zip(means.sizes) {
        for (middle, value) in middle.iter_mut().zip(mean) {
            *middle += value * *size as f64 / count;
        }
    }
    let sizes = means.sizes.iter().map(|size| *size as f64);
    let parts = means.iter().zip(sizes);
    let between: f64 = parts
        .map(|(mean, size)| size * squared(mean, &middle))
        .sum();
    let clusters = means.sizes.len() as f64;
    if within > 0.0 {
        Some(between / within * (count - clusters) / (clusters - 1.0))
    } else {
        Some(1.0)
    }
}

/// Computes the mean, over the clusters, of the likeness to the cluster most like it: the sum of
/// both mean distances to their means, relative to the distance of these. Lower is better, 0 is
/// best; clusters with the same mean are passed over, as in scikit-learn.
///
/// Noise is left out; `None` unless there are two clusters, one of them of two rows. Davies and
/// Bouldin, *A cluster separation measure*, IEEE TPAMI, 1979.
///
/// # Panics
/// Panics if the clustering is not of these rows.
pub fn davies_bouldin(rows: MatrixRef<'_>, clustering: &Clustering) -> Option<f64> {
    let means = Means::of(rows, clustering)?;
    let sums = means.each_squared(rows, clustering, f64::sqrt);
    let parts = sums.iter().zip(means.sizes);
    let spreads: Vec<f64> = parts.map(|(sum, size)| sum / *size as f64).collect();
    if spreads.iter().all(|spread| *spread <= NONE) {
        return Some(0.0);
    }
    let mut worst = vec![0.0_f64; spreads.len()];
    for (a, mean) in means.iter().enumerate() {
        for (b, other) in means.iter().enumerate().skip(a + 1) {
            let apart = squared(mean, other).sqrt();
            if apart > 0.0 {
                let likeness = (spreads[a] + spreads[b]) / apart;
                worst[a] = worst[a].max(likeness);
                worst[b] = worst[b].max(likeness);
            }
        }
    }
    Some(worst.iter().sum::<f64>() / worst.len() as f64)
}

/// The means of clusters, the largest cluster first.
struct Means<'a> {
    values: Vec<f64>,
    sizes: &'a [usize],
    dim: usize,
}

impl<'a> Means<'a> {
    fn of(rows: MatrixRef<'_>, clustering: &'a Clustering) -> Option<Self> {
        assert_eq!(rows.rows(), clustering.len(), "a clustering of these rows");
        if !is_comparable(clustering) {
            return None;
        }
        let (dim, sizes) = (rows.dim(), clustering.sizes());
        let mut values = vec![0.0; sizes.len() * dim];
        for (row, label) in rows.iter().zip(clustering.labels()) {
            let Some(id) = label else { continue };
            let sums = &mut values[id.0 as usize * dim..][..dim];
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum += f64::from(*value);
            }
        }
        for (mean, size) in values.chunks_exact_mut(dim).zip(sizes) {
            for value in mean {
                *value /= *size as f64;
            }
        }
        Some(Self { values, sizes, dim })
    }

    fn iter(&self) -> impl Iterator<Item = &[f64]> {
        self.values.chunks_exact(self.dim)
    }

    /// Sums up for each cluster something of the squared distances of its rows to its mean.
    fn each_squared(
        &self,
        rows: MatrixRef<'_>,
        clustering: &Clustering,
        of: impl Fn(f64) -> f64,
    ) -> Vec<f64> {
        let mut sums = vec![0.0; self.sizes.len()];
        for (row, label) in rows.iter().zip(clustering.labels()) {
            let Some(id) = label else { continue };
            let id = id.0 as usize;
            let mean = &self.values[id * self.dim..][..self.dim];
            let values = row.iter().zip(mean);
            let squares = values.map(|(value, mean)| (f64::from(*value) - mean).powi(2));
            sums[id] += of(squares.sum());
        }
        sums
    }
}

fn squared(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum()
}
