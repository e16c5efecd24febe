//! The best of many settings: which are compared, how, and that the scored clusters are kept.

use std::sync::Mutex;

use imgcluster_cluster::{
    AlgorithmKind, Candidate, Choice, ChoiceError, Grid, Hdbscan, KMeans, Linkage, Method, Split,
    Views, calinski_harabasz, choose, cosine_silhouette, davies_bouldin,
};
use imgcluster_core::{
    CancelToken, Cancelled, Clusterer, Event, Job, Neighbors, Points, Quiet, Reporter,
    RowNeighbors, Stage, Trial, UnitMatrix,
};

use crate::support::{EveryPair, blobs, count, job, radius, unit};

/// Tries candidates on unit rows, by both distances.
fn choice(
    rows: &UnitMatrix,
    candidates: &[Candidate],
    split: Option<&Split>,
    job: &Job<'_>,
) -> Result<Choice, ChoiceError> {
    let euclidean = RowNeighbors::euclidean(rows.view());
    let cosine = RowNeighbors::cosine(rows);
    let views = Views {
        euclidean: Points::with_rows(&euclidean, rows.view()),
        cosine: Points::with_rows(&cosine, rows.view()),
        unit: Some(rows),
    };
    choose(candidates, &views, split, job)
}

/// Three tight groups round the axes, and some rows between them.
fn three_kinds() -> UnitMatrix {
    let mut values = blobs(60, 3, 11);
    for (row, values) in values.chunks_exact_mut(3).enumerate() {
        for value in values.iter_mut() {
            *value *= 0.1;
        }
        values[row % 3] += 1.0;
        if row > 54 {
            values[(row + 1) % 3] += 0.9;
        }
    }
    unit(values, 3)
}

/// Candidates of algorithms with few values each.
fn grid(algorithms: &[AlgorithmKind]) -> Grid {
    Grid {
        algorithms: algorithms.to_vec(),
        clusters: vec![count(2), count(3), count(5)],
        ..Grid::default()
    }
}

fn setting(trial: &Trial) -> String {
    trial.flags().replace("--algorithm ", "")
}

#[test]
fn no_candidate_and_none_that_runs_are_errors() {
    let rows = three_kinds();
    let nothing = choice(&rows, &[], None, &job(1));
    assert!(matches!(nothing, Err(ChoiceError::Nothing)));
    let wrong = Grid {
        algorithms: vec![AlgorithmKind::Hdbscan],
        min_cluster_sizes: vec![10],
        max_cluster_sizes: vec![count(5)],
        ..Grid::default()
    };
    let error = choice(&rows, &wrong.candidates().unwrap(), None, &job(1)).unwrap_err();
    let said = error.to_string();
    assert!(
        said.contains("max_cluster_size") && said.contains("--max-cluster-size 5"),
        "{said}"
    );
}

#[test]
fn nothing_one_and_two_rows_and_copies_keep_the_first_that_ran() {
    for (values, dim) in [
        (vec![], 3),
        (vec![1.0], 1),
        (vec![1.0, 0.0, 0.9, 0.1], 2),
        (vec![0.5; 40], 2),
    ] {
        let rows = unit(values, dim);
        let found = choice(&rows, &Grid::default().candidates().unwrap(), None, &job(2)).unwrap();
        let first = Hdbscan::default();
        let euclidean = RowNeighbors::euclidean(rows.view());
        let expected = first
            .cluster(&Points::pairwise(&euclidean), &job(1))
            .unwrap();
        assert_eq!(found.clustering, expected, "{} rows", rows.rows());
        assert!(found.chosen().reason.is_some() && found.chosen().score.is_none());
        assert!(found.trials.iter().all(|trial| trial.score.is_none()));
    }
}

