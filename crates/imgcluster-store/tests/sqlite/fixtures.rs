//! Stores in files, pictures to put into them, and a way past the store into the file.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use imgcluster_core::{
    Content, ContentHash, EmbeddingSpace, FeatureShape, Features, FileStamp, KnownFile, Matrix,
    NewContent, PutBatch, RunCounts, RunRecord, Store, Wait,
};
use imgcluster_store::{Runtime, SqliteStore};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};

pub(crate) const DIM: usize = 64;

/// A runtime, a folder that goes away, and the path of a store in it.
pub(crate) fn place() -> (Runtime, tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    (Runtime::new().unwrap(), folder, path)
}

pub(crate) fn space() -> EmbeddingSpace {
    EmbeddingSpace {
        model: "classic".to_owned(),
        weights: hash(1001),
        preprocess: hash(1002),
        shape: FeatureShape::Vector(NonZeroUsize::new(DIM).unwrap()),
    }
}

pub(crate) fn hash(number: u32) -> ContentHash {
    let mut bytes = [0x5a; 32];
    bytes[..4].copy_from_slice(&number.wrapping_mul(0x9e37_79b9).to_be_bytes());
    ContentHash(bytes)
}

pub(crate) fn rows(numbers: &[u32]) -> Features {
    let values = numbers
        .iter()
        .flat_map(|&number| (0..DIM).map(move |at| number as f32 + at as f32 / 100.0));
    Features::Vectors(Matrix::new(values.collect(), DIM).unwrap())
}

/// Puts the pictures of these numbers, each with a file of its own.
pub(crate) async fn put(store: &SqliteStore, numbers: &[u32]) {
    let contents: Vec<NewContent> = numbers
        .iter()
        .map(|&number| NewContent {
            hash: hash(number),
            content: Content {
                width: number + 1,
                height: 1,
                thumbnail: Some(vec![7; 100]),
            },
        })
        .collect();
    let files: Vec<(PathBuf, KnownFile)> = numbers
        .iter()
        .map(|&number| {
            let stamp = FileStamp {
                size: number.into(),
                modified_ns: 0,
                inode: 0,
            };
            let content = hash(number);
            let path = std::path::absolute(format!("/pictures/{number}")).unwrap();
            (path, KnownFile { stamp, content })
        })
        .collect();
    let batch = PutBatch {
        space: &space(),
        decoder: "decoder",
        files: &files,
        contents: &contents,
        features: &rows(numbers),
        failures: &[],
    };
    store.put(batch).await.unwrap();
}

/// Checks that the pictures of these numbers are in the store, whole.
pub(crate) async fn assert_holds(store: &SqliteStore, numbers: &[u32]) {
    let hashes: Vec<ContentHash> = numbers.iter().map(|&number| hash(number)).collect();
    let loaded = store.load(&space(), &hashes).await.unwrap();
    assert!(loaded == rows(numbers), "a feature is not what was put");
    let status = store.status().await.unwrap();
    assert_eq!(status.orphans, 0);
}

pub(crate) fn record() -> RunRecord {
    RunRecord {
        tool: "imgcluster".to_owned(),
        version: "0.1.0".to_owned(),
        command: vec!["imgcluster".to_owned()],
        started: "2026-01-02T03:04:05Z".to_owned(),
        model: "classic".to_owned(),
        weights: hash(1001),
        preprocess: hash(1002),
        algorithm: "threshold".to_owned(),
        parameters: [("threshold".to_owned(), 0.85.into())]
            .into_iter()
            .collect(),
        device: "cpu".to_owned(),
        times: [("walk".to_owned(), 0.5)].into(),
        counts: RunCounts::default(),
        files: Vec::new(),
    }
}

/// Does something to the database behind the store's back.
pub(crate) fn tamper(runtime: &Runtime, path: &Path, sql: &str) {
    runtime.wait(async {
        let options = SqliteConnectOptions::new().filename(path);
        let options = options.create_if_missing(true).foreign_keys(false);
        let mut connection = options.connect().await.unwrap();
        connection.execute(AssertSqlSafe(sql)).await.unwrap();
        connection.close().await.unwrap();
    });
}

/// A message with its causes, as a user sees it.
pub(crate) fn told(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let lines: Vec<String> = causes.map(ToString::to_string).collect();
    lines.join(": ")
}
