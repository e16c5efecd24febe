//! Which files are read.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use crate::place::{Place, clusters_by_name};

fn names(place: &Place) -> Vec<String> {
    let document = place.json("clustering_results/clusters.json");
    clusters_by_name(&document)
        .into_iter()
        .map(|(name, _)| name)
        .collect()
}

#[test]
fn folders_are_read_whole_but_for_hidden_and_excluded_files() {
    let place = Place::new();
    place.copy_gallery("in", &["sunset-1.jpg", "tiles-1.jpg"]);
    place.copy_gallery("in/deep/er", &["forest-3.jpg"]);
    place.copy_gallery("in/.hidden", &["city-3.jpg"]);
    place.run(["cluster", "in"]).exits(0);
    assert_eq!(
        names(&place),
        ["forest-3.jpg", "sunset-1.jpg", "tiles-1.jpg"]
    );
    place
        .run(["cluster", "in", "--overwrite", "--hidden"])
        .exits(0);
    assert_eq!(names(&place).len(), 4);
    place
        .run([
            "cluster",
            "in",
            "--overwrite",
            "--no-recursive",
            "--exclude",
            "tiles*",
        ])
        .exits(0);
    assert_eq!(names(&place), ["sunset-1.jpg"]);
}

#[test]
fn the_output_folder_is_never_read_as_input() {
    let place = Place::new();
    place.copy_gallery("in", &["sunset-1.jpg", "tiles-1.jpg"]);
    for _ in 0..2 {
        place
            .run(["cluster", "in", "--output", "in/results", "--overwrite"])
            .exits(0);
        let document = place.json("in/results/clusters.json");
        assert_eq!(document["images"].as_array().unwrap().len(), 2);
        assert_eq!(document["skipped"], serde_json::json!([]));
    }
}

#[test]
fn a_list_of_files_may_come_from_standard_input() {
    let place = Place::new();
    place.copy_gallery("in", &["sunset-1.jpg", "tiles-1.jpg", "city-3.jpg"]);
    let mut command = place.command();
    command
        .args(["cluster", "--files-from", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null());
    let mut child = command.spawn().unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(b"in/tiles-1.jpg\nin/city-3.jpg\n")
        .unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(names(&place), ["city-3.jpg", "tiles-1.jpg"]);
}

#[test]
fn a_listed_file_that_is_gone_is_skipped() {
    let place = Place::new();
    place.copy_gallery("in", &["sunset-1.jpg"]);
    fs::write(place.path("list"), "in/sunset-1.jpg\nin/gone.jpg\n").unwrap();
    place.run(["cluster", "--files-from", "list"]).exits(0);
    let document = place.json("clustering_results/clusters.json");
    assert_eq!(document["skipped"][0]["path"], "in/gone.jpg");
}

#[test]
fn a_limit_counts_also_for_pictures_that_are_known_already() {
    let place = Place::new();
    place.copy_gallery("in", &["sunset-1.jpg", "sunset-1 (small).jpg"]);
    place.run(["cluster", "in"]).exits(0);
    place
        .run(["cluster", "in", "--overwrite", "--max-pixels", "40K"])
        .exits(0);
    assert_eq!(names(&place), ["sunset-1 (small).jpg"]);
}

#[test]
fn earlier_results_are_not_read_as_pictures() {
    let place = Place::new();
    place.copy_gallery("in", &["sunset-1.jpg", "tiles-1.jpg"]);
    place
        .run(["cluster", "in", "--output", "in/first"])
        .exits(0);
    place.run(["cluster", "in"]).exits(0);
    assert_eq!(names(&place), ["sunset-1.jpg", "tiles-1.jpg"]);
}

#[test]
fn formats_are_told_by_content_not_by_name() {
    let place = Place::new();
    place.copy_gallery("in", &["sunset-1.jpg", "sunset-2.png"]);
    fs::rename(place.path("in/sunset-1.jpg"), place.path("in/no extension")).unwrap();
    fs::rename(place.path("in/sunset-2.png"), place.path("in/wrong.gif")).unwrap();
    fs::write(place.path("in/notes.jpg"), "just text").unwrap();
    place.run(["cluster", "in"]).exits(0);
    assert_eq!(names(&place), ["no extension", "wrong.gif"]);
}

#[cfg(unix)]
#[test]
fn a_name_that_is_not_utf_8_is_shown_and_can_be_found_again() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let place = Place::new();
    place.copy_gallery("in", &["sunset-1.jpg"]);
    let odd = place.path("in").join(OsStr::from_bytes(b"caf\xe9.jpg"));
    fs::rename(place.path("in/sunset-1.jpg"), odd).unwrap();
    place.run(["cluster", "in"]).exits(0);
    let image = place.json("clustering_results/clusters.json")["images"][0].clone();
    assert_eq!(image["path"], "in/caf\u{fffd}.jpg");
    assert_eq!(image["path_base64"], "aW4vY2Fm6S5qcGc=");
}
