//! Test helpers: how good a map is, and where the reference clusterings lie.

use std::path::{Path, PathBuf};

use imgcluster_core::Matrix;

/// How far nearest neighbours on the map are neighbours in truth, 1 at best.
///
/// Venna and Kaski, *Neighborhood preservation in nonlinear projection methods*, 2001; the same
/// sum as scikit-learn's `trustworthiness`.
pub(crate) fn trustworthiness(
    places: &[[f32; 2]],
    neighbors: usize,
    distance: impl Fn(usize, usize) -> f64,
) -> f64 {
    let count = places.len();
    let mut penalty = 0.0;
    for row in 0..count {
        // Bits of numbers that are not negative are in the order of the numbers.
        let mut truth: Vec<usize> = (0..count).filter(|other| *other != row).collect();
        truth.sort_by_cached_key(|other| distance(row, *other).to_bits());
        let mut ranks = vec![0; count];
        for (rank, other) in (1..).zip(&truth) {
            ranks[*other] = rank;
        }
        let away = |other: usize| {
            let [x, y] = [0, 1].map(|axis| f64::from(places[row][axis] - places[other][axis]));
            x.hypot(y)
        };
        let mut near = truth;
        near.sort_by_cached_key(|other| away(*other).to_bits());
        let beyond = near[..neighbors].iter().map(|other| ranks[*other]);
        penalty += beyond
            .map(|rank: usize| rank.saturating_sub(neighbors) as f64)
            .sum::<f64>();
    }
    let (n, k) = (count as f64, neighbors as f64);
    1.0 - penalty * 2.0 / (n * k * (2.0 * n - 3.0 * k - 1.0))
}

/// The Kullback–Leibler divergence of a map from the affinities it was made for.
pub(crate) fn divergence(
    places: &[[f32; 2]],
    affinities: impl Fn(usize) -> Vec<(u32, f32)>,
) -> f64 {
    let likeness = |a: [f32; 2], b: [f32; 2]| {
        let [x, y] = [0, 1].map(|axis| f64::from(a[axis] - b[axis]));
        1.0 / (1.0 + x * x + y * y)
    };
    let mut norm = 0.0;
    for (row, place) in places.iter().enumerate() {
        norm += 2.0
            * places[..row]
                .iter()
                .map(|other| likeness(*place, *other))
                .sum::<f64>();
    }
    let mut sum = 0.0;
    for (row, place) in places.iter().enumerate() {
        for (other, affinity) in affinities(row) {
            let p = f64::from(affinity);
            if p > 0.0 {
                sum += p * (p * norm / likeness(*place, places[other as usize])).ln();
            }
        }
    }
    sum
}

/// Says something beside a test's verdict.
#[expect(clippy::print_stderr, reason = "this is a test's way to say it")]
pub(crate) fn say(text: &str) {
    eprintln!("{text}");
}

/// Lists the folders of reference clusterings; none, with a word on stderr, where there is no
/// folder of references.
pub(crate) fn golden_clusterings() -> Vec<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/golden");
    let golden = std::env::var_os("IMGCLUSTER_GOLDEN").map_or(beside, PathBuf::from);
    if golden.is_dir() {
        return clusterings_in(&golden);
    }
    say(&format!(
        "skipped: no reference clusterings in {}",
        golden.display()
    ));
    Vec::new()
}

/// Panics where the references hold none: a test that goes over them would check nothing.
fn clusterings_in(golden: &Path) -> Vec<PathBuf> {
    let folder = golden.join("clusterings");
    let entries = std::fs::read_dir(&folder).into_iter().flatten();
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    assert!(!folders.is_empty(), "nothing in {}", folder.display());
    folders
}

/// Reads rows of little-endian `f32` from an NPY file of format 1.0.
pub(crate) fn read_f32_npy(path: &Path) -> Matrix {
    let bytes = std::fs::read(path).unwrap();
    assert_eq!(&bytes[..8], b"\x93NUMPY\x01\x00");
    let start = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let header = std::str::from_utf8(&bytes[10..start]).unwrap();
    assert!(header.contains("'<f4'") && header.contains("'fortran_order': False"));
    let shape = header.split(['(', ')']).nth(1).unwrap();
    let dim = shape.split(',').nth(1).unwrap().trim().parse().unwrap();
    let values = bytes[start..]
        .as_chunks::<4>()
        .0
        .iter()
        .map(|b| f32::from_le_bytes(*b));
    Matrix::new(values.collect(), dim).unwrap()
}

#[test]
fn a_map_that_is_the_truth_is_fully_trustworthy_and_a_shuffled_one_is_not() {
    let places: Vec<[f32; 2]> = (0..50).map(|i| [i as f32, (i % 7) as f32]).collect();
    let distance = |a: usize, b: usize| {
        let [x, y] = [0, 1].map(|axis| f64::from(places[a][axis] - places[b][axis]));
        x.hypot(y)
    };
    assert!((trustworthiness(&places, 5, distance) - 1.0).abs() < 1e-12);
    let mut random = crate::random::Random::new(1);
    let mut shuffled = places.clone();
    (1..50).for_each(|last| shuffled.swap(last, random.below(last + 1)));
    assert!(trustworthiness(&shuffled, 5, distance) < 0.7);
}

#[test]
#[should_panic(expected = "nothing in")]
fn references_without_clusterings_fail_the_tests_that_need_them() {
    let golden = tempfile::tempdir().unwrap();
    std::fs::create_dir(golden.path().join("clusterings")).unwrap();
    clusterings_in(golden.path());
}

#[test]
fn clusterings_among_the_references_are_found_in_order() {
    let golden = tempfile::tempdir().unwrap();
    let folders = ["b", "a"].map(|name| golden.path().join("clusterings").join(name));
    for folder in &folders {
        std::fs::create_dir_all(folder).unwrap();
    }
    let [b, a] = folders;
    assert_eq!(clusterings_in(golden.path()), [a, b]);
}
