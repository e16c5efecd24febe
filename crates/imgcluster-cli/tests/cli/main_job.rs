//! The main job on the gallery, and everything it writes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::place::{Place, clusters_by_name, gallery};

#[test]
fn the_gallery_falls_into_its_kinds() {
    let place = Place::new();
    place
        .run(["cluster".as_ref(), gallery().as_os_str()])
        .exits(0);
    let found = clusters_by_name(&place.json("clustering_results/clusters.json"));
    assert_eq!(found.len(), 65);
    let mut kinds: BTreeMap<&str, BTreeSet<Option<u64>>> = BTreeMap::new();
    for (name, cluster) in &found {
        let kind = name.split(['-', '.']).next().unwrap();
        kinds.entry(kind).or_default().insert(*cluster);
    }
    let mut taken = BTreeSet::new();
    for kind in [
        "balloons", "city", "flower", "forest", "sunset", "target", "tiles",
    ] {
        assert_eq!(kinds[kind].len(), 1, "{kind} is split: {:?}", kinds[kind]);
        let cluster = kinds[kind].first().unwrap().expect("a kind is no noise");
        assert!(taken.insert(cluster), "{kind} shares cluster {cluster}");
    }
    assert_eq!(kinds["plaid"], BTreeSet::from([None]));
    assert_eq!(kinds["contours"], BTreeSet::from([None]));
}

#[test]
fn every_promised_file_is_there_and_rows_agree() {
    let place = Place::new();
    place
        .run([
            "cluster".as_ref(),
            gallery().as_os_str(),
            "--output".as_ref(),
            "out".as_ref(),
        ])
        .exits(0);
    let files = [
        "clusters.json",
        "clusters.csv",
        "embeddings.npy",
        "cluster_labels.npy",
        "paths.txt",
        "cluster_info.json",
        "clustering_summary.txt",
        "cluster_visualization.png",
        "cluster_visualization.svg",
        "report.html",
        "run.json",
        "skipped.csv",
    ];
    for name in files {
        assert!(place.path("out").join(name).is_file(), "{name} is missing");
    }
    let document = place.json("out/clusters.json");
    let images = document["images"].as_array().unwrap();
    let paths = fs::read_to_string(place.path("out/paths.txt")).unwrap();
    let shown: Vec<&str> = images
        .iter()
        .map(|image| image["path"].as_str().unwrap())
        .collect();
    assert_eq!(paths.lines().collect::<Vec<_>>(), shown);
    let mut sorted = shown.clone();
    sorted.sort_unstable();
    assert_eq!(shown, sorted, "images are ordered by path");
    let labels = npy_tail(
        &fs::read(place.path("out/cluster_labels.npy")).unwrap(),
        8 * images.len(),
    );
    for (image, label) in images.iter().zip(labels.chunks_exact(8)) {
        let label = i64::from_le_bytes(label.try_into().unwrap());
        assert_eq!(image["cluster"].as_i64().unwrap_or(-1), label);
    }
    let skipped = document["skipped"].as_array().unwrap();
    assert_eq!(skipped.len(), 1, "{skipped:?}");
    assert!(skipped[0]["path"].as_str().unwrap().ends_with("broken.jpg"));
    for cluster in document["clusters"].as_array().unwrap() {
        let folder = place
            .path("out/samples")
            .join(format!("cluster_{}", cluster["id"]));
        let expected = cluster["size"].as_u64().unwrap().min(5) as usize;
        assert_eq!(fs::read_dir(folder).unwrap().count(), expected);
    }
}

/// The values at the end of a `.npy` file.
fn npy_tail(bytes: &[u8], length: usize) -> Vec<u8> {
    assert!(bytes.starts_with(b"\x93NUMPY"));
    bytes[bytes.len() - length..].to_vec()
}

#[test]
fn threads_batch_size_and_working_directory_change_nothing() {
    let mut documents = Vec::new();
    let variants = [["1", "1"], ["2", "7"], ["1", "64"], ["3", "auto"]];
    for (number, [threads, batch]) in variants.iter().enumerate() {
        let place = Place::new();
        let (gallery, output) = (gallery(), place.path("out"));
        let mut command = place.command();
        if number == 1 {
            command.current_dir(&gallery);
        }
        command
            .arg("cluster")
            .arg(&gallery)
            .arg("--output")
            .arg(&output);
        let done = command
            .args(["--threads", threads, "--batch-size", batch])
            .output()
            .unwrap();
        assert!(done.status.success());
        let mut document = place.json("out/clusters.json");
        let run = document["run"].as_object_mut().unwrap();
        assert!(run.remove("started").is_some() && run.remove("times").is_some());
        documents.push(document);
    }
    for other in &documents[1..] {
        assert!(documents[0] == *other, "clusters.json differs");
    }
}

