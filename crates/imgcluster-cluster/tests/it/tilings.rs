//! Every way to compute products gives the same clusters.

use imgcluster_cluster::{Dbscan, Threshold};
use imgcluster_core::{Clusterer, Clustering, InstructionSet, Points, RowNeighbors, Tiling};
use proptest::prelude::*;

use crate::support::{EveryPair, blobs, count, job, radius, unit};

fn tilings() -> impl Iterator<Item = Tiling> {
    InstructionSet::available().flat_map(|instruction_set| {
        [true, false].map(|bytes| Tiling {
            instruction_set,
            bytes: Some(bytes),
        })
    })
}

fn by_threshold(points: &Points<'_>, distance: f64, threads: usize) -> Clustering {
    let threshold = Threshold {
        radius: radius(distance),
    };
    threshold.cluster(points, &job(threads)).unwrap()
}

fn compare(values: Vec<f32>, dim: usize, distance: f64, min_samples: usize) {
    let unit = unit(values, dim);
    let dbscan = Dbscan {
        radius: radius(distance),
        min_samples: count(min_samples),
    };
    let neighbors = RowNeighbors::cosine(&unit);
    let slow = EveryPair(&neighbors);
    let expected = dbscan.find(&slow, &job(1)).unwrap();
    let joined = by_threshold(&Points::pairwise(&slow), distance, 1);
    for tiling in tilings() {
        let neighbors = RowNeighbors::cosine(&unit).with_tiling(tiling);
        for threads in [1, 3] {
            let found = dbscan.find(&neighbors, &job(threads)).unwrap();
            assert!(found == expected, "{tiling:?} {threads}");
            let found = by_threshold(&Points::pairwise(&neighbors), distance, threads);
            assert!(found == joined, "{tiling:?} {threads}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn dbscan_and_threshold_find_what_they_find_over_every_pair(
        (rows, dim) in (2_usize..150, 2_usize..90), seed in 0_u32..1000,
        distance in 0.0_f64..1.2, min_samples in 1_usize..7,
    ) {
        compare(blobs(rows, dim, seed), dim, distance, min_samples);
    }
}

#[test]
fn crowds_of_copies_and_their_borders_are_the_same_in_every_tiling() {
    let mut values = blobs(40, 8, 3).repeat(20);
    values.extend(blobs(100, 8, 4));
    for min_samples in [1, 2, 20, 21, 100] {
        compare(values.clone(), 8, 0.1, min_samples);
    }
}
