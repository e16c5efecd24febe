//! What is remembered between runs, and what is not mixed up.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::place::{Place, clusters_by_name, gallery};

/// How many features a run computed.
fn embedded(place: &Place, arguments: &[&str]) -> u64 {
    let mut command = place.command();
    command.args(["index", "--json"]).args(arguments);
    let done = command.output().unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let object: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    object["embedded"].as_u64().unwrap()
}

const THREE: [&str; 3] = ["sunset-1.jpg", "tiles-1.jpg", "city-3.jpg"];

#[test]
fn only_what_is_new_is_embedded() {
    let place = Place::new();
    place.copy_gallery("in", &THREE);
    assert_eq!(embedded(&place, &["in"]), 3);
    assert_eq!(embedded(&place, &["in"]), 0);
    fs::rename(place.path("in"), place.path("moved")).unwrap();
    assert_eq!(embedded(&place, &["moved"]), 0, "a renamed folder");
    fs::copy(
        gallery().join("forest-3.jpg"),
        place.path("moved/city-3.jpg"),
    )
    .unwrap();
    assert_eq!(embedded(&place, &["moved"]), 1, "a changed file");
    assert_eq!(
        embedded(&place, &["moved", "--model", "phash"]),
        3,
        "another model"
    );
    assert_eq!(
        embedded(&place, &["moved"]),
        0,
        "the first model is still there"
    );
}

#[test]
fn a_deleted_file_and_another_folder_stay_out_of_the_results() {
    let place = Place::new();
    place.copy_gallery("one", &THREE);
    place.copy_gallery("two", &["forest-3.jpg"]);
    place.run(["cluster", "two"]).exits(0);
    fs::remove_file(place.path("one/tiles-1.jpg")).unwrap();
    place.run(["cluster", "one", "--overwrite"]).exits(0);
    let found = clusters_by_name(&place.json("clustering_results/clusters.json"));
    let names: Vec<_> = found.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["city-3.jpg", "sunset-1.jpg"]);
}

#[test]
fn runs_are_remembered_and_shown() {
    let place = Place::new();
    place.copy_gallery("in", &THREE);
    place
        .run([
            "cluster",
            "in",
            "--algorithm",
            "threshold",
            "--threshold",
            "0.9",
        ])
        .exits(0);
    let listed = place.run(["runs", "list"]).exits(0).stdout;
    assert!(
        listed.contains("threshold") && listed.contains("classic"),
        "{listed}"
    );
    let shown = place.run(["runs", "show", "1"]).exits(0).stdout;
    assert!(
        shown.contains("sunset-1.jpg") && shown.contains("0.9"),
        "{shown}"
    );
    place
        .run(["runs", "show", "99"])
        .exits(1)
        .says("99")
        .says("runs list");
}

#[test]
fn pruning_forgets_deleted_files_but_not_unreachable_folders() {
    let place = Place::new();
    place.copy_gallery("here", &THREE);
    place.copy_gallery("disk/away", &["forest-3.jpg"]);
    embedded(&place, &["here", "disk"]);
    fs::remove_file(place.path("here/city-3.jpg")).unwrap();
    fs::rename(place.path("disk"), place.path("unplugged")).unwrap();
    let pruned = place.run(["store", "prune", "--json"]).exits(0).stdout;
    let pruned: serde_json::Value = serde_json::from_str(&pruned).unwrap();
    assert_eq!(
        (&pruned["files"], &pruned["contents"]),
        (&1.into(), &1.into())
    );
    fs::rename(place.path("unplugged"), place.path("disk")).unwrap();
    assert_eq!(embedded(&place, &["here", "disk"]), 0);
    let status = place.run(["store", "status"]).exits(0).stdout;
    assert!(status.contains("classic"), "{status}");
}

/// An indexing run in the background, one picture a batch.
fn start_indexing(place: &Place) -> Child {
    let mut command: Command = place.command();
    command
        .arg("index")
        .arg(gallery())
        .args(["--batch-size", "1", "--threads", "1"]);
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn a_killed_run_loses_only_what_was_not_committed() {
    let place = Place::new();
    let gallery = gallery();
    let mut done = 0;
    for round in 0..5 {
        let mut child = start_indexing(&place);
        std::thread::sleep(Duration::from_millis(60 + 90 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        let status = place.run(["store", "status", "--json"]).exits(0).stdout;
        let status: serde_json::Value = serde_json::from_str(&status).unwrap();
        let now = status["contents"].as_u64().unwrap();
        assert!(now >= done, "{now} < {done}");
        done = now;
    }
    let rest = embedded(&place, &[gallery.to_str().unwrap()]);
    assert_eq!(done + rest, 65);
}

#[test]
fn two_runs_at_once_on_one_store_both_succeed() {
    let place = Place::new();
    let mut children = [start_indexing(&place), start_indexing(&place)];
    for child in &mut children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(embedded(&place, &[gallery().to_str().unwrap()]), 0);
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_says_so_and_keeps_what_is_committed() {
    let place = Place::new();
    let mut child = start_indexing(&place);
    std::thread::sleep(Duration::from_millis(150));
    let interrupt = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(interrupt.success());
    let code = child.wait().unwrap().code();
    // A fast machine may have been done before.
    assert!(code == Some(130) || code == Some(0), "{code:?}");
    embedded(&place, &[gallery().to_str().unwrap()]);
}
