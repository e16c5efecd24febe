//! A softened logarithm of a symmetric matrix, by inverses alone.

/// A square matrix.
pub(super) type Matrix<const SIZE: usize> = [[f64; SIZE]; SIZE];

/// The softness: eigenvalues well below the first are all alike, those above the last grow no
/// further. Each is eight times the one before.
const SHIFTS: [f64; 5] = [0.001, 0.008, 0.064, 0.512, 4.096];

/// The natural logarithm of 8, the distance of two shifts.
const LOGARITHM_OF_EIGHT: f64 = 2.079_441_541_679_835_7;

/// Applies `f(x) = ln 8 * (x / (x + 0.001) + x / (x + 0.008) + ... + x / (x + 4.096))` to the
/// eigenvalues of a symmetric matrix without negative eigenvalues.
///
/// This is the trapezoid rule for the integral of `x / (x + s)` over `ln s`, so between the first
/// and the last shift it follows `ln(x / 0.001)` up to a constant, with a ripple below 0.001; and
/// `f(0) = 0`. Unlike the true logarithm it needs no eigenvalues and no transcendental functions,
/// and is smooth for singular matrices: `x / (x + s)` of a matrix is the identity less `s` times an
/// inverse.
pub(super) fn softened<const SIZE: usize>(matrix: &Matrix<SIZE>) -> Matrix<SIZE> {
    let mut result = [[0.0; SIZE]; SIZE];
    for shift in SHIFTS {
        let mut inverse = *matrix;
        for (index, row) in inverse.iter_mut().enumerate() {
            row[index] += shift;
        }
        invert(&mut inverse);
        for (index, (target, row)) in result.iter_mut().zip(&inverse).enumerate() {
            for (target, value) in target.iter_mut().zip(row) {
                *target -= LOGARITHM_OF_EIGHT * shift * value;
            }
            target[index] += LOGARITHM_OF_EIGHT;
        }
    }
    result
}

/// Inverts a symmetric positive definite matrix in place (Gauss-Jordan; such a matrix needs no
/// exchange of rows, and its pivots are at least its least eigenvalue).
fn invert<const SIZE: usize>(matrix: &mut Matrix<SIZE>) {
    for pivot in 0..SIZE {
        let scale = 1.0 / matrix[pivot][pivot];
        matrix[pivot][pivot] = 1.0;
        for value in &mut matrix[pivot] {
            *value *= scale;
        }
        let pivot_row = matrix[pivot];
        for (index, row) in matrix.iter_mut().enumerate() {
            if index == pivot {
                continue;
            }
            let factor = row[pivot];
            row[pivot] = 0.0;
            for (value, pivot_value) in row.iter_mut().zip(&pivot_row) {
                *value -= factor * pivot_value;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inverse_times_its_matrix_is_the_identity() {
        let matrix = [[4.0, 1.0, 0.5], [1.0, 3.0, -1.0], [0.5, -1.0, 2.0]];
        let mut inverse = matrix;
        invert(&mut inverse);
        for (row, values) in inverse.iter().enumerate() {
            // The matrix is symmetric: its rows are its columns.
            for (column, others) in matrix.iter().enumerate() {
                let product: f64 = values
                    .iter()
                    .zip(others)
                    .map(|(value, other)| value * other)
                    .sum();
                let expected = if row == column { 1.0 } else { 0.0 };
                assert!((product - expected).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn the_softened_logarithm_of_nothing_is_nothing() {
        assert!(
            softened(&[[0.0; 3]; 3])
                .iter()
                .flatten()
                .all(|value| value.abs() < 1e-12)
        );
    }

    #[test]
    fn the_softened_logarithm_grows_as_the_logarithm_does() {
        for value in [0.01, 0.03, 0.1] {
            let difference = softened(&[[value * 2.0]])[0][0] - softened(&[[value]])[0][0];
            assert!(
                (difference - 2.0_f64.ln()).abs() < 0.1,
                "{value}: {difference}"
            );
        }
    }

    #[test]
    fn a_rotated_matrix_has_a_rotated_logarithm() {
        // Eigenvalues 1 and 0.1 along the axes turned by the angle with cosine 0.8 and sine 0.6.
        let turned = softened(&[[0.64 + 0.036, 0.48 - 0.048], [0.48 - 0.048, 0.36 + 0.064]]);
        let [large, small] = [1.0, 0.1].map(|value| softened(&[[value]])[0][0]);
        assert!((turned[0][0] - (0.64 * large + 0.36 * small)).abs() < 1e-12);
        assert!((turned[0][1] - 0.48 * (large - small)).abs() < 1e-12);
    }
}
