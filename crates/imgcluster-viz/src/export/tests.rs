use std::collections::BTreeMap;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use imgcluster_core::{
    CancelToken, ContentHash, EmbeddingSpace, Event, Failure, FeatureShape, Job, ParkWait,
    Reporter, RunCounts, RunRecord,
};
use parquet::file::reader::FileReader;
use parquet::record::Field;
use serde_json::Value;

use super::fake_store::{FakeStore, Feature, width};
use super::readers::{field, floats, read_csv, read_npy, read_parquet, string, text};
use super::{Export, ExportOptions, Exported};
use crate::{ResultsFolder, VizError};

fn hash(number: u32) -> ContentHash {
    let mut bytes = [0x11; 32];
    bytes[..4].copy_from_slice(&number.wrapping_mul(0x9e37_79b9).to_be_bytes());
    ContentHash(bytes)
}

fn space(model: &str, shape: FeatureShape) -> EmbeddingSpace {
    EmbeddingSpace {
        model: model.to_owned(),
        weights: hash(1001),
        preprocess: hash(1002),
        shape,
    }
}

fn vector(dim: usize) -> FeatureShape {
    FeatureShape::Vector(NonZeroUsize::new(dim).unwrap())
}

fn row(number: u32, dim: usize) -> Vec<f32> {
    (0..dim)
        .map(|at| number as f32 / 8.0 - at as f32 * 0.1)
        .collect()
}

/// Four files of three contents; two spaces, in each of which a content is missing and one more
/// has no file.
fn store() -> FakeStore {
    let names = [
        "/a/1.jpg",
        "/a/copy, of \"1\".jpg",
        "/b/2\n.jpg",
        "/ü/3.jpg",
    ];
    let contents = [1, 1, 2, 3].map(hash);
    let files = names.map(PathBuf::from).into_iter().zip(contents).collect();
    let vectors = [1, 2, 9].map(|number| (hash(number), Feature::Vector(row(number, 5))));
    let signatures = [(2, b"\x00\xff\x10".to_vec()), (3, vec![]), (9, vec![1])];
    let signatures = signatures.map(|(number, bytes)| (hash(number), Feature::Signature(bytes)));
    FakeStore {
        files,
        spaces: vec![
            (space("ORG/vectors", vector(5)), vectors.into()),
            (space("orb", FeatureShape::Signature), signatures.into()),
        ],
        failures: (0..2)
            .map(|number| Failure {
                content: hash(3),
                decoder: format!("decoder {number}"),
                reason: "ends early, at \"3\"".to_owned(),
            })
            .collect(),
        runs: vec![run()],
    }
}

fn run() -> RunRecord {
    RunRecord {
        tool: "imgcluster".to_owned(),
        version: "0.1.0".to_owned(),
        command: vec!["imgcluster".to_owned(), "cluster".to_owned()],
        started: "2026-01-02T03:04:05Z".to_owned(),
        model: "orb".to_owned(),
        weights: hash(1001),
        preprocess: hash(1002),
        algorithm: "dbscan".to_owned(),
        parameters: serde_json::Map::new(),
        device: "cpu".to_owned(),
        times: BTreeMap::new(),
        counts: RunCounts {
            images: 4,
            clusters: 2,
            noise: 1,
            ..RunCounts::default()
        },
        files: Vec::new(),
    }
}

fn export(
    store: &FakeStore,
    options: ExportOptions,
    job: &Job<'_>,
    to: &Path,
) -> Result<Exported, VizError> {
    let export = Export {
        store,
        wait: &ParkWait,
        version: "0.1.0",
        started: "2026-01-02T03:04:05Z",
        options,
    };
    export.write(ResultsFolder::prepare(to, false)?, job)
}

fn exported(store: &FakeStore) -> (tempfile::TempDir, PathBuf, Exported) {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("export");
    let exported = export(store, ExportOptions::default(), &Job::quiet(), &path).unwrap();
    (home, path, exported)
}

#[test]
fn an_empty_store_gives_tables_without_rows() {
    let (_home, path, exported) = exported(&FakeStore::default());
    assert_eq!(
        (exported.files, exported.failures, exported.runs),
        (0, 0, 0)
    );
    assert_eq!(exported.spaces, []);
    for name in ["files.csv", "failures.csv", "runs.csv"] {
        assert_eq!(read_csv(&path.join(name)).len(), 1, "{name}");
    }
    assert_eq!(fs::read_dir(&path).unwrap().count(), 4);
}

