//! `tune`: thresholds looked at before they are used.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::place::{Called, Place, gallery};

fn tune(place: &Place, flags: &str) -> Called {
    let gallery = gallery();
    let words = ["tune", gallery.to_str().unwrap(), "--overwrite"];
    place
        .run(words.into_iter().chain(flags.split_whitespace()))
        .exits(0)
}

/// The row of the curve at a threshold.
fn row(document: &Value, threshold: f64) -> &Value {
    let mut curve = document["curve"].as_array().unwrap().iter();
    curve.find(|row| row["threshold"] == threshold).unwrap()
}

#[test]
fn the_command_that_is_suggested_gives_what_was_said() {
    for model in ["phash", "classic", "ssim"] {
        let place = Place::new();
        let called = tune(&place, &format!("--model {model}"));
        let document = place.json("tune_results/tune.json");
        let best = &document["suggestions"][0];
        let row = row(&document, best["threshold"].as_f64().unwrap());
        let line = called
            .stdout
            .lines()
            .find(|line| line.contains("imgcluster cluster"))
            .unwrap();
        let binary = env!("CARGO_BIN_EXE_imgcluster");
        let line = line.trim().replacen("imgcluster", binary, 1);
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(line).current_dir(place.path("."));
        for (name, value) in place.command().get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        Called::of(&mut shell).exits(0);
        let clusters = place.json("clustering_results/clusters.json");
        let sizes = clusters["clusters"].as_array().unwrap().iter();
        let sizes: Vec<u64> = sizes
            .map(|cluster| cluster["size"].as_u64().unwrap())
            .collect();
        assert_eq!(row["clusters"], sizes.len(), "{model}");
        assert_eq!(row["clustered"], sizes.iter().sum::<u64>(), "{model}");
        assert_eq!(row["largest"], sizes[0], "{model}");
    }
}

#[test]
fn curves_are_left_for_programs_people_and_browsers() {
    let place = Place::new();
    let called = tune(&place, "--model phash --json");
    let printed: Value = serde_json::from_str(&called.stdout).unwrap();
    let document = place.json("tune_results/tune.json");
    assert_eq!(printed["curve"], document["curve"]);
    assert_eq!(
        (&document["images_found"], &document["images_sampled"]),
        (&65.into(), &65.into())
    );
    let png = fs::read(place.path("tune_results/tune.png")).unwrap();
    assert!(png.starts_with(b"\x89PNG") && png.len() > 10_000);
    let page = fs::read_to_string(place.path("tune_results/tune.html")).unwrap();
    assert!(page.contains("--algorithm threshold --threshold"));
    let run = place.json("tune_results/run.json");
    assert_eq!(run["algorithm"], "tune");
    let table = tune(&place, "--model phash").stdout;
    assert!(
        table.contains("threshold")
            && table.contains("<- ")
            && table.contains("dbscan --min-samples 2")
    );
    assert_eq!(
        tune(&place, "--model phash --quiet").stdout.lines().count(),
        3
    );
}

#[test]
fn a_sample_is_drawn_by_its_seed_and_nothing_else_is_looked_at() {
    let place = Place::new();
    let paths = |flags: &str| {
        tune(&place, &format!("--model phash {flags}"));
        let document = place.json("tune_results/tune.json");
        let pairs = document["pairs"].as_array().unwrap().iter();
        let sides = pairs.flat_map(|pair| [&pair["a"]["path"], &pair["b"]["path"]]);
        let paths: BTreeSet<String> = sides.map(ToString::to_string).collect();
        paths
    };
    let first = paths("--sample 10 --threads 1");
    assert!((5..=10).contains(&first.len()), "{first:?}");
    assert_eq!(paths("--sample 10 --threads 3 --batch-size 1"), first);
    assert_ne!(paths("--sample 10 --seed 1"), first);
    let status = place.run(["store", "status", "--json"]).exits(0).stdout;
    let status: Value = serde_json::from_str(&status).unwrap();
    assert!(status["contents"].as_u64().unwrap() <= 20, "{status}");
}

