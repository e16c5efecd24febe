//! Pictures sorted into folders, and put back.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::place::{Place, gallery};

const WAYS: [&str; 4] = ["copy", "move", "hardlink", "symlink"];

/// Every file below a folder with its bytes; links are followed.
pub(crate) fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(at) = folders.pop() {
        for entry in fs::read_dir(&at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let below = path.strip_prefix(folder).unwrap().to_owned();
                found.insert(below, fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// The pictures in the folders of clusters and noise.
fn sorted(results: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = files(results);
    let is_cluster = |path: &PathBuf| {
        let first = path.components().next().unwrap();
        let name = first.as_os_str().to_string_lossy().into_owned();
        name.starts_with("cluster_") && path.components().count() > 1 || name == "noise"
    };
    all.retain(|path, _| is_cluster(path));
    all
}

/// A folder with pictures of one name in two folders, and what belongs to some.
fn with_twins() -> Place {
    let place = Place::new();
    for (folder, from) in [
        ("a", "sunset-1.jpg"),
        ("b", "sunset-3.jpg"),
        ("c", "tiles-1.jpg"),
    ] {
        let folder = place.path("in").join(folder);
        fs::create_dir_all(&folder).unwrap();
        fs::copy(gallery().join(from), folder.join("x.jpg")).unwrap();
        fs::write(folder.join("x.xmp"), format!("words on {from}")).unwrap();
    }
    fs::write(place.path("in/a/x.jpg.json"), "{}").unwrap();
    place
}

/// All pictures in one cluster.
const ONE: [&str; 6] = [
    "--algorithm",
    "threshold",
    "--threshold=-1",
    "--model",
    "classic",
    "--quiet",
];

fn organize(place: &Place, way: &str, more: &[&str]) -> crate::place::Called {
    let mut words = vec!["cluster", "in", "--organize", way];
    words.extend(ONE);
    words.extend(more);
    place.run(words)
}

#[test]
fn pictures_of_one_name_all_arrive_with_what_belongs_to_them_and_go_back() {
    for way in WAYS {
        let place = with_twins();
        let before = files(&place.path("in"));
        organize(&place, way, &[]).exits(0);
        let results = place.path("clustering_results");
        let names: Vec<_> = sorted(&results).into_keys().collect();
        let wanted = [
            "x.jpg",
            "x.jpg.json",
            "x.xmp",
            "x~2.jpg",
            "x~2.xmp",
            "x~3.jpg",
            "x~3.xmp",
        ];
        let wanted: Vec<_> = wanted
            .iter()
            .map(|name| Path::new("cluster_0").join(name))
            .collect();
        assert_eq!(names, wanted, "{way}");
        let mut arrived: Vec<_> = sorted(&results).into_values().collect();
        let mut were: Vec<_> = before.values().cloned().collect();
        arrived.sort();
        were.sort();
        assert_eq!(arrived, were, "{way}");
        let left = files(&place.path("in"));
        assert_eq!(left.is_empty(), way == "move", "{way}");
        place
            .run(["undo", "clustering_results/organize.journal-1.jsonl"])
            .exits(0);
        assert_eq!(files(&place.path("in")), before, "{way}");
        assert!(
            sorted(&results).is_empty() && !results.join("cluster_0").exists(),
            "{way}"
        );
    }
}

#[test]
fn results_that_hold_moved_pictures_are_never_replaced() {
    let place = with_twins();
    let before = files(&place.path("in"));
    organize(&place, "move", &[]).exits(0);
    let moved = sorted(&place.path("clustering_results"));
    place.copy_gallery("in", &["tiles-3.jpg"]);
    organize(&place, "copy", &["--overwrite"])
        .exits(1)
        .says("moved")
        .says("imgcluster undo");
    place
        .run(["cluster", "in", "--overwrite"])
        .exits(1)
        .says("moved");
    assert_eq!(sorted(&place.path("clustering_results")), moved);
    fs::remove_file(place.path("in/tiles-3.jpg")).unwrap();
    place
        .run(["undo", "clustering_results/organize.journal-1.jsonl"])
        .exits(0);
    assert_eq!(files(&place.path("in")), before);
    // What was put back holds nothing any more.
    organize(&place, "copy", &["--overwrite"]).exits(0);
}

#[test]
fn copies_are_replaced_when_asked_unless_somebody_changed_one() {
    for way in ["copy", "hardlink", "symlink"] {
        let place = with_twins();
        let before = files(&place.path("in"));
        organize(&place, way, &[]).exits(0);
        organize(&place, way, &[]).exits(1).says("--overwrite");
        organize(&place, way, &["--overwrite"]).exits(0);
        assert_eq!(
            sorted(&place.path("clustering_results")).len(),
            before.len(),
            "{way}"
        );
        let mine = place.path("clustering_results/cluster_0/x.xmp");
        fs::remove_file(&mine).unwrap();
        fs::write(&mine, "words of mine").unwrap();
        organize(&place, way, &["--overwrite"])
            .exits(1)
            .says("x.xmp");
        assert_eq!(fs::read_to_string(&mine).unwrap(), "words of mine");
        assert_eq!(files(&place.path("in")), before, "{way}");
    }
}

#[test]
fn a_dry_run_tells_what_goes_where_and_writes_nothing() {
    let place = with_twins();
    let before = files(&place.path("in"));
    let told = place
        .run(
            [
                &["cluster", "in", "--organize", "move", "--dry-run"],
                &ONE[..5],
            ]
            .concat(),
        )
        .exits(0);
    for line in ["in/a/x.jpg", "cluster_0/x~2.jpg", "cluster_0/x.xmp"] {
        assert!(
            told.stdout.contains(line),
            "{line} is not in:\n{}",
            told.stdout
        );
    }
    let words = [
        &["cluster", "in", "--organize", "move", "--dry-run", "--json"],
        &ONE[..5],
    ]
    .concat();
    let plan: serde_json::Value = serde_json::from_str(&place.run(words).exits(0).stdout).unwrap();
    assert_eq!(plan["version"], 1);
    assert_eq!(plan["files"].as_array().unwrap().len(), 3);
    assert!(!place.path("clustering_results").exists());
    assert_eq!(files(&place.path("in")), before);
}

#[test]
fn pictures_in_no_cluster_go_where_they_were_asked_to() {
    let place = with_twins();
    let words = [
        "cluster",
        "in",
        "--organize",
        "copy",
        "--noise-name",
        "unique",
        "--no-sidecars",
    ];
    place.run(words).exits(0);
    let unique: Vec<_> = files(&place.path("clustering_results/unique"))
        .into_keys()
        .collect();
    assert_eq!(unique, ["x.jpg", "x~2.jpg", "x~3.jpg"].map(PathBuf::from));
}

#[test]
fn results_in_the_folder_of_the_pictures_are_no_pictures() {
    let place = with_twins();
    for _ in 0..2 {
        organize(&place, "copy", &["--output", "in/out", "--overwrite"]).exits(0);
        assert_eq!(
            place.json("in/out/clusters.json")["images"]
                .as_array()
                .unwrap()
                .len(),
            3
        );
        assert_eq!(sorted(&place.path("in/out")).len(), 7);
    }
}

#[test]
fn at_most_so_many_of_each_cluster_are_sorted_or_stay_in_a_plan() {
    let place = with_twins();
    organize(&place, "copy", &["--cap", "2", "--no-sidecars"]).exits(0);
    assert_eq!(sorted(&place.path("clustering_results")).len(), 2);
    let place = with_twins();
    organize(&place, "none", &["--cap", "2"]).exits(0);
    let plan = place.json("clustering_results/plan.json");
    let groups = plan["groups"].as_array().unwrap();
    assert_eq!(groups.len(), 1);
    assert_eq!(groups[0]["remove"].as_array().unwrap().len(), 1);
    let before = files(&place.path("in"));
    place
        .run([
            "apply",
            "clustering_results/plan.json",
            "--action",
            "move:aside",
        ])
        .exits(0);
    assert!(files(&place.path("in")).len() < before.len());
    place
        .run(["undo", "clustering_results/plan.journal-1.jsonl"])
        .exits(0);
    assert_eq!(files(&place.path("in")), before);
}
