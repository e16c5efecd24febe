//! Rows of numbers whose invariants are checked once: finite, whole, and (for [`UnitMatrix`]) of
//! length one.

use std::num::NonZeroUsize;

/// What is wrong with values that were to become rows.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MatrixError {
    /// A row must have at least one value.
    #[error("rows must have at least one value")]
    NoColumns,
    /// The values do not fill whole rows.
    #[error("{values} values do not make whole rows of {dim}")]
    Ragged {
        /// How many values were given.
        values: usize,
        /// How many a row takes.
        dim: usize,
    },
    /// A value is NaN or infinite.
    #[error("row {row} has the value {value} at position {column}; values must be finite")]
    NotFinite {
        /// The row.
        row: usize,
        /// The position in the row.
        column: usize,
        /// NaN or an infinity.
        value: f32,
    },
    /// A row of zeros has no direction.
    #[error("row {row} is all zeros and cannot be scaled to length one")]
    ZeroRow {
        /// The row.
        row: usize,
    },
}

/// Owned rows of finite `f32`, contiguous, row after row.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    values: Vec<f32>,
    dim: NonZeroUsize,
}

impl Matrix {
    /// Makes rows of `dim` values each.
    ///
    /// # Errors
    /// If `dim` is zero, the values do not fill whole rows, or one is NaN or infinite.
    pub fn new(values: Vec<f32>, dim: usize) -> Result<Self, MatrixError> {
        let dim = NonZeroUsize::new(dim).ok_or(MatrixError::NoColumns)?;
        if !values.len().is_multiple_of(dim.get()) {
            return Err(MatrixError::Ragged {
                values: values.len(),
                dim: dim.get(),
            });
        }
        if let Some(at) = values.iter().position(|value| !value.is_finite()) {
            let (row, column) = (at / dim, at % dim);
            return Err(MatrixError::NotFinite {
                row,
                column,
                value: values[at],
            });
        }
        Ok(Self { values, dim })
    }

    /// Makes a matrix of no rows.
    pub fn empty(dim: NonZeroUsize) -> Self {
        Self {
            values: Vec::new(),
            dim,
        }
    }

    /// Counts the rows.
    pub fn rows(&self) -> usize {
        self.values.len() / self.dim
    }

    /// Tells how many values a row has.
    pub fn dim(&self) -> usize {
        self.dim.get()
    }

    /// Gives one row.
    ///
    /// # Panics
    /// Panics if there is no such row.
    pub fn row(&self, row: usize) -> &[f32] {
        self.view().row(row)
    }

    /// Borrows all rows.
    pub fn view(&self) -> MatrixRef<'_> {
        MatrixRef {
            values: &self.values,
            dim: self.dim,
        }
    }

    /// Adds the rows of `other` at the end.
    ///
    /// # Errors
    /// [`MatrixError::Ragged`] if its rows have another length.
    pub fn append(&mut self, other: &Matrix) -> Result<(), MatrixError> {
        if other.dim != self.dim {
            return Err(MatrixError::Ragged {
                values: other.dim(),
                dim: self.dim(),
            });
        }
        self.values.extend_from_slice(&other.values);
        Ok(())
    }

    /// Gives back the values, row after row.
    pub fn into_values(self) -> Vec<f32> {
        self.values
    }
}

/// Borrowed rows of finite `f32`: what algorithms take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MatrixRef<'a> {
    values: &'a [f32],
    dim: NonZeroUsize,
}

impl<'a> MatrixRef<'a> {
    /// Counts the rows.
    pub fn rows(self) -> usize {
        self.values.len() / self.dim
    }

    /// Tells how many values a row has.
    pub fn dim(self) -> usize {
        self.dim.get()
    }

    /// Gives one row.
    ///
    /// # Panics
    /// Panics if there is no such row.
    pub fn row(self, row: usize) -> &'a [f32] {
        &self.values[row * self.dim.get()..][..self.dim.get()]
    }

    /// Gives the values of all rows, row after row.
    pub fn values(self) -> &'a [f32] {
        self.values
    }

    /// Walks over the rows in order.
    pub fn iter(self) -> impl ExactSizeIterator<Item = &'a [f32]> {
        self.values.chunks_exact(self.dim.get())
    }
}

/// Owned rows of length one, up to the rounding of `f32`.
#[derive(Debug, Clone, PartialEq)]
pub struct UnitMatrix(Matrix);

impl UnitMatrix {
    /// Scales every row to length one.
    ///
    /// # Errors
    /// [`MatrixError::ZeroRow`] names the first row of zeros.
    pub fn normalize(mut matrix: Matrix) -> Result<Self, MatrixError> {
        let dim = matrix.dim();
        for (row, values) in matrix.values.chunks_exact_mut(dim).enumerate() {
            let length = imgcluster_kernels::reference::dot(values, values).sqrt();
            if length == 0.0 {
                return Err(MatrixError::ZeroRow { row });
            }
            for value in values {
                *value = (f64::from(*value) / length) as f32;
            }
        }
        Ok(Self(matrix))
    }

    /// Borrows all rows.
    pub fn view(&self) -> MatrixRef<'_> {
        self.0.view()
    }

    /// Counts the rows.
    pub fn rows(&self) -> usize {
        self.0.rows()
    }

    /// Gives back the rows as a plain matrix.
    pub fn into_matrix(self) -> Matrix {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_are_not_finite_are_named_at_the_door() {
        let error = Matrix::new(vec![0.0, 1.0, 2.0, f32::NAN], 2).unwrap_err();
        assert!(matches!(
            error,
            MatrixError::NotFinite {
                row: 1,
                column: 1,
                ..
            }
        ));
    }

    #[test]
    fn ragged_or_empty_rows_are_refused() {
        assert_eq!(
            Matrix::new(vec![1.0; 5], 2),
            Err(MatrixError::Ragged { values: 5, dim: 2 })
        );
        assert_eq!(Matrix::new(vec![], 0), Err(MatrixError::NoColumns));
        assert_eq!(Matrix::new(vec![], 3).map(|m| m.rows()), Ok(0));
    }

    #[test]
    fn rows_become_unit_length_and_a_zero_row_is_named() {
        let unit = UnitMatrix::normalize(Matrix::new(vec![3.0, 4.0], 2).unwrap()).unwrap();
        assert_eq!(unit.view().row(0), [0.6, 0.8]);
        let zero = Matrix::new(vec![1.0, 0.0, 0.0, 0.0], 2).unwrap();
        assert_eq!(
            UnitMatrix::normalize(zero),
            Err(MatrixError::ZeroRow { row: 1 })
        );
    }

    #[test]
    fn tiny_and_huge_rows_are_scaled_without_overflow() {
        for scale in [1e-30_f32, 1e30] {
            let rows = Matrix::new(vec![3.0 * scale, 4.0 * scale], 2).unwrap();
            let unit = UnitMatrix::normalize(rows).unwrap();
            assert!((unit.view().row(0)[0] - 0.6).abs() < 1e-6);
        }
    }
}
