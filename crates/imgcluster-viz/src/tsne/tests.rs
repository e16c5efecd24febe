use super::*;
use crate::quality::{divergence, golden_clusterings, read_f32_npy, say, trustworthiness};
use imgcluster_core::{CancelToken, Matrix, Neighbors, Quiet, RowNeighbors, UnitMatrix};
use proptest::prelude::*;

fn job(threads: usize) -> Job<'static> {
    let threads = NonZeroUsize::new(threads).unwrap();
    Job::new(&Quiet, CancelToken::default(), threads)
}

fn map(options: &TSne, rows: &Matrix, threads: usize) -> Vec<[f32; 2]> {
    let search = RowNeighbors::euclidean(rows.view());
    let points = Points::with_rows(&search, rows.view());
    options.project(&points, &job(threads)).unwrap().places
}

fn short() -> TSne {
    TSne {
        rounds: 60,
        early_rounds: 20,
        ..TSne::default()
    }
}

/// `count` rows round a few centres.
fn clouds(count: usize, dim: usize) -> Matrix {
    let mut random = crate::random::Random::new(11);
    let values = (0..count * dim).map(|at| {
        let centre = f64::from(u8::from(at % dim == (at / dim) % 7));
        (centre * 3.0 + random.symmetric()) as f32
    });
    Matrix::new(values.collect(), dim).unwrap()
}

#[test]
fn no_point_to_a_dozen_points_each_get_a_finite_place() {
    for count in 0..12 {
        let places = map(&short(), &clouds(count, 3), 2);
        assert_eq!(places.len(), count);
        assert!(
            places.iter().flatten().all(|value| value.is_finite()),
            "{count}"
        );
    }
}

#[test]
fn two_or_three_points_lie_apart() {
    for count in 2..4 {
        let places = map(&short(), &clouds(count, 3), 1);
        for (index, place) in places.iter().enumerate() {
            let away = |other: &[f32; 2]| (other[0] - place[0]).hypot(other[1] - place[1]);
            assert!(places[..index].iter().all(|other| away(other) > 0.5));
        }
    }
}

#[test]
fn equal_points_get_finite_places() {
    for (count, value) in [(4, 1.0), (150, 0.0), (1200, 2.5)] {
        let rows = Matrix::new(vec![value; count * 5], 5).unwrap();
        let places = map(&short(), &rows, 2);
        assert!(places.iter().flatten().all(|value| value.is_finite()));
    }
}

#[test]
fn huge_and_tiny_values_get_finite_places() {
    for scale in [1e-30_f32, 1e30] {
        let mut values = clouds(40, 4).into_values();
        for value in &mut values {
            *value *= scale;
        }
        let places = map(&short(), &Matrix::new(values, 4).unwrap(), 1);
        assert!(
            places.iter().flatten().all(|value| value.is_finite()),
            "{scale}"
        );
    }
}

#[test]
fn a_strange_perplexity_is_settled() {
    for perplexity in [f64::NAN, f64::INFINITY, -1.0, 0.0, 1e9] {
        let options = TSne {
            perplexity,
            ..short()
        };
        let places = map(&options, &clouds(30, 3), 1);
        assert!(places.iter().flatten().all(|value| value.is_finite()));
    }
}

#[test]
fn one_two_and_three_threads_draw_the_same_map_to_the_last_bit() {
    // Below and above the size from which the tree is used.
    for count in [300, 1500] {
        let rows = clouds(count, 8);
        let first = map(&short(), &rows, 1);
        assert_eq!(first, map(&short(), &rows, 2));
        assert_eq!(first, map(&short(), &rows, 3));
    }
}

#[test]
fn another_seed_draws_another_map() {
    let rows = clouds(50, 4);
    let other = TSne { seed: 1, ..short() };
    assert_ne!(map(&short(), &rows, 1), map(&other, &rows, 1));
}

