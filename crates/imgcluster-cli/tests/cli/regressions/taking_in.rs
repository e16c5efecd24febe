//! 9, 10 and 12: which pictures are taken in, and with which features.

use std::fs;

use super::checkpoint;
use crate::place::{Place, gallery};

/// What a run counted.
fn counts(place: &Place, results: &str) -> [u64; 3] {
    let run = place.json(&format!("{results}/run.json"));
    ["images", "embedded", "skipped"].map(|name| run["counts"][name].as_u64().unwrap())
}

fn cluster(place: &Place, folder: &str, results: &str) {
    let words = "--model classic --algorithm threshold --threshold 0.9 --overwrite";
    let words = ["cluster", folder, "--output", results]
        .into_iter()
        .chain(words.split(' '));
    place.run(words).exits(0);
}

#[test]
fn regression_09_only_what_is_there_and_asked_for_is_in_the_result_and_embedded_once() {
    let place = Place::new();
    place.copy_gallery("in", &["sunset-1.jpg", "tiles-1.jpg", "city-1.jpg"]);
    place.copy_gallery("other", &["plaid.jpg"]);
    // The results lie inside of what is read, thumbnails, samples and map with them.
    cluster(&place, "in", "in/results");
    assert_eq!(counts(&place, "in/results"), [3, 3, 0]);
    cluster(&place, "in", "in/results");
    assert_eq!(
        counts(&place, "in/results"),
        [3, 0, 0],
        "nothing has changed"
    );
    fs::copy(gallery().join("flower-1.jpg"), place.path("in/tiles-1.jpg")).unwrap();
    cluster(&place, "in", "in/results");
    assert_eq!(counts(&place, "in/results"), [3, 1, 0], "one was changed");
    fs::remove_file(place.path("in/city-1.jpg")).unwrap();
    cluster(&place, "in", "in/results");
    assert_eq!(counts(&place, "in/results"), [2, 0, 0], "one was deleted");
    cluster(&place, "other", "of-other");
    assert_eq!(
        counts(&place, "of-other"),
        [1, 1, 0],
        "another folder is another set"
    );
    let paths = fs::read_to_string(place.path("of-other/paths.txt")).unwrap();
    assert_eq!(paths.trim(), "other/plaid.jpg");
}

/// The rows of an array file, by the path of their picture.
fn rows(place: &Place, results: &str) -> Vec<(String, Vec<u8>)> {
    let paths = fs::read_to_string(place.path(results).join("paths.txt")).unwrap();
    let file = fs::read(place.path(results).join("embeddings.npy")).unwrap();
    let values = &file[10 + usize::from(u16::from_le_bytes([file[8], file[9]]))..];
    let count = paths.lines().count();
    let rows = values
        .chunks_exact(values.len() / count)
        .map(<[u8]>::to_vec);
    paths.lines().map(str::to_owned).zip(rows).collect()
}

#[test]
fn regression_10_few_pictures_and_broken_ones_shift_no_row() {
    let place = Place::new();
    fs::create_dir(place.path("in")).unwrap();
    place.run(["cluster", "in"]).exits(1).says("no pictures");
    fs::write(place.path("in/a.jpg"), b"no picture").unwrap();
    place
        .run(["cluster", "in"])
        .exits(1)
        .says("no pictures can be used");
    let names = [
        "balloons-1.jpg",
        "city-1.jpg",
        "flower-1.jpg",
        "sunset-1.jpg",
    ];
    for count in 1..=names.len() {
        place.copy_gallery("in", &names[..count]);
        // Cut off after its header, and in the middle of the others by its name.
        let whole = fs::read(gallery().join("tiles-1.jpg")).unwrap();
        fs::write(place.path("in/c.jpg"), &whole[..300]).unwrap();
        cluster(&place, "in", "with-broken");
        assert_eq!(counts(&place, "with-broken")[0], count as u64);
        assert_eq!(counts(&place, "with-broken")[2], 2);
        place.copy_gallery("good", &names[..count]);
        cluster(&place, "good", "without");
        let good = rows(&place, "without").into_iter();
        let good: Vec<_> = good
            .map(|(path, row)| (path.replace("good/", "in/"), row))
            .collect();
        assert_eq!(rows(&place, "with-broken"), good);
    }
}

#[test]
fn regression_12_a_given_checkpoint_makes_the_features() {
    let place = Place::new();
    place.copy_gallery("in", &["sunset-1.jpg", "tiles-1.jpg"]);
    checkpoint::write_model(&place.path("model"));
    for (name, scale) in [("one", 1.0), ("copy", 1.0), ("other", 1.5)] {
        let weights = checkpoint::weights(scale);
        fs::write(place.path(&format!("{name}.safetensors")), weights).unwrap();
    }
    let features = |name: &str| {
        let weights = format!("{name}.safetensors");
        let words = "cluster in --model ./model --algorithm threshold --offline --output";
        let words = words.split(' ').chain([name, "--weights", &weights]);
        place.run(words).exits(0);
        (rows(&place, name), counts(&place, name)[1])
    };
    let (one, embedded) = features("one");
    assert_eq!(embedded, 2);
    let (copy, embedded) = features("copy");
    assert_eq!(copy, one);
    assert_eq!(embedded, 0, "the same weights by another name");
    let (other, embedded) = features("other");
    assert_eq!(embedded, 2);
    assert_ne!(other, one, "other weights give other features");
}

#[test]
fn regression_12_a_trained_network_makes_the_features_not_random_weights() {
    let place = Place::new();
    place.copy_gallery(
        "in",
        &["sunset-1.jpg", "tiles-1.jpg", "city-1.jpg", "plaid.jpg"],
    );
    let train = |epochs: &str, output: &str| {
        let words = [
            "train", "in", "--size", "32", "--latent", "4", "--epochs", epochs,
        ];
        place
            .run(words.into_iter().chain(["--output", output]))
            .exits(0);
    };
    train("20", "trained.safetensors");
    train("0", "random.safetensors");
    fs::copy(
        place.path("trained.safetensors"),
        place.path("copy.safetensors"),
    )
    .unwrap();
    let features = |name: &str| {
        let model = format!("autoencoder:{name}.safetensors");
        let words = [
            "cluster",
            "in",
            "--algorithm",
            "threshold",
            "--output",
            name,
        ];
        place
            .run(words.into_iter().chain(["--model", &model]))
            .exits(0);
        (rows(&place, name), counts(&place, name)[1])
    };
    let (trained, embedded) = features("trained");
    assert_eq!(embedded, 4);
    let (copy, embedded) = features("copy");
    assert_eq!((copy, embedded), (trained.clone(), 0));
    let (random, embedded) = features("random");
    assert_eq!(embedded, 4);
    assert_ne!(random, trained, "what was learnt is used");
}
