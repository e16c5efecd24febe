//! Rows whitened, beside scikit-learn.

use imgcluster_cluster::{WhitenError, Whitened, Whitening};
use imgcluster_core::{CancelToken, Job, Matrix, MatrixError, Quiet};
use proptest::prelude::*;

use crate::support::{blobs, count, job};

fn whiten(values: Vec<f32>, dim: usize, variance: f64) -> Whitened {
    let rows = Matrix::new(values, dim).unwrap();
    Whitening { variance }.whiten(rows.view(), &job(2)).unwrap()
}

#[test]
fn nothing_and_rows_that_do_not_vary_are_only_scaled() {
    let none = whiten(vec![], 3, 0.9);
    assert_eq!((none.rows.rows(), none.components), (0, 0));
    for values in [vec![3.0, 4.0], [3.0, 4.0].repeat(5)] {
        let same = whiten(values, 2, 0.9);
        assert_eq!((same.components, same.explained), (0, 0.0));
        assert!(same.rows.view().iter().all(|row| row == [0.6, 0.8]));
    }
    let zeros = Matrix::new(vec![0.0; 6], 2).unwrap();
    let refused = Whitening::default().whiten(zeros.view(), &job(1));
    let zero = MatrixError::ZeroRow { row: 0 };
    assert_eq!(refused, Err(WhitenError::Rows(zero)));
}

#[test]
fn two_rows_are_opposite_whatever_their_columns() {
    for (values, dim) in [
        (vec![1.0, 1.1], 1),
        (vec![5.0, 1.0, 5.0, 2.0], 2),
        (vec![1e30, 5.0, 7.0, 0.0, 2e30, 5.0, 7.0, 1.0], 4),
        (vec![1e-30, 5.0, 7.0, 2e-30, 5.0, 7.0], 3),
    ] {
        let two = whiten(values, dim, 1.0);
        assert_eq!(two.components, 1);
        let (a, b) = (two.rows.view().row(0), two.rows.view().row(1));
        assert_eq!(a.len(), 1);
        assert!((a[0] + b[0]).abs() < 1e-6 && (a[0].abs() - 1.0).abs() < 1e-6);
    }
}

#[test]
fn rows_at_the_mean_are_alike_to_each_other_and_to_nothing_else() {
    let rows = vec![
        1.0, 0.0, -1.0, 0.0, 0.0, 2.0, 0.0, -2.0, 0.0, 0.0, 0.0, 0.0, 3.0, 1.0, -3.0, -1.0,
    ];
    let found = whiten(rows, 2, 1.0);
    assert_eq!(found.components, 2);
    let rows = found.rows.view();
    assert_eq!(rows.dim(), 3);
    for (place, row) in rows.iter().enumerate() {
        if place == 4 || place == 5 {
            assert_eq!(row, [0.0, 0.0, 1.0]);
        } else {
            assert_eq!(row[2].to_bits(), 0);
        }
    }
}

#[test]
fn a_constant_column_changes_nothing() {
    let values = blobs(60, 5, 3);
    let with: Vec<f32> = values
        .chunks(5)
        .flat_map(|row| row.iter().copied().chain([7.25]))
        .collect();
    let (plain, with) = (whiten(values, 5, 1.0), whiten(with, 6, 1.0));
    assert_eq!((plain.components, with.components), (5, 5));
    for (a, b) in plain
        .rows
        .view()
        .values()
        .iter()
        .zip(with.rows.view().values())
    {
        assert!((a - b).abs() < 1e-5);
    }
}

#[test]
fn a_variance_that_is_no_share_is_refused_and_a_cancelled_job_ends() {
    let rows = Matrix::new(blobs(20, 3, 1), 3).unwrap();
    for variance in [0.0, -0.1, 1.1, f64::NAN] {
        let refused = Whitening { variance }.whiten(rows.view(), &job(1));
        assert!(matches!(refused, Err(WhitenError::Variance(_))));
    }
    let token = CancelToken::default();
    token.cancel();
    let stopped = Job::new(&Quiet, token, count(2));
    let refused = Whitening::default().whiten(rows.view(), &stopped);
    assert!(matches!(refused, Err(WhitenError::Cancelled(_))));
}

