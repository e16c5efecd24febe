//! The directions in which rows vary most.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use imgcluster_core::{Cancelled, Job, for_each_block};
use nalgebra::{DMatrix, SymmetricEigen};

use super::spread::{Centered, products};

/// What is lost to rounding in sums never keeps a share from being explained.
const SLACK: f64 = 1e-12;

/// The components that are kept, that of most variance first.
pub(super) struct Components {
    /// Their directions, of length one, one after the other.
    pub(super) directions: Vec<f64>,
    /// What makes a row's place along each one of unit variance.
    pub(super) scales: Vec<f64>,
    /// The share of the variance that they explain.
    pub(super) explained: f64,
}

/// Finds the fewest components that explain so much of the variance; none where nothing varies.
pub(super) fn find(
    centered: &Centered<'_>,
    variance: f64,
    job: &Job<'_>,
) -> Result<Components, Cancelled> {
    let (count, dim) = (centered.rows.rows(), centered.rows.dim());
    if count > dim {
        let spread = Spread::of(
            centered.products_of_columns(job)?,
            dim,
            count,
            variance,
            job,
        )?;
        let directions = spread.vectors.iter().flat_map(|vector| turned(vector));
        let directions = directions.collect();
        return Ok(spread.components(count, directions));
    }
    // Rows lie to each other as columns vary, and are fewer.
    let rows = centered.in_order();
    let spread = Spread::of(products(&rows, dim, job)?, count, dim, variance, job)?;
    let directions = combined(&spread.vectors, &rows, dim, job)?;
    Ok(spread.components(count, directions))
}

/// The leading eigenvectors of a table of products.
struct Spread {
    /// The squares of all rows summed up.
    total: f64,
    /// The shares in it, the largest first.
    shares: Vec<f64>,
    vectors: Vec<Vec<f64>>,
}

impl Spread {
    /// Finds them in a table of `count` lines, of vectors of that `length`.
    fn of(
        mut table: Vec<f64>,
        count: usize,
        length: usize,
        variance: f64,
        job: &Job<'_>,
    ) -> Result<Self, Cancelled> {
        let total: f64 = table.iter().step_by(count + 1).sum();
        if total <= 0.0 {
            return Ok(Self {
                total: 0.0,
                shares: Vec::new(),
                vectors: Vec::new(),
            });
        }
        // As shares no product of them overflows.
        for sum in &mut table {
            *sum /= total;
        }
        let eigen = SymmetricEigen::new(DMatrix::from_vec(count, count, table));
        job.check()?;
        let values = eigen.eigenvalues.as_slice();
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by(|a, b| values[*b].total_cmp(&values[*a]));
        // Below this a value is what rounding made of zero.
        let least = values[order[0]] * count.max(length) as f64 * f64::EPSILON;
        let mut shares: Vec<f64> = Vec::new();
        let mut explained = 0.0;
        for place in &order {
            if explained >= variance - SLACK || values[*place] <= least {
                break;
            }
            explained += values[*place];
            shares.push(values[*place]);
        }
        let vector = |place: &usize| {
            let vector = eigen.eigenvectors.column(*place);
            vector.iter().copied().collect()
        };
        let vectors = order[..shares.len()].iter().map(vector).collect();
        Ok(Self {
            total,
            shares,
            vectors,
        })
    }

    fn components(&self, rows: usize, directions: Vec<f64>) -> Components {
        let freedom = rows.saturating_sub(1) as f64;
        let scale = |share: &f64| (freedom / (share * self.total)).sqrt();
        let explained: f64 = self.shares.iter().sum();
        Components {
            directions,
            scales: self.shares.iter().map(scale).collect(),
            explained: explained.min(1.0),
        }
    }
}

/// Makes directions of what each row has in them; `rows` are as long as that.
fn combined(
    vectors: &[Vec<f64>],
    rows: &[f64],
    dim: usize,
    job: &Job<'_>,
) -> Result<Vec<f64>, Cancelled> {
    let directions = Mutex::new(vec![0.0; vectors.len() * dim]);
    let scratch = || vec![0.0; dim];
    let one = NonZeroUsize::MIN;
    for_each_block(job, vectors.len(), one, scratch, |sum, places| {
        for place in places {
            sum.fill(0.0);
            for (part, row) in vectors[place].iter().zip(rows.chunks_exact(dim)) {
                for (sum, value) in sum.iter_mut().zip(row) {
                    *sum += part * value;
                }
            }
            let length = crate::product::dot(sum, sum).sqrt();
            for value in sum.iter_mut() {
                *value /= length;
            }
            let mut directions = directions.lock().unwrap_or_else(PoisonError::into_inner);
            directions[place * dim..][..dim].copy_from_slice(&turned(sum));
        }
    })?;
    Ok(directions
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner))
}

/// Turns a direction so that its entry of largest magnitude is positive.
fn turned(vector: &[f64]) -> Vec<f64> {
    let larger = |best: f64, next: &f64| if next.abs() > best.abs() { *next } else { best };
    let sign = vector.iter().fold(0.0, larger).signum();
    vector.iter().map(|value| sign * value).collect()
}
