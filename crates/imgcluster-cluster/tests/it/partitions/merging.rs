//! What is merged by medoids, what is not, and what can be asked then.

use imgcluster_cluster::{
    Hdbscan, Method, NoLog, Partition, PartitionMethod, Partitions, PartitionsOutcome,
    SummaryOptions, summarize,
};
use imgcluster_core::{KnnGraph, Neighbors, Points};
use proptest::prelude::*;

use super::{Counting, Line, find, methods, partitions, threshold};
use crate::support::{count, groups, job, numbers, radius};

#[test]
fn a_chain_is_followed_through_medoids_and_cut_beside_them() {
    // In each the first three and the last three items are a partition. The middle one of three in a row is the medoid.
    let through = Line(vec![0.0, 1.0, 2.0, 1.5, 2.5, 3.5]);
    let found = find(&through, 3, &threshold(1.5));
    assert_eq!(numbers(found.clustering.labels()), [0; 6]);
    // A pair of members is near, their medoids are not.
    let beside = Line(vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
    let found = find(&beside, 3, &threshold(1.0));
    assert_eq!(numbers(found.clustering.labels()), [0, 0, 0, 1, 1, 1]);
    assert_eq!(found.representatives.len(), 2);
    assert_eq!(
        [found.representatives[0].item, found.representatives[1].item],
        [1, 4]
    );
    assert!((found.representatives[1].reach - 1.0).abs() < f32::EPSILON);
}

#[test]
fn noise_joins_the_nearest_medoid_within_the_radius_and_no_farther() {
    // 0 1 2 | 2 7 9: the first of the second partition is as near to the medoid 1 as can be.
    let line = Line(vec![0.0, 1.0, 2.0, 2.0, 7.0, 9.0]);
    let found = find(&line, 3, &threshold(1.0));
    assert_eq!(numbers(found.clustering.labels()), [0, 0, 0, 0, -1, -1]);
    let [joined] = found.joined[..] else {
        panic!("one joined: {:?}", found.joined);
    };
    assert_eq!((joined.item, joined.medoid), (3, 1));
    assert_eq!(found.pairs.within_partitions, 6);
    assert_eq!((found.pairs.representatives, found.pairs.noise), (0, 3));
}

#[test]
fn noise_that_is_alike_in_different_partitions_is_found_where_noise_is_pooled() {
    // A chain of three, each in a partition of its own, and one item like no other in each.
    let line = Line(vec![0.0, 50.0, 1.0, 70.0, 2.0, 90.0]);
    let method = threshold(1.0);
    let found = find(&line, 2, &method);
    assert_eq!(found.clustering.noise(), 6);
    let pooling = Partitions {
        pool_noise: true,
        ..partitions(2, &method)
    };
    let found = pooling.find(&line, &NoLog, &job(2)).unwrap();
    assert_eq!(numbers(found.clustering.labels()), [0, -1, 0, -1, 0, -1]);
    assert_eq!(found.partitions.len(), 4);
    assert_eq!(found.partitions[3].members(), [0, 1, 2, 3, 4, 5]);
    // Every pair once; and noise was in the pool with the only medoid.
    assert_eq!(found.pairs.within_partitions, 15);
    assert_eq!(found.pairs.noise, 0);
}

#[test]
fn two_clusters_of_the_pool_and_of_a_partition_are_merged_like_any_other() {
    let line = Line(vec![0.0, 0.5, 20.0, 0.75, 40.0, 60.0, 1.0, 80.0, 99.0]);
    let pooling = Partitions {
        pool_noise: true,
        ..partitions(3, &threshold(0.75))
    };
    let found = pooling.find(&line, &NoLog, &job(1)).unwrap();
    // 0.75 and 1 are a cluster of the pool, with medoid 0.75; that of 0 and 0.5 is 0.
    assert_eq!(
        groups(found.clustering.labels())
            .into_iter()
            .next()
            .unwrap(),
        [0, 1, 3, 6]
    );
    assert_eq!(found.clustering.clusters(), 1);
}

fn hdbscan() -> Method {
    Method::Hdbscan(Hdbscan {
        min_cluster_size: 3,
        min_samples: count(2),
        allow_single_cluster: true,
        ..Hdbscan::default()
    })
}

#[test]
fn without_a_radius_only_clusters_within_reach_of_each_other_are_merged() {
    // Two partitions of one cluster each, far apart: two medoids are always a cluster to HDBSCAN.
    let blob = [0.0, 1.0, 2.0, 3.0, 4.0];
    let far = blob.iter().map(|place| place + 100.0);
    let line = Line(blob.iter().copied().chain(far).collect());
    let found = find(&line, 5, &hdbscan());
    assert_eq!(found.clustering.sizes(), [5, 5]);
    // Moved by no more than it is wide, the second is the same cluster.
    let near = blob.iter().map(|place| place + 2.0);
    let line = Line(blob.iter().copied().chain(near).collect());
    let found = find(&line, 5, &hdbscan());
    assert_eq!(found.clustering.sizes(), [10]);
    // One that is much narrower is another: the first reaches it, but it does not reach the first.
    let narrow = blob.iter().map(|place| place / 100.0 + 3.5);
    let line = Line(blob.iter().copied().chain(narrow).collect());
    let found = find(&line, 5, &hdbscan());
    assert_eq!(found.clustering.sizes(), [5, 5]);
}

#[test]
fn without_a_radius_noise_joins_no_farther_than_the_farthest_member() {
    let blob = [0.0, 1.0, 2.0, 3.0, 4.0];
    for (place, joins) in [(4.0, true), (4.5, false)] {
        // The other partition has nothing but noise, among it one item near the blob.
        let others = [place, 50.0, 90.0, 140.0, 200.0];
        let line = Line(blob.into_iter().chain(others).collect());
        let method = Hdbscan {
            min_cluster_size: 4,
            min_samples: count(2),
            allow_single_cluster: true,
            ..Hdbscan::default()
        };
        let mut partitions = partitions(5, &Method::Hdbscan(method));
        let PartitionMethod::One(setting) = &mut partitions.method else {
            unreachable!("one setting")
        };
        setting.parts = Box::new(imgcluster_cluster::Dbscan {
            radius: radius(1.0),
            min_samples: count(2),
        });
        let found = partitions.find(&line, &NoLog, &job(1)).unwrap();
        assert_eq!(found.clustering.labels()[5].is_some(), joins, "{place}");
        assert_eq!(found.joined.len(), usize::from(joins));
    }
}

/// The slow twin of thresholds in partitions: labels by their first member, in plain loops.
fn slow(line: &Line, ranges: &[std::ops::Range<usize>], radius: f32) -> Vec<Option<usize>> {
    let distance = |a: usize, b: usize| line.distance(a as u32, b as u32);
    let mut labels: Vec<usize> = (0..line.len()).collect();
    let join = |labels: &mut Vec<usize>, a: usize, b: usize| {
        let (from, to) = (labels[a].max(labels[b]), labels[a].min(labels[b]));
        labels
            .iter_mut()
            .filter(|label| **label == from)
            .for_each(|label| *label = to);
    };
    for range in ranges {
        for a in range.clone() {
            for b in a + 1..range.end {
                if distance(a, b) <= radius {
                    join(&mut labels, a, b);
                }
            }
        }
    }
    let alone: Vec<usize> = (0..line.len())
        .filter(|item| {
            labels
                .iter()
                .filter(|label| **label == labels[*item])
                .count()
                == 1
        })
        .collect();
    let is_alone = |item: &usize| alone.contains(item);
    let mut medoids: Vec<usize> = Vec::new();
    for first in (0..line.len()).filter(|item| labels[*item] == *item && !is_alone(item)) {
        let members: Vec<usize> = (0..line.len())
            .filter(|item| labels[*item] == first)
            .collect();
        let sum = |a: &usize| {
            members
                .iter()
                .map(|b| f64::from(distance(*a, *b)))
                .sum::<f64>()
        };
        let least = members.iter().map(sum).fold(f64::INFINITY, f64::min);
        medoids.extend(members.iter().copied().find(|member| sum(member) <= least));
    }
    for (place, &a) in medoids.iter().enumerate() {
        for &b in &medoids[place + 1..] {
            if distance(a, b) <= radius {
                join(&mut labels, a, b);
            }
        }
    }
    let merged = labels.clone();
    for &item in &alone {
        let nearest = medoids
            .iter()
            .map(|medoid| (distance(item, *medoid), *medoid));
        let nearest = nearest.min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        if let Some((distance, medoid)) = nearest
            && distance <= radius
        {
            labels[item] = merged[medoid];
        }
    }
    let has_company = |item: &usize| !is_alone(item) || labels[*item] != *item;
    (0..line.len())
        .map(|item| has_company(&item).then(|| labels[item]))
        .collect()
}

proptest! {
    #[test]
    fn thresholds_in_partitions_are_those_of_plain_loops(
        places in prop::collection::vec(0_u8..80, 0..40), size in 1_usize..15,
    ) {
        // Eighths: sums are exact, and equal means are equal.
        let line = Line(places.iter().map(|place| f32::from(*place) / 8.0).collect());
        let method = threshold(0.25);
        let found = find(&line, size, &method);
        let expected = slow(&line, &partitions(size, &method).ranges(places.len()), 0.25);
        prop_assert_eq!(groups(found.clustering.labels()), groups(&expected));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn the_pool_is_clustered_as_if_there_were_nothing_but_noise(
        places in prop::collection::vec(0_u8..200, 2..40), size in 1_usize..15, most_bytes in 0_u64..400,
    ) {
        let line = Line(places.iter().map(|place| f32::from(*place) / 8.0).collect());
        for (name, method) in methods(0.5) {
            let pooling = Partitions {
                pool_noise: true,
                most_bytes,
                ..partitions(size, &method)
            };
            let found = pooling.find(&line, &NoLog, &job(1)).unwrap();
            let cut = pooling.ranges(places.len()).len();
            let Some(pool) = found.partitions.get(cut) else {
                prop_assert_eq!(cut, 1);
                continue;
            };
            let noise = found.partitions[..cut].iter().flat_map(Partition::noise);
            let noise: Vec<u32> = noise.collect();
            prop_assert_eq!(pool.members(), &noise[..]);
            let alone = Line(noise.iter().map(|item| line.0[*item as usize]).collect());
            let alone = find(&alone, noise.len().max(1), &method);
            prop_assert_eq!(pool.clustering(), &alone.clustering, "{}", name);
            for item in &noise {
                for (other, distance) in pool.nearest(*item) {
                    let expected = line.distance(*item, *other);
                    prop_assert_eq!(distance.to_bits(), expected.to_bits());
                }
            }
        }
    }
}

/// Seventy items in seven heaps, by turns.
fn heaps() -> Line {
    Line(
        (0..70_u8)
            .map(|item| f32::from(item % 7) * 40.0 + f32::from(item / 7))
            .collect(),
    )
}

fn listed(graph: &KnnGraph, item: usize) -> Vec<(u32, f32)> {
    let others = graph.others(item).iter().copied();
    others.zip(graph.distances(item).iter().copied()).collect()
}

#[test]
fn what_can_be_asked_then_is_exact_and_never_all_pairs() {
    let line = heaps();
    let found: PartitionsOutcome = find(&line, 21, &threshold(3.0));
    assert_eq!(
        (found.clustering.clusters(), found.partitions.len()),
        (7, 4)
    );
    let asked = Counting::new(&line);
    let k = count(15);
    let neighbors = found.neighbors(&asked, k, &job(2)).unwrap();
    let graph = neighbors.knn(k, &job(2)).unwrap();
    assert!(
        asked.asked() <= 70 * 4,
        "about a pair an item and partition: {}",
        asked.asked()
    );
    for item in 0..70 {
        let nearest = listed(&graph, item);
        assert!(nearest.iter().all(|(other, distance)| {
            (line.distance(item as u32, *other) - distance).abs() < f32::EPSILON
        }));
        // Medoids of the same heap in other partitions are nearer than any other heap.
        let mut others = found
            .representatives
            .iter()
            .filter(|other| other.item != item as u32 && other.item as usize % 7 == item % 7);
        assert!(others.all(|other| nearest.iter().any(|(near, _)| *near == other.item)));
    }
    let points = Points::pairwise(&neighbors);
    let options = SummaryOptions::default();
    let summaries = summarize(&points, &found.clustering, &options, &job(1)).unwrap();
    let exact = Points::pairwise(&line);
    let expected = summarize(&exact, &found.clustering, &options, &job(1)).unwrap();
    assert_eq!(summaries, expected);
}

#[test]
fn neighbors_can_be_asked_of_one_partition_of_noise_and_of_nothing() {
    for places in [vec![], vec![3.0], vec![0.0, 9.0, 30.0, 90.0, 270.0]] {
        let line = Line(places);
        for size in [1, 2, 9] {
            let found = find(&line, size, &threshold(1.0));
            let neighbors = found.neighbors(&line, count(3), &job(1)).unwrap();
            let graph = neighbors.knn(count(3), &job(1)).unwrap();
            assert_eq!(
                (graph.len(), graph.k()),
                (line.len(), line.len().saturating_sub(1).min(3))
            );
        }
    }
}
