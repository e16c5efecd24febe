//! Which of the copies are kept, and which are left as they are.

use std::fs;

use super::{group, groups, name, with_copies};
use crate::place::{Called, Place};

#[test]
fn rules_that_are_named_are_followed_by_the_others() {
    let place = with_copies();
    // No rule that is named tells these apart; by path alone the small one would be first.
    let place_of = |name: &str| place.path("in").join(name);
    let time = std::time::SystemTime::now();
    for name in ["city-1.jpg", "city-1 (small).jpg"] {
        let file = fs::File::options().write(true).open(place_of(name));
        file.unwrap().set_modified(time).unwrap();
    }
    place
        .run(["dedup", "in", "--keep", "oldest", "--quiet"])
        .exits(0);
    let found = groups(&place.json("dedup_results/plan.json"));
    assert!(
        found.contains(&group("city-1.jpg", &["city-1 (small).jpg"])),
        "{found:?}"
    );
}

#[test]
fn the_folder_of_a_rule_is_found_through_links_and_has_to_be_there() {
    let place = with_copies();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("in/copies", place.path("link")).unwrap();
        place
            .run(["dedup", "in", "--keep", "in:link", "--quiet"])
            .exits(0);
        let found = groups(&place.json("dedup_results/plan.json"));
        assert!(
            found.iter().any(|(keep, _)| keep == "tiles.jpg"),
            "{found:?}"
        );
    }
    place
        .run(["dedup", "in", "--keep", "in:original", "--overwrite"])
        .exits(2)
        .says("`original` is no folder");
}

#[test]
fn what_was_decided_of_two_pictures_holds_beside_a_third() {
    let place = with_copies();
    let small = "in/city-1 (small).jpg";
    place
        .run(["decide", "not-duplicate", "in/city-1.jpg", small])
        .exits(0);
    let copy = |from: &str, to: &str| fs::copy(place.path(from), place.path(to)).unwrap();
    let found = || {
        place
            .run(["dedup", "in", "--overwrite", "--quiet"])
            .exits(0);
        let found = groups(&place.json("dedup_results/plan.json"));
        let city = found
            .into_iter()
            .filter(|(keep, _)| keep.starts_with("city"));
        city.collect::<Vec<_>>()
    };
    assert_eq!(found(), []);
    copy("in/city-1.jpg", "in/city-1 again.jpg");
    let large = group("city-1.jpg", &["city-1 again.jpg"]);
    assert_eq!(found(), std::slice::from_ref(&large));
    // Copies of what stays are copies of each other.
    copy(small, "in/city-1 (small) again.jpg");
    let small = group("city-1 (small).jpg", &["city-1 (small) again.jpg"]);
    assert_eq!(found(), [small, large]);
}

#[test]
fn every_group_has_a_reason_that_is_about_its_own_files() {
    let place = with_copies();
    place.copy_gallery("ref", &["tiles-1 (small).jpg"]);
    place
        .run(["dedup", "in", "--reference", "ref", "--quiet"])
        .exits(0);
    let plan = place.json("dedup_results/plan.json");
    let reasons = plan["groups"].as_array().unwrap().iter().map(|group| {
        let reason = group["keep"]["reason"].as_str().unwrap();
        (name(&group["keep"]), reason)
    });
    let reasons: Vec<(&str, &str)> = reasons.collect();
    assert!(reasons.iter().all(|(_, reason)| !reason.is_empty()));
    let (_, tiles) = reasons
        .iter()
        .find(|(keep, _)| keep.starts_with("tiles"))
        .unwrap();
    assert!(tiles.contains("in the reference folder `"), "{tiles}");
    let (_, city) = reasons
        .iter()
        .find(|(keep, _)| keep.starts_with("city"))
        .unwrap();
    assert!(city.starts_with("larger: "), "{city}");
}

