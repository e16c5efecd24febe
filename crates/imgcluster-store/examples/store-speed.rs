//! Measures a store in a file: `cargo run --release -p imgcluster-store --example store-speed`.
//!
//! Puts vectors of 512 numbers in batches, loads them, and asks what a second run over 10,000
//! unchanged files asks.
#![expect(clippy::print_stdout, reason = "this program is here to print")]

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Instant;

use imgcluster_core::{
    BoxError, Content, ContentHash, EmbeddingSpace, FeatureShape, Features, FileStamp, KnownFile,
    Matrix, NewContent, PutBatch, Store, Wait,
};
use imgcluster_store::{Runtime, SqliteStore};

const DIM: usize = 512;
const ROWS: usize = 40_000;

fn main() -> Result<(), BoxError> {
    let folder = tempfile::tempdir()?;
    let runtime = Runtime::new()?;
    for (batch, thumbnail) in [(1000, 0), (32, 0), (32, 4000)] {
        let path = folder.path().join(format!("{batch}-{thumbnail}.db"));
        let store = runtime.wait(SqliteStore::open(&path))?;
        let hashes: Vec<ContentHash> = (0..ROWS).map(hash).collect();
        let begun = Instant::now();
        for (at, hashes) in hashes.chunks(batch).enumerate() {
            put(&runtime, &store, hashes, at * batch, thumbnail)?;
        }
        told(
            &format!("put, {batch} a batch, thumbnails of {thumbnail} bytes"),
            ROWS,
            begun,
        );
        for turn in ["first", "second"] {
            let begun = Instant::now();
            let loaded = runtime.wait(store.load(&space(), &hashes))?;
            told(&format!("load, {turn} time"), loaded.len(), begun);
        }
        second_run(&runtime, &store, &hashes[..10_000])?;
        let status = runtime.wait(store.status())?;
        println!(
            "{} bytes for each row\n",
            status.bytes.unwrap_or(0) / ROWS as u64
        );
        runtime.wait(store.close());
    }
    Ok(())
}

/// Asks what a run over unchanged files asks, of a store that was just opened.
fn second_run(
    runtime: &Runtime,
    store: &SqliteStore,
    hashes: &[ContentHash],
) -> Result<(), BoxError> {
    let paths: Vec<PathBuf> = (0..hashes.len()).map(path).collect();
    let begun = Instant::now();
    let store = runtime.wait(SqliteStore::open(store.path()))?;
    told("open", 1, begun);
    let all = Instant::now();
    let files = runtime.wait(store.files(&paths))?;
    told("files", files.len(), all);
    let begun = Instant::now();
    let known = runtime.wait(store.known(&space(), "decoder", hashes))?;
    told("known", known.len(), begun);
    let begun = Instant::now();
    let contents = runtime.wait(store.contents(hashes, false))?;
    told("contents", contents.len(), begun);
    told("all three", hashes.len(), all);
    Ok(())
}

fn told(what: &str, rows: usize, begun: Instant) {
    let seconds = begun.elapsed().as_secs_f64();
    let rate = rows as f64 / seconds;
    println!("{what}: {rows} in {seconds:.4} s, {rate:.0} a second");
}

fn put(
    runtime: &Runtime,
    store: &SqliteStore,
    hashes: &[ContentHash],
    first: usize,
    thumbnail: usize,
) -> Result<(), BoxError> {
    let thumbnail = (thumbnail > 0).then(|| vec![7; thumbnail]);
    let contents: Vec<NewContent> = hashes
        .iter()
        .map(|&hash| NewContent {
            hash,
            content: Content {
                width: 640,
                height: 480,
                thumbnail: thumbnail.clone(),
            },
        })
        .collect();
    let stamp = FileStamp {
        size: 100_000,
        modified_ns: 1_700_000_000_000_000_000,
        inode: 1,
    };
    let files: Vec<(PathBuf, KnownFile)> = (first..)
        .zip(hashes)
        .map(|(number, &content)| (path(number), KnownFile { stamp, content }))
        .collect();
    let values = (0..hashes.len() * DIM).map(|at| (at % 1000) as f32 / 1000.0);
    let features = Features::Vectors(Matrix::new(values.collect(), DIM)?);
    runtime.wait(store.put(PutBatch {
        space: &space(),
        decoder: "decoder",
        files: &files,
        contents: &contents,
        features: &features,
        failures: &[],
    }))
}

fn space() -> EmbeddingSpace {
    EmbeddingSpace {
        model: "speed".to_owned(),
        weights: hash(1),
        preprocess: hash(2),
        shape: FeatureShape::Vector(NonZeroUsize::new(DIM).expect("512 is not zero")),
    }
}

/// Paths in the order that files are walked in.
fn path(number: usize) -> PathBuf {
    let path = format!("/home/somebody/Pictures/2019-holiday/IMG_{number:08}.jpg");
    std::path::absolute(path).expect("the path is absolute already")
}

/// Bytes that are spread as those of a hash are.
fn hash(number: usize) -> ContentHash {
    let mut state = number as u64;
    ContentHash(std::array::from_fn(|_| {
        state = state
            .wrapping_mul(0x5851_f42d_4c95_7f2d)
            .wrapping_add(0x1405_7b7e_f767_814f);
        (state >> 56) as u8
    }))
}
