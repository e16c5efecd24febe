//! Copies found, a plan of what to keep, and nothing done until it is applied.

mod choice;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::organize::files;
use crate::place::{Called, Place, gallery};

/// Three pictures, each with a smaller one of the same, and a byte copy.
fn with_copies() -> Place {
    let place = Place::new();
    let names = [
        "sunset-1.jpg",
        "sunset-1 (small).jpg",
        "tiles-1.jpg",
        "tiles-1 (small).jpg",
        "city-1.jpg",
        "city-1 (small).jpg",
        "forest-1.jpg",
    ];
    place.copy_gallery("in", &names);
    fs::create_dir(place.path("in/copies")).unwrap();
    fs::copy(
        place.path("in/tiles-1.jpg"),
        place.path("in/copies/tiles.jpg"),
    )
    .unwrap();
    place
}

fn name(file: &Value) -> &str {
    let path = Path::new(file["path"].as_str().unwrap());
    path.file_name().unwrap().to_str().unwrap()
}

/// The names that a plan keeps and removes, group by group.
fn groups(plan: &Value) -> Vec<(String, Vec<String>)> {
    let groups = plan["groups"].as_array().unwrap().iter();
    let mut groups: Vec<_> = groups
        .map(|group| {
            let removed = group["remove"].as_array().unwrap().iter().map(name);
            let mut removed: Vec<_> = removed.map(str::to_owned).collect();
            removed.sort();
            (name(&group["keep"]).to_owned(), removed)
        })
        .collect();
    groups.sort();
    groups
}

fn group(keep: &str, remove: &[&str]) -> (String, Vec<String>) {
    (
        keep.to_owned(),
        remove.iter().map(|name| (*name).to_owned()).collect(),
    )
}

/// The last line that was printed.
fn journal(called: &Called) -> String {
    called.stdout.lines().last().unwrap().to_owned()
}

#[test]
fn copies_are_planned_away_with_reasons_and_no_file_is_touched() {
    let place = with_copies();
    let before = files(&place.path("in"));
    let told = place.run(["dedup", "in"]).exits(0);
    let plan = place.json("dedup_results/plan.json");
    assert_eq!(plan["version"], 1);
    let roots = plan["roots"].as_array().unwrap();
    assert_eq!(
        Path::new(roots[0].as_str().unwrap()).file_name().unwrap(),
        "in"
    );
    let found = groups(&plan);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(
        found.contains(&group("city-1.jpg", &["city-1 (small).jpg"])),
        "{found:?}"
    );
    let tiles = found
        .iter()
        .find(|(_, removed)| removed.len() == 2)
        .unwrap();
    assert!(
        tiles.1.contains(&"tiles-1 (small).jpg".to_owned()),
        "{found:?}"
    );
    for group in plan["groups"].as_array().unwrap() {
        assert!(!group["keep"]["reason"].as_str().unwrap().is_empty());
        assert_eq!(group["keep"]["hash"].as_str().unwrap().len(), 64);
        assert!(group["worst_similarity"].as_f64().unwrap() > 0.8);
        assert!(group["remove"][0]["similarity"].as_f64().unwrap() > 0.8);
    }
    for file in ["report.html", "run.json"] {
        assert!(place.path("dedup_results").join(file).exists());
    }
    assert!(told.stdout.contains("imgcluster apply"), "{}", told.stdout);
    assert_eq!(files(&place.path("in")), before);
}

#[test]
fn a_plan_that_is_applied_goes_to_the_trash_and_comes_back() {
    let place = with_copies();
    let before = files(&place.path("in"));
    place.run(["dedup", "in", "--quiet"]).exits(0);
    let dry = place
        .run(["apply", "dedup_results/plan.json", "--dry-run"])
        .exits(0);
    assert!(dry.stdout.contains("city-1 (small).jpg"), "{}", dry.stdout);
    assert_eq!(files(&place.path("in")), before);
    let applied = place.run(["apply", "dedup_results/plan.json"]).exits(0);
    let left = files(&place.path("in"));
    assert_eq!(left.len(), 4, "{:?}", left.keys());
    assert_eq!(files(&place.path("data/Trash/files")).len(), 4);
    let journal = journal(&applied);
    assert!(Path::new(&journal).is_file(), "{journal}");
    place.run(["undo", &journal]).exits(0);
    assert_eq!(files(&place.path("in")), before);
    place.run(["undo", &journal]).exits(0).says("already");
    // A second run finds the same again, and what was undone may be done again.
    place
        .run(["apply", "dedup_results/plan.json", "--action", "move:aside"])
        .exits(0);
    assert_eq!(files(&place.path("in")), left);
}