#[test]
fn a_file_that_is_no_picture_takes_no_captions_from_one() {
    let place = with_copies();
    for end in ["txt", "xmp", "npz", "log", "pdf"] {
        let file = place.path(&format!("in/city-1 (small).{end}"));
        fs::write(file, format!("{end} of a city")).unwrap();
    }
    for words in [&["dedup", "in"][..], &["dedup", "in", "--overwrite"]] {
        place.run(words).exits(0);
        let plan = place.json("dedup_results/plan.json");
        let mut groups = plan["groups"].as_array().unwrap().iter();
        let city = groups.find(|group| name(&group["keep"]) == "city-1.jpg");
        let sidecars = city.unwrap()["remove"][0]["sidecars"].as_array().unwrap();
        let sidecars: Vec<&str> = sidecars.iter().map(name).collect();
        assert_eq!(sidecars, ["city-1 (small).txt", "city-1 (small).xmp"]);
    }
}

#[cfg(unix)]
#[test]
fn what_lies_behind_links_stays_and_is_no_reason_to_do_away_with_a_file() {
    use std::os::unix::fs::symlink;

    use crate::organize::files;

    let place = with_copies();
    fs::create_dir_all(place.path("elsewhere/folder")).unwrap();
    let moved = |from: &str, to: &str| fs::rename(place.path(from), place.path(to)).unwrap();
    moved("in/sunset-1.jpg", "elsewhere/sunset.jpg");
    symlink("../elsewhere/sunset.jpg", place.path("in/sunset.jpg")).unwrap();
    moved("in/tiles-1.jpg", "elsewhere/folder/tiles-1.jpg");
    symlink("../elsewhere/folder", place.path("in/linked")).unwrap();
    let small = place.path("in/sunset-1 (small).jpg");
    fs::copy(small, place.path("in/sunset-1 (small) again.jpg")).unwrap();
    let before = files(&place.path("elsewhere"));
    place
        .run(["dedup", "in", "--follow-symlinks"])
        .exits(0)
        .says("2 copies stay: they are symbolic links, or lie behind one");
    let found = groups(&place.json("dedup_results/plan.json"));
    let expected = [
        group("city-1.jpg", &["city-1 (small).jpg"]),
        group("sunset-1 (small).jpg", &["sunset-1 (small) again.jpg"]),
        group("tiles.jpg", &["tiles-1 (small).jpg"]),
    ];
    assert_eq!(found, expected);
    place
        .run(["apply", "dedup_results/plan.json", "--strict"])
        .exits(0);
    assert_eq!(files(&place.path("elsewhere")), before);
}

#[test]
fn the_usual_model_of_the_environment_is_no_word_against_exact() {
    let place = with_copies();
    let exact = |words: &[&str]| {
        let mut command = place.command();
        command.args(["dedup", "in", "--exact", "--overwrite"]);
        Called::of(command.args(words).env("IMGCLUSTER_MODEL", "dhash"))
    };
    let told = exact(&[]).exits(0);
    let summary = "8 files looked at: 1 file of 1 group can go, ";
    assert!(told.stdout.contains(summary), "{}", told.stdout);
    exact(&["--model", "clip"]).exits(2).says("--exact");
}

#[test]
fn across_takes_two_folders_and_a_named_file_counts_as_in_its_own() {
    let place = Place::new();
    place.copy_gallery("one", &["city-1.jpg"]);
    place.copy_gallery("two", &["city-1 (small).jpg", "tiles-1.jpg"]);
    let across = |paths: &[&str]| {
        let words = ["dedup", "--across", "--overwrite", "--quiet"];
        place.run(words.iter().chain(paths))
    };
    across(&["one"]).exits(2).says("--across");
    across(&["two/city-1 (small).jpg", "two/tiles-1.jpg"]).exits(2);
    across(&["one", "two/city-1 (small).jpg"]).exits(0);
    let found = groups(&place.json("dedup_results/plan.json"));
    assert_eq!(found, [group("city-1.jpg", &["city-1 (small).jpg"])]);
}
