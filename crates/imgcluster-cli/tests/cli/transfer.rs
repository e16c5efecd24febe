//! A store elsewhere: copied, or as tables.

use std::fs;

use serde_json::Value;

use crate::place::{Called, Place, gallery};

/// Clusters the gallery with this store into this folder, and gives the results and how many
/// pictures were embedded for them.
fn cluster(place: &Place, store: &str, output: &str) -> (Value, u64) {
    let pictures = gallery();
    let mut command = place.command();
    command.arg("cluster").arg(pictures);
    command.args(["--store", store, "--output", output, "--model", "classic"]);
    Called::of(&mut command).exits(0);
    let mut document = place.json(&format!("{output}/clusters.json"));
    let record = place.json(&format!("{output}/run.json"));
    let embedded = record["counts"]["embedded"].as_u64().unwrap();
    // when and how long it ran
    document.as_object_mut().unwrap().remove("run");
    (document, embedded)
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_copied_store_embeds_nothing_and_gives_the_same_clusters() {
    let place = Place::new();
    let (here, embedded) = cluster(&place, "sqlite:here.sqlite", "first");
    assert!(embedded > 20, "{embedded}");
    let copy = [
        "store",
        "copy",
        "sqlite:there.sqlite",
        "--store",
        "sqlite:here.sqlite",
        "--json",
    ];
    let copied = json(&place.run(copy).exits(0).stdout);
    for kind in ["files", "features", "runs"] {
        let amount = &copied[kind];
        assert!(amount["copied"].as_u64().unwrap() > 0, "{kind}: {copied}");
        assert_eq!(amount["copied"], amount["new"], "{kind}");
    }
    let again = json(&place.run(copy).exits(0).stdout);
    for kind in ["files", "features", "failures", "runs"] {
        assert_eq!(again[kind]["copied"], copied[kind]["copied"], "{kind}");
        assert_eq!(again[kind]["new"], 0, "{kind}");
    }
    let (there, embedded) = cluster(&place, "sqlite:there.sqlite", "second");
    assert_eq!(embedded, 0);
    assert_eq!(there, here);
    // and back: the run that was added there comes home
    let back = [
        "store",
        "copy",
        "here.sqlite",
        "--store",
        "sqlite:there.sqlite",
        "--json",
    ];
    let back = json(&place.run(back).exits(0).stdout);
    assert_eq!(
        (&back["runs"]["copied"], &back["runs"]["new"]),
        (&2.into(), &1.into())
    );
}

#[test]
fn the_address_to_copy_to_may_be_in_a_file() {
    let place = Place::new();
    place.copy_gallery("in", &["sunset-1.jpg"]);
    place.run(["index", "in"]).exits(0);
    fs::write(place.path("address"), "sqlite:copy.sqlite\n").unwrap();
    let copied = place.run(["store", "copy", "--to-file", "address"]);
    assert!(copied.exits(0).stdout.contains("1 features (1 new)"));
    let none = place.run(["store", "copy", "--to-file", "missing"]);
    none.exits(1).says("missing").says("hint:");
    fs::write(place.path("address"), "mysql://user:secret@host").unwrap();
    let wrong = place
        .run(["store", "copy", "--to-file", "address"])
        .exits(2);
    assert!(wrong.stderr.contains("mysql:") && !wrong.stderr.contains("secret"));
}

#[test]
fn a_store_is_not_copied_into_itself_nor_to_nowhere() {
    let place = Place::new();
    let itself = place.run(["store", "copy", "./store.sqlite"]);
    itself.exits(2).says("store.sqlite").says("hint:");
    place.run(["store", "copy"]).exits(2);
    place
        .run(["store", "copy", "a.sqlite", "--to-file", "b"])
        .exits(2);
    let folder = place.path("folder");
    fs::create_dir(&folder).unwrap();
    place
        .run(["store", "copy", "folder"])
        .exits(1)
        .says("folder");
}

#[test]
fn an_export_has_a_row_for_each_file_in_every_format() {
    let place = Place::new();
    place.copy_gallery("in", &["sunset-1.jpg", "tiles-1.jpg", "city-3.jpg"]);
    fs::copy(place.path("in/city-3.jpg"), place.path("in/again.jpg")).unwrap();
    place.run(["index", "in", "--model", "classic"]).exits(0);
    place.run(["index", "in", "--model", "phash"]).exits(0);
    let told = json(&place.run(["store", "export", "--json"]).exits(0).stdout);
    let models = told["spaces"].as_array().unwrap().iter();
    let models: Vec<_> = models
        .map(|one| (one["name"].as_str().unwrap(), one["rows"].as_u64()))
        .collect();
    assert_eq!(models, [("classic", Some(4)), ("phash", Some(4))]);
    let table = fs::read_to_string(place.path("store_export/classic.csv")).unwrap();
    let rows: Vec<&str> = table.lines().collect();
    assert_eq!(rows.len(), 5);
    assert!(
        rows[1].starts_with("0,") && rows[1].contains("again.jpg"),
        "{table}"
    );
    let array = fs::read(place.path("store_export/classic.npy")).unwrap();
    let header = String::from_utf8_lossy(&array[..128]).into_owned();
    assert!(header.contains("'shape': (4, "), "{header}");
    for name in ["classic.parquet", "phash.parquet"] {
        let bytes = fs::read(place.path(&format!("store_export/{name}"))).unwrap();
        assert!(
            bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"),
            "{name}"
        );
    }
    assert!(!place.path("store_export/phash.npy").exists());

    place.run(["store", "export"]).exits(1).says("--overwrite");
    let one = [
        "store",
        "export",
        "--overwrite",
        "--model",
        "phash",
        "--format",
        "parquet",
    ];
    place.run(one).exits(0);
    assert!(!place.path("store_export/classic.npy").exists());
    assert!(!place.path("store_export/phash.csv").exists());
    let unknown = place.run(["store", "export", "--model", "clip", "--output", "other"]);
    unknown.exits(1).says("`clip`").says("store status");
    place
        .run(["store", "export", "--output", "in"])
        .exits(1)
        .says("not made by imgcluster");
    assert!(!place.path("other").exists());
}

#[test]
fn an_empty_store_is_copied_and_exported_as_nothing() {
    let place = Place::new();
    place.run(["store", "copy", "empty.sqlite"]).exits(0);
    place.run(["store", "export"]).exits(0);
    let files = fs::read_to_string(place.path("store_export/files.csv")).unwrap();
    assert_eq!(files.lines().count(), 1);
}