#[test]
fn the_three_kinds_are_found_and_the_scores_are_those_of_the_clusters_kept() {
    let rows = three_kinds();
    let candidates = grid(&AlgorithmKind::ALL).candidates().unwrap();
    let found = choice(&rows, &candidates, None, &job(2)).unwrap();
    assert_eq!(found.clustering.clusters(), 3);
    let chosen = found.chosen();
    assert_eq!(found.trials[0], *chosen);
    assert_eq!(found.trials.len(), candidates.len());
    assert_eq!(
        found.trials.iter().filter(|trial| trial.is_chosen).count(),
        1
    );
    let clustering = &found.clustering;
    assert_eq!(chosen.clusters, Some(clustering.clusters()));
    assert_eq!(chosen.noise, Some(clustering.noise()));
    assert_eq!(
        chosen.silhouette,
        cosine_silhouette(&rows, clustering, &job(1)).unwrap()
    );
    assert_eq!(
        chosen.calinski_harabasz,
        calinski_harabasz(rows.view(), clustering)
    );
    assert_eq!(
        chosen.davies_bouldin,
        davies_bouldin(rows.view(), clustering)
    );
    let scores: Vec<_> = found.trials.iter().map_while(|trial| trial.score).collect();
    assert!(scores.len() > 5 && scores.is_sorted_by(|a, b| a >= b));
    let rest = &found.trials[scores.len()..];
    assert!(
        rest.iter()
            .all(|trial| trial.score.is_none() && trial.reason.is_some())
    );
}

/// The slow twin: the formula as it is documented, over the table.
fn plain_scores(trials: &[Trial], rows: usize) -> Vec<Option<f64>> {
    let compared: Vec<&Trial> = trials
        .iter()
        .filter(|trial| trial.reason.is_none())
        .collect();
    let scaled = |of: &dyn Fn(&Trial) -> f64, trial: &Trial| {
        let least = compared
            .iter()
            .map(|trial| of(trial))
            .fold(f64::INFINITY, f64::min);
        let most = compared
            .iter()
            .map(|trial| of(trial))
            .fold(f64::NEG_INFINITY, f64::max);
        (of(trial) - least) / (most - least)
    };
    let score = |trial: &Trial| {
        let silhouette = scaled(&|trial| trial.silhouette.unwrap(), trial);
        let ratio = scaled(&|trial| trial.calinski_harabasz.unwrap().ln(), trial);
        let likeness = scaled(&|trial| trial.davies_bouldin.unwrap(), trial);
        (silhouette + ratio + 1.0 - likeness) / 3.0 - trial.noise.unwrap() as f64 / rows as f64
    };
    trials
        .iter()
        .map(|trial| trial.reason.is_none().then(|| score(trial)))
        .collect()
}

#[test]
fn scores_are_scaled_over_the_grid_and_noise_is_taken_off() {
    let rows = three_kinds();
    let candidates = Grid::default().candidates().unwrap();
    let found = choice(&rows, &candidates, None, &job(2)).unwrap();
    let plain = plain_scores(&found.trials, 60);
    let mut with_noise = 0;
    for (trial, plain) in found.trials.iter().zip(plain) {
        let differ = trial.score.unwrap_or(9.0) - plain.unwrap_or(9.0);
        assert!(differ.abs() < 1e-12, "{}", setting(trial));
        with_noise += usize::from(plain.is_some() && trial.noise > Some(0));
    }
    assert!(with_noise > 0, "the penalty was never put to the test");
}

#[test]
fn a_setting_that_leaves_more_than_half_as_noise_is_shown_but_not_compared() {
    // Two pairs of twins among twenty strangers.
    let mut values = blobs(24 * 8, 24, 5);
    values.truncate(24 * 24);
    for row in [1, 3] {
        let (before, after) = values.split_at_mut(row * 24);
        after[..24].copy_from_slice(&before[(row - 1) * 24..]);
    }
    for (at, values) in values.chunks_exact_mut(24).enumerate() {
        values[if at < 4 { at / 2 } else { at }] += 9.0;
    }
    let rows = unit(values, 24);
    let candidates = grid(&[AlgorithmKind::Threshold, AlgorithmKind::KMeans])
        .candidates()
        .unwrap();
    let found = choice(&rows, &candidates, None, &job(1)).unwrap();
    assert_eq!(found.chosen().algorithm, "kmeans");
    let noisy = found
        .trials
        .iter()
        .find(|trial| setting(trial) == "threshold --threshold 0.95")
        .unwrap();
    assert_eq!(
        (noisy.clusters, noisy.noise, noisy.score),
        (Some(2), Some(20), None)
    );
    assert!(noisy.silhouette > found.chosen().silhouette);
    assert_eq!(noisy.reason.as_deref(), Some("more than half is noise"));
}

