//! `--partition`: clusters of parts, joined.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use crate::place::{Called, Place, clusters_by_name, gallery};

fn cluster(place: &Place, flags: &str) -> Called {
    let gallery = gallery();
    let words = [
        "cluster",
        gallery.to_str().unwrap(),
        "--output",
        "out",
        "--overwrite",
    ];
    place.run(words.into_iter().chain(flags.split_whitespace()))
}

#[test]
fn one_part_is_the_whole_for_every_algorithm_of_pairs() {
    let place = Place::new();
    for how in [
        "--model phash --algorithm threshold",
        "--model phash --algorithm hdbscan",
        "--model classic --algorithm dbscan",
        "--model classic --algorithm hdbscan",
        "--model classic --algorithm agglomerative --clusters 7",
    ] {
        cluster(&place, how).exits(0);
        let whole = clusters_by_name(&place.json("out/clusters.json"));
        cluster(&place, &format!("{how} --partition 65")).exits(0);
        assert_eq!(
            clusters_by_name(&place.json("out/clusters.json")),
            whole,
            "{how}"
        );
    }
}

#[test]
fn parts_are_joined_and_say_how_far_they_agree_with_the_whole() {
    let place = Place::new();
    let how = "--model classic --algorithm threshold --threshold 0.8 --partition 20";
    let called = cluster(&place, &format!("{how} --partition-agreement")).exits(0);
    called.says("4 parts").says("adjusted Rand index");
    let run = place.json("out/run.json");
    let agreement = &run["parameters"]["partition-agreement"];
    assert!(agreement["recall"].as_f64().unwrap() > 0.9, "{agreement}");
    assert!(
        agreement["precision"].as_f64().unwrap() > 0.9,
        "{agreement}"
    );
    assert_eq!(run["parameters"]["partitions"], 4);
    assert!(!place.path("out.partitions").exists());
    let one = clusters_by_name(&place.json("out/clusters.json"));
    for threads in ["1", "4"] {
        cluster(&place, &format!("{how} --threads {threads}")).exits(0);
        assert_eq!(clusters_by_name(&place.json("out/clusters.json")), one);
    }
}

#[test]
fn clusters_and_similarities_of_each_part_stay_where_that_was_asked_for() {
    let place = Place::new();
    let how = "--model classic --algorithm threshold --threshold 0.9 --partition 20";
    cluster(&place, how).exits(0);
    assert!(!place.path("out/partitions").exists());
    cluster(&place, &format!("{how} --partition-keep")).exits(0);
    let parts = place.path("out/partitions");
    let mut pictures = 0;
    for part in 0..4 {
        let folder = parts.join(format!("partition_{part:04}"));
        let clusters = fs::read_to_string(folder.join("clusters.csv")).unwrap();
        assert!(clusters.starts_with("path,cluster,strength\n"));
        pictures += clusters.lines().count() - 1;
        let lines = fs::read_to_string(folder.join("similarities.csv")).unwrap();
        let mut lines = lines.lines();
        assert_eq!(lines.next(), Some("a,b,similarity"));
        let mut lines = lines.peekable();
        assert!(lines.peek().is_some(), "part {part} has alike pictures");
        for line in lines {
            let similarity: f32 = line.rsplit(',').next().unwrap().parse().unwrap();
            assert!((0.9..=1.0).contains(&similarity), "{line}");
        }
    }
    assert_eq!(pictures, 65);
    assert!(parts.join("between/similarities.csv").is_file());
    // They are results like all others.
    cluster(&place, how).exits(0);
    assert!(!parts.exists());
}

#[test]
fn what_does_not_go_with_parts_is_refused() {
    let place = Place::new();
    for (how, why) in [
        ("--search approximate --partition 9", "--search"),
        ("--partition-keep", "--partition"),
        ("--partition 0", "--partition"),
    ] {
        cluster(&place, &format!("--model classic {how}"))
            .exits(2)
            .says(why);
    }
}

/// How many parts are finished in the folder beside the results.
fn finished(folder: &Path) -> usize {
    let Ok(entries) = fs::read_dir(folder) else {
        return 0;
    };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let parts = paths.filter(|path| path.extension() == Some("part".as_ref()));
    parts
        .filter(|path| path.to_string_lossy().contains("-partition_"))
        .count()
}

const SLOW: &str = "--model ssim --canvas 1024 --algorithm threshold --threshold 0.4 --partition 9 --partition-keep";

/// Kills a run (as `kill -9` does) when its first part is finished.
fn killed(place: &Place) -> bool {
    let mut command = place.command();
    command
        .arg("cluster")
        .arg(gallery())
        .args(["--output", "out", "--threads", "1"]);
    command
        .args(SLOW.split(' '))
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let end = Instant::now() + Duration::from_mins(2);
    while finished(&place.path("out.partitions")) == 0 && Instant::now() < end {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    finished(&place.path("out.partitions")) > 0
}

#[test]
fn a_run_that_was_killed_goes_on_with_the_next_part() {
    let place = Place::new();
    // On a very fast machine a run may end before it can be killed.
    let is_killed = (0..5).any(|_| {
        drop(fs::remove_dir_all(place.path("out")));
        killed(&place)
    });
    assert!(is_killed, "no run could be killed in time");
    let kept = finished(&place.path("out.partitions"));
    // What was damaged since is found again.
    let parts = fs::read_dir(place.path("out.partitions")).unwrap();
    let mut parts = parts.map(|entry| entry.unwrap().path());
    let part = parts
        .find(|path| path.extension() == Some("part".as_ref()))
        .unwrap();
    let mut bytes = fs::read(&part).unwrap();
    let place_in_it = bytes.len() - 20;
    bytes[place_in_it] ^= 1;
    fs::write(&part, bytes).unwrap();
    let called = cluster(&place, SLOW).exits(0);
    called.says(&format!("going on after {kept} of 8 parts"));
    assert!(!place.path("out.partitions").exists());
    let resumed = clusters_by_name(&place.json("out/clusters.json"));
    let pairs = |part: &str| fs::read(place.path("out/partitions").join(part)).unwrap();
    let lists = [
        "partition_0000/similarities.csv",
        "partition_0007/similarities.csv",
        "between/similarities.csv",
    ];
    let before = lists.map(pairs);
    cluster(&place, SLOW).exits(0);
    assert_eq!(clusters_by_name(&place.json("out/clusters.json")), resumed);
    assert_eq!(lists.map(pairs), before);
}

#[test]
fn other_pictures_or_settings_start_anew_and_a_strangers_files_stay() {
    let place = Place::new();
    fs::create_dir(place.path("out.partitions")).unwrap();
    let [stale, foreign] = ["0123456789abcdef-partition_000000.part", "notes.txt"]
        .map(|name| place.path("out.partitions").join(name));
    fs::write(&stale, "of another run").unwrap();
    fs::write(&foreign, "mine").unwrap();
    cluster(&place, "--model phash --algorithm threshold --partition 20").exits(0);
    assert!(!stale.exists());
    assert_eq!(fs::read(&foreign).unwrap(), b"mine");
}

#[test]
fn parts_that_another_run_is_at_are_left_alone() {
    let place = Place::new();
    fs::create_dir(place.path("out.partitions")).unwrap();
    let lock = fs::File::create(place.path("out.partitions/lock")).unwrap();
    lock.lock().unwrap();
    let how = "--model phash --algorithm threshold --partition 20";
    cluster(&place, how)
        .exits(1)
        .says("another run")
        .says("hint:");
    drop(lock);
    cluster(&place, how).exits(0);
    assert!(!place.path("out.partitions").exists());
}
