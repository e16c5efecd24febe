//! For tests: what each likeness finds of the copies of a truth set at its usual threshold, and what it
//! finds that is none.

use std::collections::BTreeMap;
use std::path::Path;

use imgcluster_core::{ContentHash, Decoder, Job, Radius, RememberedNeighbors, Similarity};
use imgcluster_core::{Neighbors, Pixels};

use super::{Canvas, MinHash, Orb, Ssim, Template};
use crate::FileDecoder;
use crate::reference::shared;
use crate::zoo::grouping_threshold;

struct Picture {
    group: String,
    transform: String,
    tier: String,
    pixels: Pixels,
    content: ContentHash,
}

/// How many of how many.
type Tally = (u32, u32);

#[derive(Debug, Default)]
struct Found {
    /// Of each tier the copies found by their original.
    tiers: BTreeMap<String, Tally>,
    /// Of crops.
    crops: Tally,
    /// Of all pairs of pictures of different groups.
    foreign: Tally,
}

impl Found {
    fn share(&self, tier: &str) -> f64 {
        let (some, all) = self.tiers[tier];
        assert!(all >= 4, "{self:?}");
        f64::from(some) / f64::from(all)
    }
}

/// Reads every `step`th group, and every `step`th picture that is alone.
fn pictures(folder: &Path, step: usize) -> Vec<Picture> {
    let truth = std::fs::read_to_string(folder.join("groups.csv")).unwrap();
    let rows = truth.lines().skip(1).map(|line| line.split(',').collect());
    let mut rows: Vec<Vec<&str>> = rows.collect();
    rows.sort_by_key(|row| row[1]);
    let mut groups: Vec<&str> = rows.iter().map(|row| row[1]).collect();
    groups.dedup();
    let chosen: Vec<&str> = groups.into_iter().step_by(step).collect();
    let decoder = FileDecoder::default();
    let read = |row: Vec<&str>| {
        let path = folder.join(row[0]);
        let content = decoder.identify(&path).unwrap();
        let pixels = decoder.decode(&path, &content).unwrap().pixels;
        let [group, transform, tier] = [row[1], row[2], row[3]].map(str::to_owned);
        Picture {
            group,
            transform,
            tier,
            pixels,
            content,
        }
    };
    let rows = rows.into_iter().filter(|row| chosen.contains(&row[1]));
    rows.map(read).collect()
}

/// Looks for all pairs at the usual threshold; `None`, with a word, where there are no pictures.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn found<S: Similarity>(likeness: &S, step: usize) -> Option<Found> {
    let Some(data) = shared("IMGCLUSTER_DATA", "data") else {
        eprintln!("skipped: no pictures here");
        return None;
    };
    let pictures = pictures(&data.join("near-duplicates"), step);
    let signature = |picture: &Picture| likeness.signature(&picture.pixels, &picture.content);
    let signatures: Vec<S::Signature> = pictures.iter().map(signature).collect();
    let neighbors = likeness.neighbors(&signatures);
    let table = RememberedNeighbors::new(&*neighbors, &Job::quiet()).unwrap();
    let threshold = grouping_threshold(&likeness.space().model).unwrap();
    let radius = Radius::from_similarity(threshold).unwrap().get();
    let mut found = Found::default();
    let count = |(some, all): &mut Tally, is_found: bool| {
        *some += u32::from(is_found);
        *all += 1;
    };
    for (a, one) in pictures.iter().enumerate() {
        for (b, other) in pictures.iter().enumerate() {
            let is_found = table.distance(a as u32, b as u32) <= radius;
            if one.group != other.group {
                if a < b {
                    count(&mut found.foreign, is_found);
                }
            } else if one.tier == "base" && a != b {
                count(found.tiers.entry(other.tier.clone()).or_default(), is_found);
                if other.transform.starts_with("crop_") {
                    count(&mut found.crops, is_found);
                }
            }
        }
    }
    let (wrong, all) = found.foreign;
    assert!(all >= 5_000 && wrong == 0, "{found:?}");
    Some(found)
}

#[test]
fn ssim_finds_copies_stored_again_or_resized_and_nothing_else() {
    let Some(found) = found(&Ssim::new(Canvas::default()), 1) else {
        return;
    };
    assert!(
        found.share("exact") >= 1.0 && found.share("easy") >= 0.95,
        "{found:?}"
    );
}

#[test]
fn minhash_finds_copies_stored_again_or_resized_and_nothing_else() {
    let Some(found) = found(&MinHash::new(Canvas::default()), 1) else {
        return;
    };
    assert!(
        found.share("exact") >= 1.0 && found.share("easy") >= 0.95,
        "{found:?}"
    );
}

#[test]
fn template_finds_the_whole_of_crops_and_nothing_else() {
    let Some(found) = found(&Template::new(Canvas::default()), 1) else {
        return;
    };
    let (some, all) = found.crops;
    assert!(all == 24 && some >= 20, "{found:?}");
}

/// Mirrored and inverted copies, a sixth of the hard ones, cannot be found.
fn check_orb(step: usize) {
    let Some(found) = found(&Orb::new(Canvas::default()), step) else {
        return;
    };
    for (tier, least) in [("easy", 0.97), ("medium", 0.95), ("hard", 0.75)] {
        assert!(
            found.tiers[tier].1 >= 10 && found.share(tier) >= least,
            "{tier}: {found:?}"
        );
    }
}

#[test]
fn orb_finds_copies_that_were_cropped_turned_or_written_on_and_nothing_else() {
    check_orb(3);
}

#[test]
#[ignore = "about a minute unoptimised; run with --run-ignored=all"]
fn orb_finds_all_copies_and_nothing_else() {
    check_orb(1);
}
