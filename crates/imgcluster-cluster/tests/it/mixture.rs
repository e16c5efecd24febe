//! Mixtures: what must hold whatever the rows are.

use imgcluster_cluster::{Covariance, GaussianMixture};
use imgcluster_core::Matrix;

use crate::support::{blobs, count, job};

fn mixture(covariance: Covariance, iterations: usize) -> GaussianMixture {
    GaussianMixture {
        components: count(4),
        covariance,
        max_iterations: count(iterations),
        restarts: Some(count(1)),
        tolerance: 0.0,
        ..GaussianMixture::default()
    }
}

fn likelihood(rows: &Matrix, options: &GaussianMixture) -> f64 {
    options.find(rows.view(), &job(2)).unwrap().log_likelihood
}

fn is(value: f64, expected: f64) {
    let what = format!("{value} is not {expected}");
    assert!((value - expected).abs() < 1e-4 * expected.abs(), "{what}");
}

#[test]
fn one_component_has_the_likelihood_of_the_normal_distribution() {
    // Variance 1.25 beside the regularisation; of the normal distribution -ln(2πe·1.25) / 2.
    let rows = Matrix::new(vec![0.0, 1.0, 2.0, 3.0], 1).unwrap();
    for covariance in [Covariance::Diagonal, Covariance::Full] {
        let options = GaussianMixture {
            components: count(1),
            ..mixture(covariance, 1)
        };
        let found = options.find(rows.view(), &job(1)).unwrap();
        let expected = -0.5 * (std::f64::consts::TAU * std::f64::consts::E * 1.25).ln();
        is(found.log_likelihood, expected);
        // A mean and a variance.
        is(found.bic, 2.0 * 4.0_f64.ln() - 8.0 * expected);
        assert_eq!(found.clustering.strengths(), Some(&[1.0; 4][..]));
    }
}

#[test]
fn likelihood_does_not_fall_from_one_iteration_to_the_next() {
    let rows = Matrix::new(blobs(300, 3, 9), 3).unwrap();
    for covariance in [Covariance::Diagonal, Covariance::Full] {
        let all: Vec<f64> = (1..20)
            .map(|iterations| likelihood(&rows, &mixture(covariance, iterations)))
            .collect();
        // The regularisation may cost a little.
        assert!(all.windows(2).all(|two| two[1] >= two[0] - 1e-4), "{all:?}");
        assert!(all[18] > all[0], "{all:?}");
    }
}

#[test]
fn one_column_has_the_same_mixture_with_either_covariance() {
    let rows = Matrix::new(blobs(200, 1, 4), 1).unwrap();
    let diagonal = likelihood(&rows, &mixture(Covariance::Diagonal, 10));
    is(likelihood(&rows, &mixture(Covariance::Full, 10)), diagonal);
}

#[test]
fn a_full_mixture_does_not_mind_a_rotation_and_sees_what_a_diagonal_one_cannot() {
    // A long stripe, and the same turned.
    let upright: Vec<[f32; 2]> = (0..200_u16)
        .map(|row| {
            let along = f32::from(row / 2) / 10.0;
            let across = f32::from(row % 2) + 0.1 * f32::from(row * 7 % 13) / 13.0;
            [along, across]
        })
        .collect();
    let (sin, cos) = 0.6_f32.sin_cos();
    let turned = upright
        .iter()
        .map(|[x, y]| [cos * x - sin * y, sin * x + cos * y]);
    let turned: Vec<[f32; 2]> = turned.collect();
    let matrix = |rows: &[[f32; 2]]| Matrix::new(rows.concat(), 2).unwrap();
    let alone = |covariance| GaussianMixture {
        components: count(1),
        ..mixture(covariance, 1)
    };
    let (full, diagonal) = (alone(Covariance::Full), alone(Covariance::Diagonal));
    let expected = likelihood(&matrix(&upright), &full);
    let found = likelihood(&matrix(&turned), &full);
    assert!((found - expected).abs() < 1e-2, "{found} is not {expected}");
    assert!(likelihood(&matrix(&turned), &diagonal) < expected - 0.1);
}

#[test]
fn rows_of_any_magnitude_have_a_mixture() {
    for scale in [1e-30_f32, 1e30] {
        let values = blobs(60, 3, 2).into_iter().map(|value| value * scale);
        let rows = Matrix::new(values.collect(), 3).unwrap();
        for covariance in [Covariance::Diagonal, Covariance::Full] {
            let found = mixture(covariance, 5).find(rows.view(), &job(1)).unwrap();
            assert!(found.log_likelihood.is_finite() && found.bic.is_finite());
            assert_eq!(found.clustering.noise(), 0);
        }
    }
}
