//! `train`: a network of one's own, and what clusters by it.

use std::fs;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::place::{Called, Place, gallery};

const OUTPUT: &str = "autoencoder.safetensors";
const RESUME: &str = "autoencoder.safetensors.resume";

/// Trains a small network on the gallery for a moment.
fn train(place: &Place, flags: &str) -> Called {
    let gallery = gallery();
    let words = [
        "train",
        gallery.to_str().unwrap(),
        "--size",
        "32",
        "--latent",
        "16",
    ];
    place.run(words.into_iter().chain(flags.split_whitespace()))
}

fn cluster(place: &Place, flags: &str) -> Called {
    let gallery = gallery();
    let words = ["cluster", gallery.to_str().unwrap(), "--overwrite"];
    place.run(words.into_iter().chain(flags.split_whitespace()))
}

fn counts(place: &Place, what: &str) -> u64 {
    let run = place.json("clustering_results/run.json");
    run["counts"][what].as_u64().unwrap()
}

#[test]
fn two_commands_are_the_whole_pipeline() {
    let place = Place::new();
    let called = train(&place, "--epochs 3 --learning-rate 0.003").exits(0);
    assert!(called.stdout.ends_with("autoencoder.safetensors\n"));
    let next = called
        .stdout
        .lines()
        .find(|line| line.starts_with("next: "))
        .unwrap();
    assert_eq!(
        next,
        "next: imgcluster cluster PATH --model autoencoder:autoencoder.safetensors --algorithm auto"
    );
    for picture in ["loss.png", "reconstructions.png"] {
        let bytes =
            fs::read(place.path(&format!("autoencoder.safetensors.training/{picture}"))).unwrap();
        assert!(
            bytes.starts_with(b"\x89PNG") && bytes.len() > 5_000,
            "{picture}"
        );
    }
    let run = place.json("autoencoder.safetensors.training/run.json");
    assert_eq!(run["counts"]["images"], 65);
    assert_eq!(run["parameters"]["learning-rate"], 0.003);
    let words = "--model autoencoder:autoencoder.safetensors --algorithm auto";
    cluster(&place, words).exits(0);
    assert_eq!(
        (counts(&place, "images"), counts(&place, "embedded")),
        (65, 65)
    );
    let run = place.json("clustering_results/run.json");
    assert_eq!(run["model"], "autoencoder");
    assert_eq!(
        run["parameters"]["model"],
        "autoencoder:autoencoder.safetensors"
    );
    assert!(place.path("clustering_results/selection.csv").exists());
    // Another name for the same network, and nothing is computed again.
    fs::rename(place.path(OUTPUT), place.path("mine.safetensors")).unwrap();
    cluster(
        &place,
        "--model autoencoder:mine.safetensors --whiten --algorithm kmeans",
    )
    .exits(0);
    assert_eq!(counts(&place, "embedded"), 0);
    let run = place.json("clustering_results/run.json");
    assert_eq!(run["parameters"]["whiten"], true);
    let shown = place
        .run(["models", "show", "autoencoder:mine.safetensors"])
        .exits(0);
    assert!(shown.stdout.contains("16 values") && shown.stdout.contains("58 pictures"));
}

#[test]
fn what_training_leaves_is_not_taken_for_pictures() {
    let place = Place::new();
    let folder = place.copy_gallery("in", &["sunset-1.jpg", "tiles-1.jpg", "city-1.jpg"]);
    let words = "--size 32 --latent 4 --epochs 20 --output in/mine.safetensors --overwrite";
    for _ in 0..2 {
        let words = ["train", "in"].into_iter().chain(words.split(' '));
        place.run(words).exits(0);
        let run = place.json("in/mine.safetensors.training/run.json");
        assert_eq!(run["counts"]["images"], 3);
    }
    assert!(folder.join("mine.safetensors.training/loss.png").exists());
    let words = "cluster in --model autoencoder:in/mine.safetensors --algorithm threshold";
    place.run(words.split(' ')).exits(0);
    assert_eq!(counts(&place, "images"), 3);
}

