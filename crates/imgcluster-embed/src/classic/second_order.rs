//! Second moments of the patch vectors, as a point in a flat space.

use super::logarithm::{Matrix, softened};
use super::normalise::narrow;
use super::patches::{LENGTH as SIZE, Patch};
use super::reference;

/// Numbers of the upper triangle.
pub(super) const LENGTH: usize = SIZE * (SIZE + 1) / 2;

/// The softened logarithm of the second moments, less the typical one, as a vector of the upper
/// triangle in which the entries off the diagonal count twice, as they do in the matrix. Not yet of
/// unit length.
pub(super) fn describe(patches: &[Patch]) -> Vec<f32> {
    let logarithm = softened(&moments(patches));
    let twice = 2.0_f64.sqrt();
    let mut vector = Vec::with_capacity(LENGTH);
    for (row, values) in logarithm.iter().enumerate() {
        for (column, value) in values.iter().enumerate().skip(row) {
            let scale = if row == column { 1.0 } else { twice };
            vector.push(narrow(scale * (value - reference::typical(row, column))));
        }
    }
    vector
}

/// The weighted mean of the outer products of the vectors with themselves.
pub(super) fn moments(patches: &[Patch]) -> Matrix<SIZE> {
    let mut sums = [[0.0_f32; SIZE]; SIZE];
    let mut total = 0.0_f32;
    for patch in patches {
        total += patch.weight;
        for (row, value) in sums.iter_mut().zip(&patch.vector) {
            let scaled = value * patch.weight;
            // Whole rows, though half would do: loops of a fixed length run faster than shorter
            // ones of varying length.
            for (sum, other) in row.iter_mut().zip(&patch.vector) {
                *sum += scaled * other;
            }
        }
    }
    let scale = if total > 0.0 {
        1.0 / f64::from(total)
    } else {
        0.0
    };
    let mut result = [[0.0; SIZE]; SIZE];
    for row in 0..SIZE {
        for column in row..SIZE {
            let value = f64::from(sums[row][column]) * scale;
            result[row][column] = value;
            result[column][row] = value;
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_moments_of_equal_vectors_are_their_outer_product() {
        let mut vector = [0.0; SIZE];
        vector[0] = 2.0;
        vector[44] = 3.0;
        let moments = moments(&[
            Patch {
                vector,
                weight: 0.5,
            },
            Patch {
                vector,
                weight: 1.0,
            },
        ]);
        assert!((moments[0][44] - 6.0).abs() < 1e-6 && (moments[44][0] - 6.0).abs() < 1e-6);
        assert!((moments[44][44] - 9.0).abs() < 1e-6);
    }

    #[test]
    fn no_patches_give_finite_numbers() {
        let vector = describe(&[]);
        assert_eq!(vector.len(), LENGTH);
        assert!(vector.iter().all(|value| value.is_finite()));
    }
}
