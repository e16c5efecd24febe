//! What a person says about pictures that look alike.

use std::fs;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::place::{Place, gallery};

const THREE: [&str; 3] = ["sunset-1.jpg", "tiles-1.jpg", "city-3.jpg"];

/// A place with three pictures in the folder `in`.
fn place() -> Place {
    let place = Place::new();
    place.copy_gallery("in", &THREE);
    place
}

/// What `decisions list` tells.
fn listed(place: &Place) -> Vec<Value> {
    let told = place.run(["decisions", "list", "--json"]).exits(0).stdout;
    let told: Value = serde_json::from_str(&told).unwrap();
    told["decisions"].as_array().unwrap().clone()
}

/// The hash by which a run knows a picture.
fn hash_in_a_run(place: &Place, name: &str) -> String {
    place.run(["cluster", "in", "--overwrite"]).exits(0);
    let document = place.json("clustering_results/clusters.json");
    let images = document["images"].as_array().unwrap();
    let image = images
        .iter()
        .find(|image| image["path"].as_str().unwrap().ends_with(name));
    image.unwrap()["hash"].as_str().unwrap().to_owned()
}

fn paths(member: &Value) -> Vec<&str> {
    let paths = member["paths"].as_array().unwrap().iter();
    paths.map(|path| path.as_str().unwrap()).collect()
}

#[test]
fn nothing_is_decided_at_first() {
    let place = Place::new();
    let told = place.run(["decisions", "list"]).exits(0).stdout;
    assert_eq!(told, "nothing was decided yet\n");
    assert_eq!(listed(&place), [] as [Value; 0]);
}

#[test]
fn a_decision_is_remembered_by_content_and_shown_by_path() {
    let place = place();
    let decide = [
        "decide",
        "not-duplicate",
        "in/sunset-1.jpg",
        "in/city-3.jpg",
    ];
    let told = place.run(decide).exits(0).stdout;
    assert_eq!(told, "remembered as decision 1\n");
    let all = listed(&place);
    let [decision] = &all[..] else {
        panic!("{all:?}");
    };
    assert_eq!(decision["id"], 1);
    let decided = decision["decided"].as_str().unwrap();
    assert!(
        decided.starts_with("20") && decided.ends_with('Z'),
        "{decided}"
    );
    let members = decision["members"].as_array().unwrap();
    assert_eq!(members.len(), 2);
    for name in ["sunset-1.jpg", "city-3.jpg"] {
        let path = place.path("in").join(name);
        // the same hash as everywhere else
        let hash = hash_in_a_run(&place, name);
        let member = members.iter().find(|member| member["hash"] == *hash);
        let member = member.unwrap();
        assert_eq!(member["copies"], 1);
        assert_eq!(paths(member), [path.to_str().unwrap()]);
    }
    let told = place.run(["decisions", "list"]).exits(0).stdout;
    assert!(
        told.contains(decided) && told.contains("city-3.jpg"),
        "{told}"
    );
    let status = place.run(["store", "status"]).exits(0).stdout;
    assert!(status.contains("decisions 1\n"), "{status}");
}

#[test]
fn the_same_set_is_one_decision_wherever_its_files_are() {
    let place = place();
    place
        .run([
            "decide",
            "not-duplicate",
            "in/sunset-1.jpg",
            "in/city-3.jpg",
        ])
        .exits(0);
    let hash = hash_in_a_run(&place, "sunset-1.jpg");
    fs::rename(place.path("in"), place.path("moved")).unwrap();
    let again = ["decide", "not-duplicate", "moved/city-3.jpg", &hash];
    let told = place.run(again).exits(0).stdout;
    assert_eq!(told, "this is decision 1 already\n");
    let json = place.run(again.iter().chain(&["--json"])).exits(0).stdout;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json, json!({"decisions": [1], "new": 0}));
    assert_eq!(listed(&place).len(), 1);
    // another set is another decision
    let other = ["moved/city-3.jpg", &hash, "moved/tiles-1.jpg"];
    let told = place
        .run(["decide", "not-duplicate"].iter().chain(&other))
        .exits(0)
        .stdout;
    assert_eq!(told, "remembered as decision 2\n");
}

