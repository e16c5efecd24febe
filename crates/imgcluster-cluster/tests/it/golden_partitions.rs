//! Partitions of all rows, against those of scikit-learn.

use imgcluster_cluster::{Agglomerative, Cut, GaussianMixture, KMeans, Linkage};
use imgcluster_core::{Clusterer, Points, RowNeighbors};

use crate::golden::{integers, references, size};
use crate::support::{count, groups, job, numbers};

#[test]
fn k_means_is_as_tight_as_the_best_of_twenty_by_scikit_learn() {
    for reference in references() {
        for case in reference.expected["kmeans"].as_array().unwrap() {
            let k_means = KMeans {
                clusters: count(size(&case["k"])),
                restarts: Some(count(60)),
                ..KMeans::default()
            };
            let found = k_means.find(reference.rows.view(), &job(2)).unwrap();
            let best = case["best_inertia_of_20"].as_f64().unwrap();
            let what = format!(
                "{} {}: {} and {best}",
                reference.name, case["k"], found.inertia
            );
            assert!(found.inertia <= 1.01 * best, "{what}");
        }
    }
}

#[test]
fn agglomerative_clusters_are_those_of_scikit_learn() {
    for reference in references() {
        let neighbors = RowNeighbors::euclidean(reference.rows.view());
        let points = Points::with_rows(&neighbors, reference.rows.view());
        for case in reference.expected["agglomerative"].as_array().unwrap() {
            let name = case["linkage"].as_str().unwrap();
            let clusterer = Agglomerative {
                cut: Cut::Clusters(count(size(&case["k"]))),
                linkage: match name {
                    "ward" => Linkage::Ward,
                    "average" => Linkage::Average,
                    "complete" => Linkage::Complete,
                    "single" => Linkage::Single,
                    other => panic!("no linkage `{other}`"),
                },
                ..Agglomerative::default()
            };
            let found = clusterer.cluster(&points, &job(2)).unwrap();
            let ours: Vec<_> = numbers(found.labels()).into_iter().map(Some).collect();
            let expected: Vec<_> = integers(&case["labels"]).into_iter().map(Some).collect();
            let what = format!("{} {} {name}", reference.name, case["k"]);
            assert!(groups(&ours) == groups(&expected), "{what}");
        }
    }
}

#[test]
fn mixtures_are_as_likely_as_the_best_of_five_by_scikit_learn() {
    for reference in references() {
        for case in reference.expected["gmm"].as_array().unwrap() {
            let mixture = GaussianMixture {
                components: count(size(&case["k"])),
                ..GaussianMixture::default()
            };
            let found = mixture.find(reference.rows.view(), &job(2)).unwrap();
            let best = case["mean_log_likelihood_of_best_of_5"].as_f64().unwrap();
            let ours = found.log_likelihood;
            let what = format!("{} {}: {ours} and {best}", reference.name, case["k"]);
            assert!(ours >= best - 0.01 * best.abs(), "{what}");
        }
    }
}
