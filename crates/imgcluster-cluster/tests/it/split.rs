//! Clusters cut up, against complete linkage of the whole, and at the edges.

use imgcluster_cluster::{Agglomerative, Cut, Linkage, Split, SplitError};
use imgcluster_core::{
    CancelToken, Clusterer, Clustering, Job, Matrix, Neighbors, Points, Quiet, RowNeighbors,
};
use proptest::prelude::*;

use crate::support::{EveryPair, blobs, count, groups, job, numbers, radius};

fn on_a_line(values: &[f32]) -> Matrix {
    Matrix::new(values.to_vec(), 1).unwrap()
}

fn split(rows: &Matrix, labels: &[Option<u32>], limit: f64) -> Vec<i64> {
    let neighbors = RowNeighbors::euclidean(rows.view());
    let clustering = Clustering::from_groups(labels);
    let split = Split::within(radius(limit));
    numbers(
        split
            .split(clustering, &neighbors, &job(2))
            .unwrap()
            .labels(),
    )
}

#[test]
fn nothing_one_row_and_noise_stay_as_they_are() {
    assert!(split(&on_a_line(&[]), &[], 0.5).is_empty());
    assert_eq!(split(&on_a_line(&[1.0]), &[Some(0)], 0.5), [0]);
    // Noise is no cluster, however near it lies; and a cluster of one was one before.
    let labels = [None, None, Some(3), Some(4)];
    assert_eq!(
        split(&on_a_line(&[1.0, 1.0, 1.0, 9.0]), &labels, 0.5),
        [-1, -1, 0, 1]
    );
}

#[test]
fn a_chain_is_cut_and_what_is_left_alone_is_noise() {
    let rows = on_a_line(&[0.0, 1.0, 2.25, 3.25, 4.5]);
    assert_eq!(split(&rows, &[Some(0); 5], 1.0), [0, 0, 1, 1, -1]);
    // The limit itself is near enough.
    assert_eq!(split(&rows, &[Some(0); 5], 4.5), [0; 5]);
    assert_eq!(split(&rows, &[Some(0); 5], 0.999), [-1; 5]);
}

#[test]
fn rows_of_different_clusters_never_come_together() {
    let rows = on_a_line(&[0.0, 0.1, 0.2, 0.3, 5.0, 5.1]);
    let labels = [Some(0), Some(1), Some(0), Some(1), Some(0), Some(1)];
    assert_eq!(split(&rows, &labels, 0.5), [0, 1, 0, 1, -1, -1]);
}

#[test]
fn strengths_and_outlier_scores_stay_with_their_rows() {
    let rows = on_a_line(&[0.0, 0.1, 9.0]);
    let neighbors = RowNeighbors::euclidean(rows.view());
    let clustering = Clustering::from_groups(&[Some(0); 3])
        .with_strengths(vec![0.5, 1.0, 0.25])
        .with_outlier_scores(vec![0.1, 0.0, 0.7]);
    let found = Split::within(radius(1.0))
        .split(clustering, &neighbors, &job(1))
        .unwrap();
    assert_eq!(found.strengths(), Some(&[0.5, 1.0, 0.0][..]));
    assert_eq!(found.outlier_scores(), Some(&[0.1, 0.0, 0.7][..]));
}

#[test]
fn a_table_that_does_not_fit_is_refused_and_only_chains_need_one() {
    let rows = on_a_line(&[0.0, 1.0, 2.0, 3.0, 9.0, 9.5, 50.0]);
    let neighbors = RowNeighbors::euclidean(rows.view());
    let all = || Clustering::from_groups(&[Some(0); 7]);
    let with = |most_bytes| Split {
        most_bytes,
        ..Split::within(radius(1.0))
    };
    // The chain of the first four rows takes 6 distances of 4 bytes.
    let error = with(23).split(all(), &neighbors, &job(1)).unwrap_err();
    assert_eq!(
        error,
        SplitError::TooLarge {
            count: 4,
            needed: 24,
            allowed: 23
        }
    );
    let found = with(24).split(all(), &neighbors, &job(1)).unwrap();
    assert_eq!((found.clusters(), found.noise()), (3, 1));
    // Nothing chained, nothing needed.
    let near = Split {
        most_bytes: 0,
        radius: radius(50.0),
    };
    assert_eq!(near.split(all(), &neighbors, &job(1)).unwrap(), all());
}

#[test]
fn a_cancelled_job_splits_nothing() {
    let token = CancelToken::default();
    token.cancel();
    let job = Job::new(&Quiet, token, count(2));
    let rows = on_a_line(&[0.0, 9.0]);
    let neighbors = RowNeighbors::euclidean(rows.view());
    let clustering = Clustering::from_groups(&[Some(0); 2]);
    let found = Split::within(radius(1.0)).split(clustering, &neighbors, &job);
    assert!(matches!(found, Err(SplitError::Cancelled(_))));
}

proptest! {
    #[test]
    fn a_cluster_becomes_what_complete_linkage_makes_of_all_its_rows(
        rows in 1_usize..90, dim in 1_usize..4, seed in 0_u32..1000, clusters in 1_usize..5,
        limit in 0.05_f64..2.0, threads in 1_usize..4,
    ) {
        let matrix = Matrix::new(blobs(rows, dim, seed), dim).unwrap();
        let neighbors = RowNeighbors::euclidean(matrix.view());
        let labels: Vec<_> = (0..rows).map(|row| (row % 7 != 5).then_some(row % clusters)).collect();
        let clustering = Clustering::from_groups(&labels);
        let split = Split::within(radius(limit));
        let found = split.split(clustering.clone(), &neighbors, &job(threads)).unwrap();
        let by_pairs = split.split(clustering.clone(), &EveryPair(&neighbors), &job(1)).unwrap();
        prop_assert_eq!(&found, &by_pairs);
        let mut expected: Vec<Vec<usize>> = Vec::new();
        for members in clustering.members() {
            let values = members.iter().flat_map(|&row| matrix.row(row as usize)).copied();
            let part = Matrix::new(values.collect(), dim).unwrap();
            let part = RowNeighbors::euclidean(part.view());
            let complete = Agglomerative {
                cut: Cut::Distance(radius(limit)),
                linkage: Linkage::Complete,
                ..Agglomerative::default()
            };
            let parts = complete.cluster(&Points::pairwise(&part), &job(1)).unwrap();
            for part in parts.members().iter().filter(|part| part.len() > 1 || members.len() == 1) {
                expected.push(part.iter().map(|&place| members[place as usize] as usize).collect());
            }
        }
        expected.sort();
        let ours: Vec<Vec<usize>> = groups(found.labels()).into_iter().collect();
        prop_assert_eq!(ours, expected);
        for members in found.members() {
            for &a in &members {
                for &b in &members {
                    prop_assert!(neighbors.distance(a, b) <= split.radius.get());
                }
            }
        }
    }
}
