//! Measures a store: `cargo run --release -p imgcluster-store --example store-speed [STORE]`.
//!
//! Puts vectors of 512 numbers in batches, loads them, and asks what a second run over 10,000
//! unchanged files asks. Without the address of a store (`sqlite:PATH`, `postgres://…`) it works on
//! files that it removes again; of a store that is named, what is put stays.
#![expect(clippy::print_stdout, reason = "this program is here to print")]

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Instant;

use imgcluster_core::{
    BoxError, CancelToken, Content, ContentHash, EmbeddingSpace, FeatureShape, Features, FileStamp,
    KnownFile, Matrix, NewContent, PutBatch, Store, Wait,
};
use imgcluster_store::{AnyStore, Runtime, StoreUrl};

const DIM: usize = 512;

/// Rows in all, rows in a batch, bytes of a thumbnail.
const PLANS: [(usize, usize, usize); 4] = [
    (100_000, 100_000, 0),
    (40_000, 1000, 0),
    (40_000, 32, 0),
    (40_000, 32, 4000),
];

fn main() -> Result<(), BoxError> {
    let folder = tempfile::tempdir()?;
    let runtime = Runtime::new()?;
    for (number, plan) in PLANS.into_iter().enumerate() {
        let url = match std::env::args().nth(1) {
            Some(text) => text.parse()?,
            None => StoreUrl::Sqlite(folder.path().join(format!("{number}.db"))),
        };
        // contents that no other plan and no other day has put
        measure(&runtime, &url, plan, today() + 1_000_000 * number)?;
    }
    Ok(())
}

fn today() -> usize {
    let since = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
    since.as_secs() as usize * 10_000_000
}

fn measure(
    runtime: &Runtime,
    url: &StoreUrl,
    (rows, batch, thumbnail): (usize, usize, usize),
    first: usize,
) -> Result<(), BoxError> {
    let store = runtime.wait(AnyStore::open(url, &CancelToken::default()))?;
    let hashes: Vec<ContentHash> = (first..first + rows).map(hash).collect();
    let mut seconds = 0.0;
    for (at, hashes) in hashes.chunks(batch).enumerate() {
        seconds += put(runtime, &store, hashes, first + at * batch, thumbnail)?;
    }
    told(
        &format!("put, {batch} a batch, thumbnails of {thumbnail} bytes"),
        rows,
        seconds,
    );
    for turn in ["first", "second"] {
        let begun = Instant::now();
        let loaded = runtime.wait(store.load(&space(), &hashes))?;
        told(&format!("load, {turn} time"), loaded.len(), since(begun));
    }
    runtime.wait(store.close());
    second_run(runtime, url, &hashes[..10_000], first)?;
    println!();
    Ok(())
}

/// Asks what a run over unchanged files asks, of a store that was just opened.
fn second_run(
    runtime: &Runtime,
    url: &StoreUrl,
    hashes: &[ContentHash],
    first: usize,
) -> Result<(), BoxError> {
    let paths: Vec<PathBuf> = (first..first + hashes.len()).map(path).collect();
    let begun = Instant::now();
    let store = runtime.wait(AnyStore::open(url, &CancelToken::default()))?;
    told("open", 1, since(begun));
    let all = Instant::now();
    let files = runtime.wait(store.files(&paths))?;
    told("files", files.iter().flatten().count(), since(all));
    let begun = Instant::now();
    let known = runtime.wait(store.known(&space(), "decoder", hashes))?;
    told("known", known.len(), since(begun));
    let begun = Instant::now();
    let contents = runtime.wait(store.contents(hashes, false))?;
    told("contents", contents.iter().flatten().count(), since(begun));
    told("all three", hashes.len(), since(all));
    let status = runtime.wait(store.status())?;
    let bytes = status.bytes.unwrap_or(0) / status.contents.max(1);
    println!("{bytes} bytes for each content");
    runtime.wait(store.close());
    Ok(())
}

fn since(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64()
}

fn told(what: &str, rows: usize, seconds: f64) {
    let rate = rows as f64 / seconds;
    println!("{what}: {rows} in {seconds:.4} s, {rate:.0} a second");
}

/// Puts a batch, and gives the seconds that the store took.
fn put(
    runtime: &Runtime,
    store: &AnyStore,
    hashes: &[ContentHash],
    first: usize,
    thumbnail: usize,
) -> Result<f64, BoxError> {
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
    let begun = Instant::now();
    runtime.wait(store.put(PutBatch {
        space: &space(),
        decoder: "decoder",
        files: &files,
        contents: &contents,
        features: &features,
        failures: &[],
    }))?;
    Ok(since(begun))
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
