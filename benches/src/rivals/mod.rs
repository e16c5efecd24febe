//! Other crates, each asked as its documentation says.

pub(crate) mod hdbscan;
pub(crate) mod kodama;
pub(crate) mod linfa;
pub(crate) mod petal;

use imgcluster_core::UnitMatrix;

/// On rows of length one, the Euclidean distance of this cosine distance.
fn euclidean(cosine_distance: f64) -> f32 {
    (2.0 * cosine_distance).sqrt() as f32
}

/// The rows' shape and a copy of their values, as arrays are made of.
fn parts(rows: &UnitMatrix) -> ((usize, usize), Vec<f32>) {
    let view = rows.view();
    ((view.rows(), view.dim()), view.values().to_vec())
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use imgcluster_cluster::adjusted_rand;
    use imgcluster_core::{Clustering, Matrix};

    use super::*;
    use crate::{Contender, How, Task, embedding_like};

    const RIVALS: [Contender; 4] = [
        Contender::Petal,
        Contender::Linfa,
        Contender::Hdbscan,
        Contender::Kodama,
    ];

    const fn number(value: usize) -> NonZeroUsize {
        NonZeroUsize::new(value).expect("not zero")
    }

    /// Our clusters of these rows, and those of each rival that knows the task.
    fn asked(task: &Task, rows: &UnitMatrix) -> (Clustering, Vec<(Contender, Clustering)>) {
        let ask = |contender: Contender| {
            let run = contender.prepare(task, rows, &How::default()).unwrap()?;
            run().unwrap().clustering
        };
        let theirs = RIVALS
            .into_iter()
            .filter_map(|rival| Some((rival, ask(rival)?)));
        let theirs: Vec<_> = theirs.collect();
        assert!(!theirs.is_empty(), "somebody knows the task");
        (ask(Contender::Imgcluster).unwrap(), theirs)
    }

    fn rows(count: usize, dim: usize) -> UnitMatrix {
        let rows = Matrix::new(embedding_like(count, dim, 7), dim).unwrap();
        UnitMatrix::normalize(rows).unwrap()
    }

    #[test]
    fn dbscan_of_all_finds_the_same_clusters() {
        let rows = rows(400, 32);
        for (eps, min_samples) in [(0.1, 2), (0.3, 2)] {
            let min_samples = number(min_samples);
            let (ours, theirs) = asked(&Task::Dbscan { eps, min_samples }, &rows);
            assert!(ours.clusters() > 2, "{eps}");
            for (rival, found) in theirs {
                assert_eq!(ours.labels(), found.labels(), "{rival:?} at {eps}");
            }
        }
    }

    #[test]
    fn kodama_joins_the_same_clusters_over_a_table_of_its_own() {
        let rows = rows(300, 32);
        let clusters = number(20);
        for task in [Task::Ward { clusters }, Task::Average { clusters }] {
            let (ours, theirs) = asked(&task, &rows);
            assert_eq!(ours.clusters(), 20);
            assert_eq!(ours.labels(), theirs[0].1.labels(), "{task:?}");
        }
    }

    #[test]
    fn hdbscan_of_all_finds_nearly_the_same_clusters() {
        let task = Task::Hdbscan {
            min_cluster_size: 5,
            min_samples: number(3),
        };
        let (ours, theirs) = asked(&task, &rows(400, 32));
        for (rival, found) in theirs {
            let index = adjusted_rand(ours.labels(), found.labels());
            assert!(index > 0.95, "{rival:?}: {index}");
        }
    }

    #[test]
    fn groups_far_apart_are_found_by_everyone_who_starts_by_chance() {
        // Three directions, ten rows each.
        let values = (0..30_u8).flat_map(|row| {
            let far = |axis: u8| {
                if row % 3 == axis {
                    1.0
                } else {
                    f32::from(row) * 1e-4
                }
            };
            [far(0), far(1), far(2)]
        });
        let rows = Matrix::new(values.collect(), 3).unwrap();
        let rows = UnitMatrix::normalize(rows).unwrap();
        let kmeans = Task::Kmeans {
            clusters: number(3),
            iterations: number(25),
            seed: 1,
        };
        let gmm = Task::Gmm {
            components: number(3),
            seed: 1,
        };
        for task in [kmeans, gmm] {
            let (ours, theirs) = asked(&task, &rows);
            assert_eq!(ours.sizes(), [10, 10, 10]);
            for (rival, found) in theirs {
                assert_eq!(ours.labels(), found.labels(), "{rival:?}");
            }
        }
    }
}
