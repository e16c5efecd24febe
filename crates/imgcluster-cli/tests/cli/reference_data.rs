//! Real pictures with ground truth, where they are at hand; they are not part of the project.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::place::Place;

/// The folder of reference pictures, or nothing and a note that the test was skipped.
#[expect(clippy::print_stderr, reason = "a skipped test must say so")]
fn data(folder: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let root = std::env::var_os("IMGCLUSTER_DATA").map_or(beside, PathBuf::from);
    let folder = root.join(folder);
    if folder.is_dir() {
        return Some(folder.canonicalize().unwrap());
    }
    eprintln!("skipped: {} is not there", folder.display());
    None
}

/// The columns `path` and `column` of a small CSV file without quoted line breaks.
fn truth(file: &Path, column: &str) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(file).unwrap();
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let (path, value) = (place_of(&header, "path"), place_of(&header, column));
    let field = |line: &str, at: usize| line.split(',').nth(at).unwrap().to_owned();
    lines
        .map(|line| (field(line, path), field(line, value)))
        .collect()
}

fn place_of(header: &[&str], name: &str) -> usize {
    header.iter().position(|column| *column == name).unwrap()
}

/// The cluster of each clustered file, by its path below the folder.
fn clusters(place: &Place, folder: &Path) -> BTreeMap<String, Option<u64>> {
    let document = place.json("clustering_results/clusters.json");
    let images = document["images"].as_array().unwrap().clone();
    let below = |image: &Value| {
        let path = Path::new(image["path"].as_str().unwrap())
            .strip_prefix(folder)
            .unwrap();
        path.to_str().unwrap().to_owned()
    };
    images
        .iter()
        .map(|image| (below(image), image["cluster"].as_u64()))
        .collect()
}

#[test]
fn near_duplicates_are_found_and_strangers_kept_apart() {
    let Some(folder) = data("near-duplicates") else {
        return;
    };
    let place = Place::new();
    let folder_text = folder.to_str().unwrap();
    let arguments = [
        "--model",
        "phash",
        "--algorithm",
        "threshold",
        "--threshold",
        "0.875",
    ];
    place
        .run(["cluster", folder_text].iter().chain(&arguments))
        .exits(0);
    let told = Told::of(&place, &folder);
    assert!(
        told.recall["exact"] >= 1.0 && told.recall["easy"] >= 1.0,
        "{:?}",
        told.recall
    );
    assert!(told.recall["medium"] >= 0.98, "{:?}", told.recall);
    assert!(told.precision >= 1.0, "strangers are in one cluster");
}

/// How good the clusters of `near-duplicates` are.
struct Told {
    /// The share of the copies of each tier that are in one cluster with their original.
    recall: BTreeMap<String, f64>,
    /// That of exact, easy and medium copies together.
    expected: f64,
    /// The share of the pairs in one cluster that are of one photo.
    precision: f64,
}

impl Told {
    fn of(place: &Place, folder: &Path) -> Self {
        let found = clusters(place, folder);
        let groups = truth(&folder.join("groups.csv"), "group");
        let tiers = truth(&folder.join("groups.csv"), "tier");
        let originals: BTreeMap<&str, &str> = groups
            .iter()
            .filter(|(path, _)| tiers[*path] == "base")
            .map(|(path, group)| (group.as_str(), path.as_str()))
            .collect();
        let mut tally: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
        for (path, tier) in &tiers {
            if let ("exact" | "easy" | "medium" | "hard", Some(original)) =
                (tier.as_str(), originals.get(groups[path].as_str()))
            {
                let together = found[path].is_some() && found[path] == found[*original];
                let (hits, all) = tally.entry(tier).or_default();
                *hits += f64::from(u8::from(together));
                *all += 1.0;
            }
        }
        let sum = |of: fn(&(f64, f64)) -> f64| -> f64 {
            let expected = tally.iter().filter(|(tier, _)| **tier != "hard");
            expected.map(|(_, counts)| of(counts)).sum()
        };
        let (mut right, mut pairs) = (0.0, 0.0);
        for (a, cluster) in &found {
            for (b, _) in found
                .iter()
                .filter(|(b, other)| cluster.is_some() && *other == cluster && *b > a)
            {
                pairs += 1.0;
                right += f64::from(u8::from(groups[a] == groups[b]));
            }
        }
        Self {
            expected: sum(|counts| counts.0) / sum(|counts| counts.1),
            recall: tally
                .into_iter()
                .map(|(tier, (hits, all))| (tier.to_owned(), hits / all))
                .collect(),
            precision: right / pairs,
        }
    }
}