#[test]
fn a_space_whose_files_are_all_gone_gives_tables_without_rows() {
    let store = FakeStore {
        files: BTreeMap::new(),
        ..store()
    };
    let (_home, path, exported) = exported(&store);
    assert_eq!(
        (exported.spaces[0].rows, exported.spaces[0].without_file),
        (0, 3)
    );
    let (header, values) = read_npy(&path.join("ORG_vectors.npy"));
    assert!(
        header.contains("'shape': (0, 5), ") && values.is_empty(),
        "{header}"
    );
    let (reader, rows) = read_parquet(&path.join("ORG_vectors.parquet"));
    assert_eq!(
        (reader.metadata().file_metadata().num_rows(), rows.len()),
        (0, 0)
    );
    assert_eq!(read_csv(&path.join("orb.csv")).len(), 1);
}

#[test]
fn row_i_of_the_array_and_of_both_tables_is_the_same_file() {
    let store = store();
    let (_home, path, exported) = exported(&store);
    let counts: Vec<_> = exported
        .spaces
        .iter()
        .map(|one| (one.rows, one.without_file))
        .collect();
    assert_eq!(counts, [(3, 1), (2, 1)]);
    let files: Vec<_> = store.files.iter().take(3).collect();
    let (header, values) = read_npy(&path.join("ORG_vectors.npy"));
    assert!(header.starts_with("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 5), }"));
    assert_eq!(values, [row(1, 5), row(1, 5), row(2, 5)].concat());
    let csv = read_csv(&path.join("ORG_vectors.csv"));
    let columns: Vec<_> = csv[0].iter().map(|field| text(field)).collect();
    assert_eq!(columns, ["row", "path", "hash", "width", "height"]);
    let (_, rows) = read_parquet(&path.join("ORG_vectors.parquet"));
    assert_eq!((csv.len(), rows.len()), (4, 3));
    for (at, (path, content)) in files.into_iter().enumerate() {
        let path = path.to_str().unwrap();
        let fields: Vec<_> = csv[at + 1].iter().map(|field| text(field)).collect();
        let (number, width) = (at.to_string(), width(content));
        let hash = content.to_string();
        assert_eq!(fields, [&number, path, &hash, &width.to_string(), "20"]);
        assert_eq!(string(&rows[at], "path"), Some(path));
        assert_eq!(string(&rows[at], "path_base64"), None);
        assert_eq!(string(&rows[at], "hash"), Some(hash.as_str()));
        assert_eq!(*field(&rows[at], "width"), Field::UInt(width));
        assert_eq!(*field(&rows[at], "height"), Field::UInt(20));
        assert_eq!(floats(&rows[at]), values[at * 5..][..5]);
    }
}

#[test]
fn signatures_are_hex_in_one_table_and_bytes_in_the_other() {
    let (_home, path, _) = exported(&store());
    assert!(!path.join("orb.npy").exists());
    let csv = read_csv(&path.join("orb.csv"));
    let signatures: Vec<_> = csv.iter().map(|fields| text(&fields[5])).collect();
    assert_eq!(signatures, ["signature", "00ff10", ""]);
    let (_, rows) = read_parquet(&path.join("orb.parquet"));
    let signatures = rows.iter().map(|row| match field(row, "signature") {
        Field::Bytes(bytes) => bytes.data().to_vec(),
        other => panic!("{other:?} is no bytes"),
    });
    assert_eq!(
        signatures.collect::<Vec<_>>(),
        [b"\x00\xff\x10".to_vec(), vec![]]
    );
}

