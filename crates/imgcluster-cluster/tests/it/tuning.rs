//! What tuning says is what the algorithms do.

use std::collections::BTreeSet;
use std::num::NonZeroU16;
use std::sync::atomic::{AtomicUsize, Ordering};

use imgcluster_cluster::{
    LabelledPair, SuggestionKind, Threshold, TuneOptions, Tuning, pairs_to_label, pairs_to_show,
    precision, sweep,
};
use imgcluster_core::{
    BitHash, CancelToken, Clusterer, HashNeighbors, Job, Neighbors, Points, Quiet, Radius,
    RowNeighbors,
};
use proptest::prelude::*;

use crate::support::{blobs, count, job, unit};

/// Distances by a formula of the two rows.
struct Formula<F>(usize, F);

impl<F: Fn(u32, u32) -> f32 + Sync> Neighbors for Formula<F> {
    fn len(&self) -> usize {
        self.0
    }

    fn distance(&self, a: u32, b: u32) -> f32 {
        if a == b {
            0.0
        } else {
            (self.1)(a.min(b), a.max(b))
        }
    }
}

fn tuned(neighbors: &dyn Neighbors, options: &TuneOptions) -> Tuning {
    sweep(neighbors, options, &job(2)).unwrap()
}

fn distances(neighbors: &dyn Neighbors) -> Vec<f32> {
    let rows = 0..neighbors.len() as u32;
    let pairs = rows.flat_map(|a| (a + 1..neighbors.len() as u32).map(move |b| (a, b)));
    pairs.map(|(a, b)| neighbors.distance(a, b)).collect()
}

/// Compares every row of the curve with the algorithm, and with a count of all pairs.
fn compare(neighbors: &dyn Neighbors, options: &TuneOptions) -> Tuning {
    let tuning = tuned(neighbors, options);
    let distances = distances(neighbors);
    for row in &tuning.curve {
        let radius = Radius::from_similarity(row.threshold).unwrap();
        let threshold = Threshold { radius };
        let clustering = threshold
            .cluster(&Points::pairwise(neighbors), &job(1))
            .unwrap();
        let sizes = clustering.sizes();
        let within = distances
            .iter()
            .filter(|distance| **distance <= radius.get());
        let joined: usize = sizes.iter().map(|size| size * (size - 1) / 2).sum();
        assert_eq!(row.pairs, within.count() as u64, "{row:?}");
        assert_eq!(
            (row.clusters, row.noise),
            (sizes.len(), clustering.noise()),
            "{row:?}"
        );
        assert_eq!(row.clustered, sizes.iter().sum::<usize>(), "{row:?}");
        let alone = neighbors.len().min(1);
        assert_eq!(
            row.largest,
            sizes.first().copied().unwrap_or(alone),
            "{row:?}"
        );
        assert_eq!(row.joined, joined as u64, "{row:?}");
    }
    assert_eq!(tuning.curve[0].threshold.to_string(), "1");
    assert!(tuning.curve.is_sorted_by(|a, b| a.threshold > b.threshold));
    let bars = tuning.histogram();
    assert_eq!(
        bars.iter().map(|bar| bar.pairs).sum::<u64>(),
        tuning.curve.last().unwrap().pairs
    );
    for suggestion in &tuning.suggestions {
        assert!(tuning.curve.contains(&suggestion.row) && suggestion.row.clusters > 0);
    }
    tuning
}

/// Hashes round a few others, so that many are near and many equally far apart.
fn hashes(count: usize, noise: u32) -> Vec<BitHash> {
    let mut state = 5_u64;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        state ^ (state >> 29)
    };
    let centers: Vec<u64> = (0..=count / 4).map(|_| next()).collect();
    let hash = |row: usize| {
        let flips =
            (0..next() % u64::from(noise + 1)).fold(0, |bits, _| bits ^ (1 << (next() % 64)));
        BitHash::Bits(centers[row / 4] ^ flips)
    };
    (0..count).map(hash).collect()
}

