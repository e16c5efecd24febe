//! `--search`: all near pairs, or most of them.

use crate::place::{Place, clusters_by_name, gallery};

fn asked(algorithm: &str, search: &str) -> [String; 6] {
    let words = [
        "--algorithm",
        algorithm,
        "--search",
        search,
        "--output",
        search,
    ];
    words.map(str::to_owned)
}

#[test]
fn an_approximate_search_finds_the_groups_of_the_gallery_and_tells_how_much_it_found() {
    for algorithm in ["hdbscan", "dbscan", "threshold"] {
        let place = Place::new();
        let mut found = Vec::new();
        for search in ["exact", "approximate"] {
            let mut command = place.command();
            command
                .arg("cluster")
                .arg(gallery())
                .args(asked(algorithm, search));
            let done = command.output().unwrap();
            let (told, summary) = (
                String::from_utf8_lossy(&done.stderr),
                String::from_utf8_lossy(&done.stdout),
            );
            assert!(done.status.success(), "{told}");
            found.push(clusters_by_name(
                &place.json(&format!("{search}/clusters.json")),
            ));
            let run = place.json(&format!("{search}/run.json"));
            assert_eq!(run["parameters"]["search"], search);
            let recall = run["parameters"]["search-recall"].as_f64();
            assert_eq!(told.contains("approximate search"), search == "approximate");
            assert_eq!(
                summary.contains("of the near pairs"),
                search == "approximate"
            );
            match search {
                "exact" => assert_eq!(recall, None),
                // Sixty-five pictures, all within view of each other: nothing is missed.
                _ => assert_eq!(recall, Some(1.0)),
            }
        }
        assert_eq!(found[0], found[1], "{algorithm}");
    }
}

#[test]
fn an_approximate_search_is_refused_where_there_is_none_and_says_why() {
    let place = Place::new();
    let approximate = ["cluster", "in", "--search", "approximate"];
    for model in ["phash", "dhash", "ahash", "whash"] {
        place
            .run(approximate.iter().chain(&["--model", model]))
            .exits(2)
            .says("--search approximate")
            .says("exactly")
            .says("hint:");
    }
    for algorithm in ["kmeans", "agglomerative", "gmm"] {
        place
            .run(approximate.iter().chain(&["--algorithm", algorithm]))
            .exits(2)
            .says("--search approximate")
            .says(algorithm);
    }
    place
        .run(["cluster", "in", "--search", "magic"])
        .exits(2)
        .says("approximate");
}
