//! What is found of the copies of a truth set, and what is found that is none.

use std::path::{Path, PathBuf};

use imgcluster_core::Decoder;

use super::*;
use crate::FileDecoder;

/// From this likeness on two pictures count as copies.
const THRESHOLD: f32 = 0.1;

struct Copy {
    group: String,
    tier: String,
    signature: OrbSignature,
}

/// What was found at the threshold.
#[derive(Debug, Default)]
struct Found {
    /// Of each tier (easy, medium, hard), how many copies of how many were found by their original.
    tiers: [(u32, u32); 3],
    /// Of pictures of different groups, how many pairs of how many were found.
    foreign: (u32, u32),
}

/// Reads every `step`th group, and every `step`th picture that is alone.
fn copies(folder: &Path, step: usize) -> Option<Vec<Copy>> {
    let truth = std::fs::read_to_string(folder.join("groups.csv")).ok()?;
    let rows = truth
        .lines()
        .skip(1)
        .map(|line| line.splitn(4, ',').collect::<Vec<_>>());
    let (mut rows, decoder): (Vec<Vec<&str>>, _) = (rows.collect(), FileDecoder::default());
    rows.sort_unstable_by_key(|row| row[1]);
    let mut groups: Vec<&str> = rows.iter().map(|row| row[1]).collect();
    groups.dedup();
    let chosen: Vec<&str> = groups.into_iter().step_by(step).collect();
    let read = |row: Vec<&str>| {
        let path = folder.join(row[0]);
        let content = decoder.identify(&path).unwrap();
        let pixels = decoder.decode(&path, &content).unwrap().pixels;
        Copy {
            group: row[1].to_owned(),
            tier: row[3].to_owned(),
            signature: orb().signature(&pixels, &content),
        }
    };
    let rows = rows.into_iter().filter(|row| chosen.contains(&row[1]));
    Some(rows.map(read).collect())
}

fn search(copies: &[Copy]) -> Found {
    let mut found = Found::default();
    let count = |(some, all): &mut (u32, u32), likeness: f32| {
        *some += u32::from(likeness >= THRESHOLD);
        *all += 1;
    };
    let signatures: Vec<OrbSignature> = copies.iter().map(|copy| copy.signature.clone()).collect();
    let orb = orb();
    let neighbors = orb.neighbors(&signatures);
    let mut distances = vec![0.0; copies.len()];
    for (from, a) in copies.iter().enumerate() {
        neighbors.distances(from as u32, 0, &mut distances);
        for (to, (b, distance)) in copies.iter().zip(&distances).enumerate() {
            let tier = ["easy", "medium", "hard"]
                .iter()
                .position(|tier| *tier == b.tier);
            if a.group != b.group {
                if from < to {
                    count(&mut found.foreign, 1.0 - distance);
                }
            } else if let (true, Some(tier)) = (a.tier == "base", tier) {
                count(&mut found.tiers[tier], 1.0 - distance);
            }
        }
    }
    found
}

#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn check(step: usize) {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let data = std::env::var_os("IMGCLUSTER_DATA").map_or(beside, PathBuf::from);
    let Some(copies) = copies(&data.join("near-duplicates"), step) else {
        return eprintln!("skipped: no pictures at {}", data.display());
    };
    let found = search(&copies);
    // Of the hard ones, mirrored and inverted copies cannot be found.
    for ((some, all), least) in found.tiers.into_iter().zip([0.97, 0.95, 0.75]) {
        assert!(all >= 10, "{found:?}");
        assert!(f64::from(some) >= least * f64::from(all), "{found:?}");
    }
    let (wrong, all) = found.foreign;
    assert!(all >= 5000 && wrong == 0, "{found:?}");
}

#[test]
fn copies_are_found_and_photos_of_other_scenes_are_not() {
    check(3);
}

#[test]
#[ignore = "about a minute unoptimised; run with --run-ignored=all"]
fn all_copies_of_the_truth_set_are_found_and_photos_of_other_scenes_are_not() {
    check(1);
}