#[test]
fn files_failures_and_runs_have_tables_of_their_own() {
    let store = store();
    let (_home, path, exported) = exported(&store);
    assert_eq!(
        (exported.files, exported.failures, exported.runs),
        (4, 2, 1)
    );
    let files = read_csv(&path.join("files.csv"));
    assert_eq!(files.len(), 5);
    let first: Vec<_> = files[1].iter().map(|field| text(field)).collect();
    let hash = hash(1).to_string();
    assert_eq!(first, ["/a/1.jpg", &u64::MAX.to_string(), "-5", &hash]);
    let failures = read_csv(&path.join("failures.csv"));
    let last: Vec<_> = failures[2].iter().map(|field| text(field)).collect();
    let content = store.failures[1].content.to_string();
    assert_eq!(last, [&content, "decoder 1", "ends early, at \"3\""]);
    let runs = read_csv(&path.join("runs.csv"));
    let only: Vec<_> = runs[1].iter().map(|field| text(field)).collect();
    let counts = ["4", "0", "2", "1", "imgcluster cluster"];
    let expected = ["1", "2026-01-02T03:04:05Z", "0.1.0", "orb", "dbscan"];
    assert_eq!(only, [expected, counts].concat());
    assert_eq!(runs[0].len(), 10);
}

#[test]
fn the_record_lists_every_file_and_the_folder_is_known_again() {
    let store = store();
    let (_home, path, _) = exported(&store);
    let record: Value = serde_json::from_slice(&fs::read(path.join("run.json")).unwrap()).unwrap();
    let mut listed: Vec<_> = record["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap().to_owned())
        .collect();
    let names = fs::read_dir(&path)
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
    listed.sort();
    names.sort();
    assert_eq!(listed, names);
    assert_eq!(record["spaces"][0]["name"], "ORG_vectors");
    assert_eq!(record["spaces"][0]["model"], "ORG/vectors");
    assert_eq!(
        (&record["spaces"][0]["dim"], &record["spaces"][0]["rows"]),
        (&5.into(), &3.into())
    );
    assert_eq!(record["spaces"][1].get("dim"), None);
    // not replaced unless that is asked for, and then whole
    let again = export(&store, ExportOptions::default(), &Job::quiet(), &path);
    assert!(matches!(again, Err(VizError::Exists(_))));
    let folder = ResultsFolder::prepare(&path, true).unwrap();
    let options = ExportOptions {
        model: Some("orb".to_owned()),
        ..ExportOptions::default()
    };
    let (wait, version, started) = (&ParkWait, "0.1.0", "2026-01-02T03:04:05Z");
    let export = Export {
        store: &store,
        wait,
        version,
        started,
        options,
    };
    export.write(folder, &Job::quiet()).unwrap();
    assert!(path.join("orb.parquet").exists() && !path.join("ORG_vectors.npy").exists());
}

#[test]
fn a_foreign_folder_is_refused_and_left_alone() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("mine.txt"), "mine").unwrap();
    let refused = export(
        &store(),
        ExportOptions::default(),
        &Job::quiet(),
        home.path(),
    );
    assert!(matches!(refused, Err(VizError::Foreign(_))));
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
}

#[test]
fn only_the_formats_and_the_model_asked_for_are_written() {
    let home = tempfile::tempdir().unwrap();
    for (arrays, parquet, expected) in [
        (true, false, &["orb.csv"][..]),
        (false, true, &["orb.parquet"]),
        (false, false, &[]),
    ] {
        let to = home.path().join(format!("{arrays} {parquet}"));
        let model = Some("orb".to_owned());
        let options = ExportOptions {
            model,
            arrays,
            parquet,
        };
        let exported = export(&store(), options, &Job::quiet(), &to).unwrap();
        assert_eq!(exported.spaces.len(), 1);
        let names = fs::read_dir(&to)
            .unwrap()
            .map(|entry| entry.unwrap().file_name());
        let others = ["files.csv", "failures.csv", "runs.csv", "run.json"];
        let names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
        let of_spaces: Vec<_> = names
            .iter()
            .filter(|name| !others.contains(&name.as_str()))
            .collect();
        assert_eq!(of_spaces, expected.iter().collect::<Vec<_>>());
    }
    let options = ExportOptions {
        model: Some("clip".to_owned()),
        ..ExportOptions::default()
    };
    let error = export(&store(), options, &Job::quiet(), &home.path().join("x")).unwrap_err();
    assert!(
        matches!(&error, VizError::UnknownModel { model } if model == "clip"),
        "{error}"
    );
    assert!(!home.path().join("x").exists());
}

