//! Lower triangular matrices, packed row after row.

use imgcluster_core::{Cancelled, Job};

use crate::product::dot;

/// A lower triangular matrix: row `i` holds `i + 1` values.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Triangle {
    values: Vec<f64>,
    dim: usize,
}

impl Triangle {
    pub(super) fn zeros(dim: usize) -> Self {
        Self {
            values: vec![0.0; dim * (dim + 1) / 2],
            dim,
        }
    }

    pub(super) fn row(&self, row: usize) -> &[f64] {
        &self.values[row * (row + 1) / 2..][..=row]
    }

    pub(super) fn row_mut(&mut self, row: usize) -> &mut [f64] {
        &mut self.values[row * (row + 1) / 2..][..=row]
    }

    pub(super) fn diagonal(&self) -> impl Iterator<Item = f64> {
        (0..self.dim).map(|row| self.row(row)[row])
    }

    /// The squared length of the product with a vector.
    pub(super) fn squared_length_of_product(&self, vector: &[f64]) -> f64 {
        let values = (0..self.dim).map(|row| dot(self.row(row), &vector[..=row]));
        values.map(|value| value * value).sum()
    }

    /// Computes the inverse of the Cholesky factor of the symmetric matrix that this is the lower
    /// part of. Where rounding leaves it not positive, its diagonal is raised until it is.
    pub(super) fn inverse_cholesky(mut self, job: &Job<'_>) -> Result<Self, Cancelled> {
        let largest = self.diagonal().fold(f64::MIN_POSITIVE, f64::max);
        let mut raise = 4.0 * f64::EPSILON * largest * self.dim as f64;
        loop {
            if let Some(factor) = self.cholesky(job)? {
                return factor.inverse(job);
            }
            for row in 0..self.dim {
                self.row_mut(row)[row] += raise;
            }
            raise *= 10.0;
        }
    }

    /// Computes the Cholesky factor, if there is one.
    fn cholesky(&self, job: &Job<'_>) -> Result<Option<Self>, Cancelled> {
        let mut factor = Self::zeros(self.dim);
        for row in 0..self.dim {
            job.check()?;
            let (before, rest) = factor.values.split_at_mut(row * (row + 1) / 2);
            let of_row = &mut rest[..=row];
            for column in 0..row {
                let other = &before[column * (column + 1) / 2..][..=column];
                let sum = dot(&of_row[..column], &other[..column]);
                of_row[column] = (self.row(row)[column] - sum) / other[column];
            }
            let square = self.row(row)[row] - dot(&of_row[..row], &of_row[..row]);
            if !(square.is_finite() && square > 0.0) {
                return Ok(None);
            }
            of_row[row] = square.sqrt();
        }
        Ok(Some(factor))
    }

    /// Computes the inverse of a factor without zeros on the diagonal, which is a triangle too.
    fn inverse(&self, job: &Job<'_>) -> Result<Self, Cancelled> {
        let mut inverse = Self::zeros(self.dim);
        let mut sums = vec![0.0; self.dim];
        for row in 0..self.dim {
            job.check()?;
            let (before, rest) = inverse.values.split_at_mut(row * (row + 1) / 2);
            let sums = &mut sums[..row];
            sums.fill(0.0);
            for (place, value) in self.row(row)[..row].iter().enumerate() {
                let other = &before[place * (place + 1) / 2..][..=place];
                for (sum, other) in sums.iter_mut().zip(other) {
                    *sum += value * other;
                }
            }
            let scale = 1.0 / self.row(row)[row];
            for (value, sum) in rest.iter_mut().zip(sums.iter()) {
                *value = -sum * scale;
            }
            rest[row] = scale;
        }
        Ok(inverse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn triangle(rows: &[&[f64]]) -> Triangle {
        Triangle {
            values: rows.concat(),
            dim: rows.len(),
        }
    }

    #[test]
    fn the_whitened_length_is_that_of_the_inverse_covariance() {
        // The textbook's matrix with the factor (2), (6, 1), (-8, 5, 3).
        let covariance = triangle(&[&[4.0], &[12.0, 37.0], &[-16.0, -43.0, 98.0]]);
        let job = Job::quiet();
        let factor = covariance.cholesky(&job).unwrap().unwrap();
        assert_eq!(factor, triangle(&[&[2.0], &[6.0, 1.0], &[-8.0, 5.0, 3.0]]));
        let whitening = covariance.inverse_cholesky(&job).unwrap();
        for vector in [[2.0, 6.0, -8.0], [0.0, 1.0, 5.0], [0.0, 0.0, 3.0]] {
            let length = whitening.squared_length_of_product(&vector);
            assert!((length - 1.0).abs() < 1e-12, "{length}");
        }
    }

    #[test]
    fn a_covariance_that_is_not_positive_is_raised_until_it_is() {
        let flat = triangle(&[&[1.0], &[1.0, 1.0]]);
        let whitening = flat.inverse_cholesky(&Job::quiet()).unwrap();
        assert!(whitening.values.iter().all(|value| value.is_finite()));
        let zero = Triangle::zeros(3).inverse_cholesky(&Job::quiet()).unwrap();
        assert!(zero.values.iter().all(|value| value.is_finite()));
    }
}