#[test]
fn standard_output_lists_the_groups_or_one_object_or_nothing() {
    let place = Place::new();
    let gallery = gallery();
    let call = |extra: &[&str]| {
        let mut command = place.command();
        command
            .arg("cluster")
            .arg(&gallery)
            .arg("--overwrite")
            .args(extra);
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    let text = call(&[]);
    assert!(
        text.contains("sunset-3.jpg") && text.contains("cluster_0"),
        "{text}"
    );
    let object: serde_json::Value = serde_json::from_str(&call(&["--json"])).unwrap();
    assert_eq!(object["images"].as_array().map(Vec::len), Some(65));
    assert!(call(&["--quiet"]).lines().count() <= 1);
}

#[test]
fn every_algorithm_runs_on_vectors_and_on_hashes() {
    let place = Place::new();
    for model in ["classic", "phash", "dhash", "ahash", "whash"] {
        for algorithm in ["hdbscan", "dbscan", "threshold"] {
            let output = format!("{model}-{algorithm}");
            let arguments = [
                "--model",
                model,
                "--algorithm",
                algorithm,
                "--output",
                &output,
            ];
            let mut command = place.command();
            let done = command
                .arg("cluster")
                .arg(gallery())
                .args(arguments)
                .output()
                .unwrap();
            assert!(
                done.status.success(),
                "{output}: {}",
                String::from_utf8_lossy(&done.stderr)
            );
            let vectors = place.path(&output).join("embeddings.npy").exists();
            assert_eq!(vectors, model == "classic", "{output}");
        }
    }
}

#[test]
fn near_duplicates_of_the_gallery_are_found_by_their_hash() {
    let place = Place::new();
    let arguments = [
        "--model",
        "phash",
        "--algorithm",
        "threshold",
        "--threshold",
        "0.875",
    ];
    let mut command = place.command();
    assert!(
        command
            .arg("cluster")
            .arg(gallery())
            .args(arguments)
            .status()
            .unwrap()
            .success()
    );
    let found = clusters_by_name(&place.json("clustering_results/clusters.json"));
    let cluster = |name: &str| found.iter().find(|(n, _)| n == name).unwrap().1;
    for kind in [
        "balloons", "city", "flower", "forest", "sunset", "target", "tiles",
    ] {
        let original = cluster(&format!("{kind}-1.jpg"));
        assert!(original.is_some(), "{kind}-1 has no partner");
        assert_eq!(
            original,
            cluster(&format!("{kind}-1 (small).jpg")),
            "{kind}"
        );
    }
}

#[test]
fn every_algorithm_that_is_told_how_many_makes_so_many_clusters_of_all_pictures() {
    let place = Place::new();
    for (flags, model) in [
        (&["kmeans"][..], "classic"),
        (&["gmm"], "classic"),
        (&["agglomerative"], "classic"),
        (&["agglomerative", "--linkage", "ward"], "classic"),
        (&["agglomerative", "--linkage", "complete"], "phash"),
    ] {
        let arguments = ["--clusters", "7", "--model", model, "--overwrite"];
        let mut command = place.command();
        let called = command
            .arg("cluster")
            .arg(gallery())
            .args(arguments)
            .arg("--algorithm")
            .args(flags)
            .output()
            .unwrap();
        assert!(called.status.success(), "{flags:?}");
        let document = place.json("clustering_results/clusters.json");
        assert_eq!(
            document["clusters"].as_array().unwrap().len(),
            7,
            "{flags:?}"
        );
        let found = clusters_by_name(&document);
        assert!(found.iter().all(|(_, cluster)| cluster.is_some()));
        let run = place.json("clustering_results/run.json");
        assert_eq!(run["algorithm"], flags[0]);
        assert_eq!(run["parameters"]["clusters"], 7);
        assert_eq!(run["parameters"]["seed"], 0);
    }
}