#[test]
fn every_action_leaves_one_of_each_and_is_undone() {
    let actions = ["trash", "move:aside", "hardlink", "symlink", "reflink"];
    for action in actions {
        let place = with_copies();
        let before = files(&place.path("in"));
        place.run(["dedup", "in", "--exact", "--quiet"]).exits(0);
        let applied = place
            .run(["apply", "dedup_results/plan.json", "--action", action])
            .exits(0);
        let left = files(&place.path("in"));
        let is_replaced = action.ends_with("link");
        assert_eq!(left.len(), if is_replaced { 8 } else { 7 }, "{action}");
        place.run(["undo", &journal(&applied)]).exits(0);
        assert_eq!(files(&place.path("in")), before, "{action}");
    }
}

#[test]
fn links_never_take_the_place_of_other_bytes() {
    let place = with_copies();
    let before = files(&place.path("in"));
    place.run(["dedup", "in", "--quiet"]).exits(0);
    for action in ["hardlink", "symlink", "reflink"] {
        place
            .run(["apply", "dedup_results/plan.json", "--action", action])
            .says("bytes");
        for (path, bytes) in &before {
            assert_eq!(
                &fs::read(place.path("in").join(path)).unwrap(),
                bytes,
                "{action}"
            );
        }
        let journals = files(&place.path("dedup_results")).into_keys();
        let last = journals
            .rev()
            .find(|path| path.to_string_lossy().contains("journal"));
        place
            .run([
                "undo".into(),
                place.path("dedup_results").join(last.unwrap()),
            ])
            .exits(0);
    }
}

#[test]
fn deleting_takes_two_words_and_says_that_there_is_no_way_back() {
    let place = with_copies();
    let before = files(&place.path("in"));
    place.run(["dedup", "in", "--quiet"]).exits(0);
    let plan = "dedup_results/plan.json";
    place
        .run(["apply", plan, "--action", "delete"])
        .exits(2)
        .says("--permanently");
    place
        .run(["apply", plan, "--permanently"])
        .exits(2)
        .says("--action delete");
    assert_eq!(files(&place.path("in")), before);
    let applied = place
        .run(["apply", plan, "--action", "delete", "--permanently"])
        .exits(0);
    assert_eq!(files(&place.path("in")).len(), 4);
    assert!(!place.path("data/Trash").exists());
    // Only what has the bytes of a survivor can be made again.
    place
        .run(["undo", &journal(&applied)])
        .exits(1)
        .says("city-1 (small).jpg");
}

#[test]
fn a_group_with_a_change_is_left_alone_and_the_others_go_on() {
    let place = with_copies();
    place.run(["dedup", "in", "--quiet"]).exits(0);
    fs::write(place.path("in/city-1 (small).jpg"), "other bytes").unwrap();
    let plan = "dedup_results/plan.json";
    place
        .run(["apply", plan, "--strict"])
        .exits(3)
        .says("city-1 (small).jpg");
    let left = files(&place.path("in"));
    assert_eq!(left[Path::new("city-1 (small).jpg")], b"other bytes");
    assert_eq!(left.len(), 5, "{:?}", left.keys());
}

