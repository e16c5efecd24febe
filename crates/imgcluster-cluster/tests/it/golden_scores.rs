//! Scores, against those of scikit-learn.

use imgcluster_cluster::{
    adjusted_mutual_information, adjusted_rand, calinski_harabasz, cosine_silhouette,
    davies_bouldin, silhouette, v_measure,
};
use imgcluster_core::{Clustering, RowNeighbors};

use crate::golden::{integers, references};
use crate::npy;
use crate::support::job;

#[test]
fn scores_are_those_of_scikit_learn() {
    for reference in references() {
        let rows = reference.rows.view();
        let euclidean = RowNeighbors::euclidean(rows);
        let truth = npy::read_integers(&reference.folder.join("truth.npy"));
        for case in reference.expected["scores"].as_array().unwrap() {
            let labels = integers(&case["labels"]);
            let groups: Vec<_> = labels.iter().copied().map(Some).collect();
            let clustering = Clustering::from_groups(&groups);
            let is = |name: &str, ours: f64| {
                let expected = case[name].as_f64().unwrap();
                let what = format!("{} {name}: {ours} is not {expected}", reference.name);
                assert!((ours - expected).abs() <= 1e-4 * expected.abs(), "{what}");
            };
            let found = silhouette(&euclidean, &clustering, &job(2)).unwrap();
            is("silhouette_euclidean", found.unwrap());
            let found = cosine_silhouette(&reference.unit, &clustering, &job(2)).unwrap();
            is("silhouette_cosine", found.unwrap());
            is(
                "calinski_harabasz",
                calinski_harabasz(rows, &clustering).unwrap(),
            );
            is("davies_bouldin", davies_bouldin(rows, &clustering).unwrap());
            is("adjusted_rand_with_truth", adjusted_rand(&truth, &labels));
            let ami = adjusted_mutual_information(&truth, &labels);
            is("adjusted_mutual_information_with_truth", ami);
            is("v_measure_with_truth", v_measure(&truth, &labels).v_measure);
        }
    }
}
