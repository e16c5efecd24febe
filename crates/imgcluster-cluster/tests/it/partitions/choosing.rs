//! Partitions clustered by algorithms of rows, and by the best of several settings.

use imgcluster_cluster::{
    Agglomerative, Candidate, Choice, Cut, GaussianMixture, Grid, KMeans, Linkage, Method, NoLog,
    PartitionMethod, Partitions, PartitionsOutcome, Split, Views, adjusted_rand, choose,
};
use imgcluster_core::{CancelToken, Clusterer, Job, Neighbors, Points, RowNeighbors, UnitMatrix};

use super::keeping::{Memory, Watching};
use super::{Line, partitions};
use crate::support::{count, job, radius, unit};

/// Rows at length one with both of their searches.
struct Rows {
    unit: UnitMatrix,
    truth: Vec<usize>,
}

/// Looks at rows by both searches.
fn look<T>(unit: &UnitMatrix, look: impl FnOnce(&Views<'_>) -> T) -> T {
    let (euclidean, cosine) = (
        RowNeighbors::euclidean(unit.view()),
        RowNeighbors::cosine(unit),
    );
    look(&Views {
        euclidean: Points::with_rows(&euclidean, unit.view()),
        cosine: Points::with_rows(&cosine, unit.view()),
        unit: Some(unit),
    })
}

/// Rows round some directions, by formula: the kinds by turns, or one after the other.
fn kinds(kinds: usize, each: usize, by_turns: bool) -> Rows {
    let mut state = 7_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    let centers: Vec<f32> = (0..kinds * 16).map(|_| next()).collect();
    let all = 0..kinds * each;
    let truth: Vec<usize> = all
        .map(|row| if by_turns { row % kinds } else { row / each })
        .collect();
    let rows = truth.iter().flat_map(|kind| &centers[kind * 16..][..16]);
    let values = rows.map(|center| center + 0.25 * next()).collect();
    Rows {
        unit: unit(values, 16),
        truth,
    }
}

fn grid() -> Vec<Candidate> {
    Grid::default().candidates().unwrap()
}

fn best(size: usize, candidates: Vec<Candidate>) -> Partitions {
    Partitions::new(count(size), PartitionMethod::best(candidates, None))
}

fn find(rows: &Rows, partitions: &Partitions) -> PartitionsOutcome {
    look(&rows.unit, |views| {
        partitions.find_in(views, &NoLog, &job(2)).unwrap()
    })
}

fn k_means(clusters: usize) -> Method {
    Method::KMeans(KMeans {
        clusters: count(clusters),
        ..KMeans::default()
    })
}

/// Every algorithm of rows.
fn of_rows(clusters: usize) -> [Method; 3] {
    [
        k_means(clusters),
        Method::GaussianMixture(GaussianMixture {
            components: count(clusters),
            ..GaussianMixture::default()
        }),
        Method::Agglomerative(Agglomerative {
            cut: Cut::Clusters(count(clusters)),
            linkage: Linkage::Ward,
            ..Agglomerative::default()
        }),
    ]
}

#[test]
fn none_one_two_and_equal_rows_are_chosen_for_as_without_partitions() {
    for values in [
        vec![],
        vec![1.0, 0.0],
        vec![1.0, 0.0, 0.0, 1.0],
        vec![0.6; 12],
    ] {
        let rows = unit(values, 2);
        look(&rows, |views| {
            let alone = choose(&grid(), views, None, &job(1)).unwrap();
            let found = best(100, grid()).find_in(views, &NoLog, &job(2)).unwrap();
            is_that_choice(&found, &alone);
            // And with a partition for each, nothing fails.
            let found = best(1, grid()).find_in(views, &NoLog, &job(2)).unwrap();
            assert_eq!(found.clustering.len(), rows.rows());
        });
    }
}

/// Checks that one partition is what was chosen among all.
fn is_that_choice(found: &PartitionsOutcome, alone: &Choice) {
    assert_eq!(found.clustering, alone.clustering);
    let trials = found.trials.as_ref().unwrap();
    assert_eq!(trials.partitions, std::slice::from_ref(&alone.trials));
    assert!(trials.representatives.is_empty());
    let (partitions, representatives) = trials.chosen();
    assert_eq!((partitions, representatives), (vec![alone.chosen()], None));
}

#[test]
fn one_partition_is_exactly_what_is_chosen_split_or_not_and_of_pairs_too() {
    let rows = kinds(5, 24, true);
    look(&rows.unit, |views| {
        for split in [None, Some(Split::within(radius(0.1)))] {
            let alone = choose(&grid(), views, split.as_ref(), &job(1)).unwrap();
            let method = PartitionMethod::best(grid(), split);
            let partitions = Partitions::new(count(120), method);
            let found = partitions.find_in(views, &NoLog, &job(2)).unwrap();
            is_that_choice(&found, &alone);
        }
        let candidates = Grid::pairwise().candidates().unwrap();
        let pairs = views.cosine.neighbors();
        let every = crate::support::EveryPair(&RowNeighbors::cosine(&rows.unit));
        assert_eq!(pairs.len(), every.len());
        let pairwise = Views::pairwise(Points::pairwise(&every));
        let alone = choose(&candidates, &pairwise, None, &job(1)).unwrap();
        let found = best(120, candidates).find(&every, &NoLog, &job(2)).unwrap();
        is_that_choice(&found, &alone);
    });
}

#[test]
fn one_partition_of_an_algorithm_of_rows_is_that_algorithm() {
    let rows = kinds(4, 20, true);
    look(&rows.unit, |views| {
        for method in of_rows(4) {
            let alone = method.cluster(&views.euclidean, &job(1)).unwrap();
            let found = partitions(80, &method).find_in(views, &NoLog, &job(2));
            assert_eq!(found.unwrap().clustering, alone, "{method:?}");
        }
    });
}

#[test]
fn kinds_over_several_partitions_are_found_by_algorithms_of_rows() {
    let rows = kinds(4, 30, true);
    for method in of_rows(4) {
        let found = find(&rows, &partitions(40, &method));
        let agreement = adjusted_rand(&rows.truth, found.clustering.labels());
        assert!(agreement > 0.99, "{agreement} {method:?}");
        assert!(found.joined.is_empty() && found.trials.is_none());
    }
}

#[test]
fn kinds_are_found_by_a_choice_whether_partitions_share_them_or_not() {
    for by_turns in [true, false] {
        let rows = kinds(9, 40, by_turns);
        let found = find(&rows, &best(120, grid()));
        let agreement = adjusted_rand(&rows.truth, found.clustering.labels());
        let trials = found.trials.as_ref().unwrap();
        let (partitions, representatives) = trials.chosen();
        assert_eq!(partitions.len(), 3);
        let setting = representatives.unwrap();
        assert!(agreement > 0.99, "{by_turns}: {agreement} {setting:?}");
        // One thread finds the same.
        let one = look(&rows.unit, |views| {
            best(120, grid()).find_in(views, &NoLog, &job(1)).unwrap()
        });
        assert_eq!(one, found);
    }
}

#[test]
fn kinds_of_pairs_are_found_by_a_choice() {
    let rows = kinds(6, 40, true);
    let candidates = Grid::pairwise().candidates().unwrap();
    let every = RowNeighbors::cosine(&rows.unit);
    let every = crate::support::EveryPair(&every);
    let asked = super::Counting::new(&every);
    let found = best(80, candidates).find(&asked, &NoLog, &job(2)).unwrap();
    let agreement = adjusted_rand(&rows.truth, found.clustering.labels());
    assert!(agreement > 0.99, "{agreement}");
    assert_eq!(asked.asked(), found.pairs.total());
}

#[test]
fn more_clusters_than_representatives_merge_none_and_fail_nothing() {
    // Two partitions of one row each: two representatives, and eight clusters asked for.
    let rows = unit(vec![1.0, 0.0, 0.0, 1.0], 2);
    look(&rows, |views| {
        for method in of_rows(8) {
            let found = partitions(1, &method).find_in(views, &NoLog, &job(1));
            assert_eq!(found.unwrap().clustering.sizes(), [1, 1], "{method:?}");
        }
    });
}

#[test]
fn where_no_setting_runs_for_representatives_none_are_merged_with_a_warning() {
    // Two clusters in each partition, and room for the table of a partition but not of representatives.
    let single = Agglomerative {
        cut: Cut::Clusters(count(3)),
        linkage: Linkage::Average,
        most_bytes: Agglomerative::table_bytes(4),
    };
    let candidate = Candidate {
        method: Method::Agglomerative(single),
        parameters: vec![("clusters", "3".to_owned())],
    };
    let line = Line(vec![0.0, 0.0, 5.0, 9.0, 0.0, 0.0, 5.0, 9.0]);
    let watching = Watching::default();
    let watched = Job::new(&watching, CancelToken::default(), count(2));
    let found = best(4, vec![candidate]);
    let found = found.find(&line, &NoLog, &watched).unwrap();
    assert_eq!(found.clustering.sizes(), [2, 2, 1, 1, 1, 1]);
    assert!(found.trials.unwrap().representatives.is_empty());
    let warnings = watching.warnings.lock().unwrap();
    let [warning] = &warnings[..] else {
        panic!("one warning: {warnings:?}");
    };
    assert!(
        warning.starts_with("the clusters of partitions are not merged: none of the 1 settings"),
        "{warning}"
    );
}

#[test]
fn noise_joins_as_the_setting_of_its_partition_says() {
    // The first partition has a blob and an item far from it; the second an item near that blob.
    let threshold = |near: f64| Candidate {
        method: super::threshold(near),
        parameters: vec![("threshold", (1.0 - near).to_string())],
    };
    let line = Line(vec![
        0.0, 1.0, 1.0, 2.0, 30.0, 30.5, 1.75, 60.0, 60.5, 90.0, 90.5, 91.0,
    ]);
    let found = best(6, vec![threshold(1.0)])
        .find(&line, &NoLog, &job(1))
        .unwrap();
    let [joined] = found.joined[..] else {
        panic!("one joins: {:?}", found.joined);
    };
    assert_eq!((joined.item, joined.medoid), (6, 1));
    // All of it is noise: nothing to choose from, and nothing joins.
    let found = best(6, vec![threshold(0.1)])
        .find(&line, &NoLog, &job(1))
        .unwrap();
    assert_eq!(found.clustering.sizes(), [2]);
}

#[test]
fn a_choice_that_was_interrupted_goes_on_and_finds_the_same() {
    let rows = kinds(4, 18, true);
    let candidates: Vec<Candidate> = grid().into_iter().step_by(3).collect();
    for pool_noise in [false, true] {
        let partitions = Partitions {
            pool_noise,
            ..best(24, candidates.clone())
        };
        let unbroken = find(&rows, &partitions);
        look(&rows.unit, |views| {
            for finished in 1..=3 {
                let token = CancelToken::default();
                let mut memory = Memory::cancelling(finished, token.clone());
                let stopped = Job::new(&imgcluster_core::Quiet, token, count(2));
                partitions.find_in(views, &memory, &stopped).unwrap_err();
                memory.goes_on();
                let resumed = partitions.find_in(views, &memory, &job(1)).unwrap();
                assert_eq!(resumed, unbroken);
                let kept = memory.kept();
                let again = partitions.find_in(views, &memory, &job(2)).unwrap();
                assert_eq!((again, memory.kept()), (unbroken.clone(), kept));
            }
        });
    }
}

#[test]
fn what_was_kept_by_another_method_or_grid_is_found_again_with_a_warning() {
    let rows = kinds(4, 18, true);
    let fewer: Vec<Candidate> = grid().into_iter().step_by(4).collect();
    let methods = || {
        [
            PartitionMethod::of(&k_means(4)),
            PartitionMethod::of(&k_means(5)),
            PartitionMethod::best(fewer.clone(), None),
            PartitionMethod::best(fewer[1..].to_vec(), None),
            PartitionMethod::best(fewer.clone(), Some(Split::within(radius(0.2)))),
        ]
    };
    look(&rows.unit, |views| {
        let memory = Memory::default();
        for method in methods() {
            let partitions = Partitions::new(count(24), method);
            let watching = Watching::default();
            let watched = Job::new(&watching, CancelToken::default(), count(2));
            let is_first = memory.kept() == 0;
            let found = partitions.find_in(views, &memory, &watched).unwrap();
            let fresh = partitions.find_in(views, &NoLog, &job(2)).unwrap();
            assert_eq!(found, fresh);
            let warned = watching.warnings.lock().unwrap().len();
            assert!(is_first || warned >= 4, "{warned}");
        }
    });
}

#[test]
fn events_of_a_choice_count_each_pair_once() {
    let rows = kinds(3, 20, true);
    let watching = Watching::default();
    let watched = Job::new(&watching, CancelToken::default(), count(2));
    let found = look(&rows.unit, |views| {
        best(30, grid()).find_in(views, &NoLog, &watched).unwrap()
    });
    assert_eq!(*watching.pairs.lock().unwrap(), found.pairs.total());
}
