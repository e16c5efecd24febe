//! What tuning recommends where chance says little: the similarity that was measured for the model.

use imgcluster_cluster::{
    LabelledPair, SamplePair, SuggestionKind, Threshold, TuneOptions, Tuning, pairs_to_label,
    precision, sweep,
};
use imgcluster_core::{
    BitHash, Clusterer, HashNeighbors, Job, Matrix, Neighbors, Points, Radius, RowNeighbors,
};

use crate::support::job;

/// Similarities by a formula of two different items.
struct Formula<F>(usize, F);

impl<F: Fn(u32, u32) -> f64 + Sync> Neighbors for Formula<F> {
    fn len(&self) -> usize {
        self.0
    }

    fn distance(&self, a: u32, b: u32) -> f32 {
        if a == b {
            0.0
        } else {
            1.0 - (self.1)(a.min(b), a.max(b)) as f32
        }
    }
}

/// A number from 0 to 1 by two others.
fn chance(a: u32, b: u32) -> f64 {
    let mut state = (u64::from(a) << 32 | u64::from(b)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    state = (state ^ (state >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    ((state ^ (state >> 29)) >> 11) as f64 / (1_u64 << 53) as f64
}

fn tuned(neighbors: &dyn Neighbors, usual: Option<f64>) -> Tuning {
    let options = TuneOptions {
        usual,
        ..TuneOptions::default()
    };
    let tuning = sweep(neighbors, &options, &job(2)).unwrap();
    // What is said of the usual similarity is what the algorithm does at just that one.
    if let (Some(usual), Some(found)) = (usual, tuning.suggestion(SuggestionKind::Recommended))
        && found.reason.contains("measured")
    {
        let radius = Radius::from_similarity(usual).unwrap();
        let clustering = Threshold { radius }
            .cluster(&Points::pairwise(neighbors), &job(1))
            .unwrap();
        let row = found.row;
        assert_eq!(
            (row.clusters, row.noise),
            (clustering.sizes().len(), clustering.noise())
        );
    }
    tuning
}

fn recommended(neighbors: &dyn Neighbors, usual: Option<f64>) -> Option<f64> {
    let tuning = tuned(neighbors, usual);
    let found = tuning.suggestion(SuggestionKind::Recommended);
    let radius = tuning.radius_suggestions.first();
    let has_radius = radius.is_some_and(|radius| radius.kind == SuggestionKind::Recommended);
    assert_eq!(has_radius, found.is_some());
    found.map(|found| found.row.threshold)
}

/// As matches of corners have it: unlike pairs share nothing but for a few, those of a group of four
/// anything from a tenth on.
fn mostly_nothing(groups: u32, noisy: f64) -> impl Fn(u32, u32) -> f64 + Sync {
    move |a, b| {
        let draw = chance(a, b);
        if a / 4 == b / 4 && a / 4 < groups {
            0.1 + 0.9 * draw
        } else if draw < noisy {
            0.08 * chance(b, a)
        } else {
            0.0
        }
    }
}

#[test]
fn what_most_pairs_are_at_exactly_is_not_carried_on_to_anything_above() {
    for (groups, noisy) in [(100, 0.0), (100, 0.02), (30, 0.2), (3, 0.02), (100, 0.45)] {
        let neighbors = Formula(400, mostly_nothing(groups, noisy));
        let case = (groups, noisy);
        assert_eq!(recommended(&neighbors, Some(0.1)), Some(0.1), "{case:?}");
        assert_eq!(recommended(&neighbors, None), None, "{case:?}");
        let other = tuned(&neighbors, None);
        assert!(other.suggestion(SuggestionKind::MostClusters).is_some());
    }
    // Few alike pairs, each of two alone, so that none is of the bulk.
    let few = |a: u32, b: u32| if a / 2 == b / 2 { 0.4 } else { 0.0 };
    assert_eq!(recommended(&Formula(300, few), Some(0.1)), Some(0.1));
}

#[test]
fn a_usual_similarity_that_is_clear_of_chance_too_is_not_made_stricter() {
    // Unlike pairs thin out exponentially.
    let with_twos_at = |similarity: f64| {
        Formula(1_200, move |a, b| match a / 2 == b / 2 {
            true if a < 4 => 0.9,
            true => similarity,
            false => (-0.0297 * chance(a, b).max(1e-12).ln()).min(0.3),
        })
    };
    // Six hundred twos just below where one pair by chance would be too many for a few, but is not
    // for so many.
    let few = recommended(&with_twos_at(0.0), None).unwrap();
    let usual = few - 0.015;
    let neighbors = with_twos_at(usual + 1e-4);
    let alone = recommended(&neighbors, None).unwrap();
    assert!(alone > usual, "{alone} {few}");
    assert_eq!(recommended(&neighbors, Some(usual)), Some(usual));
    // One that chance does reach, or a stricter one, changes nothing.
    assert_eq!(recommended(&neighbors, Some(0.2)), Some(alone));
    assert_eq!(recommended(&neighbors, Some(0.95)), Some(alone));
}

#[test]
fn a_usual_similarity_between_thresholds_has_a_row_of_its_own() {
    let few = |a: u32, b: u32| {
        if a / 4 == b / 4 {
            0.5 + 0.4 * chance(a, b)
        } else {
            0.0
        }
    };
    let neighbors = Formula(80, few);
    for usual in [0.6123, 0.512_345_678, 0.7, 0.5] {
        let tuning = tuned(&neighbors, Some(usual));
        let found = &tuning.suggestions[0];
        assert_eq!(
            (found.kind, found.row.threshold),
            (SuggestionKind::Recommended, usual)
        );
        assert!(tuning.curve.is_sorted_by(|a, b| a.threshold > b.threshold));
    }
    // Hashes have the values that occur, and the next above the usual one admits the same pairs.
    let hashes = [0_u64, 1, 3, !0, !0 ^ 1].map(BitHash::Bits).to_vec();
    let neighbors = HashNeighbors::new(hashes);
    let strict = recommended(&neighbors, Some(0.98));
    assert_eq!(strict, Some(1.0 - 1.0 / 64.0));
    assert_eq!(recommended(&neighbors, Some(0.97)), strict);
    assert_eq!(recommended(&neighbors, Some(0.9)), Some(1.0 - 2.0 / 64.0));
}

#[test]
fn nothing_one_and_all_unlike_items_have_nothing_to_recommend() {
    for usual in [None, Some(0.3), Some(1.0)] {
        assert_eq!(recommended(&Formula(0, |_, _| 0.0), usual), None);
        assert_eq!(recommended(&Formula(1, |_, _| 0.0), usual), None);
        assert_eq!(recommended(&Formula(50, |_, _| 0.0), usual), None);
        let noise = Formula(200, |a, b| 0.2 * chance(a, b));
        assert_eq!(recommended(&noise, usual), None);
    }
    // A similarity that is none counts as none.
    for usual in [f64::NAN, f64::INFINITY, 1.01, -1.01] {
        let neighbors = Formula(400, mostly_nothing(100, 0.02));
        assert_eq!(recommended(&neighbors, Some(usual)), None);
    }
}

#[test]
fn items_that_are_all_equal_are_one_cluster_at_any_usual_similarity() {
    let neighbors = Formula(30, |_, _| 1.0);
    assert_eq!(recommended(&neighbors, None), None);
    assert_eq!(recommended(&neighbors, Some(0.8)), Some(1.0));
}

#[test]
fn copies_far_above_chance_are_found_without_a_usual_similarity_and_with_a_stricter_one() {
    // Hashes of 64 bits: groups of four at most 4 bits apart, all else round 32.
    let bits = |a: u32| {
        let center = (chance(a / 4, 77) * 2_f64.powi(63)) as u64 ^ ((a / 4) as u64).rotate_right(8);
        BitHash::Bits(center ^ (1 << (a % 4)) ^ (1 << (20 + a % 4)))
    };
    let neighbors = HashNeighbors::new((0..400).map(bits));
    let alone = recommended(&neighbors, None).unwrap();
    assert!(alone <= 1.0 - 4.0 / 64.0, "{alone}");
    assert_eq!(recommended(&neighbors, Some(0.99)), Some(alone));
}

#[test]
fn copies_of_one_file_are_right_without_a_label() {
    // Six copies of one picture (15 pairs), and two pairs a little apart that are asked about.
    let values = vec![0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 5.0, 5.25, 9.0, 9.25];
    let rows = Matrix::new(values, 1).unwrap();
    let neighbors = RowNeighbors::euclidean(rows.view());
    let tuning = sweep(&neighbors, &TuneOptions::default(), &Job::quiet()).unwrap();
    let key = |item: u32| u64::from(item.max(5));
    let asked = pairs_to_label(&tuning, 30, 0, key);
    assert!(asked.iter().all(|pair| pair.distance > 0.0), "{asked:?}");
    let label = |pair: &SamplePair| LabelledPair {
        pair: *pair,
        alike: true,
    };
    let labels: Vec<LabelledPair> = asked.iter().map(label).collect();
    let unknown = precision(&tuning, &labels, 0);
    assert_eq!(unknown[0].precision, None, "nobody was asked about copies");
    for row in precision(&tuning, &labels, 15) {
        assert_eq!((row.precision, row.high), (Some(1.0), 1.0), "{row:?}");
    }
}
