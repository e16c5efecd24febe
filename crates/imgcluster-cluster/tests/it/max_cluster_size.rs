//! HDBSCAN where clusters may not be large, against scikit-learn.

use std::num::NonZeroUsize;

use imgcluster_cluster::{Hdbscan, Selection};
use imgcluster_core::{Clusterer, Matrix, Points, RowNeighbors};
use serde_json::Value;

use crate::golden::{integers, size};
use crate::support::{blobs, count, groups, job, numbers};

#[test]
fn clusters_that_may_not_be_large_are_those_of_scikit_learn() {
    let cases: Value = serde_json::from_str(include_str!("max_cluster_size.json")).unwrap();
    let cases = cases.as_array().unwrap();
    assert!(cases.len() > 30);
    for case in cases {
        let seed = u32::try_from(size(&case["seed"])).unwrap();
        let rows = Matrix::new(blobs(size(&case["count"]), 2, seed), 2).unwrap();
        let neighbors = RowNeighbors::euclidean(rows.view());
        let limit = case["max_cluster_size"].as_u64();
        let clusterer = Hdbscan {
            min_samples: count(1),
            selection: match case["selection"].as_str().unwrap() {
                "leaf" => Selection::Leaf,
                _ => Selection::Eom,
            },
            allow_single_cluster: case["single"].as_bool().unwrap(),
            max_cluster_size: limit.and_then(|limit| NonZeroUsize::new(limit as usize)),
            ..Hdbscan::default()
        };
        let found = clusterer
            .cluster(&Points::pairwise(&neighbors), &job(2))
            .unwrap();
        let ours = numbers(found.labels());
        let as_groups = |labels: &[i64]| {
            let labels = labels.iter().map(|&label| (label >= 0).then_some(label));
            groups(&labels.collect::<Vec<_>>())
        };
        let expected = as_groups(&integers(&case["labels"]));
        assert_eq!(as_groups(&ours), expected, "{clusterer:?}");
    }
}
