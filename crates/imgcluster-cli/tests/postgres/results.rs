//! The same results as from a file.

use std::fs;

use imgcluster_test_postgres::Server;
use serde_json::Value;

use crate::place::{Place, gallery};
use crate::{answer, command};

/// `clusters.json` without what tells one run from another.
fn results(place: &Place, folder: &str) -> Value {
    let mut document = place.json(&format!("{folder}/clusters.json"));
    let run = document["run"].as_object_mut().unwrap();
    for key in ["started", "times"] {
        run.remove(key).unwrap();
    }
    document
}

pub(crate) fn both_stores_give_the_same_results(server: &Server) {
    for flags in [
        &["--algorithm", "hdbscan"][..],
        &[
            "--model",
            "phash",
            "--algorithm",
            "threshold",
            "--threshold",
            "0.8",
        ],
    ] {
        let (place, database) = (Place::new(), server.database());
        let cluster = |store: &str, output: &str| {
            let mut command = command(&place, store);
            command.arg("cluster").arg(gallery()).args(flags);
            answer(command.args(["--overwrite", "--output", output]));
        };
        let file = format!("sqlite:{}", place.path("own.db").display());
        cluster(&file, "from-file");
        cluster(database.url(), "cold");
        let expected = results(&place, "from-file");
        assert_eq!(results(&place, "cold"), expected, "{flags:?}");
        assert!(expected["images"].as_array().unwrap().len() > 60);
        // and once more with everything known
        cluster(&file, "from-file");
        cluster(database.url(), "warm");
        assert_eq!(
            results(&place, "warm"),
            results(&place, "from-file"),
            "{flags:?}"
        );
        assert_eq!(place.json("warm/run.json")["counts"]["embedded"], 0);
        if flags.len() == 2 {
            let bytes = |of: &str| fs::read(place.path(of).join("embeddings.npy")).unwrap();
            assert!(bytes("warm") == bytes("from-file"));
        }
    }
}

pub(crate) fn runs_are_remembered_and_shown(server: &Server) {
    let (place, database) = (Place::new(), server.database());
    place.copy_gallery("in", &["sunset-1.jpg", "sunset-2.png", "city-3.jpg"]);
    answer(command(&place, database.url()).args(["cluster", "in"]));
    let runs = answer(command(&place, database.url()).args(["runs", "list"]));
    assert_eq!(runs["runs"].as_array().unwrap().len(), 1, "{runs}");
    let shown = command(&place, database.url())
        .args(["runs", "show", "1"])
        .output()
        .unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains("city-3.jpg"), "{shown}");
}

pub(crate) fn what_is_gone_can_be_forgotten(server: &Server) {
    let (place, database) = (Place::new(), server.database());
    place.copy_gallery("in", &["sunset-1.jpg", "city-3.jpg"]);
    answer(command(&place, database.url()).args(["index", "in"]));
    fs::remove_file(place.path("in/city-3.jpg")).unwrap();
    let pruned = answer(command(&place, database.url()).args(["store", "prune"]));
    assert_eq!(
        (&pruned["files"], &pruned["contents"]),
        (&1.into(), &1.into())
    );
    let status = answer(command(&place, database.url()).args(["store", "status"]));
    assert_eq!(
        (&status["files"], &status["contents"]),
        (&1.into(), &1.into())
    );
    assert!(status["bytes"].as_u64().unwrap() > 10_000);
}