#[test]
fn nothing_one_and_two_items_have_a_curve_and_nothing_to_suggest() {
    for count in 0..3 {
        let tuning = compare(&Formula(count, |_, _| 0.3), &TuneOptions::default());
        let pairs = u64::from(count == 2);
        let (first, last) = (tuning.curve[0], *tuning.curve.last().unwrap());
        assert_eq!((first.pairs, first.noise, last.pairs), (0, count, pairs));
        assert_eq!(tuning.curve.len(), if count == 2 { 101 + 40 } else { 1 });
        assert_eq!(
            tuning.k_distances,
            vec![0.3; count * usize::from(count == 2)]
        );
        assert!(tuning.suggestions.is_empty() && tuning.radius_suggestions.is_empty());
        assert_eq!(pairs_to_show(&tuning, 9).len() as u64, pairs);
        assert_eq!(pairs_to_label(&tuning, 9, 0, u64::from).len() as u64, pairs);
        assert_eq!(precision(&tuning, &[], 0).len() as u64, pairs);
    }
}

#[test]
fn items_that_are_all_equal_are_one_cluster_at_the_strictest_threshold() {
    let tuning = compare(&Formula(30, |_, _| 0.0), &TuneOptions::default());
    assert_eq!((tuning.curve.len(), tuning.curve[0].largest), (1, 30));
    assert!(tuning.suggestions.is_empty());
}

#[test]
fn items_that_are_all_equally_unlike_are_joined_all_at_once() {
    for distance in [0.4, 1.0, 2.0] {
        let tuning = compare(&Formula(30, |_, _| distance), &TuneOptions::default());
        let last = tuning.curve.last().unwrap();
        assert_eq!((last.pairs, last.largest, last.noise), (435, 30, 0));
        assert!(tuning.suggestions.is_empty(), "{:?}", tuning.suggestions);
    }
    // Farther apart than any similarity says.
    let tuning = compare(&Formula(30, |_, _| 7.0), &TuneOptions::default());
    let last = tuning.curve.last().unwrap();
    assert_eq!((last.threshold, last.pairs, last.noise), (-1.0, 0, 30));
}

#[test]
fn rows_have_the_clusters_the_algorithm_finds() {
    for dim in [2, 5, 16] {
        let rows = unit(blobs(150, dim, 3), dim);
        compare(&RowNeighbors::cosine(&rows), &TuneOptions::default());
        let step = NonZeroU16::new(37);
        let options = TuneOptions {
            step,
            ..TuneOptions::default()
        };
        compare(&RowNeighbors::cosine(&rows), &options);
    }
}

#[test]
fn hashes_have_their_own_values_as_thresholds() {
    for noise in [0, 4, 20] {
        let neighbors = HashNeighbors::new(hashes(200, noise));
        let tuning = compare(&neighbors, &TuneOptions::default());
        let values: BTreeSet<u32> = distances(&neighbors)
            .iter()
            .map(|d| (d * 64.0) as u32)
            .collect();
        let values: Vec<f64> = values
            .iter()
            .map(|bits| 1.0 - f64::from(*bits) / 64.0)
            .collect();
        let thresholds: Vec<f64> = tuning.curve.iter().map(|row| row.threshold).collect();
        let first = usize::from(values[0] < 1.0);
        assert_eq!(thresholds[first..], values);
    }
}

#[test]
fn distances_a_rounding_away_from_a_threshold_are_decided_as_the_algorithm_decides() {
    let near = |a: u32, b: u32| {
        let round = 1.0 - (f64::from((a * 31 + b * 7) % 200) * 0.005);
        let distance = (1.0 - round) as f32;
        match (a + b) % 3 {
            0 => distance,
            1 => distance.next_up(),
            _ => {
                if distance > 0.0 {
                    distance.next_down()
                } else {
                    0.0
                }
            }
        }
    };
    compare(&Formula(60, near), &TuneOptions::default());
}

