//! `--search database`: most near pairs, found by the server.

use imgcluster_test_postgres::Server;

use crate::command;
use crate::place::{Called, Place, clusters_by_name, gallery};

pub(crate) fn a_search_in_the_database_finds_the_groups_of_the_gallery_and_tells_how_much_it_found(
    server: &Server,
) {
    let (place, database) = (Place::new(), server.database());
    // copies, which are one vector in the store
    let copied = place.path("copies");
    std::fs::create_dir(&copied).unwrap();
    for number in 0..3 {
        let copy = copied.join(format!("{number}.jpg"));
        std::fs::copy(gallery().join("sunset-1.jpg"), copy).unwrap();
    }
    for (number, flags) in [
        &["--algorithm", "hdbscan"][..],
        &["--algorithm", "dbscan"],
        &["--algorithm", "threshold"],
        &[
            "--algorithm",
            "dbscan",
            "--metric",
            "euclidean",
            "--eps",
            "0.7",
        ],
        &[
            "--algorithm",
            "dbscan",
            "--metric",
            "euclidean",
            "--eps",
            "9",
            "--raw",
        ],
    ]
    .into_iter()
    .enumerate()
    {
        let mut found = Vec::new();
        for search in ["exact", "database"] {
            let output = format!("{search}-{number}");
            let mut command = command(&place, database.url());
            command
                .arg("cluster")
                .arg(gallery())
                .arg("copies")
                .args(flags);
            command.args(["--search", search, "--output", &output]);
            let called = Called::of(&mut command).exits(0);
            let clusters = place.json(&format!("{output}/clusters.json"));
            found.push(clusters_by_name(&clusters));
            let run = place.json(&format!("{output}/run.json"));
            assert_eq!(run["parameters"]["search"], search);
            let recall = run["parameters"]["search-recall"].as_f64();
            // So few are compared one by one: nothing is missed.
            assert_eq!(recall, (search == "database").then_some(1.0), "{flags:?}");
            let told = called
                .stderr
                .contains("database search: 100.0 % of the 10 nearest");
            assert_eq!(told, search == "database", "{}", called.stderr);
        }
        assert_eq!(found[0], found[1], "{flags:?}");
    }
}

pub(crate) fn a_search_in_the_database_is_refused_where_there_is_none_and_says_why(
    server: &Server,
) {
    let (place, database) = (Place::new(), server.database());
    let refused = |url: &str, more: &[&str], text: &str| {
        let mut command = command(&place, url);
        command
            .args(["cluster", "in", "--search", "database"])
            .args(more);
        let called = Called::of(&mut command).exits(2);
        let talk = &called.stderr;
        assert!(talk.contains("--search database"), "{talk}");
        assert!(talk.contains(text) && talk.contains("hint:"), "{talk}");
    };
    refused("sqlite:store.sqlite", &[], "`--store`");
    assert!(!place.path("store.sqlite").exists());
    for algorithm in ["kmeans", "agglomerative", "gmm"] {
        refused(database.url(), &["--algorithm", algorithm], algorithm);
    }
    refused(database.url(), &["--model", "phash"], "exactly");
}

/// No gallery is large enough to need an index, so the store gets many more vectors of the space.
pub(crate) fn who_may_not_make_an_index_is_told_with_a_hint(server: &Server) {
    let (place, database) = (Place::new(), server.database());
    let picture = |number: u32| {
        let pixel = |x: u32, y: u32| {
            let mut mixed = number * 7919 + (x / 8) * 104_729 + (y / 8) * 1_299_709;
            mixed ^= mixed >> 7;
            image::Rgb([mixed, mixed >> 3, mixed >> 6].map(|value| value as u8))
        };
        let path = place.path(&format!("many/{number}.png"));
        image::RgbImage::from_fn(32, 32, pixel).save(path).unwrap();
    };
    std::fs::create_dir(place.path("many")).unwrap();
    (0..1100).for_each(picture);
    Called::of(command(&place, database.url()).args(["index", "many"])).exits(0);
    let user = database.user();
    database.execute(&format!(
        "GRANT USAGE ON SCHEMA image_clustering TO {name};
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA image_clustering TO {name}",
        name = user.name
    ));
    let search = |url: &str, output: &str| {
        let mut command = command(&place, url);
        command.args([
            "cluster", "many", "--search", "database", "--output", output,
        ]);
        Called::of(&mut command)
    };
    let refused = search(&user.url, "refused").exits(1);
    let talk = &refused.stderr;
    assert!(talk.contains("may not make the index"), "{talk}");
    assert!(talk.contains("hint: ask whoever made the store"), "{talk}");
    search(database.url(), "owner").exits(0);
    search(&user.url, "user").exits(0);
    let recall = &place.json("user/run.json")["parameters"]["search-recall"];
    assert!(recall.as_f64().unwrap() >= 0.9, "{recall}");
}
