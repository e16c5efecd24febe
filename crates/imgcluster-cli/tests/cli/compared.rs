//! Models that compare pictures in pairs, from outside.

use serde_json::Value;

use crate::place::{Place, clusters_by_name};

const MODELS: [&str; 4] = ["ssim", "minhash", "orb", "template"];

/// Pictures with a small copy each, and others.
fn with_copies(place: &Place) {
    let names = [
        "city-1.jpg",
        "city-1 (small).jpg",
        "flower-1.jpg",
        "flower-1 (small).jpg",
        "tiles-1.jpg",
        "tiles-1 (small).jpg",
        "plaid.jpg",
        "contours.jpg",
        "forest-3.jpg",
    ];
    place.copy_gallery("in", &names);
}

fn embedded(place: &Place, flags: &[&str]) -> u64 {
    let words = ["index", "in", "--json"].iter().chain(flags);
    let counts: Value = serde_json::from_str(&place.run(words).exits(0).stdout).unwrap();
    counts["embedded"].as_u64().unwrap()
}

#[test]
fn small_copies_are_found_by_each_model_at_its_own_threshold() {
    for model in MODELS {
        let place = Place::new();
        with_copies(&place);
        let words = [
            "cluster",
            "in",
            "--algorithm",
            "threshold",
            "--model",
            model,
        ];
        place.run(words).exits(0);
        let found = clusters_by_name(&place.json("clustering_results/clusters.json"));
        let of = |name: &str| found.iter().find(|(found, _)| found == name).unwrap().1;
        for kind in ["city", "flower", "tiles"] {
            let [large, small] = ["", " (small)"].map(|end| of(&format!("{kind}-1{end}.jpg")));
            assert!(
                large.is_some() && large == small,
                "{model}: {kind} {large:?} {small:?}"
            );
        }
        assert_eq!(
            [of("plaid.jpg"), of("contours.jpg")],
            [None, None],
            "{model}"
        );
        assert!(
            !place.path("clustering_results/embeddings.npy").exists(),
            "{model}"
        );
        let run = place.json("clustering_results/run.json");
        assert!(
            run["parameters"]["threshold"].as_f64().unwrap() > 0.0,
            "{model}"
        );
    }
}

#[test]
fn every_algorithm_of_pairs_takes_every_model() {
    let place = Place::new();
    with_copies(&place);
    for model in MODELS {
        let mut linked = Vec::new();
        for how in [
            "threshold",
            "dbscan --min-samples 2",
            "hdbscan --min-cluster-size 2 --min-samples 1",
            "agglomerative --clusters 4",
            "threshold --min-similarity 0.5",
            "auto",
        ] {
            let words = [
                "cluster",
                "in",
                "--overwrite",
                "--model",
                model,
                "--algorithm",
            ];
            place.run(words.into_iter().chain(how.split(' '))).exits(0);
            let found = clusters_by_name(&place.json("clustering_results/clusters.json"));
            assert_eq!(found.len(), 9, "{model}, {how}");
            if how == "threshold" {
                linked = found;
            } else if how.starts_with("dbscan") {
                // Where one neighbour is enough, both are the same.
                assert_eq!(found, linked, "{model}");
            }
        }
        for how in ["kmeans", "gmm"] {
            let words = [
                "cluster",
                "in",
                "--overwrite",
                "--model",
                model,
                "--algorithm",
                how,
            ];
            place.run(words).exits(2).says("makes no vectors");
        }
    }
}

#[test]
fn signatures_are_remembered_for_each_canvas_and_fit() {
    let place = Place::new();
    with_copies(&place);
    for model in MODELS {
        let of_model = ["--model", model];
        assert_eq!(embedded(&place, &of_model), 9, "{model}");
        assert_eq!(embedded(&place, &of_model), 0, "{model}");
        let small = ["--model", model, "--canvas", "128"];
        assert_eq!(embedded(&place, &small), 9, "{model}");
        let squashed = ["--model", model, "--preprocess", "squash"];
        assert_eq!(embedded(&place, &squashed), 9, "{model}");
        let same = [
            "--model",
            model,
            "--canvas",
            "256",
            "--preprocess",
            "letterbox",
        ];
        assert_eq!(embedded(&place, &same), 0, "{model}");
    }
}

#[test]
fn what_a_canvas_cannot_be_is_refused_before_any_work() {
    let place = Place::new();
    let refused = |flags: &str, why: &str| {
        let words = "cluster nowhere".split(' ').chain(flags.split(' '));
        place.run(words).exits(2).says(why).says("hint:");
    };
    refused("--model ssim --canvas 31", "from 32 to 1024");
    refused("--model orb --canvas 5000", "from 32 to 1024");
    refused("--model orb --canvas 63", "no key points");
    refused(
        "--model phash --canvas 64",
        "`--canvas` does nothing with `--model phash`",
    );
    refused("--canvas 64", "`--canvas` does nothing with `--model auto`");
    refused("--model template --preprocess crop", "letterbox");
    refused("--model ssim --device cuda", "does nothing");
    refused("--model phash --preprocess squash", "does nothing");
}

#[test]
fn dedup_goes_by_key_points_where_that_is_asked_for() {
    let place = Place::new();
    with_copies(&place);
    place.run(["dedup", "in", "--model", "orb"]).exits(0);
    let plan = place.json("dedup_results/plan.json");
    let groups = plan["groups"].as_array().unwrap();
    assert_eq!(groups.len(), 3);
    for group in groups {
        let removed = group["remove"][0]["path"].as_str().unwrap();
        assert!(removed.contains("(small)"), "{removed}");
    }
}

#[test]
fn models_tell_what_they_compare_and_from_where_on_pictures_are_alike() {
    let place = Place::new();
    let listed = place.run(["models", "list", "--json"]).exits(0).stdout;
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let models = listed["models"].as_array().unwrap();
    for name in MODELS {
        let model = models.iter().find(|model| model["name"] == name).unwrap();
        let [groups, copies] =
            ["grouping_threshold", "duplicate_threshold"].map(|name| model[name].as_f64().unwrap());
        assert!(groups > 0.0 && groups <= copies && copies <= 1.0, "{name}");
        let shown = place.run(["models", "show", name]).exits(0).stdout;
        assert!(shown.contains(&groups.to_string()), "{shown}");
    }
}
