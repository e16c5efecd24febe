//! One suite for every clusterer.

use imgcluster_cluster::{
    Agglomerative, Covariance, Cut, Dbscan, GaussianMixture, Hdbscan, KMeans, Linkage,
    OptionsError, PointsError, Selection, Threshold,
};
use imgcluster_core::{
    CancelToken, Cancelled, Clusterer, Clustering, Job, Matrix, Neighbors, Points, Quiet,
    RowNeighbors,
};

use crate::support::{EveryPair, blobs, count, groups, job, radius};

type Named = (&'static str, Box<dyn Clusterer>);

/// Cluster sizes and samples are small, so that three rows are enough for a cluster.
fn hdbscan() -> Hdbscan {
    Hdbscan {
        min_cluster_size: 3,
        min_samples: count(2),
        ..Hdbscan::default()
    }
}

/// Those that may put all rows into one cluster.
fn joining() -> Vec<Named> {
    let single = Hdbscan {
        allow_single_cluster: true,
        ..hdbscan()
    };
    let threshold = Threshold {
        radius: radius(0.15),
    };
    let dbscan = Dbscan {
        radius: radius(0.15),
        min_samples: count(2),
    };
    vec![
        ("threshold", Box::new(threshold)),
        ("dbscan", Box::new(dbscan)),
        ("hdbscan, one cluster allowed", Box::new(single)),
    ]
}

/// Those that leave evenly spread rows as noise.
fn dividing() -> Vec<Named> {
    let leaf = Hdbscan {
        selection: Selection::Leaf,
        ..hdbscan()
    };
    let dense = Dbscan {
        radius: radius(0.15),
        min_samples: count(4),
    };
    // From three samples on, many edges of the spanning tree weigh the same.
    let three = Hdbscan {
        min_samples: count(3),
        ..hdbscan()
    };
    let mut all: Vec<Named> = vec![
        ("dbscan of four", Box::new(dense)),
        ("hdbscan", Box::new(hdbscan())),
        ("hdbscan of three", Box::new(three)),
        ("hdbscan, leaves", Box::new(leaf)),
    ];
    all.extend(joining().into_iter().take(2));
    all
}

/// Those that go by the distances of pairs and know noise.
fn by_density() -> Vec<Named> {
    let mut all = joining();
    all.extend(dividing().into_iter().take(4));
    all
}

/// Those that join the two nearest groups until so many are left.
fn agglomerative(clusters: usize) -> Vec<Named> {
    let of = |linkage| {
        let cut = Cut::Clusters(count(clusters));
        Box::new(Agglomerative {
            cut,
            linkage,
            ..Agglomerative::default()
        })
    };
    vec![
        ("average linkage", of(Linkage::Average)),
        ("complete linkage", of(Linkage::Complete)),
        ("single linkage", of(Linkage::Single)),
        ("ward linkage", of(Linkage::Ward)),
    ]
}

/// Those that compute with coordinates.
fn of_rows(clusters: usize) -> Vec<Named> {
    let k_means = KMeans {
        clusters: count(clusters),
        ..KMeans::default()
    };
    let diagonal = GaussianMixture {
        components: count(clusters),
        ..GaussianMixture::default()
    };
    let full = GaussianMixture {
        covariance: Covariance::Full,
        ..diagonal
    };
    let ward = agglomerative(clusters).remove(3).1;
    vec![
        ("k-means", Box::new(k_means)),
        ("diagonal mixture", Box::new(diagonal)),
        ("full mixture", Box::new(full)),
        ("ward linkage", ward),
    ]
}

/// Those that put every row into one of a given number of clusters.
fn covering(clusters: usize) -> Vec<Named> {
    let mut all = agglomerative(clusters);
    all.extend(of_rows(clusters).into_iter().take(3));
    all
}

/// Those that need nothing but the distances of pairs.
fn pairwise() -> Vec<Named> {
    let mut all = by_density();
    all.extend(agglomerative(6).into_iter().take(3));
    all
}

fn every() -> Vec<Named> {
    let mut all = by_density();
    all.extend(covering(6));
    all
}

fn rows(values: Vec<f32>, dim: usize) -> Matrix {
    Matrix::new(values, dim).unwrap()
}

fn cluster(clusterer: &dyn Clusterer, rows: &Matrix, job: &Job<'_>) -> Clustering {
    let neighbors = RowNeighbors::euclidean(rows.view());
    let points = Points::with_rows(&neighbors, rows.view());
    let found = clusterer.cluster(&points, job).unwrap();
    assert_eq!(found.len(), rows.rows());
    for (row, label) in found.labels().iter().enumerate() {
        if let Some(strengths) = found.strengths() {
            let allowed = if label.is_some() {
                0.0..=1.0
            } else {
                0.0..=0.0
            };
            assert!(allowed.contains(&strengths[row]));
        }
        let outlier = found.outlier_scores().map_or(0.0, |scores| scores[row]);
        assert!((0.0..=1.0).contains(&outlier));
    }
    found
}

#[test]
fn no_row_and_one_row_have_no_cluster() {
    for (name, clusterer) in by_density() {
        for few in 0..2 {
            let found = cluster(&*clusterer, &rows(vec![1.0; few], 1), &job(2));
            assert_eq!((found.clusters(), found.noise()), (0, few), "{name}");
        }
    }
}

#[test]
fn rows_no_more_than_clusters_have_a_cluster_each_where_every_row_has_one() {
    for (name, clusterer) in covering(3) {
        for few in 0..4 {
            let far = (0..few).map(|row| 10.0 * row as f32).collect();
            let found = cluster(&*clusterer, &rows(far, 1), &job(2));
            assert_eq!(found.sizes(), vec![1; few], "{name}");
        }
    }
}

#[test]
fn far_groups_have_a_cluster_each_where_every_row_has_one() {
    let values = (0..90).map(|row| 100.0 * (row % 3) as f32 + (row % 7) as f32);
    let rows = rows(values.collect(), 1);
    for (name, clusterer) in covering(3) {
        let found = cluster(&*clusterer, &rows, &job(2));
        assert_eq!(found.sizes(), [30; 3], "{name}");
        let labels = found.labels();
        assert!((3..90).all(|row| labels[row] == labels[row - 3]), "{name}");
    }
}

#[test]
fn equal_rows_are_shared_out_or_one_cluster_but_never_noise() {
    let rows = rows(vec![0.3; 600], 2);
    for (name, clusterer) in covering(3) {
        let found = cluster(&*clusterer, &rows, &job(2));
        let most = if name.ends_with("linkage") { 3 } else { 1 };
        assert_eq!((found.clusters(), found.noise()), (most, 0), "{name}");
    }
}

#[test]
fn points_without_rows_are_refused_where_rows_are_needed() {
    let rows = rows(blobs(30, 2, 3), 2);
    let neighbors = RowNeighbors::euclidean(rows.view());
    for (name, clusterer) in of_rows(3) {
        let refused = clusterer.cluster(&Points::pairwise(&neighbors), &job(1));
        let error = *refused.unwrap_err().downcast::<PointsError>().unwrap();
        assert!(matches!(error, PointsError::NoRows(_)), "{name}");
    }
}

#[test]
fn two_and_three_rows_far_apart_are_noise() {
    for (name, clusterer) in dividing() {
        for few in 2..4 {
            let far = (0..few).map(|row| 10.0 * row as f32).collect();
            let found = cluster(&*clusterer, &rows(far, 1), &job(2));
            assert_eq!(found.noise(), few, "{name}");
        }
    }
}

#[test]
fn equal_rows_are_one_cluster_where_all_may_be_one() {
    for (name, clusterer) in joining() {
        for many in [3, 4, 2_000] {
            let found = cluster(&*clusterer, &rows(vec![0.3; many * 2], 2), &job(2));
            assert_eq!(found.sizes(), [many], "{name}");
            if let Some(strengths) = found.strengths() {
                assert!(strengths.iter().all(|strength| *strength >= 1.0));
            }
        }
    }
}

#[test]
fn equal_rows_are_noise_to_hdbscan_unless_all_may_be_one_cluster() {
    let found = cluster(&hdbscan(), &rows(vec![0.3; 2_000], 1), &job(2));
    assert_eq!(found.noise(), 2_000);
}

#[test]
fn evenly_spread_rows_are_all_noise() {
    for (name, clusterer) in dividing() {
        let spread = (0..50).map(|row| 10.0 * row as f32).collect();
        let found = cluster(&*clusterer, &rows(spread, 1), &job(2));
        assert_eq!((found.clusters(), found.noise()), (0, 50), "{name}");
    }
}

#[test]
fn a_chain_is_one_cluster_in_every_order_and_at_every_number_of_threads() {
    let orders = [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ];
    for (name, clusterer) in joining() {
        for (order, threads) in orders.iter().zip([1, 2, 3, 1, 2, 3]) {
            let chain = order.iter().map(|&place| 0.1 * place as f32).collect();
            let found = cluster(&*clusterer, &rows(chain, 1), &job(threads));
            assert_eq!(found.sizes(), [3], "{name} {order:?}");
        }
    }
}

#[test]
fn the_order_of_rows_does_not_matter() {
    let values = blobs(400, 3, 1);
    // 7 and 400 have no common divisor, so this is a permutation.
    let order: Vec<usize> = (0..400).map(|row| row * 7 % 400).collect();
    let shuffled = order
        .iter()
        .flat_map(|&row| values[row * 3..][..3].to_vec());
    let shuffled = rows(shuffled.collect(), 3);
    let rows = rows(values.clone(), 3);
    // The others draw rows, so that the order does matter.
    let mut all = by_density();
    all.extend(agglomerative(6));
    for (name, clusterer) in all {
        let straight = cluster(&*clusterer, &rows, &job(2));
        let other = cluster(&*clusterer, &shuffled, &job(2));
        let mut back = vec![None; 400];
        for (place, &row) in order.iter().enumerate() {
            back[row] = other.labels()[place];
        }
        assert_eq!(groups(straight.labels()), groups(&back), "{name}");
        assert!(straight.clusters() > 0, "{name}");
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let rows = rows(blobs(700, 5, 2), 5);
    for (name, clusterer) in every() {
        let one = cluster(&*clusterer, &rows, &job(1));
        for threads in 2..4 {
            assert_eq!(one, cluster(&*clusterer, &rows, &job(threads)), "{name}");
        }
    }
}

#[test]
fn points_without_rows_give_the_same_answer() {
    let rows = rows(blobs(300, 4, 3), 4);
    let neighbors = RowNeighbors::euclidean(rows.view());
    let every_pair = EveryPair(&neighbors);
    for (name, clusterer) in pairwise() {
        let found = clusterer
            .cluster(&Points::pairwise(&every_pair), &job(2))
            .unwrap();
        assert_eq!(found, cluster(&*clusterer, &rows, &job(2)), "{name}");
    }
}

/// Cancels the job once a row has been compared with a later one.
struct Cancelling<'a> {
    inner: &'a RowNeighbors<'a>,
    token: CancelToken,
    row: u32,
}

impl Neighbors for Cancelling<'_> {
    fn len(&self) -> usize {
        self.inner.len()
    }

    fn distance(&self, a: u32, b: u32) -> f32 {
        if a == self.row && b > a {
            self.token.cancel();
        }
        self.inner.distance(a, b)
    }
}

