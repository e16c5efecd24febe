//! The leading eigenvectors of a symmetric matrix that is only known by what it does.

use crate::random::Random;

/// Vectors iterated together; more than the two that are wanted, so that those converge fast.
const WIDTH: usize = 8;
/// How often the matrix is applied. A map's start needs a direction, not many digits.
const ROUNDS: usize = 12;

/// A few vectors of equal length.
pub(super) type Vectors = Vec<Vec<f64>>;

/// Finds the two leading eigenvectors of a symmetric matrix by subspace iteration, with signs such
/// that the entry of largest magnitude is positive.
///
/// `apply` multiplies vectors by the matrix. Golub and Van Loan, *Matrix Computations*, section
/// 8.2.4. Where the matrix has less than two directions the missing ones are zero.
pub(super) fn leading_pair<E>(
    dim: usize,
    mut apply: impl FnMut(&Vectors) -> Result<Vectors, E>,
) -> Result<[Vec<f64>; 2], E> {
    let mut random = Random::new(0);
    let mut start = || (0..dim).map(|_| random.symmetric()).collect();
    let mut vectors: Vectors = (0..WIDTH.min(dim)).map(|_| start()).collect();
    orthonormalize(&mut vectors);
    for _ in 1..ROUNDS {
        vectors = apply(&vectors)?;
        orthonormalize(&mut vectors);
    }
    let images = apply(&vectors)?;
    let small: Vec<Vec<f64>> = vectors
        .iter()
        .map(|vector| images.iter().map(|image| dot(vector, image)).collect())
        .collect();
    let (values, rotations) = jacobi(small);
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*b].total_cmp(&values[*a]));
    Ok([0, 1].map(|rank| {
        let mut vector = vec![0.0; dim];
        if let Some(&chosen) = order.get(rank).filter(|&&at| values[at] > 0.0) {
            for (part, rotation) in vectors.iter().zip(&rotations) {
                add(&mut vector, part, rotation[chosen]);
            }
        }
        turn(&mut vector);
        vector
    }))
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn add(to: &mut [f64], vector: &[f64], times: f64) {
    for (to, value) in to.iter_mut().zip(vector) {
        *to += times * value;
    }
}

/// Makes the entry of largest magnitude positive.
fn turn(vector: &mut [f64]) {
    let largest = vector.iter().copied().fold(0.0_f64, |best, value| {
        if value.abs() > best.abs() {
            value
        } else {
            best
        }
    });
    if largest < 0.0 {
        for value in vector {
            *value = -*value;
        }
    }
}

/// Gram and Schmidt, twice; a vector that depends on those before becomes zero.
fn orthonormalize(vectors: &mut Vectors) {
    for at in 0..vectors.len() {
        let (before, from) = vectors.split_at_mut(at);
        let vector = &mut from[0];
        let length = dot(vector, vector).sqrt();
        for _ in 0..2 {
            for earlier in &*before {
                let share = dot(vector, earlier);
                add(vector, earlier, -share);
            }
        }
        let left = dot(vector, vector).sqrt();
        let scale = if left > 1e-10 * length {
            1.0 / left
        } else {
            0.0
        };
        for value in vector {
            *value *= scale;
        }
    }
}

/// Gives the eigenvalues of a small symmetric matrix, and its eigenvectors as columns.
///
/// Cyclic Jacobi: Golub and Van Loan, section 8.5.
fn jacobi(mut matrix: Vec<Vec<f64>>) -> (Vec<f64>, Vec<Vec<f64>>) {
    let width = matrix.len();
    let unit = |row: usize| (0..width).map(move |column| f64::from(u8::from(row == column)));
    let mut turns: Vec<Vec<f64>> = (0..width).map(|row| unit(row).collect()).collect();
    for _ in 0..30 {
        for p in 0..width {
            for q in p + 1..width {
                if matrix[p][q] == 0.0 {
                    continue;
                }
                let slant = (matrix[q][q] - matrix[p][p]) / (2.0 * matrix[p][q]);
                let tangent = slant.signum() / (slant.abs() + slant.hypot(1.0));
                let cosine = 1.0 / tangent.hypot(1.0);
                let sine = tangent * cosine;
                for row in matrix.iter_mut().chain(&mut turns) {
                    let (a, b) = (row[p], row[q]);
                    row[p] = cosine * a - sine * b;
                    row[q] = sine * a + cosine * b;
                }
                let (above, below) = matrix.split_at_mut(q);
                for (a, b) in above[p].iter_mut().zip(&mut below[0]) {
                    (*a, *b) = (cosine * *a - sine * *b, sine * *a + cosine * *b);
                }
            }
        }
    }
    ((0..width).map(|i| matrix[i][i]).collect(), turns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    fn of(matrix: &[Vec<f64>]) -> [Vec<f64>; 2] {
        let apply = |vectors: &Vectors| {
            let image = |vector: &Vec<f64>| matrix.iter().map(|row| dot(row, vector)).collect();
            Ok::<_, Infallible>(vectors.iter().map(image).collect())
        };
        leading_pair(matrix.len(), apply).unwrap()
    }

    #[test]
    fn a_diagonal_matrix_has_its_axes() {
        let diagonal =
            |row: usize| (0..20).map(move |c| if c == row { f64::from(1 << row) } else { 0.0 });
        let matrix: Vec<Vec<f64>> = (0..20).map(|row| diagonal(row).collect()).collect();
        let [first, second] = of(&matrix);
        assert!((first[19] - 1.0).abs() < 1e-2 && (second[18] - 1.0).abs() < 1e-2);
    }

    #[test]
    fn a_matrix_of_rank_one_or_none_has_zero_vectors_for_the_rest() {
        let [first, second] = of(&[vec![4.0, 2.0], vec![2.0, 1.0]]);
        assert!((first[0] - 0.8_f64.sqrt()).abs() < 1e-9, "{first:?}");
        assert!(second.iter().all(|value| value.is_finite()));
        let [first, second] = of(&[vec![0.0; 2], vec![0.0; 2]]);
        assert_eq!((first, second), (vec![0.0; 2], vec![0.0; 2]));
        let [only, none] = of(&[vec![3.0]]);
        assert_eq!((only, none), (vec![1.0], vec![0.0]));
    }
}