#[test]
fn the_threshold_that_tune_recommends_finds_the_copies_and_no_strangers() {
    let Some(folder) = data("near-duplicates") else {
        return;
    };
    let place = Place::new();
    let folder_text = folder.to_str().unwrap();
    place
        .run(["tune", folder_text, "--model", "phash"])
        .exits(0);
    let best = place.json("tune_results/tune.json")["suggestions"][0]["threshold"].to_string();
    let words = [
        "cluster",
        folder_text,
        "--model",
        "phash",
        "--algorithm",
        "threshold",
    ];
    place
        .run(words.into_iter().chain(["--threshold", &best]))
        .exits(0);
    let told = Told::of(&place, &folder);
    assert!(
        told.precision >= 0.99 && told.expected >= 0.95,
        "{best}: {} {}",
        told.precision,
        told.expected
    );
}

#[test]
fn parts_of_a_hundred_find_nearly_all_copies_that_the_whole_does() {
    let Some(folder) = data("near-duplicates") else {
        return;
    };
    let place = Place::new();
    let words = [
        "cluster",
        folder.to_str().unwrap(),
        "--model",
        "phash",
        "--algorithm",
        "threshold",
    ];
    let more = ["--partition", "100", "--partition-agreement"];
    place.run(words.into_iter().chain(more)).exits(0);
    let run = place.json("clustering_results/run.json");
    let agreement = &run["parameters"]["partition-agreement"];
    assert!(agreement["recall"].as_f64().unwrap() >= 0.95, "{agreement}");
    assert_eq!(run["parameters"]["partitions"], 5);
    // Fewer pairs than all, or there would be no point.
    assert!(run["parameters"]["pairs-compared"].as_u64().unwrap() < 401 * 400 / 2);
}

#[test]
fn one_photo_in_every_orientation_is_one_group() {
    let Some(folder) = data("exif-orientation") else {
        return;
    };
    for model in ["phash", "classic"] {
        let place = Place::new();
        let arguments = ["cluster", folder.to_str().unwrap(), "--model", model];
        place
            .run(
                arguments
                    .iter()
                    .chain(&["--algorithm", "threshold", "--threshold", "0.875"]),
            )
            .exits(0);
        let found = clusters(&place, &folder);
        assert_eq!(found.len(), 9);
        assert!(
            found.values().all(|cluster| *cluster == Some(0)),
            "{model}: {found:?}"
        );
    }
}

#[test]
fn every_awkward_file_of_a_photo_library_is_accounted_for() {
    let Some(folder) = data("photo-library") else {
        return;
    };
    let place = Place::new();
    place.run(["cluster", folder.to_str().unwrap()]).exits(0);
    let found = clusters(&place, &folder);
    let document = place.json("clustering_results/clusters.json");
    let skipped: Vec<String> = document["skipped"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| {
            assert!(!item["reason"].as_str().unwrap().is_empty());
            let path = Path::new(item["path"].as_str().unwrap())
                .strip_prefix(&folder)
                .unwrap();
            path.to_str().unwrap().to_owned()
        })
        .collect();
    let awkward = truth(&folder.join("awkward.csv"), "what");
    for path in awkward.keys() {
        let times = usize::from(found.contains_key(path)) + usize::from(skipped.contains(path));
        assert_eq!(times, 1, "{path}");
    }
    for path in &skipped {
        let table = Path::new(path)
            .extension()
            .is_some_and(|extension| extension == "csv");
        assert!(table || awkward.contains_key(path), "{path} was skipped");
    }
}