#[test]
fn a_cancelled_job_ends_with_the_error_that_says_so() {
    let rows = rows(blobs(300, 4, 3), 4);
    let inner = RowNeighbors::euclidean(rows.view());
    for (name, clusterer) in every() {
        let token = CancelToken::default();
        token.cancel();
        let job = Job::new(&Quiet, token, count(2));
        let points = Points::with_rows(&inner, rows.view());
        let error = clusterer.cluster(&points, &job).unwrap_err();
        assert!(error.is::<Cancelled>(), "{name}, cancelled before");
    }
    for (name, clusterer) in pairwise() {
        for row in [0, 100] {
            let token = CancelToken::default();
            let neighbors = Cancelling {
                inner: &inner,
                token: token.clone(),
                row,
            };
            let job = Job::new(&Quiet, token, count(2));
            let error = clusterer
                .cluster(&Points::pairwise(&neighbors), &job)
                .unwrap_err();
            assert!(error.is::<Cancelled>(), "{name}");
        }
    }
}

#[test]
fn options_that_make_no_sense_are_refused_by_name() {
    let none = Hdbscan {
        min_cluster_size: 1,
        ..Hdbscan::default()
    };
    let crossed = Hdbscan {
        min_cluster_size: 5,
        max_cluster_size: Some(count(4)),
        ..Hdbscan::default()
    };
    let tolerant = KMeans {
        tolerance: f64::NAN,
        ..KMeans::default()
    };
    let flat = GaussianMixture {
        regularization: 0.0,
        ..GaussianMixture::default()
    };
    let rows = rows(vec![0.0, 1.0], 1);
    let neighbors = RowNeighbors::euclidean(rows.view());
    let points = Points::with_rows(&neighbors, rows.view());
    let all: [(&dyn Clusterer, &str); 4] = [
        (&none, "min_cluster_size"),
        (&crossed, "max_cluster_size"),
        (&tolerant, "tolerance"),
        (&flat, "regularization"),
    ];
    for (options, field) in all {
        let refused = options.cluster(&points, &job(1));
        let error = *refused.unwrap_err().downcast::<OptionsError>().unwrap();
        assert!(error.to_string().starts_with(&format!("`{field}`")));
    }
}

