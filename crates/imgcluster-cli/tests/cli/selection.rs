//! `--algorithm auto`, `--min-similarity` and `--max-cluster-size`, from outside.

use std::fs;

use serde_json::Value;

use crate::place::{Called, Place, clusters_by_name, gallery};

/// Groups the gallery into `out`.
fn group(place: &Place, out: &str, flags: &[&str]) -> Called {
    let mut command = place.command();
    command
        .arg("cluster")
        .arg(gallery())
        .args(["--output", out]);
    Called::of(command.args(flags))
}

/// The lines of a table that has no quotes before its last column, as cells.
fn table(place: &Place, out: &str) -> Vec<Vec<String>> {
    let text = fs::read_to_string(place.path(out).join("selection.csv")).unwrap();
    let cells = |line: &str| line.splitn(10, ',').map(str::to_owned).collect();
    text.lines().map(cells).collect()
}

const FEW: [&str; 6] = [
    "--algorithm",
    "auto",
    "--candidates",
    "hdbscan,kmeans,threshold",
    "--clusters",
    "3,7",
];

#[test]
fn auto_tells_what_it_tried_everywhere_and_what_it_chose() {
    let place = Place::new();
    let called = group(&place, "out", &FEW)
        .exits(0)
        .says("auto: trying 16 settings on 65 pictures");
    let table = table(&place, "out");
    let columns = "chosen algorithm flags clusters noise silhouette calinski_harabasz davies_bouldin score reason";
    assert_eq!(table[0].join(" "), columns);
    assert_eq!(table.len(), 17);
    assert_eq!(table[1][0], "1", "the best comes first");
    assert!(table[2..].iter().all(|line| line[0] == "0"));
    let flags = &table[1][2];
    called.says(&format!("auto: chose `{flags}`"));
    let printed = group(&place, "again", &FEW).exits(0).stdout;
    assert!(
        printed.contains(flags) && printed.contains("silhouette"),
        "{printed}"
    );
    let page = fs::read_to_string(place.path("out/report.html")).unwrap();
    assert!(page.contains(&format!("\"flags\":\"{flags}\"")));
    let run = place.json("out/run.json");
    assert_eq!(run["algorithm"], "auto");
    assert_eq!(
        run["parameters"]["candidates"],
        serde_json::json!(["hdbscan", "kmeans", "threshold"])
    );
    assert_eq!(run["parameters"]["clusters"], serde_json::json!([3, 7]));
    assert_eq!(
        run["parameters"]["chosen"]["algorithm"],
        table[1][1].as_str()
    );
    assert!(
        run["files"]
            .as_array()
            .unwrap()
            .contains(&Value::from("selection.csv"))
    );
}

#[test]
fn the_setting_that_was_chosen_gives_the_same_clusters_by_itself() {
    let place = Place::new();
    for candidates in ["hdbscan", "kmeans", "agglomerative", "threshold"] {
        let flags = ["--algorithm", "auto", "--candidates", candidates];
        group(&place, candidates, &flags).exits(0);
        let chosen = table(&place, candidates)[1][2].clone();
        let alone: Vec<&str> = chosen.split(' ').collect();
        let out = format!("{candidates}-alone");
        group(&place, &out, &alone).exits(0);
        let csv = |out: &str| fs::read_to_string(place.path(out).join("clusters.csv")).unwrap();
        assert_eq!(csv(candidates), csv(&out), "{chosen}");
        assert!(!place.path(&out).join("selection.csv").exists());
    }
}

#[test]
fn auto_gives_the_same_answer_at_any_number_of_threads_and_as_json() {
    let place = Place::new();
    let csv = |out: &str| fs::read(place.path(out).join("selection.csv")).unwrap();
    let with = |out: &str, more: &[&str]| group(&place, out, &[&FEW[..], more].concat()).exits(0);
    with("one", &["--threads", "1"]);
    let printed = with("two", &["--threads", "2", "--json"]).stdout;
    assert_eq!(csv("one"), csv("two"));
    let document: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(document["selection"].as_array().unwrap().len(), 16);
    assert_eq!(document["selection"][0]["chosen"], true);
}

#[test]
fn auto_on_hashes_says_what_needs_vectors_and_chooses_from_the_rest() {
    let place = Place::new();
    group(&place, "out", &["--model", "phash", "--algorithm", "auto"]).exits(0);
    let table = table(&place, "out");
    for line in &table[1..] {
        let is_of_vectors = ["kmeans", "gmm"].contains(&line[1].as_str());
        assert_eq!(line[9].contains("needs rows"), is_of_vectors, "{line:?}");
        assert!(
            line[6].is_empty() && line[7].is_empty(),
            "no index without vectors"
        );
    }
    assert!(
        table
            .iter()
            .any(|line| line[2].contains("--linkage average") && !line[5].is_empty())
    );
    for only in ["kmeans", "gmm"] {
        let flags = [
            "--model",
            "phash",
            "--algorithm",
            "auto",
            "--candidates",
            only,
        ];
        group(&place, "none", &flags)
            .exits(2)
            .says("makes no vectors");
    }
    let both = [
        "--model",
        "phash",
        "--algorithm",
        "auto",
        "--candidates",
        "kmeans,gmm",
    ];
    group(&place, "none", &both)
        .exits(1)
        .says("needs rows")
        .says("hint:");
}