#[test]
fn interrupted_and_killed_it_goes_on_to_the_same_checkpoint() {
    let unbroken = Place::new();
    let flags = "--epochs 12 --seed 5";
    train(&unbroken, flags).exits(0);
    let whole = fs::read(unbroken.path(OUTPUT)).unwrap();
    let place = Place::new();
    for (number, signal) in ["INT", "KILL", "INT", "KILL", "TERM"]
        .into_iter()
        .enumerate()
    {
        let mut command = place.command();
        command.arg("train").arg(gallery());
        command.args("--size 32 --latent 16 --progress json".split(' '));
        command.args(flags.split(' '));
        let mut child = command.stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(Duration::from_millis(300 + 170 * number as u64));
        let pid = child.id().to_string();
        // It may be done already.
        let killed = std::process::Command::new("kill")
            .args(["-s", signal, &pid])
            .status();
        assert!(killed.is_ok());
        child.wait().unwrap();
        if place.path(OUTPUT).exists() && !place.path(RESUME).exists() {
            break;
        }
    }
    train(&place, &format!("{flags} --overwrite")).exits(0);
    assert!(fs::read(place.path(OUTPUT)).unwrap() == whole);
    assert!(!place.path(RESUME).exists());
}

#[test]
fn an_interrupted_training_says_so_and_other_options_do_not_go_on_with_it() {
    let place = Place::new();
    let mut command = place.command();
    command.arg("train").arg(gallery());
    command.args("--size 64 --epochs 5000".split(' '));
    let child = command.stderr(Stdio::piped()).spawn().unwrap();
    thread::sleep(Duration::from_millis(2500));
    let killed = std::process::Command::new("kill")
        .args(["-s", "INT", &child.id().to_string()])
        .status();
    assert!(killed.unwrap().success());
    let told = child.wait_with_output().unwrap();
    assert_eq!(told.status.code(), Some(130));
    let told = String::from_utf8(told.stderr).unwrap();
    assert!(told.contains("the same command goes on"), "{told}");
    assert!(place.path(RESUME).exists());
    train(&place, "--epochs 1").exits(1).says("--restart");
    assert!(place.path(RESUME).exists());
    // A typing error costs nothing of what was learnt.
    place.run(["train", "nowhere", "--restart"]).exits(1);
    assert!(place.path(RESUME).exists());
    train(&place, "--epochs 1 --restart").exits(0);
    assert!(!place.path(RESUME).exists());
}

#[test]
fn a_checkpoint_that_is_there_is_replaced_only_when_asked() {
    let place = Place::new();
    train(&place, "--epochs 1").exits(0);
    let before = fs::read(place.path(OUTPUT)).unwrap();
    train(&place, "--epochs 1 --seed 1")
        .exits(1)
        .says("--overwrite");
    // Steps that are too large leave it as it is.
    let called = train(&place, "--overwrite --learning-rate 1e6").exits(1);
    let called = called.says("training diverged").says("0.001 is usual");
    assert!(called.says("nothing was written").stdout.is_empty());
    assert!(fs::read(place.path(OUTPUT)).unwrap() == before);
    train(&place, "--epochs 1 --seed 1 --overwrite").exits(0);
    assert!(fs::read(place.path(OUTPUT)).unwrap() != before);
    train(&place, "--epochs 1 --restart")
        .exits(1)
        .says("--overwrite");
    // Nothing that is no network is ever replaced by one.
    fs::write(place.path("holiday.jpg"), "precious").unwrap();
    for flags in ["--overwrite", "--overwrite --restart"] {
        let flags = format!("--epochs 1 --output holiday.jpg {flags}");
        train(&place, &flags).exits(1).says("this file is kept");
    }
    assert_eq!(fs::read(place.path("holiday.jpg")).unwrap(), b"precious");
}