#[test]
fn a_border_row_goes_to_its_nearest_core() {
    // Two dense places, each with an outpost; the row between the outposts reaches only them.
    let mut values = [[0.0_f32; 5], [2.9; 5]].concat();
    values.extend([0.5, 2.35, 1.45]);
    let dbscan = Dbscan {
        radius: radius(1.0),
        min_samples: count(5),
    };
    let rows = rows(values, 1);
    let neighbors = RowNeighbors::euclidean(rows.view());
    let found = dbscan.find(&neighbors, &job(1)).unwrap();
    assert_eq!(found.core, [[true; 12].as_slice(), &[false]].concat());
    let labels = found.clustering.labels();
    assert_eq!((labels[12], labels[11]), (labels[5], labels[5]));
    assert_ne!(labels[12], labels[10]);
}

#[test]
fn a_cluster_above_the_size_limit_gives_way_to_its_parts() {
    // Gaps of 1/8 and 3/16, which f32 holds exactly, so that no group splits by rounding.
    let sizes = |starts: &[f32], limit: Option<usize>| {
        let group = |start: &f32| {
            (0..6)
                .map(|row| start + 0.125 * row as f32)
                .collect::<Vec<_>>()
        };
        let options = Hdbscan {
            allow_single_cluster: true,
            max_cluster_size: limit.map(count),
            ..hdbscan()
        };
        let rows = rows(starts.iter().flat_map(group).collect(), 1);
        cluster(&options, &rows, &job(1)).sizes().to_vec()
    };
    let pairs = [0.0, 0.8125, 50.0, 50.8125];
    assert_eq!(sizes(&pairs, None), [12, 12]);
    assert_eq!(sizes(&pairs, Some(12)), [12, 12]);
    assert_eq!(sizes(&pairs, Some(11)), [6, 6, 6, 6]);
    assert_eq!(sizes(&[0.0], None), [6]);
    assert!(sizes(&[0.0], Some(5)).is_empty());
}