/// `PCA(n_components=V, whiten=True, svd_solver="full").fit_transform(X)` of scikit-learn 1.9.1,
/// rows then divided by their lengths; `X[r][c] = (7r + 5c² + 3rc) mod 11` of four columns.
fn formula(rows: usize) -> Vec<f32> {
    let value = |place: usize| {
        let (r, c) = (place / 4, place % 4);
        ((7 * r + 5 * c * c + 3 * r * c) % 11) as f32
    };
    (0..4 * rows).map(value).collect()
}

fn assert_near(found: &Whitened, expected: &[f32]) {
    let values = found.rows.view().values();
    assert_eq!(values.len(), expected.len());
    for (ours, theirs) in values.iter().zip(expected) {
        assert!((ours - theirs).abs() < 2e-6, "{values:?}");
    }
}

#[test]
fn rows_are_those_of_scikit_learn() {
    let found = whiten(formula(7), 4, 0.9);
    assert!((found.explained - 0.955_500_117_646_471_9).abs() < 1e-12);
    let expected = [
        [-0.629_785, 0.740_618, 0.234_213],
        [0.189_697, -0.878_246, 0.438_975],
        [-0.706_006, -0.392_702, 0.589_356],
        [0.495_178, -0.868_779, 0.004_772],
        [0.370_71, -0.124_666, -0.920_344],
        [-0.493_906, 0.280_389, -0.823_067],
        [0.719_594, 0.573_722, 0.391_188],
    ];
    assert_near(&found, expected.as_flattened());
    let all = whiten(formula(7), 4, 1.0);
    assert!((all.explained - 1.0).abs() < 1e-12);
    let expected = [
        [-0.626_582, 0.736_852, 0.233_022, -0.100_722],
        [0.143_278, -0.663_338, 0.331_558, -0.655_381],
        [-0.705_968, -0.392_682, 0.589_325, -0.010_258],
        [0.228_812, -0.401_446, 0.002_205, 0.886_838],
        [0.330_866, -0.111_267, -0.821_426, -0.451_007],
        [-0.479_957, 0.272_47, -0.799_822, 0.235_978],
        [0.719_59, 0.573_719, 0.391_185, -0.003_375],
    ];
    assert_near(&all, expected.as_flattened());
}

#[test]
fn fewer_rows_than_columns_are_those_of_scikit_learn_too() {
    let expected = [
        [0.879_226, 0.476_405],
        [-0.852_192, 0.523_229],
        [-0.027_034, -0.999_635],
    ];
    assert_near(&whiten(formula(3), 4, 0.9), expected.as_flattened());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn rows_are_of_unit_variance_along_components_at_any_threads_and_in_any_order(
        rows in 2_usize..40, dim in 1_usize..20, seed in 0_u32..1000, turn in 1_usize..40,
    ) {
        let values = blobs(rows, dim, seed);
        let matrix = Matrix::new(values.clone(), dim).unwrap();
        let whitening = Whitening::default();
        let one = whitening.whiten(matrix.view(), &job(1)).unwrap();
        let three = whitening.whiten(matrix.view(), &job(3)).unwrap();
        prop_assert_eq!(&one, &three);
        prop_assert!(one.explained >= 0.9 - 1e-9 && one.explained <= 1.0);
        prop_assert!(one.components <= dim.min(rows - 1));
        // The same bits for every row wherever it stands.
        let turned: Vec<f32> = (0..rows)
            .flat_map(|row| &values[(row + turn) % rows * dim..][..dim])
            .copied()
            .collect();
        let turned = Matrix::new(turned, dim).unwrap();
        let turned = whitening.whiten(turned.view(), &job(2)).unwrap();
        for row in 0..rows {
            let (a, b) = (turned.rows.view().row(row), one.rows.view().row((row + turn) % rows));
            prop_assert!(a.iter().map(|value| value.to_bits()).eq(b.iter().map(|value| value.to_bits())));
        }
    }
}