#[test]
fn a_cancelled_job_stops() {
    let rows = clouds(50, 4);
    let search = RowNeighbors::euclidean(rows.view());
    let token = CancelToken::default();
    token.cancel();
    let job = Job::new(&Quiet, token, NonZeroUsize::MIN);
    let points = Points::with_rows(&search, rows.view());
    let error = short().project(&points, &job).unwrap_err();
    assert!(error.is::<Cancelled>());
}

#[test]
fn points_that_have_only_distances_are_mapped_as_well() {
    struct Hashes(Vec<u64>);
    impl Neighbors for Hashes {
        fn len(&self) -> usize {
            self.0.len()
        }
        fn distance(&self, a: u32, b: u32) -> f32 {
            (self.0[a as usize] ^ self.0[b as usize]).count_ones() as f32 / 64.0
        }
    }
    // Four kinds of hash, a few bits apart within a kind.
    let mut random = crate::random::Random::new(2);
    let kinds: Vec<u64> = (0..4).map(|_| random.next()).collect();
    let hash = |at: usize, random: &mut crate::random::Random| {
        (0..4).fold(kinds[at % 4], |hash, _| hash ^ (1 << random.below(64)))
    };
    let hashes = Hashes((0..200).map(|at| hash(at, &mut random)).collect());
    let points = Points::pairwise(&hashes);
    let places = TSne::default().project(&points, &job(2)).unwrap().places;
    let distance = |a: usize, b: usize| f64::from(hashes.distance(a as u32, b as u32));
    let trust = trustworthiness(&places, 12, distance);
    assert!(trust > 0.9, "{trust}");
    for (row, place) in places.iter().enumerate() {
        let away = |other: &usize| {
            let [x, y] = places[*other];
            (place[0] - x).hypot(place[1] - y)
        };
        let others = (0..200).filter(|other| *other != row);
        let nearest = others.min_by(|a, b| away(a).total_cmp(&away(b))).unwrap();
        assert_eq!(nearest % 4, row % 4, "{row}");
    }
}

#[test]
fn above_the_sample_the_others_are_placed_near_their_kind() {
    let rows = clouds(400, 8);
    let options = TSne {
        sample: NonZeroUsize::new(150).unwrap(),
        ..TSne::default()
    };
    let places = map(&options, &rows, 2);
    assert_eq!(places, map(&options, &rows, 1));
    let search = RowNeighbors::euclidean(rows.view());
    let distance = |a: usize, b: usize| f64::from(search.distance(a as u32, b as u32));
    let trust = trustworthiness(&places, 12, distance);
    assert!(trust > 0.9, "{trust}");
}

#[test]
fn maps_are_as_trustworthy_as_those_of_scikit_learn() {
    for golden in golden_clusterings() {
        let rows = read_f32_npy(&golden.join("rows.npy"));
        let expected: serde_json::Value =
            serde_json::from_slice(&std::fs::read(golden.join("expected.json")).unwrap()).unwrap();
        let reference = expected["tsne"]["trustworthiness_12"].as_f64().unwrap();
        let search = RowNeighbors::euclidean(rows.view());
        let distance = |a: usize, b: usize| f64::from(search.distance(a as u32, b as u32));
        let places = map(&TSne::default(), &rows, 2);
        let trust = trustworthiness(&places, 12, distance);
        let name = golden.file_name().unwrap().to_string_lossy();
        say(&format!("{name}: {trust:.4}, scikit-learn {reference:.4}"));
        assert!(
            trust >= reference - 0.02,
            "{name}: {trust} against {reference}"
        );
    }
}