#[test]
fn what_is_kept_is_what_the_setting_gives_by_itself() {
    let rows = three_kinds();
    for kind in AlgorithmKind::ALL {
        let candidates = grid(&[kind]).candidates().unwrap();
        let found = choice(&rows, &candidates, None, &job(2)).unwrap();
        let is_chosen = |candidate: &&Candidate| candidate.parameters == found.chosen().parameters;
        let chosen = candidates.iter().find(is_chosen).unwrap();
        let euclidean = RowNeighbors::euclidean(rows.view());
        let euclidean = Points::with_rows(&euclidean, rows.view());
        let cosine = RowNeighbors::cosine(&rows);
        let cosine = Points::with_rows(&cosine, rows.view());
        let alone = match chosen.method {
            Method::Hdbscan(options) => options.cluster(&euclidean, &job(1)),
            Method::Dbscan(options) => options.cluster(&cosine, &job(1)),
            Method::Threshold(options) => options.cluster(&cosine, &job(1)),
            Method::KMeans(options) => options.cluster(&euclidean, &job(1)),
            Method::Agglomerative(options) => options.cluster(&euclidean, &job(1)),
            Method::GaussianMixture(options) => options.cluster(&euclidean, &job(1)),
        };
        assert_eq!(alone.unwrap(), found.clustering, "{}", kind.name());
    }
}

#[test]
fn points_with_only_distances_go_without_what_needs_rows() {
    let rows = three_kinds();
    let cosine = RowNeighbors::cosine(&rows);
    let pairs = EveryPair(&cosine);
    let views = Views::pairwise(Points::pairwise(&pairs));
    let grid = Grid {
        linkages: vec![Linkage::Average, Linkage::Ward],
        clusters: vec![count(3)],
        ..Grid::pairwise()
    };
    let found = choose(&grid.candidates().unwrap(), &views, None, &job(2)).unwrap();
    for trial in &found.trials {
        let is_of_rows =
            setting(trial).contains("ward") || ["kmeans", "gmm"].contains(&trial.algorithm);
        let said = trial.reason.clone().unwrap_or_default();
        assert_eq!(
            said.contains("needs rows"),
            is_of_rows,
            "{}: {said}",
            setting(trial)
        );
        assert_eq!(
            (trial.calinski_harabasz, trial.davies_bouldin),
            (None, None)
        );
    }
    let compared: Vec<_> = found
        .trials
        .iter()
        .filter(|trial| trial.score.is_some())
        .collect();
    let silhouettes = compared.iter().filter_map(|trial| trial.silhouette);
    let least = silhouettes.clone().fold(f64::INFINITY, f64::min);
    let most = silhouettes.fold(0.0, f64::max);
    assert!(compared.len() > 3 && most > least);
    for trial in compared {
        let scaled = (trial.silhouette.unwrap() - least) / (most - least);
        let expected = scaled - trial.noise.unwrap() as f64 / 60.0;
        assert!((trial.score.unwrap() - expected).abs() < 1e-12);
    }
}

#[test]
fn clusters_are_split_before_they_are_scored() {
    let rows = three_kinds();
    let cosine = RowNeighbors::cosine(&rows);
    let candidates = grid(&AlgorithmKind::ALL).candidates().unwrap();
    let split = Split::within(radius(0.05));
    let found = choice(&rows, &candidates, Some(&split), &job(2)).unwrap();
    for members in found.clustering.members() {
        for pair in members.windows(2) {
            assert!(cosine.distance(pair[0], pair[1]) <= 0.05);
        }
    }
    let clustering = &found.clustering;
    assert_eq!(
        found.chosen().silhouette,
        cosine_silhouette(&rows, clustering, &job(1)).unwrap()
    );
}

