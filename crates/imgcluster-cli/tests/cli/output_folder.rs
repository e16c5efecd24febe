//! The results folder is never written over by accident.

use std::fs;

use crate::place::Place;

fn with_results() -> Place {
    let place = Place::new();
    place.copy_gallery("in", &["sunset-1.jpg", "tiles-1.jpg"]);
    place.run(["cluster", "in"]).exits(0);
    place
}

#[test]
fn results_are_replaced_only_when_asked() {
    let place = with_results();
    place
        .run(["cluster", "in"])
        .exits(1)
        .says("clustering_results")
        .says("--overwrite");
    place.run(["cluster", "in", "--overwrite"]).exits(0);
}

#[test]
fn a_folder_of_somebody_else_is_never_touched() {
    let place = Place::new();
    place.copy_gallery("in", &["sunset-1.jpg"]);
    fs::create_dir(place.path("mine")).unwrap();
    fs::write(place.path("mine/diary.txt"), "dear diary").unwrap();
    place
        .run(["cluster", "in", "--output", "mine", "--overwrite"])
        .exits(1)
        .says("mine");
    assert_eq!(
        fs::read_to_string(place.path("mine/diary.txt")).unwrap(),
        "dear diary"
    );
}

#[test]
fn results_that_hold_a_foreign_file_are_not_replaced() {
    let place = with_results();
    fs::write(
        place.path("clustering_results/samples/my selection.txt"),
        "keep",
    )
    .unwrap();
    let refused = place.run(["cluster", "in", "--overwrite"]).exits(1);
    refused.says("my selection.txt");
    assert!(
        place
            .path("clustering_results/samples/my selection.txt")
            .exists()
    );
}

#[test]
fn a_failed_run_leaves_the_old_results_in_place() {
    let place = with_results();
    let before = fs::read(place.path("clustering_results/clusters.json")).unwrap();
    fs::remove_dir_all(place.path("in")).unwrap();
    fs::create_dir(place.path("in")).unwrap();
    place.run(["cluster", "in", "--overwrite"]).exits(1);
    assert_eq!(
        fs::read(place.path("clustering_results/clusters.json")).unwrap(),
        before
    );
}

#[test]
fn nothing_is_left_beside_the_results() {
    let place = with_results();
    place.run(["cluster", "in", "--overwrite"]).exits(0);
    let mut names: Vec<_> = fs::read_dir(place.path(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.starts_with("store.sqlite"))
        .collect();
    names.sort();
    assert_eq!(names, ["clustering_results", "in"]);
}