#[test]
fn one_and_two_pictures_are_a_normal_run_of_auto() {
    for names in [&["sunset-1.jpg"][..], &["sunset-1.jpg", "city-1.jpg"]] {
        let place = Place::new();
        place.copy_gallery("in", names);
        let called = place.run(["cluster", "in", "--algorithm", "auto"]).exits(0);
        called.says("no setting can be compared");
        let clusters = fs::read_to_string(place.path("clustering_results/clusters.csv")).unwrap();
        assert_eq!(clusters.lines().count(), 1 + names.len());
    }
}

#[test]
fn lists_and_candidates_are_for_auto_alone_and_what_nobody_heeds_is_refused() {
    let place = Place::new();
    for (flags, said) in [
        (
            &["--algorithm", "kmeans", "--clusters", "3,4"][..],
            "--candidates kmeans",
        ),
        (
            &["--min-samples", "3", "--min-samples", "4"],
            "--min-samples",
        ),
        (&["--candidates", "kmeans"], "--algorithm auto"),
        (
            &["--algorithm", "auto", "--candidates", "auto"],
            "--candidates",
        ),
        (
            &[
                "--algorithm",
                "auto",
                "--candidates",
                "kmeans",
                "--eps",
                "0.2",
            ],
            "--eps",
        ),
        (&["--algorithm", "auto", "--metric", "cosine"], "--metric"),
        (&["--algorithm", "auto", "--eps", "0.2,nan"], "--eps"),
        (&["--algorithm", "auto", "--threshold", "1.5"], "1.5"),
        (&["--min-similarity", "1.5"], "--min-similarity"),
        (&["--max-cluster-size", "3"], "max_cluster_size"),
    ] {
        let asked = ["cluster", "in"];
        place
            .run(asked.iter().chain(flags))
            .exits(2)
            .says(said)
            .says("hint:");
    }
}

/// The least similarity in any cluster, and the largest cluster.
fn worst_and_largest(place: &Place, out: &str) -> (f64, u64) {
    let document = place.json(&format!("{out}/clusters.json"));
    let clusters = document["clusters"].as_array().unwrap();
    let worst = clusters
        .iter()
        .map(|cluster| cluster["min_similarity"].as_f64().unwrap());
    let largest = clusters
        .iter()
        .map(|cluster| cluster["size"].as_u64().unwrap());
    (worst.fold(1.0, f64::min), largest.max().unwrap())
}

#[test]
fn no_cluster_of_any_algorithm_hides_a_pair_below_the_least_similarity() {
    let place = Place::new();
    for (at, flags) in [
        &["--algorithm", "threshold", "--threshold", "0.6"][..],
        &["--algorithm", "dbscan", "--eps", "0.4"],
        &["--algorithm", "hdbscan"],
        &["--algorithm", "kmeans", "--clusters", "2"],
        &["--algorithm", "agglomerative", "--clusters", "2"],
        &[
            "--model",
            "phash",
            "--algorithm",
            "threshold",
            "--threshold",
            "0.5",
        ],
        &[
            "--model",
            "phash",
            "--algorithm",
            "agglomerative",
            "--clusters",
            "2",
        ],
        &[
            "--algorithm",
            "auto",
            "--candidates",
            "kmeans",
            "--clusters",
            "2,3",
        ],
    ]
    .iter()
    .enumerate()
    {
        let (plain, split) = (format!("plain-{at}"), format!("split-{at}"));
        group(&place, &plain, flags).exits(0);
        group(
            &place,
            &split,
            &[flags, &["--min-similarity", "0.875"][..]].concat(),
        )
        .exits(0);
        let (worst, _) = worst_and_largest(&place, &plain);
        assert!(worst < 0.875, "{flags:?} leaves nothing to split");
        let (worst, largest) = worst_and_largest(&place, &split);
        assert!(worst >= 0.875 && largest > 1, "{flags:?}: {worst}");
        assert_eq!(
            place.json(&format!("{split}/run.json"))["parameters"]["min-similarity"],
            0.875
        );
    }
}

#[test]
fn a_picture_left_without_a_partner_is_in_no_cluster() {
    let place = Place::new();
    place.copy_gallery(
        "in",
        &["sunset-1.jpg", "sunset-1 (small).jpg", "city-1.jpg"],
    );
    let flags = [
        "--algorithm",
        "kmeans",
        "--clusters",
        "1",
        "--min-similarity",
        "0.9",
    ];
    place.run(["cluster", "in"].iter().chain(&flags)).exits(0);
    let found = clusters_by_name(&place.json("clustering_results/clusters.json"));
    let expected = [
        ("city-1.jpg", None),
        ("sunset-1 (small).jpg", Some(0)),
        ("sunset-1.jpg", Some(0)),
    ];
    assert_eq!(
        found,
        expected.map(|(name, cluster)| (name.to_owned(), cluster))
    );
}

#[test]
fn a_largest_cluster_size_splits_what_the_tree_can_split() {
    let place = Place::new();
    let flags = ["--min-cluster-size", "2", "--min-samples", "1"];
    group(&place, "plain", &flags).exits(0);
    let (_, before) = worst_and_largest(&place, "plain");
    group(
        &place,
        "limited",
        &[&flags[..], &["--max-cluster-size", "5"]].concat(),
    )
    .exits(0);
    let (_, after) = worst_and_largest(&place, "limited");
    assert!(before > 5 && after <= 5, "{before} {after}");
    assert_eq!(
        place.json("limited/run.json")["parameters"]["max-cluster-size"],
        5
    );
}