#[test]
fn a_table_that_does_not_fit_is_a_reason_like_any_other() {
    // A chain of rows a degree apart, and a few far away.
    let angles = (0..30_u8).map(f32::from).chain([170.0, 171.0, 172.0]);
    let values =
        angles.flat_map(|degrees| [degrees.to_radians().cos(), degrees.to_radians().sin()]);
    let rows = unit(values.collect(), 2);
    let candidates = grid(&[AlgorithmKind::Threshold]).candidates().unwrap();
    let split = Split {
        radius: radius(0.001),
        most_bytes: 400,
    };
    let refused = choice(&rows, &candidates, Some(&split), &job(2));
    let said = refused.unwrap_err().to_string();
    assert!(
        said.contains("distances of 30 rows of one cluster take 1 MiB"),
        "{said}"
    );
}

#[test]
fn equal_settings_score_the_same_and_the_first_is_kept() {
    let rows = three_kinds();
    let three = || Candidate {
        method: Method::KMeans(KMeans {
            clusters: count(3),
            ..KMeans::default()
        }),
        parameters: vec![("clusters", "3".to_owned())],
    };
    let mut second = three();
    second.parameters = vec![("clusters", "03".to_owned())];
    let found = choice(&rows, &[three(), second], None, &job(1)).unwrap();
    assert_eq!(found.chosen().parameters, three().parameters);
    // Equal everywhere, so each scale has nothing between its ends.
    assert_eq!(found.trials[0].score, Some(1.0));
    assert_eq!(found.trials[1].score, Some(1.0));
}

#[test]
fn the_choice_is_the_same_at_any_number_of_threads() {
    let rows = unit(blobs(300, 6, 2), 6);
    let candidates = Grid::default().candidates().unwrap();
    let one = choice(&rows, &candidates, None, &job(1)).unwrap();
    for threads in 2..4 {
        assert_eq!(
            choice(&rows, &candidates, None, &job(threads)).unwrap(),
            one
        );
    }
}

#[test]
fn a_distance_or_similarity_that_is_none_is_refused() {
    let far = Grid {
        eps: vec![0.1, f64::NAN],
        ..Grid::default()
    };
    assert!(far.candidates().is_err());
    let alike = Grid {
        thresholds: vec![1.5],
        ..Grid::default()
    };
    assert!(alike.candidates().is_err());
}

/// Counts steps, and cancels at one of them.
struct Counting {
    steps: Mutex<u64>,
    cancel_at: u64,
    token: CancelToken,
}

impl Reporter for Counting {
    fn report(&self, event: &Event<'_>) {
        if let Event::Advanced {
            stage: Stage::Cluster,
            by,
        } = event
        {
            let mut steps = self.steps.lock().unwrap();
            *steps += by;
            if *steps == self.cancel_at {
                self.token.cancel();
            }
        }
    }
}

#[test]
fn every_candidate_is_one_step_and_a_cancelled_job_stops_between_two() {
    let rows = three_kinds();
    let candidates = grid(&AlgorithmKind::ALL).candidates().unwrap();
    let all = candidates.len() as u64;
    for (cancel_at, steps) in [(u64::MAX, all), (4, 4)] {
        let token = CancelToken::default();
        let counting = Counting {
            steps: Mutex::new(0),
            cancel_at,
            token: token.clone(),
        };
        let found = choice(
            &rows,
            &candidates,
            None,
            &Job::new(&counting, token, count(1)),
        );
        assert_eq!(found.is_ok(), cancel_at > all);
        assert_eq!(*counting.steps.lock().unwrap(), steps);
    }
    let token = CancelToken::default();
    token.cancel();
    let stopped = choice(&rows, &candidates, None, &Job::new(&Quiet, token, count(1)));
    assert!(matches!(stopped, Err(ChoiceError::Cancelled(Cancelled))));
}