/// Two groups whose members are at no distance, joined by one pair at no distance.
struct Nearless;

impl Neighbors for Nearless {
    fn len(&self) -> usize {
        20
    }

    fn distance(&self, a: u32, b: u32) -> f32 {
        let linked = (a / 10 == b / 10) || (a.min(b), a.max(b)) == (0, 10);
        if linked { 0.0 } else { 1.0 }
    }
}

#[test]
fn a_split_at_no_distance_is_none_and_makes_no_nan() {
    let options = Hdbscan {
        min_samples: count(1),
        allow_single_cluster: true,
        ..Hdbscan::default()
    };
    let found = options
        .cluster(&Points::pairwise(&Nearless), &job(1))
        .unwrap();
    assert_eq!(found.sizes(), [20]);
    assert!(
        found
            .strengths()
            .unwrap()
            .iter()
            .all(|strength| *strength >= 1.0)
    );
    assert!(
        found
            .outlier_scores()
            .unwrap()
            .iter()
            .all(|score| *score <= 0.0)
    );
}

#[test]
fn the_row_farthest_out_has_the_highest_outlier_score() {
    let mut values = blobs(300, 2, 4);
    values.extend([40.0, 40.0]);
    let found = cluster(&hdbscan(), &rows(values, 2), &job(1));
    let scores = found.outlier_scores().unwrap();
    assert!(scores[..300].iter().all(|score| score < &scores[300]));
}
