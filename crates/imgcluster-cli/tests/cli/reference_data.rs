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
    let found = clusters(&place, &folder);
    let groups = truth(&folder.join("groups.csv"), "group");
    let tiers = truth(&folder.join("groups.csv"), "tier");
    let mut tally: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    let originals: BTreeMap<&str, &str> = groups
        .iter()
        .filter(|(path, _)| tiers[*path] == "base")
        .map(|(path, group)| (group.as_str(), path.as_str()))
        .collect();
    for (path, tier) in tiers
        .iter()
        .filter(|(_, tier)| !["base", "distractor"].contains(&tier.as_str()))
    {
        let original = originals[groups[path].as_str()];
        let together = found[path].is_some() && found[path] == found[original];
        let (hits, all) = tally.entry(tier).or_default();
        *hits += u32::from(together);
        *all += 1;
    }
    assert_eq!(tally["exact"].0, tally["exact"].1);
    assert_eq!(tally["easy"].0, tally["easy"].1);
    assert!(
        f64::from(tally["medium"].0) >= 0.98 * f64::from(tally["medium"].1),
        "{tally:?}"
    );
    let mut group_of: BTreeMap<u64, &str> = BTreeMap::new();
    for (path, cluster) in &found {
        if let Some(cluster) = cluster {
            let first = group_of.entry(*cluster).or_insert(&groups[path]);
            assert_eq!(*first, groups[path], "{path} is among strangers");
        }
    }
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
