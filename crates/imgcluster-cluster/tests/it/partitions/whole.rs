//! What is found in partitions beside what is found among all pairs.

use std::collections::BTreeSet;

use imgcluster_cluster::{
    Agglomerative, GaussianMixture, KMeans, Linkage, Method, NoLog, PairAgreement, Partitions,
    PartitionsError,
};
use imgcluster_core::{
    CancelToken, Clusterer, Clustering, Job, Matrix, Neighbors, Points, Quiet, RowNeighbors,
};
use proptest::prelude::*;

use super::{Counting, Line, copies, find, methods, partitions, threshold};
use crate::support::{EveryPair, blobs, count, groups, job};

fn clusterer(method: &Method) -> Box<dyn Clusterer> {
    match *method {
        Method::Hdbscan(hdbscan) => Box::new(hdbscan),
        Method::Dbscan(dbscan) => Box::new(dbscan),
        Method::Threshold(threshold) => Box::new(threshold),
        Method::Agglomerative(agglomerative) => Box::new(agglomerative),
        Method::KMeans(k_means) => Box::new(k_means),
        Method::GaussianMixture(mixture) => Box::new(mixture),
    }
}

fn full(neighbors: &dyn Neighbors, method: &Method) -> Clustering {
    let points = Points::pairwise(neighbors);
    clusterer(method).cluster(&points, &job(1)).unwrap()
}

#[test]
fn none_one_and_two_items_are_clustered_as_without_partitions() {
    for places in [vec![], vec![1.0], vec![1.0, 1.25]] {
        let line = Line(places);
        for (name, method) in methods(0.5) {
            let found = find(&line, 2, &method);
            assert_eq!(found.clustering, full(&line, &method), "{name}");
            assert_eq!(found.partitions.len(), 1, "{name}");
            assert!(found.joined.is_empty(), "{name}");
        }
    }
}

#[test]
fn one_partition_gives_exactly_the_clusters_strengths_and_scores_of_all_pairs() {
    let rows = Matrix::new(blobs(90, 3, 5), 3).unwrap();
    let rows = RowNeighbors::euclidean(rows.view());
    let every = EveryPair(&rows);
    for (name, method) in methods(0.4) {
        for size in [90, 91, 4000] {
            let found = find(&every, size, &method);
            assert_eq!(found.clustering, full(&every, &method), "{name}");
            assert_eq!(found.pairs.total(), 90 * 89 / 2, "{name}");
        }
    }
}