/// Answers questions.
fn answered(place: &Place, answers: &str) -> Called {
    let mut command = place.command();
    command
        .arg("tune")
        .arg(gallery())
        .args(["--model", "phash", "--label", "--overwrite"]);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // It may have had enough before all answers are read.
    drop(child.stdin.take().unwrap().write_all(answers.as_bytes()));
    let output = child.wait_with_output().unwrap();
    Called {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

#[test]
fn what_a_person_says_of_pairs_tells_how_many_are_right_and_can_be_used_again() {
    let place = Place::new();
    let called = answered(&place, "y\nwhat\nN\ns\nyes\nq\n").exits(0);
    assert!(
        called.stderr.contains("`what` is no answer"),
        "{}",
        called.stderr
    );
    assert!(called.stderr.contains("1 of "), "{}", called.stderr);
    let labels = place.json("tune_results/labels.json");
    let alike: Vec<bool> = labels["pairs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| pair["alike"].as_bool().unwrap())
        .collect();
    assert_eq!(alike, [true, false, true]);
    assert!(called.stdout.contains("right pairs"), "{}", called.stdout);
    let said = place.json("tune_results/tune.json")["labels"].clone();
    fs::copy(
        place.path("tune_results/labels.json"),
        place.path("kept.json"),
    )
    .unwrap();
    tune(&place, "--model phash --labels kept.json");
    assert_eq!(place.json("tune_results/tune.json")["labels"], said);
    assert!(!said.is_null());
    // Judgements cost more than anything else here, and outlive the results.
    tune(&place, "--model phash").says("labels of the earlier results");
    assert_eq!(place.json("tune_results/tune.json")["labels"], said);
    fs::copy(
        place.path("kept.json"),
        place.path("tune_results/labels.json"),
    )
    .unwrap();
    tune(&place, "--model phash --labels tune_results/labels.json");
    assert_eq!(place.json("tune_results/tune.json")["labels"], said);
    // The end of the input is the end of the questions.
    let none = answered(&place, "").exits(0);
    assert!(
        none.stdout.contains("imgcluster cluster"),
        "{}",
        none.stdout
    );
}

#[test]
fn answers_given_before_an_interruption_are_kept() {
    let place = Place::new();
    let mut command = place.command();
    command
        .arg("tune")
        .arg(gallery())
        .args(["--model", "phash", "--label"]);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut answers = child.stdin.take().unwrap();
    answers.write_all(b"y\nn\n").unwrap();
    let kept = place.path("tune_results.labels.json");
    let end = Instant::now() + Duration::from_mins(1);
    let are_kept =
        || fs::read_to_string(&kept).is_ok_and(|text| text.matches("alike").count() == 2);
    while !are_kept() {
        assert!(Instant::now() < end, "answers are not kept");
        thread::sleep(Duration::from_millis(5));
    }
    let id = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    drop(answers);
    assert_eq!(output.status.code(), Some(130));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("tune_results.labels.json"), "{told}");
    tune(&place, "--model phash --labels tune_results.labels.json");
    let labels = place.json("tune_results/labels.json");
    assert_eq!(labels["pairs"].as_array().unwrap().len(), 2);
}

#[test]
fn files_of_labels_that_are_none_are_refused_and_those_of_other_pictures_count_for_nothing() {
    let place = Place::new();
    let labels = |text: &str| {
        fs::write(place.path("labels.json"), text).unwrap();
        let gallery = gallery();
        let words = [
            "tune",
            gallery.to_str().unwrap(),
            "--overwrite",
            "--model",
            "phash",
        ];
        place.run(words.into_iter().chain(["--labels", "labels.json"]))
    };
    labels("{}").exits(1).says("labels of pairs").says("hint:");
    let [a, b] = ["1", "2"].map(|digit| digit.repeat(64));
    let text = format!(
        r#"{{"version":1,"model":"m","pairs":[{{"a":{{"path":"a","hash":"{a}"}},"b":{{"path":"b","hash":"{b}"}},"alike":true}}]}}"#
    );
    labels(&text).exits(0).says("1 labelled pair");
}

#[test]
fn few_pictures_are_told_of_and_none_is_an_error() {
    let place = Place::new();
    fs::create_dir(place.path("none")).unwrap();
    place.run(["tune", "none"]).exits(1).says("no pictures");
    for count in 1..=2 {
        place.copy_gallery("few", &["sunset-1.jpg", "tiles-1.jpg"][..count]);
        let words = ["tune", "few", "--model", "phash", "--overwrite"];
        let called = place.run(words).exits(0);
        assert!(
            called.stdout.contains(&format!("{count} picture")),
            "{}",
            called.stdout
        );
    }
    place
        .run(["tune", "few", "--raw", "--overwrite"])
        .exits(2)
        .says("--raw");
    place.run(["tune", "few"]).exits(1).says("--overwrite");
}