#[test]
fn few_pictures_broken_ones_and_small_ones_have_clear_outcomes() {
    let place = Place::new();
    place.copy_gallery("one", &["sunset-1.jpg"]);
    place.copy_gallery("three", &["sunset-1.jpg", "tiles-1.jpg", "city-1.jpg"]);
    place.copy_gallery("broken", &["broken.jpg"]);
    fs::create_dir(place.path("none")).unwrap();
    let train = |folder: &str, flags: &str| {
        let words = [
            "train",
            folder,
            "--latent",
            "4",
            "--epochs",
            "25",
            "--overwrite",
        ];
        place.run(words.into_iter().chain(flags.split(' ')))
    };
    train("one", "--size 32")
        .exits(0)
        .says("1 picture is hardly enough");
    train("three", "--size 32")
        .exits(0)
        .says("3 pictures are hardly enough");
    train("broken", "--size 32")
        .exits(1)
        .says("broken.jpg")
        .says("no pictures can be used");
    train("none", "--size 32")
        .exits(1)
        .says("no pictures found");
    train("three", "--size 500")
        .exits(0)
        .says("3 of 3 pictures are smaller than 500 pixels");
    train("three", "--size 31").exits(2).says("a size of 31");
    train("three", "--size 32 --validation 1")
        .exits(2)
        .says("the share held out");
    train("three", "--size 32 --weights x.safetensors")
        .exits(2)
        .says("--loss perceptual");
    let offline = train("three", "--size 32 --loss perceptual --offline").exits(1);
    offline.says("vgg19");
    let foreign = train(
        "three",
        "--size 32 --loss perceptual --weights autoencoder.safetensors",
    );
    foreign.exits(1).says("features.0.weight").says("VGG19");
}

#[test]
fn what_is_no_checkpoint_of_an_autoencoder_is_refused() {
    let place = Place::new();
    let refused =
        |flags: &str, code: i32, says: &str| cluster(&place, flags).exits(code).says(says);
    refused(
        "--model autoencoder:none.safetensors",
        1,
        "none.safetensors",
    );
    fs::write(place.path("text.safetensors"), "hello").unwrap();
    refused(
        "--model autoencoder:text.safetensors",
        1,
        "imgcluster train",
    );
    train(&place, "--epochs 0").exits(0);
    let whole = fs::read(place.path(OUTPUT)).unwrap();
    let mut changed = whole.clone();
    let last = changed.len() - 2;
    changed[last] ^= 1;
    fs::write(place.path("changed.safetensors"), changed).unwrap();
    refused("--model autoencoder:changed.safetensors", 1, "content hash");
    fs::write(place.path("cut.safetensors"), &whole[..whole.len() / 2]).unwrap();
    refused("--model autoencoder:cut.safetensors", 1, "should have");
    let model = format!("--model autoencoder:{OUTPUT}");
    refused(&format!("{model} --weights x"), 2, "has its weights");
    refused(&format!("{model} --canvas 64"), 2, "--canvas");
    refused("--model phash --whiten", 2, "makes no vectors");
}

#[test]
fn a_choice_can_be_made_in_parts() {
    let place = Place::new();
    cluster(&place, "--model classic --algorithm auto --partition 22").exits(0);
    let run = place.json("clustering_results/run.json");
    let settings = run["parameters"]["partition-settings"].as_array().unwrap();
    assert_eq!(settings.len(), 3);
    assert!(settings.iter().all(Value::is_string));
    let in_parts = place.json("clustering_results/clusters.json");
    assert!(in_parts["clusters"].as_array().unwrap().len() > 1);
    // One part is the choice among all.
    cluster(&place, "--model classic --algorithm auto --partition 1000").exits(0);
    let one = place.json("clustering_results/clusters.json");
    cluster(&place, "--model classic --algorithm auto").exits(0);
    let all = place.json("clustering_results/clusters.json");
    assert_eq!(one["clusters"], all["clusters"]);
    assert_eq!(one["images"], all["images"]);
}