#[test]
fn k_distances_are_those_of_the_nearest_neighbours() {
    let rows = unit(blobs(120, 4, 9), 4);
    let neighbors = RowNeighbors::cosine(&rows);
    for min_samples in [2, 3, 7, 120] {
        let options = TuneOptions {
            min_samples: count(min_samples),
            ..TuneOptions::default()
        };
        let graph = neighbors.knn(count(min_samples - 1), &job(1)).unwrap();
        let mut expected: Vec<f32> = (0..120)
            .map(|row| *graph.distances(row).last().unwrap())
            .collect();
        expected.sort_by(f32::total_cmp);
        assert_eq!(tuned(&neighbors, &options).k_distances, expected);
    }
    let k_distances = |min_samples| {
        let options = TuneOptions {
            min_samples: count(min_samples),
            ..TuneOptions::default()
        };
        tuned(&neighbors, &options).k_distances
    };
    assert_eq!((k_distances(1), k_distances(121)), (vec![0.0; 120], vec![]));
}

#[test]
fn threads_change_nothing() {
    let rows = unit(blobs(500, 6, 1), 6);
    let neighbors = RowNeighbors::cosine(&rows);
    let options = TuneOptions {
        min_samples: count(4),
        ..TuneOptions::default()
    };
    let one = sweep(&neighbors, &options, &job(1)).unwrap();
    for threads in 2..6 {
        assert_eq!(sweep(&neighbors, &options, &job(threads)).unwrap(), one);
    }
    let other = tuned(&neighbors, &TuneOptions { seed: 1, ..options });
    assert_eq!(other.curve, one.curve);
    assert_ne!(pairs_to_show(&other, 50), pairs_to_show(&one, 50));
}

#[test]
fn the_order_of_items_changes_neither_the_curve_nor_a_suggestion() {
    let items = hashes(300, 6);
    let turned: Vec<BitHash> = (0..300).map(|row| items[row * 7 % 300]).collect();
    let options = TuneOptions {
        min_samples: count(3),
        ..TuneOptions::default()
    };
    let [one, other] = [items, turned].map(|items| tuned(&HashNeighbors::new(items), &options));
    assert!(one.suggestions.len() > 2);
    assert_eq!(one.curve, other.curve);
    assert_eq!(one.suggestions, other.suggestions);
    assert_eq!(one.k_distances, other.k_distances);
    assert_eq!(one.radius_suggestions, other.radius_suggestions);
}

#[test]
fn a_cancelled_job_ends_the_sweep() {
    let cancel = CancelToken::default();
    cancel.cancel();
    let job = Job::new(&Quiet, cancel, count(1));
    let neighbors = Formula(100, |_, _| 0.5);
    assert!(sweep(&neighbors, &TuneOptions::default(), &job).is_err());
}

#[test]
fn a_job_that_is_cancelled_within_a_row_measures_a_piece_of_it_at_most() {
    let (cancel, asked) = (CancelToken::default(), AtomicUsize::new(0));
    let job = Job::new(&Quiet, cancel.clone(), count(1));
    let neighbors = Formula(3000, |_, _| {
        if asked.fetch_add(1, Ordering::Relaxed) == 10 {
            cancel.cancel();
        }
        0.5
    });
    assert!(sweep(&neighbors, &TuneOptions::default(), &job).is_err());
    let asked = asked.load(Ordering::Relaxed);
    assert!((10..=1024).contains(&asked), "{asked}");
}

#[test]
fn copies_among_many_unlike_items_are_what_is_recommended() {
    // Four copies of each of a hundred, at most 4 of 64 bits off, so 8 apart.
    let neighbors = HashNeighbors::new(hashes(400, 4));
    let tuning = tuned(&neighbors, &TuneOptions::default());
    let recommended = tuning.suggestion(SuggestionKind::Recommended).unwrap();
    let row = recommended.row;
    assert_eq!(
        (row.clusters, row.clustered, row.largest),
        (100, 400, 4),
        "{recommended:?}"
    );
    let radius = tuning.radius_suggestions[0].radius;
    assert_eq!(
        Radius::from_similarity(row.threshold).map(Radius::get),
        Ok(radius)
    );
}

