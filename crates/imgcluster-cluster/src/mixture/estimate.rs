//! Components from the shares that rows have in them.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use imgcluster_core::{Cancelled, Job, MatrixRef, for_each_block};

use super::density::{Component, Whitening};
use super::triangle::Triangle;
use super::{Covariance, GaussianMixture};
use crate::product::dot;

/// Rows whose products are summed together, so that each sum runs over neighbouring numbers.
const TOGETHER: usize = 64;

/// Estimates all components; each sums over the rows in their order.
pub(super) fn components(
    options: &GaussianMixture,
    rows: MatrixRef<'_>,
    shares: &[f64],
    count: usize,
    job: &Job<'_>,
) -> Result<Vec<Component>, Cancelled> {
    let found = Mutex::new(Vec::with_capacity(count));
    for_each_block(
        job,
        count,
        NonZeroUsize::MIN,
        || (),
        |(), block| {
            for at in block {
                let of_rows = shares.iter().copied().skip(at).step_by(count);
                let shares: Vec<(usize, f64)> =
                    of_rows.enumerate().filter(|of| of.1 > 0.0).collect();
                // Fails only if the job was cancelled, which is told below.
                if let Ok(component) = component(options, rows, &shares, job) {
                    let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
                    found.push((at, component));
                }
            }
        },
    )?;
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    if found.len() < count {
        return Err(Cancelled);
    }
    found.sort_unstable_by_key(|(at, _)| *at);
    Ok(found.into_iter().map(|(_, component)| component).collect())
}

/// Estimates a component from the rows that have a share in it.
fn component(
    options: &GaussianMixture,
    rows: MatrixRef<'_>,
    shares: &[(usize, f64)],
    job: &Job<'_>,
) -> Result<Component, Cancelled> {
    // Keeps a component without rows finite, as scikit-learn does.
    let total = shares.iter().map(|(_, share)| share).sum::<f64>() + 10.0 * f64::EPSILON;
    let mut mean = vec![0.0; rows.dim()];
    for &(row, share) in shares {
        for (sum, value) in mean.iter_mut().zip(rows.row(row)) {
            *sum += share * f64::from(*value);
        }
    }
    for value in &mut mean {
        *value /= total;
    }
    let of = Spread {
        rows,
        shares,
        mean: &mean,
        total,
        least: options.regularization,
    };
    let whitening = match options.covariance {
        Covariance::Diagonal => Whitening::Scales(of.scales()),
        Covariance::Full => Whitening::Triangle(of.covariance(job)?.inverse_cholesky(job)?),
    };
    Ok(Component::new(total / rows.rows() as f64, mean, whitening))
}

/// Rows round a mean.
struct Spread<'a> {
    rows: MatrixRef<'a>,
    shares: &'a [(usize, f64)],
    mean: &'a [f64],
    total: f64,
    /// Added to each variance.
    least: f64,
}

impl Spread<'_> {
    /// One over the standard deviation of each column.
    fn scales(&self) -> Vec<f64> {
        let mut variances = vec![0.0; self.rows.dim()];
        for &(row, share) in self.shares {
            let values = self.rows.row(row).iter().zip(self.mean);
            for (sum, (value, mean)) in variances.iter_mut().zip(values) {
                *sum += share * (f64::from(*value) - mean).powi(2);
            }
        }
        let scale = |sum: f64| (sum / self.total + self.least).sqrt().recip();
        variances.into_iter().map(scale).collect()
    }

    /// The lower part of the covariance.
    fn covariance(&self, job: &Job<'_>) -> Result<Triangle, Cancelled> {
        let dim = self.rows.dim();
        let mut covariance = Triangle::zeros(dim);
        // Column after column; offsets are weighted by the root of the share.
        let mut columns = vec![0.0; dim * TOGETHER];
        for shares in self.shares.chunks(TOGETHER) {
            job.check()?;
            columns.fill(0.0);
            for (place, &(row, share)) in shares.iter().enumerate() {
                let values = self.rows.row(row).iter().zip(self.mean);
                let places = columns.iter_mut().skip(place).step_by(TOGETHER);
                for (offset, (value, mean)) in places.zip(values) {
                    *offset = share.sqrt() * (f64::from(*value) - mean);
                }
            }
            let column = |at: usize| &columns[at * TOGETHER..][..TOGETHER];
            for row in 0..dim {
                for (at, sum) in covariance.row_mut(row).iter_mut().enumerate() {
                    *sum += dot(column(row), column(at));
                }
            }
        }
        for row in 0..dim {
            let values = covariance.row_mut(row);
            for sum in values.iter_mut() {
                *sum /= self.total;
            }
            values[row] += self.least;
        }
        Ok(covariance)
    }
}