#[test]
fn a_cosine_search_gives_a_map_as_good() {
    let rows = clouds(300, 12);
    let euclidean = RowNeighbors::euclidean(rows.view());
    let distance = |a: usize, b: usize| f64::from(euclidean.distance(a as u32, b as u32));
    let unit = UnitMatrix::normalize(rows.clone()).unwrap();
    let search = RowNeighbors::cosine(&unit);
    let points = Points::with_rows(&search, unit.view());
    let places = TSne::default().project(&points, &job(2)).unwrap().places;
    let cosine = trustworthiness(&places, 12, distance);
    let straight = trustworthiness(&map(&TSne::default(), &rows, 2), 12, distance);
    assert!(cosine > straight - 0.03, "{cosine} against {straight}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]
    #[test]
    fn any_finite_rows_get_finite_places(
        values in prop::collection::vec(prop::num::f32::NORMAL | prop::num::f32::ZERO, 0..60),
    ) {
        let values: Vec<f32> = values.chunks_exact(3).flatten().copied().collect();
        let rows = Matrix::new(values, 3).unwrap();
        let places = map(&short(), &rows, 1);
        prop_assert_eq!(places.len(), rows.rows());
        prop_assert!(places.iter().flatten().all(|value| value.is_finite()));
    }
}

/// Measures, does not judge: `cargo test --release -p imgcluster-viz -- --ignored rival --nocapture`.
#[test]
#[ignore = "a measurement of minutes, with and without bhtsne"]
fn time_and_quality_against_the_rival_bhtsne() {
    let mut sets: Vec<(String, Matrix)> = golden_clusterings()
        .into_iter()
        .map(|folder| {
            let name = folder.file_name().unwrap().to_string_lossy().into_owned();
            (name, read_f32_npy(&folder.join("rows.npy")))
        })
        .collect();
    for count in [1000, 5000, 20_000] {
        sets.push((format!("clouds {count} × 64"), clouds(count, 64)));
    }
    for (name, rows) in &sets {
        let begun = std::time::Instant::now();
        let ours = map(&TSne::default(), rows, 2);
        report(name, "ours", rows, &ours, begun.elapsed());
        let begun = std::time::Instant::now();
        let theirs = rival(rows);
        report(name, "bhtsne", rows, &theirs, begun.elapsed());
        if rows.rows() < 2000 {
            let same = theirs == rival(rows);
            say(&format!("{name}: bhtsne repeats itself: {same}"));
        }
    }
}

fn report(name: &str, who: &str, rows: &Matrix, places: &[[f32; 2]], time: std::time::Duration) {
    if rows.rows() > 6000 {
        say(&format!("{name}: {who} {:.2} s", time.as_secs_f64()));
        return;
    }
    let search = RowNeighbors::euclidean(rows.view());
    let distance = |a: usize, b: usize| f64::from(search.distance(a as u32, b as u32));
    let trust = trustworthiness(places, 12, distance);
    let points = Points::with_rows(&search, rows.view());
    let affinities = TSne::default().affinities(&points, &job(2)).unwrap();
    let divergence = divergence(places, |row| affinities.row(row).collect());
    say(&format!(
        "{name}: {who} {:.2} s, trust {trust:.4}, KL {divergence:.4}",
        time.as_secs_f64()
    ));
}

/// The rival, given the same neighbours and start, and the best of its settings.
fn rival(rows: &Matrix) -> Vec<[f32; 2]> {
    let search = RowNeighbors::euclidean(rows.view());
    let points = Points::with_rows(&search, rows.view());
    let graph = search.knn(NonZeroUsize::new(90).unwrap(), &job(2)).unwrap();
    let neighbors: Vec<Vec<bhtsne::Neighbor<f32>>> = (0..rows.rows())
        .map(|row| {
            let pairs = graph.others(row).iter().zip(graph.distances(row));
            pairs
                .map(|(index, distance)| bhtsne::Neighbor {
                    index: *index as usize,
                    distance: *distance,
                })
                .collect()
        })
        .collect();
    let start = start::start(&points, 0, &job(2)).unwrap().into_flattened();
    let samples: Vec<&[f32]> = rows.view().iter().collect();
    let mut tsne: bhtsne::tSNE<'_, f32, &[f32], 2> = bhtsne::tSNE::new(&samples);
    tsne.perplexity(30.0)
        .learning_rate((rows.rows() as f32 / 12.0).max(200.0))
        .initial_embedding(start)
        .barnes_hut_with_neighbors(0.5, &neighbors);
    tsne.embedding().as_chunks::<2>().0.to_vec()
}
