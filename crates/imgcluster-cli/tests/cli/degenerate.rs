//! Nothing, little, all the same, all broken, and disks that do not play along.

use std::fs;

use crate::place::Place;

#[test]
fn a_folder_without_pictures_is_a_clear_error() {
    let place = Place::new();
    fs::create_dir(place.path("empty")).unwrap();
    place
        .run(["cluster", "empty"])
        .exits(1)
        .says("no pictures")
        .says("hint:");
    assert!(!place.path("clustering_results").exists());
}

#[test]
fn a_folder_that_does_not_exist_is_named() {
    let place = Place::new();
    place.run(["cluster", "nowhere"]).exits(1).says("nowhere");
}

#[test]
fn one_and_two_pictures_are_a_normal_run() {
    let names = ["sunset-1.jpg", "tiles-1.jpg"];
    for count in 1..=2 {
        let place = Place::new();
        place.copy_gallery("in", &names[..count]);
        place.run(["cluster", "in"]).exits(0);
        let document = place.json("clustering_results/clusters.json");
        assert_eq!(document["images"].as_array().unwrap().len(), count);
        assert!(
            place
                .path("clustering_results/cluster_visualization.png")
                .is_file()
        );
    }
}

#[test]
fn equal_pictures_are_one_cluster() {
    let place = Place::new();
    place.copy_gallery("in", &["sunset-1.jpg"]);
    for copy in 0..9 {
        fs::copy(
            place.path("in/sunset-1.jpg"),
            place.path(&format!("in/{copy}.jpg")),
        )
        .unwrap();
    }
    for algorithm in ["dbscan", "threshold"] {
        place
            .run(["cluster", "in", "--overwrite", "--algorithm", algorithm])
            .exits(0);
        let document = place.json("clustering_results/clusters.json");
        assert_eq!(document["clusters"][0]["size"], 10, "{algorithm}");
        assert_eq!(document["clusters"][0]["min_similarity"], 1.0);
    }
    place
        .run(["cluster", "in", "--overwrite", "--allow-single-cluster"])
        .exits(0);
    let document = place.json("clustering_results/clusters.json");
    assert_eq!(document["clusters"][0]["size"], 10);
}

#[test]
fn only_broken_pictures_are_an_error_that_gives_the_reasons() {
    let place = Place::new();
    fs::create_dir(place.path("in")).unwrap();
    for name in ["a.jpg", "b.png"] {
        fs::write(place.path("in").join(name), b"not a picture at all").unwrap();
    }
    for quiet in [&[][..], &["--quiet"]] {
        let refused = place.run(["cluster", "in"].iter().chain(quiet)).exits(1);
        refused.says("a.jpg").says("not a picture");
    }
}

#[test]
fn a_broken_picture_counts_only_when_strict() {
    let place = Place::new();
    place.copy_gallery("in", &["sunset-1.jpg", "sunset-2.png", "broken.jpg"]);
    place.run(["cluster", "in"]).exits(0);
    place
        .run(["cluster", "in", "--overwrite", "--strict"])
        .exits(3);
}

#[test]
fn a_store_that_is_not_a_database_is_refused_and_left_alone() {
    let place = Place::new();
    place.copy_gallery("in", &["sunset-1.jpg"]);
    fs::write(
        place.path("notes.txt"),
        "my notes, not a database, long enough to look at",
    )
    .unwrap();
    place
        .run(["cluster", "in", "--store", "sqlite:notes.txt"])
        .exits(1)
        .says("notes.txt")
        .says("hint:");
    assert!(
        fs::read_to_string(place.path("notes.txt"))
            .unwrap()
            .starts_with("my notes")
    );
    place
        .run(["cluster", "in", "--store", "sqlite:in"])
        .exits(1)
        .says("in");
}

#[cfg(target_os = "linux")]
#[test]
fn an_output_place_that_cannot_be_written_is_named_before_the_work() {
    let place = Place::new();
    place.copy_gallery("in", &["sunset-1.jpg"]);
    // Not even root may create a folder there.
    place
        .run(["cluster", "in", "--output", "/proc/imgcluster"])
        .exits(1)
        .says("/proc/imgcluster");
    fs::write(place.path("file"), "x").unwrap();
    let status = place.run(["store", "status", "--json"]).exits(0).stdout;
    assert!(status.contains("\"contents\":0"), "{status}");
    place
        .run(["cluster", "in", "--output", "file"])
        .exits(1)
        .says("file");
}
