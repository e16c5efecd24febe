//! Against scikit-learn, on its own answers.

use std::collections::HashMap;
use std::path::PathBuf;

use imgcluster_cluster::{Dbscan, Hdbscan, Selection, Threshold, adjusted_rand};
use imgcluster_core::{
    Clusterer, Clustering, Matrix, Neighbors, Points, Radius, RowNeighbors, UnitMatrix,
};
use serde_json::Value;

use crate::support::{count, groups, job, numbers, radius};
use crate::npy;

struct Reference {
    name: String,
    rows: Matrix,
    unit: UnitMatrix,
    expected: Value,
}

/// Reads the reference data sets; none where this machine has none.
#[expect(clippy::print_stderr, reason = "a skipped test must say so")]
fn references() -> Vec<Reference> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/golden");
    let folder = std::env::var_os("IMGCLUSTER_GOLDEN").map_or_else(beside, PathBuf::from);
    let Ok(folders) = std::fs::read_dir(folder.join("clusterings")) else {
        eprintln!("skipped: no reference clusterings; set `IMGCLUSTER_GOLDEN` to their folder");
        return vec![];
    };
    let mut folders: Vec<_> = folders.map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let read = |folder: PathBuf| {
        let rows = npy::read(&folder.join("rows.npy"));
        let expected = std::fs::read(folder.join("expected.json")).unwrap();
        Reference {
            name: folder.file_name().unwrap().to_string_lossy().into_owned(),
            unit: UnitMatrix::normalize(rows.clone()).unwrap(),
            rows,
            expected: serde_json::from_slice(&expected).unwrap(),
        }
    };
    folders.into_iter().map(read).collect()
}

fn integers(value: &Value) -> Vec<i64> {
    let items = value.as_array().unwrap().iter();
    items.map(|item| item.as_i64().unwrap()).collect()
}

fn size(value: &Value) -> usize {
    value.as_u64().unwrap() as usize
}

/// scikit-learn's labels with -1 as noise.
fn with_noise(labels: &[i64]) -> Vec<Option<i64>> {
    labels.iter().map(|&label| (label >= 0).then_some(label)).collect()
}

#[test]
fn threshold_groups_are_the_connected_components_of_scipy() {
    for reference in references() {
        let neighbors = RowNeighbors::cosine(&reference.unit);
        for case in reference.expected["threshold"].as_array().unwrap() {
            let similarity = case["similarity"].as_f64().unwrap();
            let clusterer = Threshold {
                radius: Radius::from_similarity(similarity).unwrap(),
            };
            let found = clusterer.cluster(&Points::pairwise(&neighbors), &job(2)).unwrap();
            let mut expected = groups(&with_noise(&integers(&case["labels"])));
            expected.retain(|group| group.len() > 1);
            assert_eq!(groups(found.labels()), expected, "{} {similarity}", reference.name);
            let components = found.clusters() + found.noise();
            assert_eq!(components, size(&case["components"]));
        }
    }
}

#[test]
fn dbscan_has_the_cores_the_core_groups_and_the_noise_of_scikit_learn() {
    for reference in references() {
        let cosine = RowNeighbors::cosine(&reference.unit);
        let euclidean = RowNeighbors::euclidean(reference.rows.view());
        for case in reference.expected["dbscan"].as_array().unwrap() {
            let neighbors = if case["metric"] == "cosine" { &cosine } else { &euclidean };
            let eps = case["eps"].as_f64().unwrap();
            let clusterer = Dbscan {
                radius: radius(eps),
                min_samples: count(size(&case["min_samples"])),
            };
            let found = clusterer.find(neighbors, &job(2)).unwrap();
            let what = format!("{} {} {eps} {}", reference.name, case["metric"], case["min_samples"]);
            let mut core = vec![false; found.core.len()];
            for row in integers(&case["core"]) {
                core[row as usize] = true;
            }
            assert_eq!(found.core, core, "{what}");
            let expected = with_noise(&integers(&case["labels"]));
            let labels = found.clustering.labels();
            let mask = |row: usize| core[row];
            let only_core = |groups: std::collections::BTreeSet<Vec<usize>>| {
                let cut = groups.into_iter().map(|mut group| {
                    group.retain(|&row| mask(row));
                    group
                });
                cut.collect::<std::collections::BTreeSet<_>>()
            };
            assert_eq!(only_core(groups(labels)), only_core(groups(&expected)), "{what}");
            for (row, label) in labels.iter().enumerate() {
                assert_eq!(label.is_none(), expected[row].is_none(), "{what}: row {row}");
                if core[row] || label.is_none() {
                    continue;
                }
                let near_own_core = (0..core.len()).any(|other| {
                    core[other]
                        && labels[other] == *label
                        && neighbors.distance(row as u32, other as u32) <= clusterer.radius.get()
                });
                assert!(near_own_core, "{what}: border row {row}");
            }
        }
    }
}

fn hdbscan(case: &Value) -> Hdbscan {
    Hdbscan {
        min_cluster_size: size(&case["min_cluster_size"]),
        min_samples: count(size(&case["min_samples"])),
        selection: match case["selection"].as_str().unwrap() {
            "leaf" => Selection::Leaf,
            _ => Selection::Eom,
        },
        allow_single_cluster: case["allow_single_cluster"].as_bool().unwrap(),
        max_cluster_size: None,
    }
}

/// Counts the rows in the same cluster here and there whose strengths differ.
fn differing_strengths(found: &Clustering, labels: &[i64], strengths: &Value) -> usize {
    let ours = numbers(found.labels());
    let mut overlaps: HashMap<(i64, i64), usize> = HashMap::new();
    for (a, b) in ours.iter().zip(labels) {
        *overlaps.entry((*a, *b)).or_default() += 1;
    }
    let same = |a: i64, b: i64| {
        let overlap = overlaps[&(a, b)];
        let most = overlaps.iter().filter(|((x, _), _)| *x == a).map(|(_, size)| *size).max();
        Some(overlap) == most
    };
    let strengths = strengths.as_array().unwrap();
    (0..ours.len())
        .filter(|&row| same(ours[row], labels[row]))
        .filter(|&row| {
            let ours = f64::from(found.strengths().unwrap()[row]);
            (ours - strengths[row].as_f64().unwrap()).abs() > 1e-3
        })
        .count()
}

#[test]
#[expect(clippy::print_stderr, reason = "how near a tie came out is worth seeing")]
fn hdbscan_agrees_with_scikit_learn_but_for_ties() {
    for reference in references() {
        let neighbors = RowNeighbors::euclidean(reference.unit.view());
        for case in reference.expected["hdbscan"].as_array().unwrap() {
            let clusterer = hdbscan(case);
            let found = clusterer.cluster(&Points::pairwise(&neighbors), &job(2)).unwrap();
            let expected = integers(&case["labels"]);
            let agreement = adjusted_rand(&numbers(found.labels()), &expected);
            let differing = differing_strengths(&found, &expected, &case["probabilities"]);
            let what = format!("{} {clusterer:?}", reference.name);
            eprintln!("{what}: agreement {agreement:.4}, {differing} strengths differ");
        }
    }
}
