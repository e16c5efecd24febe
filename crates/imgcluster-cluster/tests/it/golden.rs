//! Against scikit-learn, on its own answers.

use std::path::PathBuf;

use imgcluster_cluster::{Dbscan, Hdbscan, Selection, Threshold, adjusted_rand};
use imgcluster_core::{
    Clusterer, Clustering, Matrix, Neighbors, Points, Radius, RowNeighbors, UnitMatrix,
};
use serde_json::Value;

use crate::npy;
use crate::support::{count, groups, job, numbers, radius};

pub(crate) struct Reference {
    pub(crate) folder: PathBuf,
    pub(crate) name: String,
    pub(crate) rows: Matrix,
    pub(crate) unit: UnitMatrix,
    pub(crate) expected: Value,
}

/// Reads the reference data sets; none where this machine has none.
#[expect(clippy::print_stderr, reason = "a skipped test must say so")]
pub(crate) fn references() -> Vec<Reference> {
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
            folder,
            expected: serde_json::from_slice(&expected).unwrap(),
        }
    };
    folders.into_iter().map(read).collect()
}

pub(crate) fn integers(value: &Value) -> Vec<i64> {
    let items = value.as_array().unwrap().iter();
    items.map(|item| item.as_i64().unwrap()).collect()
}

pub(crate) fn size(value: &Value) -> usize {
    value.as_u64().unwrap() as usize
}

/// scikit-learn's labels with -1 as noise.
fn with_noise(labels: &[i64]) -> Vec<Option<i64>> {
    labels
        .iter()
        .map(|&label| (label >= 0).then_some(label))
        .collect()
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
            let found = clusterer
                .cluster(&Points::pairwise(&neighbors), &job(2))
                .unwrap();
            let mut expected = groups(&with_noise(&integers(&case["labels"])));
            expected.retain(|group| group.len() > 1);
            assert_eq!(
                groups(found.labels()),
                expected,
                "{} {similarity}",
                reference.name
            );
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
            let neighbors = if case["metric"] == "cosine" {
                &cosine
            } else {
                &euclidean
            };
            let eps = case["eps"].as_f64().unwrap();
            let clusterer = Dbscan {
                radius: radius(eps),
                min_samples: count(size(&case["min_samples"])),
            };
            let found = clusterer.find(neighbors, &job(2)).unwrap();
            let what = format!(
                "{} {} {eps} {}",
                reference.name, case["metric"], case["min_samples"]
            );
            let mut core = vec![false; found.core.len()];
            for row in integers(&case["core"]) {
                core[row as usize] = true;
            }
            assert_eq!(found.core, core, "{what}");
            let expected = with_noise(&integers(&case["labels"]));
            let labels = found.clustering.labels();
            let of_core = |labels: &[Option<i64>]| {
                let kept = labels.iter().zip(&core);
                groups(
                    &kept
                        .map(|(label, core)| label.filter(|_| *core))
                        .collect::<Vec<_>>(),
                )
            };
            let ours = with_noise(&numbers(labels));
            assert_eq!(of_core(&ours), of_core(&expected), "{what}");
            for (row, label) in labels.iter().enumerate() {
                assert_eq!(
                    label.is_none(),
                    expected[row].is_none(),
                    "{what}: row {row}"
                );
                let is_near = |&other: &usize| {
                    let distance = neighbors.distance(row as u32, other as u32);
                    core[other] && labels[other] == *label && distance <= clusterer.radius.get()
                };
                let is_border = label.is_some() && !core[row];
                assert!(
                    !is_border || (0..core.len()).any(|other| is_near(&other)),
                    "{what}"
                );
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

/// Counts the rows whose strength is not that of the reference.
fn differing_strengths(found: &Clustering, expected: &Value) -> usize {
    let expected = expected.as_array().unwrap().iter();
    let differs = |(ours, expected): (&f32, &Value)| {
        (f64::from(*ours) - expected.as_f64().unwrap()).abs() > 1e-3
    };
    let pairs = found.strengths().unwrap().iter().zip(expected);
    pairs.filter(|pair| differs(*pair)).count()
}

/// The two cases in which ties decide so much that scikit-learn does not agree with itself: pixel
/// values are whole numbers, so distances tie by the thousand, and its order of equal edges comes
/// from an unstable sort that changes with the CPU. `ties.py` measured by how much. These two do
/// not reach 0.99; of 200 random orders of ties 38 in a hundred do in the first, 1 in the second.
const DECIDED_BY_TIES: [(&str, usize); 2] = [("digits-900x64", 0), ("digits-900x64", 1)];

#[test]
fn hdbscan_agrees_with_scikit_learn_wherever_that_agrees_with_itself() {
    let ties: Value = serde_json::from_str(include_str!("ties.json")).unwrap();
    for reference in references() {
        let neighbors = RowNeighbors::euclidean(reference.unit.view());
        let named = |set: &&Value| set["set"] == *reference.name;
        let itself = &ties.as_array().unwrap().iter().find(named).unwrap()["cases"];
        let cases = reference.expected["hdbscan"].as_array().unwrap();
        for (at, case) in cases.iter().enumerate() {
            let clusterer = hdbscan(case);
            let points = Points::pairwise(&neighbors);
            let found = clusterer.cluster(&points, &job(2)).unwrap();
            let expected = integers(&case["labels"]);
            let agreement = adjusted_rand(&numbers(found.labels()), &expected);
            let differing = differing_strengths(&found, &case["probabilities"]);
            let lowest = if DECIDED_BY_TIES.contains(&(reference.name.as_str(), at)) {
                // The recipe rounds to four digits.
                itself[at]["lowest_agreement"].as_f64().unwrap() - 5e-5
            } else {
                0.99
            };
            let what = format!("{} {clusterer:?}: {agreement}", reference.name);
            assert!(agreement >= lowest, "{what}");
            let most = size(&itself[at]["most_differing_strengths"]);
            assert!(differing <= most, "{what}: {differing} strengths differ");
        }
    }
}