#[test]
fn copies_of_one_content_are_as_many_files_and_one_path_is_one() {
    let place = place();
    fs::copy(place.path("in/city-3.jpg"), place.path("copy.jpg")).unwrap();
    place
        .run(["decide", "not-duplicate", "in/city-3.jpg", "copy.jpg"])
        .exits(0);
    let hash = hash_in_a_run(&place, "city-3.jpg");
    let upper = hash.to_ascii_uppercase();
    // a file is meant whatever its name looks like
    let zeros = "0".repeat(64);
    fs::copy(place.path("in/tiles-1.jpg"), place.path(&zeros)).unwrap();
    let tiles = [zeros.as_str(), "in/tiles-1.jpg"];
    let told = place
        .run(["decide", "not-duplicate"].iter().chain(&tiles))
        .exits(0);
    assert_eq!(told.stdout, "remembered as decision 2\n");
    place.run(["decisions", "forget", "2"]).exits(0);
    place
        .run(["decide", "not-duplicate", &hash, &upper, &hash])
        .exits(0);
    let all = listed(&place);
    let copies: Vec<_> = all.iter().map(|one| &one["members"][0]["copies"]).collect();
    assert_eq!(copies, [2, 3]);
    assert_eq!(paths(&all[0]["members"][0]).len(), 2);
    let told = place.run(["decisions", "list"]).exits(0).stdout;
    assert!(told.contains(&format!("{hash} (3 copies)")), "{told}");
    for same in ["in/city-3.jpg", "./in/city-3.jpg", "in/../in/city-3.jpg"] {
        let alone = ["decide", "not-duplicate", "in/city-3.jpg", same];
        place.run(alone).exits(2).says("two files").says("hint:");
    }
    place
        .run(["decide", "not-duplicate", "in/city-3.jpg"])
        .exits(2)
        .says("FILE|HASH");
}

/// Writes a plan that groups nothing, and tells these sets not to be duplicates.
fn write_plan(place: &Place, name: &str, sets: &Value) {
    let root = place.path("in");
    let plan = json!({"version": 1, "roots": [root], "groups": [], "not_duplicates": sets});
    fs::write(place.path(name), plan.to_string()).unwrap();
}

#[test]
fn the_sets_of_an_exported_plan_are_remembered_all_at_once() {
    let place = place();
    let file = |name: &str| {
        let path = place.path("in").join(name);
        json!({"path": path, "hash": hash_in_a_run(&place, name)})
    };
    let [a, b, c] = THREE.map(file);
    write_plan(&place, "plan.json", &json!([[a, b], [a, b, c]]));
    let from = ["decide", "--from", "plan.json"];
    let told = place.run(from).exits(0).stdout;
    assert_eq!(told, "2 decisions are remembered (2 new)\n");
    let told = place.run(from).exits(0).stdout;
    assert_eq!(told, "2 decisions are remembered (0 new)\n");
    // by name it is the same
    let named = [
        "decide",
        "not-duplicate",
        "in/tiles-1.jpg",
        "in/sunset-1.jpg",
    ];
    let told = place.run(named).exits(0).stdout;
    assert_eq!(told, "this is decision 1 already\n");
    let shown = &listed(&place)[1]["members"];
    let mut shown: Vec<&str> = shown.as_array().unwrap().iter().flat_map(paths).collect();
    shown.sort_unstable();
    let expected = [&c, &a, &b].map(|file| file["path"].as_str().unwrap());
    assert_eq!(shown, expected);

    write_plan(&place, "nothing.json", &json!([]));
    let told = place.run(["decide", "--from", "nothing.json"]).exits(0);
    assert_eq!(told.stdout, "0 decisions are remembered (0 new)\n");
}

