//! 7 and 8: what happens to files.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use crate::organize::files;
use crate::place::{Place, gallery};

/// Pictures whose names are equal but for their ending, or but for their folder.
fn with_equal_names() -> Place {
    let place = Place::new();
    for (from, to) in [
        ("sunset-1.jpg", "a.jpg"),
        ("sunset-2.png", "a.png"),
        ("sunset-3.jpg", "sub1/x.jpg"),
        ("sunset-4.jpg", "sub2/x.jpg"),
        ("tiles-1.jpg", "sub3/x.jpg"),
    ] {
        let to = place.path("in").join(to);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(gallery().join(from), to).unwrap();
    }
    place
}

/// The contents of all files, each as often as it is there.
fn contents(tree: BTreeMap<PathBuf, Vec<u8>>) -> Vec<Vec<u8>> {
    let mut contents: Vec<Vec<u8>> = tree.into_values().collect();
    contents.sort();
    contents
}

fn sorted(place: &Place) -> Vec<Vec<u8>> {
    let mut tree = files(&place.path("out"));
    tree.retain(|path, _| {
        let first = path.components().next().unwrap().as_os_str();
        let is_sorted = first.to_string_lossy().starts_with("cluster_") || first == "noise";
        is_sorted && path.components().count() > 1
    });
    contents(tree)
}

fn organize(place: &Place, way: &str) -> crate::place::Called {
    let words = "cluster in --output out --model classic --algorithm threshold --threshold=-1";
    place.run(words.split(' ').chain(["--organize", way]))
}

#[test]
fn regression_07_as_many_files_come_out_as_go_in_whatever_they_are_called() {
    for way in ["copy", "move", "hardlink", "symlink"] {
        let place = with_equal_names();
        let before = contents(files(&place.path("in")));
        organize(&place, way).exits(0);
        assert_eq!(sorted(&place), before, "{way}");
        let left = if way == "move" { 0 } else { 5 };
        assert_eq!(files(&place.path("in")).len(), left, "{way}");
    }
}

#[test]
fn regression_08_a_second_run_over_moved_originals_loses_none_and_undo_restores_the_tree() {
    let place = with_equal_names();
    let before = files(&place.path("in"));
    organize(&place, "move").exits(0);
    place.copy_gallery("other", &["plaid.jpg"]);
    let words = "cluster other --output out --model classic --overwrite";
    place.run(words.split(' ')).exits(1).says("moved");
    assert_eq!(sorted(&place), contents(before.clone()));
    place.run(["undo", "out/organize.journal-1.jsonl"]).exits(0);
    assert_eq!(files(&place.path("in")), before);
}
