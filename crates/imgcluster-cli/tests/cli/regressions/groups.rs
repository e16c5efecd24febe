//! 1, 5, 6, 11 and 13: who is in which group.

use std::collections::BTreeSet;
use std::fs;

use image::{GrayImage, Luma};
use imgcluster_core::{ContentHash, Pixels, Similarity};
use imgcluster_embed::{HashKind, PerceptualHash};
use serde_json::Value;

use crate::place::{Place, clusters_by_name, gallery};

/// A picture that goes over from one pattern to another, in a hundred steps.
fn between(step: u32) -> GrayImage {
    GrayImage::from_fn(64, 64, |x, y| {
        let rings = (x * x + y * y) / 24 % 256;
        let stripes = (x * 7 + y * 3 + x * y / 9) % 256;
        Luma([((rings * (100 - step) + stripes * step) / 100) as u8])
    })
}

/// Three steps of which the second is like the first and the third, and these are not alike.
fn chain(like: f32) -> [u32; 3] {
    let phash = PerceptualHash::new(HashKind::Phash);
    let signature = |step| {
        let picture = between(step);
        let rgb = picture.pixels().flat_map(|gray| [gray.0[0]; 3]);
        let pixels = Pixels::new(64, 64, rgb.collect()).unwrap();
        phash.signature(&pixels, &ContentHash([step as u8; 32]))
    };
    let signatures: Vec<_> = (0..=100).map(signature).collect();
    let alike = |a: usize, b: usize| phash.similarity(&signatures[a], &signatures[b]) >= like;
    let chains =
        (0..101).flat_map(|a| (a..101).flat_map(move |b| (b..101).map(move |c| [a, b, c])));
    let mut chains = chains.filter(|&[a, b, c]| alike(a, b) && alike(b, c) && !alike(a, c));
    chains.next().unwrap().map(|step| step as u32)
}

#[test]
fn regression_01_a_chain_is_one_cluster_in_any_order_and_at_any_number_of_threads() {
    let steps = chain(0.9);
    let orders = [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ];
    for order in orders {
        let place = Place::new();
        fs::create_dir(place.path("in")).unwrap();
        for (name, at) in ["a.png", "b.png", "c.png"].iter().zip(order) {
            between(steps[at])
                .save(place.path("in").join(name))
                .unwrap();
        }
        for threads in ["1", "5"] {
            let words =
                "cluster in --model phash --algorithm threshold --threshold 0.9 --overwrite";
            let words = words.split(' ').chain(["--threads", threads]);
            place.run(words).exits(0);
            let document = place.json("clustering_results/clusters.json");
            let sizes: Vec<&Value> = sizes(&document);
            assert_eq!(
                sizes,
                [&Value::from(3)],
                "order {order:?}, {threads} threads"
            );
        }
    }
}

fn sizes(document: &Value) -> Vec<&Value> {
    let clusters = document["clusters"].as_array().unwrap();
    clusters.iter().map(|cluster| &cluster["size"]).collect()
}

/// The clusters of the gallery, by the names of their pictures, with these flags.
fn groups(flags: &str) -> Vec<(String, Option<u64>)> {
    let place = Place::new();
    let gallery = gallery();
    let words = ["cluster", gallery.to_str().unwrap(), "--output", "out"];
    place
        .run(words.into_iter().chain(flags.split(' ')))
        .exits(0);
    clusters_by_name(&place.json("out/clusters.json"))
}

#[test]
fn regression_05_the_size_of_batches_changes_nothing() {
    for how in [
        "--model phash --algorithm threshold",
        "--model classic --algorithm dbscan --eps 0.2",
        "--model classic --algorithm hdbscan",
    ] {
        let usual = groups(how);
        for size in ["1", "7", "1000"] {
            assert_eq!(
                groups(&format!("{how} --batch-size {size}")),
                usual,
                "{how}, {size}"
            );
        }
    }
}

