//! HDBSCAN on the same rows in another order.

use imgcluster_cluster::Hdbscan;
use imgcluster_core::{Clusterer, Clustering, Matrix, Neighbors, Points, RowNeighbors};
use proptest::prelude::*;

use crate::support::{count, groups, job};
use crate::textbook::{options, rows};

/// Rows, and an order of them.
fn ordered() -> impl Strategy<Value = (Matrix, Vec<usize>)> {
    rows().prop_flat_map(|rows| {
        let order = Just((0..rows.rows()).collect::<Vec<_>>()).prop_shuffle();
        (Just(rows), order)
    })
}

fn cluster(rows: &Matrix, options: &Hdbscan) -> Clustering {
    let neighbors = RowNeighbors::euclidean(rows.view());
    let points = Points::pairwise(&neighbors);
    options.cluster(&points, &job(2)).unwrap()
}

/// Tells whether two pairs of different rows are equally far apart. Copies of a row count once.
fn distances_tie(rows: &Matrix) -> bool {
    let neighbors = RowNeighbors::euclidean(rows.view());
    let is_first = |row: &u32| (0..*row).all(|before| neighbors.distance(before, *row) > 0.0);
    let firsts: Vec<u32> = (0..rows.rows() as u32).filter(is_first).collect();
    let mut distances = Vec::new();
    for (at, &b) in firsts.iter().enumerate() {
        distances.extend(firsts[..at].iter().map(|&a| neighbors.distance(a, b)));
    }
    distances.sort_by(f32::total_cmp);
    distances.windows(2).any(|two| two[0] >= two[1])
}

fn permuted<T: Copy>(values: &[T], order: &[usize]) -> Vec<T> {
    order.iter().map(|&row| values[row]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn where_no_distances_tie_the_order_of_rows_changes_nothing(
        (rows, order) in ordered(), options in options(), min_samples in 3_usize..=5,
    ) {
        prop_assume!(!distances_tie(&rows));
        let options = Hdbscan { min_samples: count(min_samples), ..options };
        let shuffled = order.iter().flat_map(|&row| rows.view().row(row).to_vec()).collect();
        let shuffled = Matrix::new(shuffled, 2).unwrap();
        let (straight, other) = (cluster(&rows, &options), cluster(&shuffled, &options));
        let labels = permuted(straight.labels(), &order);
        prop_assert_eq!(groups(&labels), groups(other.labels()));
        let strengths = permuted(straight.strengths().unwrap(), &order);
        prop_assert_eq!(strengths, other.strengths().unwrap());
        let outliers = permuted(straight.outlier_scores().unwrap(), &order);
        prop_assert_eq!(outliers, other.outlier_scores().unwrap());
    }
}
