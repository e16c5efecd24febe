//! Flags, help and the small commands.

use crate::place::Place;

#[test]
fn a_wrong_flag_or_value_is_a_usage_error() {
    let place = Place::new();
    place
        .run(["cluster", "in", "--no-such-flag"])
        .exits(2)
        .says("--no-such-flag");
    place.run(["cluster"]).exits(2).says("PATH");
    place
        .run(["cluster", "in", "--algorithm", "magic"])
        .exits(2)
        .says("hdbscan");
    place
        .run(["cluster", "in", "--batch-size", "0"])
        .exits(2)
        .says("batch-size");
    place
        .run(["cluster", "in", "--model", "no-such-model"])
        .exits(2)
        .says("classic");
    place
        .run([
            "cluster",
            "in",
            "--algorithm",
            "threshold",
            "--threshold",
            "1.5",
        ])
        .exits(2)
        .says("1.5");
    place
        .run(["cluster", "in", "--algorithm", "dbscan", "--eps", "nan"])
        .exits(2)
        .says("eps");
}

#[test]
fn a_flag_of_another_algorithm_is_refused_with_the_way_out() {
    let place = Place::new();
    let refused = place.run(["cluster", "in", "--threshold", "0.9"]).exits(2);
    refused.says("--threshold").says("--algorithm threshold");
    place
        .run([
            "cluster",
            "in",
            "--algorithm",
            "dbscan",
            "--selection",
            "leaf",
        ])
        .exits(2)
        .says("--selection");
}

#[test]
fn a_flag_about_vectors_is_refused_for_a_model_that_makes_none() {
    let place = Place::new();
    let euclidean = ["--algorithm", "dbscan", "--metric", "euclidean"];
    place
        .run(
            ["cluster", "in", "--model", "phash"]
                .iter()
                .chain(&euclidean),
        )
        .exits(2)
        .says("--metric");
    place
        .run(["cluster", "in", "--model", "phash", "--raw"])
        .exits(2)
        .says("--raw");
}

#[test]
fn an_algorithm_on_vectors_is_refused_for_a_model_that_makes_none() {
    let place = Place::new();
    for (flags, said) in [
        (&["--algorithm", "kmeans"][..], "--algorithm kmeans"),
        (&["--algorithm", "gmm"], "--algorithm gmm"),
        (
            &["--algorithm", "agglomerative", "--linkage", "ward"],
            "--linkage ward",
        ),
    ] {
        let asked = ["cluster", "in", "--model", "phash"];
        let refused = place.run(asked.iter().chain(flags)).exits(2);
        refused.says(said).says("hint:");
    }
}

#[test]
fn a_number_of_clusters_and_a_distance_exclude_each_other_and_other_algorithms() {
    let place = Place::new();
    let asked = ["cluster", "in", "--algorithm", "agglomerative"];
    let both = ["--clusters", "3", "--distance-threshold", "0.5"];
    place
        .run(asked.iter().chain(&both))
        .exits(2)
        .says("--clusters");
    place
        .run(asked.iter().chain(&["--distance-threshold", "nan"]))
        .exits(2)
        .says("--distance-threshold");
    place
        .run(["cluster", "in", "--clusters", "3"])
        .exits(2)
        .says("--algorithm kmeans");
    for flags in [
        &["--max-iterations", "5"][..],
        &["--covariance", "full"],
        &["--clusters", "0"],
    ] {
        place.run(asked.iter().chain(flags)).exits(2).says(flags[0]);
    }
}

#[test]
fn a_wrong_pattern_store_or_number_of_threads_is_a_usage_error() {
    let place = Place::new();
    place.copy_gallery("in", &["sunset-1.jpg"]);
    place
        .run(["cluster", "in", "--exclude", "["])
        .exits(2)
        .says("--exclude");
    place
        .run(["cluster", "in", "--store", "foo:bar"])
        .exits(2)
        .says("sqlite:PATH");
    for threads in ["0", "288230376151711744"] {
        place
            .run(["cluster", "in", "--threads", threads])
            .exits(2)
            .says("--threads");
    }
}

#[test]
fn json_progress_is_nothing_but_json_lines() {
    let place = Place::new();
    place.copy_gallery("in", &["sunset-1.jpg", "broken.jpg"]);
    for arguments in [["cluster", "in"], ["cluster", "nowhere"]] {
        let said = place
            .run(
                arguments
                    .iter()
                    .chain(&["--progress", "json", "--overwrite"]),
            )
            .stderr;
        assert!(said.lines().count() > 1);
        for line in said.lines() {
            let event: serde_json::Value = serde_json::from_str(line).unwrap();
            assert!(event["event"].is_string(), "{line}");
        }
    }
}

#[test]
fn the_doctor_is_well_where_the_main_job_runs_and_not_where_it_cannot() {
    let place = Place::new();
    let told = place.run(["doctor"]).exits(0).stdout;
    assert!(
        told.contains("JPEG") && told.contains("store.sqlite"),
        "{told}"
    );
    std::fs::write(place.path("broken"), "x".repeat(5000)).unwrap();
    place.run(["doctor", "--store", "sqlite:broken"]).exits(1);
}

#[test]
fn completions_and_manual_pages_are_printed() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = place.run(["completions", shell]).exits(0).stdout;
        assert!(script.contains("min-cluster-size"), "{shell}");
    }
    assert!(
        place
            .run(["man"])
            .exits(0)
            .stdout
            .contains(".TH imgcluster")
    );
    place.run(["man", "--output", "pages"]).exits(0);
    assert!(place.path("pages/imgcluster-cluster.1").is_file());
}

#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_is_no_failure() {
    use std::process::Stdio;

    let place = Place::new();
    let mut command = place.command();
    let mut child = command
        .args(["completions", "zsh"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
}