#[test]
fn algorithms_that_compute_with_rows_are_refused_by_name_where_there_are_none() {
    let ward = Agglomerative {
        linkage: Linkage::Ward,
        ..Agglomerative::default()
    };
    let of_rows = [
        (Method::KMeans(KMeans::default()), "k-means"),
        (
            Method::GaussianMixture(GaussianMixture::default()),
            "a mixture",
        ),
        (Method::Agglomerative(ward), "ward linkage"),
    ];
    for (method, name) in of_rows {
        let line = Line(vec![1.0, 2.0]);
        let refused = partitions(1, &method).find(&line, &NoLog, &job(1));
        let refused = refused.unwrap_err();
        assert!(matches!(refused, PartitionsError::NeedsRows(found) if found == name));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn partitions_are_consecutive_balanced_few_and_hold_every_item_once(
        items in 0_usize..3000, size in 1_usize..700,
    ) {
        let ranges = partitions(size, &threshold(0.5)).ranges(items);
        prop_assert_eq!(ranges.len(), items.div_ceil(size).max(1));
        prop_assert_eq!(ranges.iter().cloned().flatten().collect::<Vec<_>>(), (0..items).collect::<Vec<_>>());
        let sizes: BTreeSet<usize> = ranges.iter().map(ExactSizeIterator::len).collect();
        let (least, most) = (*sizes.first().unwrap(), *sizes.last().unwrap());
        prop_assert!(most <= size && most - least <= 1);
    }

    #[test]
    fn every_item_stays_with_its_own_and_the_number_of_threads_changes_nothing(
        places in prop::collection::vec(0_u8..60, 0..40), size in 1_usize..12, pooled: bool,
    ) {
        let line = Line(places.iter().map(|place| f32::from(*place) / 4.0).collect());
        for (name, method) in methods(0.5) {
            let partitions = Partitions { pool_noise: pooled, ..partitions(size, &method) };
            let found = partitions.find(&line, &NoLog, &job(1)).unwrap();
            prop_assert_eq!(found.clustering.len(), places.len(), "{}", name);
            let four = partitions.find(&line, &NoLog, &job(4)).unwrap();
            prop_assert_eq!(&found, &four, "{}", name);
            // What is together in a partition stays together, and is not lost.
            let labels = found.clustering.labels();
            let mut cut = BTreeSet::new();
            for partition in &found.partitions {
                for members in partition.clustering().members() {
                    let items = members.iter().map(|place| partition.members()[*place as usize]);
                    let homes: BTreeSet<_> = items.map(|item| labels[item as usize]).collect();
                    prop_assert!(homes.len() == 1 && homes.first() != Some(&None), "{}", name);
                }
                cut.extend(partition.members().iter().copied());
            }
            prop_assert_eq!(cut.len(), places.len(), "{}", name);
            // Of an item without a cluster it is known that none was near.
            if found.partitions.len() > 1 {
                let joined: BTreeSet<u32> = found.joined.iter().map(|noise| noise.item).collect();
                for (item, label) in (0_u32..).zip(labels) {
                    let mut partitions = found.partitions.iter();
                    let alone = partitions.all(|partition| partition.noise().any(|noise| noise == item)
                        || !partition.members().contains(&item));
                    prop_assert_eq!(label.is_some(), !alone || joined.contains(&item), "{}", name);
                }
            }
        }
    }

    #[test]
    fn thresholds_in_partitions_join_nothing_that_all_pairs_would_not(
        places in prop::collection::vec(0_u8..90, 0..50), size in 1_usize..12, pooled: bool,
    ) {
        let line = Line(places.iter().map(|place| f32::from(*place) / 4.0).collect());
        let method = threshold(0.5);
        let partitions = Partitions { pool_noise: pooled, ..partitions(size, &method) };
        let found = partitions.find(&line, &NoLog, &job(2)).unwrap();
        let all = full(&line, &method);
        let agreement = PairAgreement::of(&all, &found.clustering);
        prop_assert!((agreement.precision - 1.0).abs() < f64::EPSILON);
        if pooled && size == 1 {
            // Every item is noise by itself, so all are compared after all.
            prop_assert_eq!(found.clustering, all);
        }
    }
}

#[test]
fn partitions_of_one_item_find_nothing_by_a_threshold_and_everything_by_linkage() {
    let line = Line(vec![0.0, 4.0, 0.25, 4.25, 9.0]);
    let found = find(&line, 1, &threshold(0.5));
    assert_eq!(
        (found.clustering.clusters(), found.clustering.noise()),
        (0, 5)
    );
    assert_eq!(found.pairs.total(), 0);
    for (name, method) in methods(0.5).into_iter().skip(4) {
        let found = find(&line, 1, &method);
        assert_eq!(found.clustering, full(&line, &method), "{name}");
    }
}

#[test]
fn copies_in_no_order_are_found_again_by_few_pairs() {
    // Forty groups of eight, and eighty items like no other.
    let items: Vec<u32> = (0..400_u32).map(|item| item * 211 % 400).collect();
    let items: Vec<u32> = items
        .iter()
        .map(|item| if *item < 320 { item / 8 } else { *item })
        .collect();
    let hashes = copies(&items, 3);
    let method = threshold(0.125);
    let all = full(&hashes, &method);
    assert!(all.clusters() >= 40);
    let asked = Counting::new(&hashes);
    let found = find(&asked, 100, &method);
    let agreement = PairAgreement::of(&all, &found.clustering);
    assert!(agreement.recall >= 0.95, "{agreement:?}");
    assert!(agreement.adjusted_rand >= 0.95, "{agreement:?}");
    assert_eq!(asked.asked(), found.pairs.total());
    assert!(found.pairs.share(400) < 0.6, "{:?}", found.pairs);
}

#[test]
fn blobs_that_are_far_apart_are_the_same_clusters_by_every_algorithm() {
    // Three blobs of different width on a line, their items by turns, and one item far from all.
    let mut places: Vec<f32> = (0..90_u16)
        .map(|item| {
            let (blob, place) = (f32::from(item % 3), f32::from(item / 3));
            100.0 * blob + (place * 7.0 % 30.0) * (blob + 1.0) / 30.0
        })
        .collect();
    places.push(1000.0);
    let line = Line(places);
    for (name, method) in methods(0.5) {
        if name == "complete linkage" || name == "average linkage" {
            // These cut blobs where the far item is another cluster, or where they are too wide.
            continue;
        }
        let found = find(&line, 31, &method);
        let blobs = groups(found.clustering.labels());
        let of_three = blobs.iter().filter(|blob| blob.len() > 1).count();
        assert_eq!((of_three, found.partitions.len()), (3, 3), "{name}");
        let all = full(&line, &method);
        assert_eq!(blobs, groups(all.labels()), "{name}");
    }
}

#[test]
fn a_cancelled_job_ends_with_the_error_that_says_so() {
    /// Cancels when a pair of these items is asked for.
    struct Cancelling(Line, CancelToken, u32);
    impl Neighbors for Cancelling {
        fn len(&self) -> usize {
            self.0.len()
        }
        fn distance(&self, a: u32, b: u32) -> f32 {
            if a.max(b) == self.2 {
                self.1.cancel();
            }
            self.0.distance(a, b)
        }
    }
    let places: Vec<f32> = (0..40_u8).map(|item| f32::from(item % 4)).collect();
    for (name, method) in methods(0.5) {
        for item in [1, 15, 39] {
            let token = CancelToken::default();
            let line = Cancelling(Line(places.clone()), token.clone(), item);
            let stopped = Job::new(&Quiet, token, count(2));
            let error = partitions(10, &method)
                .find(&line, &NoLog, &stopped)
                .unwrap_err();
            assert!(
                matches!(error, PartitionsError::Cancelled(_)),
                "{name} {item}"
            );
        }
    }
}

#[test]
fn a_partition_that_does_not_fit_into_memory_is_clustered_all_the_same() {
    let line = Line((0..30_u8).map(|item| f32::from(item * 7 % 30)).collect());
    for (name, method) in methods(1.0) {
        let remembering = partitions(10, &method);
        let frugal = Partitions {
            most_bytes: 8,
            ..partitions(10, &method)
        };
        let found = |partitions: Partitions| partitions.find(&line, &NoLog, &job(2)).unwrap();
        assert_eq!(found(remembering), found(frugal), "{name}");
    }
}