#[test]
fn what_is_recommended_for_many_more_items_is_no_looser() {
    let neighbors = HashNeighbors::new(hashes(400, 12));
    let recommended = |population: Option<usize>| {
        let population = population.map(count);
        let options = TuneOptions {
            population,
            ..TuneOptions::default()
        };
        let tuning = tuned(&neighbors, &options);
        let recommended = tuning.suggestion(SuggestionKind::Recommended);
        recommended.unwrap().row.threshold
    };
    let alone = recommended(None);
    assert_eq!(recommended(Some(400)).to_string(), alone.to_string());
    let thresholds = [400, 4_000, 100_000].map(|population| recommended(Some(population)));
    assert!(
        thresholds.is_sorted() && thresholds[2] > alone,
        "{thresholds:?}"
    );
}

#[test]
fn the_widest_gap_is_where_nothing_happens_for_longest() {
    // Pairs at 0.1, pairs of pairs at 0.2, all else at 0.6.
    let nested = |a: u32, b: u32| match (a / 2 == b / 2, a / 4 == b / 4) {
        (true, _) => 0.1,
        (_, true) => 0.2,
        _ => 0.6 + 0.001 * (b - a) as f32,
    };
    let tuning = compare(&Formula(40, nested), &TuneOptions::default());
    let gap = tuning.suggestion(SuggestionKind::WidestGap).unwrap();
    // Between 0.8 and 0.399.
    assert_eq!((gap.row.threshold, gap.row.clusters), (0.6, 10), "{gap:?}");
    let largest = tuning.suggestion(SuggestionKind::LargestCluster).unwrap();
    assert_eq!((largest.row.threshold, largest.row.largest), (0.4, 4));
    let most = tuning.suggestion(SuggestionKind::MostClusters).unwrap();
    assert_eq!((most.row.threshold, most.row.clusters), (0.9, 20));
}

#[test]
fn pairs_are_asked_about_evenly_once_each_and_in_no_telling_order() {
    let neighbors = HashNeighbors::new(hashes(400, 6));
    let tuning = tuned(&neighbors, &TuneOptions::default());
    let asked = pairs_to_label(&tuning, 30, 1, u64::from);
    let distinct: BTreeSet<(u32, u32)> = asked.iter().map(|pair| (pair.a, pair.b)).collect();
    assert_eq!((asked.len(), distinct.len()), (30, 30));
    assert!(
        asked
            .iter()
            .all(|pair| pair.distance.to_bits() == neighbors.distance(pair.a, pair.b).to_bits())
    );
    assert!(!asked.is_sorted_by(|a, b| a.distance <= b.distance));
    let again = pairs_to_label(&tuning, 30, 2, u64::from);
    let set = |pairs: &[imgcluster_cluster::SamplePair]| {
        pairs
            .iter()
            .map(|pair| (pair.a, pair.b))
            .collect::<BTreeSet<_>>()
    };
    assert!(again != asked && set(&again) == set(&asked));
    let labels: Vec<LabelledPair> = asked
        .iter()
        .map(|pair| LabelledPair {
            pair: *pair,
            alike: true,
        })
        .collect();
    let rows = precision(&tuning, &labels, 0);
    assert_eq!(rows.last().unwrap().labelled, 30);
    let each: Vec<usize> = std::iter::once(0)
        .chain(rows.iter().map(|row| row.labelled))
        .collect::<Vec<_>>()
        .windows(2)
        .map(|two| two[1] - two[0])
        .collect();
    assert!(
        each.iter().max().unwrap() - each.iter().min().unwrap() <= 1,
        "{each:?}"
    );
}

#[test]
fn nobody_is_asked_about_copies_of_one_file_nor_twice_about_the_same_two_contents() {
    // Every file is there three times.
    let items: Vec<BitHash> = hashes(120, 6)
        .into_iter()
        .flat_map(|item| [item; 3])
        .collect();
    let tuning = tuned(&HashNeighbors::new(items), &TuneOptions::default());
    let content = |item: u32| u64::from(item / 3);
    let contents = |pairs: &[imgcluster_cluster::SamplePair]| {
        let both = pairs.iter().map(|pair| (content(pair.a), content(pair.b)));
        both.collect::<Vec<_>>()
    };
    let repeats = |all: &[(u64, u64)]| all.len() - all.iter().collect::<BTreeSet<_>>().len();
    let blind = contents(&pairs_to_label(&tuning, 200, 1, u64::from));
    assert!(blind.iter().any(|(a, b)| a == b) && repeats(&blind) > 0);
    let asked = contents(&pairs_to_label(&tuning, 200, 1, content));
    assert!(asked.len() > 30, "{}", asked.len());
    assert!(asked.iter().all(|(a, b)| a != b));
    assert_eq!(repeats(&asked), 0);
    assert!(pairs_to_label(&tuning, 200, 1, |_| 7).is_empty());
}

