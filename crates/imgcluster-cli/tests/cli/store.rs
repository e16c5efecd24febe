//! What is remembered between runs, and what is not mixed up.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

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
    let object: Value = serde_json::from_slice(&done.stdout).unwrap();
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
    place.run(["cluster", "one", "--overwrite"]).exits(0);
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
    let pruned = place
        .run(["store", "prune", "--json"])
        .exits(0)
        .says("--missing-folders")
        .stdout;
    let pruned: Value = serde_json::from_str(&pruned).unwrap();
    assert_eq!(
        (&pruned["files"], &pruned["contents"]),
        (&1.into(), &1.into())
    );
    fs::rename(place.path("unplugged"), place.path("disk")).unwrap();
    assert_eq!(embedded(&place, &["here", "disk"]), 0);
    let status = place.run(["store", "status"]).exits(0).stdout;
    assert!(status.contains("classic"), "{status}");
}

/// Copies of gallery pictures with bytes of their own, so many that a run takes a while.
fn many_pictures(place: &Place) -> PathBuf {
    let folder = place.copy_gallery("many", &THREE);
    for (number, name) in (0_u16..240).zip(THREE.iter().cycle()) {
        let mut bytes = fs::read(gallery().join(name)).unwrap();
        bytes.extend(number.to_le_bytes());
        fs::write(folder.join(format!("{number}.jpg")), bytes).unwrap();
    }
    folder
}

const MANY: u64 = 243;

/// A run in the background that has committed at least this many files, and how many it said.
fn started(place: &Place, arguments: &[&str], committed: u64) -> (Child, u64) {
    let mut command = place.command();
    command
        .args(arguments)
        .args(["--batch-size", "2", "--threads", "1", "--progress", "json"]);
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut said = 0;
    for line in BufReader::new(child.stderr.as_mut().unwrap()).lines() {
        let event: Value = serde_json::from_str(&line.unwrap()).unwrap();
        if event["event"] == "advanced" && event["stage"] == "ingest" {
            said += event["by"].as_u64().unwrap();
        }
        if said >= committed {
            break;
        }
    }
    (child, said)
}

#[test]
fn a_killed_run_keeps_what_it_said_was_done_and_the_next_goes_on() {
    for committed in [1, 40, 150] {
        let place = Place::new();
        let folder = many_pictures(&place);
        let (mut child, said) = started(&place, &["index", "many"], committed);
        child.kill().unwrap();
        child.wait().unwrap();
        let status = place.run(["store", "status", "--json"]).exits(0).stdout;
        let status: Value = serde_json::from_str(&status).unwrap();
        let kept = status["contents"].as_u64().unwrap();
        assert!(kept >= said && kept < MANY, "{said} said, {kept} kept");
        assert_eq!(embedded(&place, &[folder.to_str().unwrap()]), MANY - kept);
    }
}

#[test]
fn two_runs_at_once_on_one_store_both_succeed() {
    let place = Place::new();
    let folder = many_pictures(&place);
    let spawn = || {
        let mut command = place.command();
        command.args(["index", "many", "--batch-size", "3"]);
        command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    };
    let mut children = [spawn(), spawn()];
    for child in &mut children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(embedded(&place, &[folder.to_str().unwrap()]), 0);
}

#[test]
fn the_store_is_one_file_when_nothing_runs() {
    let place = Place::new();
    place.copy_gallery("in", &THREE);
    embedded(&place, &["in"]);
    fs::copy(place.path("store.sqlite"), place.path("copy.sqlite")).unwrap();
    assert_eq!(
        embedded(&place, &["in", "--store", "sqlite:copy.sqlite"]),
        0
    );
}

#[cfg(unix)]
mod interrupted {
    use super::*;

    /// Sends Ctrl-C; gives the exit code and what is said after it.
    fn interrupt(mut child: Child) -> (Option<i32>, String) {
        let id = child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-INT", &id])
                .status()
                .unwrap()
                .success()
        );
        let mut rest = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut rest)
            .unwrap();
        (child.wait().unwrap().code(), rest)
    }

    #[test]
    fn a_run_says_so_and_keeps_what_is_committed_with_every_kind_of_model() {
        for model in ["classic", "phash"] {
            let place = Place::new();
            let folder = many_pictures(&place);
            let (child, _) = started(&place, &["cluster", "many", "--model", model], 4);
            let (code, said) = interrupt(child);
            assert_eq!(code, Some(130), "{model}: {said}");
            assert!(said.contains("interrupted"), "{model}: {said}");
            assert!(!place.path("clustering_results").exists());
            let rest = embedded(&place, &[folder.to_str().unwrap(), "--model", model]);
            assert!(rest > 0 && rest <= MANY - 4, "{model}: {rest}");
        }
    }

    #[test]
    fn a_wait_for_standard_input_ends() {
        let place = Place::new();
        let mut command = place.command();
        command.args(["cluster", "--files-from", "-"]);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stdin = child.stdin.take();
        let mut first = String::new();
        BufReader::new(child.stderr.as_mut().unwrap())
            .read_line(&mut first)
            .unwrap();
        assert!(first.starts_with("model:"), "{first}");
        let (code, said) = interrupt(child);
        assert_eq!(code, Some(130), "{said}");
        drop(stdin);
    }
}