#[cfg(unix)]
#[test]
fn a_path_that_is_not_utf8_has_its_bytes_in_every_table() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let bytes = b"/a/\xff.jpg";
    let mut store = store();
    store
        .files
        .insert(PathBuf::from(OsStr::from_bytes(bytes)), hash(2));
    let (_home, path, _) = exported(&store);
    for name in ["files.csv", "ORG_vectors.csv", "orb.csv"] {
        let table = read_csv(&path.join(name));
        assert!(table.iter().flatten().any(|field| field == bytes), "{name}");
    }
    let (_, rows) = read_parquet(&path.join("ORG_vectors.parquet"));
    let odd: Vec<_> = rows
        .iter()
        .filter_map(|row| Some((string(row, "path")?, string(row, "path_base64")?)))
        .collect();
    // `base64` of GNU coreutils gives this for the bytes above
    assert_eq!(odd, [("/a/\u{fffd}.jpg", "L2Ev/y5qcGc=")]);
}

#[test]
fn ten_thousand_rows_go_through_pages_and_row_groups() {
    let (dim, count) = (700, 10_000);
    let numbers = 0..count;
    let store = FakeStore {
        files: numbers
            .clone()
            .map(|number| (PathBuf::from(format!("/{number:06}")), hash(number)))
            .collect(),
        spaces: vec![(
            space("large", vector(dim)),
            numbers
                .map(|number| (hash(number), Feature::Vector(row(number, dim))))
                .collect(),
        )],
        ..FakeStore::default()
    };
    let (_home, path, exported) = exported(&store);
    assert_eq!(exported.spaces[0].rows, u64::from(count));
    let (_, values) = read_npy(&path.join("large.npy"));
    let expected = (0..count).flat_map(|number| row(number, dim));
    assert!(values.iter().copied().eq(expected));
    let (reader, rows) = read_parquet(&path.join("large.parquet"));
    assert_eq!(rows.len(), 10_000);
    assert!(reader.num_row_groups() > 1);
    for (number, one) in (0..count).zip(&rows) {
        assert_eq!(string(one, "path"), Some(format!("/{number:06}").as_str()));
        assert!(floats(one) == row(number, dim), "{number}");
    }
    let metadata = reader
        .metadata()
        .file_metadata()
        .key_value_metadata()
        .unwrap();
    let model = metadata
        .iter()
        .find(|entry| entry.key == "imgcluster.model")
        .unwrap();
    assert_eq!(model.value.as_deref(), Some("large"));
}

/// Counts steps, and cancels after some of them.
struct Steps {
    told: AtomicU64,
    total: Mutex<Option<u64>>,
    cancel: Option<(u64, CancelToken)>,
}

impl Reporter for Steps {
    fn report(&self, event: &Event<'_>) {
        match event {
            Event::Started { total, .. } => *self.total.lock().unwrap() = *total,
            Event::Advanced { by, .. } => {
                let told = self.told.fetch_add(*by, Ordering::Relaxed) + by;
                if let Some((after, token)) = &self.cancel
                    && told >= *after
                {
                    token.cancel();
                }
            }
            _ => {}
        }
    }
}

#[test]
fn as_many_steps_are_told_as_were_expected_and_a_cancelled_export_leaves_nothing() {
    let home = tempfile::tempdir().unwrap();
    let to = home.path().join("export");
    let token = CancelToken::default();
    for cancel in [Some((5, token.clone())), None] {
        let (told, total) = (AtomicU64::new(0), Mutex::new(None));
        let steps = Steps {
            told,
            total,
            cancel,
        };
        let token = steps
            .cancel
            .as_ref()
            .map(|(_, token)| token.clone())
            .unwrap_or_default();
        let job = Job::new(&steps, token, NonZeroUsize::MIN);
        let done = export(&store(), ExportOptions::default(), &job, &to);
        if steps.cancel.is_some() {
            assert!(matches!(done, Err(VizError::Cancelled(_))), "{done:?}");
            assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
        } else {
            // four files in three tables of one space and two of the other
            assert_eq!(steps.total.into_inner().unwrap(), Some(20));
            assert_eq!(steps.told.into_inner(), 20);
        }
    }
}

#[test]
fn a_store_that_fails_is_told_and_leaves_nothing() {
    let home = tempfile::tempdir().unwrap();
    let mut store = store();
    store.spaces[0]
        .1
        .insert(hash(1), Feature::Vector(vec![f32::NAN; 5]));
    let to = home.path().join("export");
    let error = export(&store, ExportOptions::default(), &Job::quiet(), &to).unwrap_err();
    assert_eq!(error.to_string(), "cannot read the features from the store");
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
}