#[test]
fn a_reference_folder_keeps_all_its_files_and_their_times() {
    let place = with_copies();
    let reference = place.copy_gallery("ref", &["tiles-1 (small).jpg", "sunset-1.jpg"]);
    let times = |folder: &Path| {
        let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
        let mut times: Vec<_> = entries
            .map(|entry| (entry.path(), entry.metadata().unwrap().modified().unwrap()))
            .collect();
        times.push((
            folder.to_owned(),
            fs::metadata(folder).unwrap().modified().unwrap(),
        ));
        times.sort();
        times
    };
    let (before, bytes) = (times(&reference), files(&reference));
    place
        .run(["dedup", "in", "--reference", "ref", "--quiet"])
        .exits(0);
    let plan = place.json("dedup_results/plan.json");
    for group in plan["groups"].as_array().unwrap() {
        for removed in group["remove"].as_array().unwrap() {
            assert!(!removed["path"].as_str().unwrap().contains("/ref/"));
        }
    }
    let found = groups(&plan);
    assert!(
        found
            .iter()
            .any(|(keep, gone)| keep == "tiles-1 (small).jpg" && gone.len() == 3),
        "{found:?}"
    );
    place.run(["apply", "dedup_results/plan.json"]).exits(0);
    assert_eq!(
        (times(&reference), files(&reference)),
        (before.clone(), bytes.clone())
    );
    place
        .run(["undo", "dedup_results/plan.journal-1.jsonl"])
        .exits(0);
    assert_eq!((times(&reference), files(&reference)), (before, bytes));
}

#[test]
fn copies_are_sought_across_folders_or_within_them() {
    let place = Place::new();
    place.copy_gallery("one", &["tiles-1.jpg", "tiles-1 (small).jpg", "city-1.jpg"]);
    place.copy_gallery("two", &["city-1 (small).jpg"]);
    let found = |flag: &str| {
        place
            .run(["dedup", "one", "two", flag, "--overwrite", "--quiet"])
            .exits(0);
        groups(&place.json("dedup_results/plan.json"))
    };
    assert_eq!(
        found("--across"),
        [group("city-1.jpg", &["city-1 (small).jpg"])]
    );
    assert_eq!(
        found("--within"),
        [group("tiles-1.jpg", &["tiles-1 (small).jpg"])]
    );
}

#[test]
fn rules_decide_which_copy_is_kept() {
    let place = with_copies();
    let kept = |rules: &str| {
        place
            .run(["dedup", "in", "--keep", rules, "--overwrite", "--quiet"])
            .exits(0);
        let plan = place.json("dedup_results/plan.json");
        groups(&plan)
            .into_iter()
            .map(|(keep, _)| keep)
            .collect::<Vec<_>>()
    };
    assert!(kept("in:in/copies,resolution").contains(&"tiles.jpg".to_owned()));
    assert!(kept("shortest-path").contains(&"city-1.jpg".to_owned()));
    place
        .run(["dedup", "in", "--keep", "nicest", "--overwrite"])
        .exits(2)
        .says("sharpness");
}

#[test]
fn pictures_that_were_said_to_be_no_duplicates_come_back_only_with_a_new_one() {
    let place = with_copies();
    let found = || {
        place
            .run(["dedup", "in", "--overwrite", "--quiet"])
            .exits(0);
        groups(&place.json("dedup_results/plan.json")).len()
    };
    assert_eq!(found(), 3);
    place
        .run([
            "decide",
            "not-duplicate",
            "in/city-1.jpg",
            "in/city-1 (small).jpg",
        ])
        .exits(0);
    assert_eq!(found(), 2);
    // Other models and thresholds heed it as well.
    let words = [
        "dedup",
        "in",
        "--model",
        "dhash",
        "--threshold",
        "0.8",
        "--overwrite",
        "--quiet",
    ];
    place.run(words).exits(0);
    let by_dhash = groups(&place.json("dedup_results/plan.json"));
    assert!(
        by_dhash.iter().all(|(keep, _)| !keep.starts_with("city")),
        "{by_dhash:?}"
    );
    fs::copy(place.path("in/city-1.jpg"), place.path("in/city-again.jpg")).unwrap();
    assert_eq!(found(), 3);
    fs::remove_file(place.path("in/city-again.jpg")).unwrap();
    let list = place.run(["decisions", "list", "--json"]).exits(0);
    let list: Value = serde_json::from_str(&list.stdout).unwrap();
    let id = list["decisions"][0]["id"].to_string();
    place.run(["decisions", "forget", &id]).exits(0);
    assert_eq!(found(), 3);
}

type Edit = Box<dyn Fn(&mut Value)>;