#[test]
fn regression_06_noise_that_is_rather_alike_is_still_sorted_as_unique() {
    let place = Place::new();
    let names = [
        "city-1.jpg",
        "city-2.png",
        "city-3.jpg",
        "sunset-1.jpg",
        "sunset-1 (small).jpg",
    ];
    place.copy_gallery("in", &names);
    let words = "cluster in --model classic --algorithm dbscan --eps 0.02 --min-similarity 0.5 \
                 --organize move --noise-name unique";
    place.run(words.split_whitespace()).exits(0);
    let inside = |folder: &str| -> BTreeSet<String> {
        let entries = fs::read_dir(place.path("clustering_results").join(folder)).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.collect()
    };
    // What the old tool took for a reason to call noise a cluster.
    let rows = fs::read(place.path("clustering_results/embeddings.npy")).unwrap();
    let noise: Vec<usize> = (0..3).collect();
    assert!(
        least_cosine(&rows, 5, &noise) >= 0.5,
        "noise must be rather alike here"
    );
    assert_eq!(
        inside("unique"),
        names[..3].iter().map(ToString::to_string).collect()
    );
    assert_eq!(
        inside("cluster_0"),
        names[3..].iter().map(ToString::to_string).collect()
    );
    assert_eq!(fs::read_dir(place.path("in")).unwrap().count(), 0);
}

/// The least cosine of these rows of unit vectors in an array file of `count` rows.
fn least_cosine(file: &[u8], count: usize, rows: &[usize]) -> f32 {
    let start = 10 + usize::from(u16::from_le_bytes([file[8], file[9]]));
    let values = file[start..].as_chunks::<4>().0.iter();
    let values: Vec<f32> = values.map(|bytes| f32::from_le_bytes(*bytes)).collect();
    let dim = values.len() / count;
    let row = |at: usize| &values[at * dim..][..dim];
    let cosine = |a: usize, b: usize| row(a).iter().zip(row(b)).map(|(a, b)| a * b).sum::<f32>();
    let pairs = rows.iter().flat_map(|&a| rows.iter().map(move |&b| (a, b)));
    pairs.map(|(a, b)| cosine(a, b)).fold(1.0, f32::min)
}

#[test]
fn regression_11_settings_that_cannot_be_scored_are_told_and_stop_nothing() {
    let place = Place::new();
    place.copy_gallery("equal", &["sunset-1.jpg"]);
    for copy in 0..5 {
        let [from, to] = ["sunset-1.jpg".to_owned(), format!("{copy}.jpg")];
        fs::copy(place.path("equal").join(from), place.path("equal").join(to)).unwrap();
    }
    place.copy_gallery(
        "unlike",
        &["sunset-1.jpg", "tiles-1.jpg", "plaid.jpg", "contours.jpg"],
    );
    for folder in ["equal", "unlike"] {
        let words = [
            "cluster",
            folder,
            "--overwrite",
            "--model",
            "classic",
            "--algorithm",
            "auto",
        ];
        let more = [
            "--clusters",
            "1,2,50",
            "--eps",
            "0.0001,0.99",
            "--threshold=-1,0.999",
        ];
        place.run(words.into_iter().chain(more)).exits(0);
        let table = fs::read_to_string(place.path("clustering_results/selection.csv")).unwrap();
        let mut lines = table.lines().skip(1);
        let told = |line: &str| !line.ends_with(',');
        assert!(lines.clone().count() > 10);
        assert!(
            lines.clone().any(told),
            "some setting cannot be scored: {table}"
        );
        assert_eq!(
            lines.clone().filter(|line| line.starts_with("1,")).count(),
            1
        );
        assert!(lines.all(|line| line.starts_with(['0', '1'])), "{table}");
    }
}

#[test]
fn regression_13_every_picture_is_somewhere_in_what_comes_out() {
    for how in [
        "--model phash --algorithm threshold --threshold 1",
        "--model classic --algorithm hdbscan",
        "--model classic --algorithm kmeans --clusters 60",
        "--model classic --algorithm agglomerative --clusters 64",
    ] {
        let place = Place::new();
        let gallery = gallery();
        let words = [
            "cluster",
            gallery.to_str().unwrap(),
            "--output",
            "out",
            "--organize",
            "copy",
        ];
        place.run(words.into_iter().chain(how.split(' '))).exits(0);
        let document = place.json("out/clusters.json");
        let [images, clusters] =
            ["images", "clusters"].map(|name| document[name].as_array().unwrap());
        let clustered: u64 = clusters
            .iter()
            .map(|cluster| cluster["size"].as_u64().unwrap())
            .sum();
        let noise = images
            .iter()
            .filter(|image| image["cluster"].is_null())
            .count();
        assert_eq!(clustered as usize + noise, 65, "{how}");
        let folders = fs::read_dir(place.path("out"))
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let is_sorted = |name: &str| name.starts_with("cluster_") || name == "noise";
        let sorted = folders.filter(|path| {
            path.is_dir() && is_sorted(&path.file_name().unwrap().to_string_lossy())
        });
        let files: usize = sorted
            .map(|folder| fs::read_dir(folder).unwrap().count())
            .sum();
        assert_eq!(files, 65, "{how}");
    }
}
