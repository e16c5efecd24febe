//! Measures a search in the database beside an exact one:
//! `cargo run --release -p imgcluster-store --example database-search STORE ROWS HELD DIM SPREAD BREADTH…`.
//!
//! Puts `HELD` vectors in groups of twenty, whose values differ by up to `SPREAD` hundredths from
//! those of a centre in [-1, 1], and searches evenly chosen `ROWS` of them, once for each breadth.
//! `STORE` is `postgres://…`; what is put stays.
#![expect(clippy::print_stdout, reason = "this program is here to print")]

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::time::Instant;

use imgcluster_core::{
    BoxError, Content, ContentHash, EmbeddingSpace, FeatureShape, Features, Job, Matrix, Neighbors,
    NewContent, PutBatch, RowNeighbors, Store, UnitMatrix, Wait,
};
use imgcluster_store::{NearestOptions, PostgresStore, Runtime};

const NEIGHBORS: NonZeroUsize = NonZeroUsize::new(10).expect("ten is not zero");

fn main() -> Result<(), BoxError> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [url, numbers @ ..] = &*words else {
        return Err("name a store".into());
    };
    let numbers: Vec<usize> = numbers
        .iter()
        .map(|word| word.parse())
        .collect::<Result<_, _>>()?;
    let [count, held, dim, spread, breadths @ ..] = &*numbers else {
        return Err("give the numbers of rows, of vectors held, of values, and the spread".into());
    };
    let dim = NonZeroUsize::new(*dim).ok_or("no values")?;
    let space = EmbeddingSpace {
        model: format!("{held} by {spread}"),
        weights: hash(1),
        preprocess: hash(2),
        shape: FeatureShape::Vector(dim),
    };
    let rows = rows(*held, dim.get(), *spread as f32 / 100.0)?;
    let hashes: Vec<ContentHash> = (0..*held).map(hash).collect();
    let runtime = Runtime::new()?;
    let store = runtime.wait(PostgresStore::open(&url.parse()?))?;
    let begun = Instant::now();
    put(&runtime, &store, &space, &hashes, &rows)?;
    told("put, or seen to be there", begun);

    let chosen: Vec<usize> = (0..*count).map(|row| row * held / count).collect();
    let values = chosen.iter().flat_map(|row| rows.row(*row)).copied();
    let some = Matrix::new(values.collect(), dim.get())?;
    let hashes: Vec<ContentHash> = chosen.iter().map(|row| hashes[*row]).collect();
    let unit = UnitMatrix::normalize(some)?;
    let exact = RowNeighbors::cosine(&unit);
    let job = Job::quiet();
    let mut first = true;
    for breadth in breadths {
        let begun = Instant::now();
        let wanted = exact.knn(NEIGHBORS, &job)?;
        told("exact, ten nearest", begun);
        let options = NearestOptions {
            search_breadth: NonZeroUsize::new(*breadth).ok_or("no breadth")?,
            ..NearestOptions::default()
        };
        if std::mem::take(&mut first) {
            let begun = Instant::now();
            runtime.wait(store.nearest(&space, &hashes, options, &job))?;
            told("database, the first time (with the index)", begun);
        }
        let begun = Instant::now();
        let lists = runtime.wait(store.nearest(&space, &hashes, options, &job))?;
        told(
            &format!("database, breadth {breadth}, {} nearest", options.neighbors),
            begun,
        );
        let mut hits = 0;
        for (row, list) in lists.iter().enumerate() {
            let list: HashSet<_> = list.iter().collect();
            hits += wanted
                .others(row)
                .iter()
                .filter(|other| list.contains(other))
                .count();
        }
        let share = hits as f64 / (count * wanted.k()) as f64;
        println!("recall of the ten nearest: {share:.4}");
    }
    runtime.wait(store.close());
    Ok(())
}

fn told(what: &str, begun: Instant) {
    println!("{what}: {:.2} s", begun.elapsed().as_secs_f64());
}

/// Rows in groups of twenty round random centres.
fn rows(count: usize, dim: usize, spread: f32) -> Result<Matrix, BoxError> {
    let mut state = 1_u64;
    let mut next = || {
        state = state
            .wrapping_mul(0x5851_f42d_4c95_7f2d)
            .wrapping_add(0x1405_7b7e_f767_814f);
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    let mut center = vec![0.0; dim];
    let mut values = Vec::with_capacity(count * dim);
    for row in 0..count {
        if row % 20 == 0 {
            center.fill_with(&mut next);
        }
        values.extend(center.iter().map(|value| value + spread * next()));
    }
    Ok(Matrix::new(values, dim)?)
}

fn put(
    runtime: &Runtime,
    store: &PostgresStore,
    space: &EmbeddingSpace,
    hashes: &[ContentHash],
    rows: &Matrix,
) -> Result<(), BoxError> {
    for (at, hashes) in hashes.chunks(1000).enumerate() {
        let values =
            rows.view().values()[at * 1000 * rows.dim()..][..hashes.len() * rows.dim()].to_vec();
        let content = |&hash| NewContent {
            hash,
            content: Content {
                width: 640,
                height: 480,
                thumbnail: None,
            },
        };
        runtime.wait(store.put(PutBatch {
            space,
            decoder: "decoder",
            files: &[],
            contents: &hashes.iter().map(content).collect::<Vec<_>>(),
            features: &Features::Vectors(Matrix::new(values, rows.dim())?),
            failures: &[],
        }))?;
    }
    Ok(())
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