#[test]
fn a_hostile_or_edited_plan_is_refused_whole() {
    let place = with_copies();
    let before = files(&place.path("in"));
    place.run(["dedup", "in", "--quiet"]).exits(0);
    fs::write(place.path("outside.jpg"), "outside").unwrap();
    let good = place.json("dedup_results/plan.json");
    let root = good["roots"][0].as_str().unwrap().to_owned();
    let outside = place.path("outside.jpg").canonicalize().unwrap();
    let dotted = format!("{root}/../outside.jpg");
    let edits: [(&str, Edit); 7] = [
        ("surprise", Box::new(|plan| plan["surprise"] = json!(1))),
        (
            "colour",
            Box::new(|plan| plan["groups"][0]["keep"]["colour"] = json!("red")),
        ),
        (
            "outside.jpg",
            Box::new(move |plan| plan["groups"][0]["remove"][0]["path"] = json!(outside)),
        ),
        (
            "..",
            Box::new(move |plan| plan["groups"][0]["remove"][0]["path"] = json!(dotted)),
        ),
        (
            "absolute",
            Box::new(|plan| plan["groups"][0]["remove"][0]["path"] = json!("city.jpg")),
        ),
        ("version", Box::new(|plan| plan["version"] = json!(2))),
        (
            "machine",
            Box::new(|plan| plan["machine"] = json!("another")),
        ),
    ];
    for (word, edit) in edits {
        let mut plan = good.clone();
        edit(&mut plan);
        fs::write(place.path("edited.json"), plan.to_string()).unwrap();
        place.run(["apply", "edited.json"]).exits(1).says(word);
        assert_eq!(files(&place.path("in")), before, "{word}");
    }
    // A hash that is not the file's is a file that is not the plan's.
    let mut plan = good.clone();
    for group in plan["groups"].as_array_mut().unwrap() {
        group["keep"]["hash"] = json!("0".repeat(64));
    }
    fs::write(place.path("edited.json"), plan.to_string()).unwrap();
    place.run(["apply", "edited.json"]).exits(1).says("in");
    assert_eq!(files(&place.path("in")), before);
}

#[cfg(unix)]
#[test]
fn a_second_apply_on_a_tree_that_is_in_use_is_refused() {
    use rustix::fs::{FlockOperation, flock};
    let place = with_copies();
    let before = files(&place.path("in"));
    place.run(["dedup", "in", "--quiet"]).exits(0);
    place
        .run([
            "dedup",
            "in/copies",
            "in/tiles-1.jpg",
            "--output",
            "other",
            "--quiet",
        ])
        .exits(0);
    let plans = ["dedup_results/plan.json", "other/plan.json"];
    // As another `apply` has them: its own folder alone, those above it shared.
    let alone = FlockOperation::NonBlockingLockExclusive;
    let shared = FlockOperation::NonBlockingLockShared;
    for locks in [
        vec![("in", alone)],
        vec![("in", shared), ("in/copies", alone)],
    ] {
        let held = locks.into_iter().map(|(folder, how)| {
            let held = fs::File::open(place.path(folder)).unwrap();
            flock(&held, how).unwrap();
            held
        });
        let held: Vec<_> = held.collect();
        for plan in plans {
            place.run(["apply", plan]).exits(1).says("in use");
        }
        assert_eq!(files(&place.path("in")), before);
        drop(held);
    }
    place.run(["apply", plans[0]]).exits(0);
}

#[test]
fn a_picture_that_cannot_be_read_and_a_folder_without_copies_are_told() {
    let place = Place::new();
    place.copy_gallery("in", &["tiles-1.jpg", "broken.jpg"]);
    let told = place.run(["dedup", "in"]).exits(0).says("broken.jpg");
    assert!(told.stdout.contains("no duplicates"), "{}", told.stdout);
    assert_eq!(place.json("dedup_results/plan.json")["groups"], json!([]));
    place.run(["apply", "dedup_results/plan.json"]).exits(0);
    place
        .run(["dedup", "in", "--strict", "--overwrite"])
        .exits(3);
    fs::create_dir(place.path("empty")).unwrap();
    place
        .run(["dedup", "empty", "--output", "other"])
        .exits(1)
        .says("no pictures");
    assert!(gallery().is_dir());
}