#[test]
fn a_file_that_is_no_plan_to_thin_is_refused_and_nothing_is_remembered() {
    let place = place();
    let pair = json!([
        {"path": place.path("in/a.jpg"), "hash": "1".repeat(64)},
        {"path": place.path("in/b.jpg"), "hash": "2".repeat(64)},
    ]);
    write_plan(&place, "half.json", &json!([pair, [pair[0]]]));
    let sorting = json!({
        "version": 1, "roots": [place.path("in")], "target": place.path("out"), "action": "copy",
        "files": [],
    });
    fs::write(place.path("sort.json"), sorting.to_string()).unwrap();
    fs::write(place.path("none.json"), "{}").unwrap();
    for name in ["gone.json", "none.json", "sort.json", "half.json"] {
        let refused = place.run(["decide", "--from", name]).exits(1);
        refused.says(&format!("`{name}`")).says("hint:");
    }
    let half = place.run(["decide", "--from", "half.json"]).exits(1);
    half.says("not_duplicates[1]").says("two files");
    assert_eq!(listed(&place), [] as [Value; 0]);
    write_plan(&place, "plan.json", &json!([pair]));
    place.run(["decide"]).exits(2).says("--from");
    let both = [
        "decide",
        "--from",
        "plan.json",
        "not-duplicate",
        "in/city-3.jpg",
        "in/tiles-1.jpg",
    ];
    place.run(both).exits(2).says("not both");
    assert_eq!(listed(&place), [] as [Value; 0]);
    let stored = [
        "decide",
        "--store",
        "sqlite:store.sqlite",
        "--from",
        "plan.json",
    ];
    place.run(stored).exits(0);
    assert_eq!(listed(&place).len(), 1);
}

#[test]
fn what_is_no_picture_is_refused_by_name_and_nothing_is_remembered() {
    let place = place();
    fs::write(place.path("notes.txt"), "no picture").unwrap();
    let short = "0".repeat(63);
    for wrong in ["gone.jpg", "in", "notes.txt", &short] {
        let refused = place.run(["decide", "not-duplicate", "in/city-3.jpg", wrong]);
        refused.exits(1).says(&format!("`{wrong}`")).says("hint:");
    }
    assert_eq!(listed(&place), [] as [Value; 0]);
}

#[test]
fn decisions_are_forgotten_by_number_all_or_none() {
    let place = place();
    for pair in [[0, 1], [0, 2], [1, 2]] {
        let names = pair.map(|at| format!("in/{}", THREE[at]));
        let words = ["decide", "not-duplicate"].map(str::to_owned);
        place.run(words.iter().chain(&names)).exits(0);
    }
    let unknown = place.run(["decisions", "forget", "1", "7"]).exits(1);
    unknown.says("no decision 7").says("decisions list");
    assert_eq!(listed(&place).len(), 3);
    let told = place.run(["decisions", "forget", "3", "1", "3"]).exits(0);
    assert_eq!(told.stdout, "forgot 2 decisions\n");
    let left: Vec<_> = listed(&place).iter().map(|one| one["id"].clone()).collect();
    assert_eq!(left, [2]);
    place.run(["decisions", "forget"]).exits(2).says("ID");
    place.run(["decisions", "forget", "1"]).exits(1).says("1");
    let told = place.run(["decisions", "forget", "2"]).exits(0);
    assert_eq!(told.stdout, "forgot decision 2\n");
    // a number is never given again
    let decide = [
        "decide",
        "not-duplicate",
        "in/sunset-1.jpg",
        "in/city-3.jpg",
    ];
    let told = place.run(decide).exits(0);
    assert_eq!(told.stdout, "remembered as decision 4\n");
}

#[test]
fn decisions_outlive_their_pictures_and_come_along_into_another_store() {
    let place = place();
    place.run(["index", "in"]).exits(0);
    place
        .run([
            "decide",
            "not-duplicate",
            "in/sunset-1.jpg",
            "in/city-3.jpg",
        ])
        .exits(0);
    let before = listed(&place);
    fs::remove_dir_all(place.path("in")).unwrap();
    place.run(["store", "prune", "--missing-folders"]).exits(0);
    assert_eq!(listed(&place), before);
    for new in ["1 new", "0 new"] {
        let told = place.run(["store", "copy", "copy.sqlite"]).exits(0).stdout;
        assert!(told.contains(&format!("1 decisions ({new})")), "{told}");
    }
    fs::rename(place.path("copy.sqlite"), place.path("store.sqlite")).unwrap();
    assert_eq!(listed(&place), before);
}

#[test]
fn many_who_decide_at_once_all_are_remembered() {
    let place = place();
    let spawn = |names: [&str; 2]| {
        let mut command = place.command();
        command.args(["decide", "not-duplicate"]);
        command.args(names.map(|name| gallery().join(name)));
        command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    };
    let pairs = [[0, 1], [0, 2], [1, 2], [1, 0], [2, 1], [0, 1]];
    let mut children = pairs.map(|pair| spawn(pair.map(|at| THREE[at])));
    for child in &mut children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(listed(&place).len(), 3);
}
