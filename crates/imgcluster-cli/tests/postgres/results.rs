//! The same results as from a file.

use std::fs;

use imgcluster_test_postgres::Server;
use serde_json::Value;

use crate::place::{Called, Place, gallery};
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

pub(crate) fn a_copy_tells_of_the_files_of_other_machines(server: &Server) {
    let (place, database) = (Place::new(), server.database());
    place.copy_gallery("in", &["sunset-1.jpg", "city-3.jpg"]);
    let separator = if database.url().contains('?') {
        '&'
    } else {
        '?'
    };
    let other = format!("{}{separator}root=elsewhere", database.url());
    answer(command(&place, &other).args(["index", "in"]));
    let mut copy = command(&place, database.url());
    let copied = Called::of(copy.args(["store", "copy", "sqlite:back.db"])).exits(0);
    copied.says("2 files of other machines are left out");
    let mut copy = command(&place, &other);
    let copied = Called::of(copy.args(["store", "copy", "sqlite:back.db"])).exits(0);
    assert!(
        !copied.stderr.contains("other machines"),
        "{}",
        copied.stderr
    );
    let back = answer(command(&place, "sqlite:back.db").args(["index", "in"]));
    assert_eq!(back["embedded"], 0);
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

pub(crate) fn a_store_goes_to_the_server_and_back(server: &Server) {
    let (place, database) = (Place::new(), server.database());
    place.copy_gallery(
        "in",
        &["sunset-1.jpg", "sunset-2.png", "city-3.jpg", "broken.jpg"],
    );
    let file = format!("sqlite:{}", place.path("own.db").display());
    let cluster = |store: &str, output: &str| {
        answer(command(&place, store).args(["cluster", "in", "--output", output]));
        place.json(&format!("{output}/run.json"))["counts"]["embedded"].clone()
    };
    assert_eq!(cluster(&file, "first"), 3);
    answer(command(&place, &file).args(["index", "in", "--model", "phash"]));
    fs::write(place.path("target"), database.url()).unwrap();
    let copied = answer(command(&place, &file).args(["store", "copy", "--to-file", "target"]));
    assert_eq!(copied["features"]["copied"], 6, "{copied}");
    assert_eq!(cluster(database.url(), "second"), 0);
    let back = format!("sqlite:{}", place.path("back.db").display());
    answer(command(&place, database.url()).args(["store", "copy", &back]));
    assert_eq!(cluster(&back, "third"), 0);
    let rows = |of: &str| fs::read(place.path(of).join("embeddings.npy")).unwrap();
    assert!(rows("first") == rows("second") && rows("first") == rows("third"));
    // and once more, which changes nothing
    let again = answer(command(&place, database.url()).args(["store", "copy", &back]));
    assert_eq!(again["features"]["new"], 0, "{again}");
    let own = Called::of(command(&place, database.url()).args(["store", "copy", database.url()]));
    own.exits(2).says("is the store that would be copied");
    // tables of the same rows from both
    for store in [&file, database.url()] {
        let folder = if store == file {
            "tables"
        } else {
            "tables-too"
        };
        answer(command(&place, store).args(["store", "export", "--output", folder]));
    }
    let mut names: Vec<_> = place
        .path("tables")
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    let of_features = |name: &&std::ffi::OsString| name.to_string_lossy().starts_with("classic");
    let of_features: Vec<_> = names.iter().filter(of_features).collect();
    assert_eq!(of_features.len(), 3, "{names:?}");
    for name in of_features {
        let bytes = |folder: &str| fs::read(place.path(folder).join(name)).unwrap();
        assert!(bytes("tables") == bytes("tables-too"), "{}", name.display());
    }
}
