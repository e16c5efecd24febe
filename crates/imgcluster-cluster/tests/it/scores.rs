//! Scores of clusterings by themselves, against plain sums, and where there is nothing to score.

use imgcluster_cluster::{calinski_harabasz, cosine_silhouette, davies_bouldin, silhouette};
use imgcluster_core::{
    CancelToken, Cancelled, Clustering, Job, Matrix, Neighbors, Quiet, RowNeighbors,
};

use crate::support::{EveryPair, blobs, count, job, unit};

/// Labels in no order, some of them noise.
fn labels(rows: usize, clusters: usize) -> Vec<Option<usize>> {
    let label = |row: usize| (row * 7 % 11 != 3).then_some(row * row % 31 % clusters);
    (0..rows).map(label).collect()
}

/// The slow twin: the definition, pair by pair.
fn plain_silhouette(neighbors: &dyn Neighbors, labels: &[Option<usize>], clusters: usize) -> f64 {
    let mean = |row: usize, cluster: usize| {
        let others = (0..labels.len()).filter(|other| *other != row);
        let others = others.filter(|other| labels[*other] == Some(cluster));
        let distances: Vec<f64> = others
            .map(|other| f64::from(neighbors.distance(row as u32, other as u32)))
            .collect();
        distances.iter().sum::<f64>() / distances.len() as f64
    };
    let of_row = |(row, label): (usize, &Option<usize>)| {
        let own = (*label)?;
        let within = mean(row, own);
        let others = (0..clusters).filter(|cluster| *cluster != own);
        let nearest = others
            .map(|cluster| mean(row, cluster))
            .fold(f64::INFINITY, f64::min);
        Some(if within.is_nan() {
            0.0
        } else {
            (nearest - within) / nearest.max(within)
        })
    };
    let all: Vec<f64> = labels.iter().enumerate().filter_map(of_row).collect();
    all.iter().sum::<f64>() / all.len() as f64
}

#[test]
fn silhouettes_are_those_of_the_definition_at_any_number_of_threads() {
    for (rows, clusters) in [(9, 2), (200, 5), (700, 23)] {
        let labels = labels(rows, clusters);
        let clustering = Clustering::from_groups(&labels);
        let matrix = Matrix::new(blobs(rows, 4, 5), 4).unwrap();
        let unit = unit(matrix.view().values().to_vec(), 4);
        let euclidean = RowNeighbors::euclidean(matrix.view());
        let cosine = RowNeighbors::cosine(&unit);
        for neighbors in [&euclidean, &cosine] {
            let plain = plain_silhouette(neighbors, &labels, clusters);
            let tiles = silhouette(neighbors, &clustering, &job(1))
                .unwrap()
                .unwrap();
            assert!((tiles - plain).abs() < 1e-6, "{tiles} is not {plain}");
            let pairs = silhouette(&EveryPair(neighbors), &clustering, &job(2))
                .unwrap()
                .unwrap();
            assert!((pairs - plain).abs() < 1e-9, "{pairs} is not {plain}");
            for threads in 2..4 {
                let again = silhouette(neighbors, &clustering, &job(threads)).unwrap();
                assert_eq!(again, Some(tiles));
            }
        }
        let plain = plain_silhouette(&cosine, &labels, clusters);
        let sums = cosine_silhouette(&unit, &clustering, &job(2))
            .unwrap()
            .unwrap();
        assert!((sums - plain).abs() < 1e-6, "{sums} is not {plain}");
        assert_eq!(
            cosine_silhouette(&unit, &clustering, &job(1)),
            Ok(Some(sums))
        );
    }
}

/// Every score of these rows, all on a line, and labels.
fn scores(values: &[f32], labels: &[Option<u8>]) -> [Option<f64>; 4] {
    let clustering = Clustering::from_groups(labels);
    let rows = Matrix::new(values.to_vec(), 1).unwrap();
    let on_circle = values.iter().flat_map(|value| [value.cos(), value.sin()]);
    let unit = unit(on_circle.collect(), 2);
    let neighbors = RowNeighbors::euclidean(rows.view());
    [
        silhouette(&neighbors, &clustering, &job(1)).unwrap(),
        cosine_silhouette(&unit, &clustering, &job(1)).unwrap(),
        calinski_harabasz(rows.view(), &clustering),
        davies_bouldin(rows.view(), &clustering),
    ]
}

#[test]
fn without_two_clusters_or_a_pair_there_is_no_score() {
    let nothing: [(&[f32], &[Option<u8>]); 6] = [
        (&[], &[]),
        (&[0.1], &[Some(0)]),
        (&[0.1, 0.2], &[None, None]),
        (&[0.1, 0.2, 0.3], &[Some(0), Some(0), None]),
        (&[0.1, 0.2, 0.3], &[Some(0), Some(0), Some(0)]),
        (&[0.1, 0.2, 0.3], &[Some(0), Some(1), Some(2)]),
    ];
    for (values, labels) in nothing {
        assert_eq!(scores(values, labels), [None; 4], "{labels:?}");
    }
}

#[test]
fn copies_in_two_places_are_as_good_as_clusters_can_be() {
    let labels = [Some(0), Some(0), Some(1), Some(1), None];
    let [euclidean, cosine, variance, likeness] = scores(&[0.1, 0.1, 0.9, 0.9, 0.5], &labels);
    assert_eq!(euclidean, Some(1.0));
    assert!((cosine.unwrap() - 1.0).abs() < 1e-9);
    // As scikit-learn defines them where nothing varies within clusters.
    assert_eq!((variance, likeness), (Some(1.0), Some(0.0)));
}

#[test]
fn copies_in_one_place_are_not_told_apart() {
    let labels = [Some(0), Some(0), Some(1), Some(1)];
    let [euclidean, cosine, variance, likeness] = scores(&[0.7; 4], &labels);
    assert_eq!((euclidean, cosine), (Some(0.0), Some(0.0)));
    assert_eq!((variance, likeness), (Some(1.0), Some(0.0)));
}

#[test]
fn noise_is_left_out_as_if_it_were_not_there() {
    let with = [Some(0), None, Some(0), Some(1), Some(1), None, Some(1)];
    let without = [Some(0), Some(0), Some(1), Some(1), Some(1)];
    let values = [0.1, 0.35, 0.2, 0.6, 0.9, 0.75, 0.65];
    let kept = [0.1, 0.2, 0.6, 0.9, 0.65];
    let pairs = scores(&values, &with)
        .into_iter()
        .zip(scores(&kept, &without));
    for (with, without) in pairs {
        assert!((with.unwrap() - without.unwrap()).abs() < 1e-9);
    }
}

#[test]
fn a_cancelled_job_gives_no_silhouette() {
    let token = CancelToken::default();
    token.cancel();
    let job = Job::new(&Quiet, token, count(2));
    let rows = unit(vec![1.0, 0.5, 2.0], 1);
    let clustering = Clustering::from_groups(&[Some(0), Some(0), Some(1)]);
    let neighbors = RowNeighbors::cosine(&rows);
    assert_eq!(silhouette(&neighbors, &clustering, &job), Err(Cancelled));
    assert_eq!(cosine_silhouette(&rows, &clustering, &job), Err(Cancelled));
}