#[test]
fn precision_is_wide_without_labels_and_exact_with_all_of_them() {
    let neighbors = HashNeighbors::new(hashes(24, 6));
    let tuning = tuned(&neighbors, &TuneOptions::default());
    for row in precision(&tuning, &[], 0) {
        assert_eq!(
            (row.precision, row.low, row.high, row.labelled),
            (None, 0.0, 1.0, 0)
        );
    }
    let all = pairs_to_label(&tuning, 10_000, 0, u64::from);
    let label = |pair: &imgcluster_cluster::SamplePair| LabelledPair {
        pair: *pair,
        alike: pair.a / 4 == pair.b / 4,
    };
    let mut labels: Vec<LabelledPair> = all.iter().map(label).collect();
    // Of two labels of a pair the last counts.
    labels.insert(
        0,
        LabelledPair {
            alike: !labels[0].alike,
            ..labels[0]
        },
    );
    let rows = precision(&tuning, &labels, 0);
    assert!(rows[0].pairs > 0 && rows[0].labelled as u64 == rows[0].pairs);
    for row in rows.iter().filter(|row| row.labelled as u64 == row.pairs) {
        let share = row.alike as f64 / row.pairs as f64;
        assert!((row.precision.unwrap() - share).abs() < 1e-12);
        assert!((row.low - share).abs() < 1e-12 && (row.high - share).abs() < 1e-12);
    }
}

#[test]
fn the_interval_covers_the_true_share_about_as_often_as_it_says() {
    // 300 draws, each with another seed; the truth is known of every pair.
    let neighbors = HashNeighbors::new(hashes(200, 9));
    let (mut covered, mut all) = (0_u32, 0_u32);
    for seed in 0..300 {
        let tuning = tuned(
            &neighbors,
            &TuneOptions {
                seed,
                ..TuneOptions::default()
            },
        );
        let alike = |a: u32, b: u32| a / 4 == b / 4;
        let asked = pairs_to_label(&tuning, 60, seed, u64::from);
        let label = |pair: imgcluster_cluster::SamplePair| LabelledPair {
            pair,
            alike: alike(pair.a, pair.b),
        };
        let labels: Vec<LabelledPair> = asked.into_iter().map(label).collect();
        for row in precision(&tuning, &labels, 0) {
            let radius = Radius::from_similarity(row.threshold).unwrap().get();
            let pairs = (0..200).flat_map(|a| (a + 1..200).map(move |b| (a, b)));
            let near = pairs.filter(|(a, b)| neighbors.distance(*a, *b) <= radius);
            let right = near.filter(|(a, b)| alike(*a, *b)).count();
            let share = right as f64 / row.pairs as f64;
            all += 1;
            covered += u32::from(row.low - 1e-12 <= share && share <= row.high + 1e-12);
        }
    }
    let share = f64::from(covered) / f64::from(all);
    assert!(all > 1_000 && share >= 0.93, "{covered} of {all}");
}

proptest! {
    #[test]
    fn any_distances_with_ties_have_the_clusters_the_algorithm_finds(
        values in prop::collection::vec(0_u16..40, 190), width in 2_usize..20,
    ) {
        let distance = |a: u32, b: u32| f32::from(values[(b * (b - 1) / 2 + a) as usize]) / 33.0;
        compare(&Formula(width, distance), &TuneOptions::default());
        let steps = |a: u32, b: u32| f32::from(values[(b * (b - 1) / 2 + a) as usize]) / 32.0;
        compare(&Formula(width, steps), &TuneOptions::default());
    }
}
