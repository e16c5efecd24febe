//! Putting what one batch found out.

use std::path::PathBuf;

use imgcluster_core::{ContentHash, FeatureShape, Features, KnownFile, NewContent, PutBatch};
use sqlx::SqliteConnection;

use super::fault::Fault;
use super::parameters::{CHUNK, List};
use crate::{StoreError, paths};

/// All statements in one, so that a batch costs one trip to the database's thread.
const PUT: &str = include_str!("put.sql");

/// Puts a batch that fits together.
pub(super) async fn put(
    connection: &mut SqliteConnection,
    batch: &PutBatch<'_>,
) -> Result<(), Fault> {
    let longest = batch.files.len().max(batch.contents.len());
    let longest = longest.max(batch.failures.len());
    for start in (0..longest).step_by(CHUNK) {
        let part = Part::of(batch, start)?;
        let space = batch.space;
        let dim = match space.shape {
            FeatureShape::Vector(dim) => Some(dim.get().cast_signed() as i64),
            FeatureShape::Signature => None,
        };
        let (thumbnails, features) = (part.thumbnails.finish(), part.features.finish());
        let failures = part.failures.finish();
        let query = sqlx::query(PUT)
            .bind(part.hashes.finish())
            .bind(part.files.finish())
            .bind(part.contents.finish())
            .bind(batch.decoder)
            .bind(thumbnails.0)
            .bind(thumbnails.1)
            .bind(features.0)
            .bind(features.1)
            .bind(failures.0)
            .bind(failures.1)
            .bind(&space.model)
            .bind(space.weights.0.as_slice())
            .bind(space.preprocess.0.as_slice())
            .bind(dim);
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

/// As much of a batch as goes into one statement.
#[derive(Default)]
struct Part {
    hashes: List,
    files: List,
    contents: List,
    thumbnails: Heap,
    features: Heap,
    failures: Heap,
}

impl Part {
    fn of(batch: &PutBatch<'_>, start: usize) -> Result<Self, StoreError> {
        let mut part = Self::default();
        for file in from(batch.files, start) {
            part.add_file(file)?;
        }
        for (row, new) in (start..).zip(from(batch.contents, start)) {
            part.add_content(new);
            match batch.features {
                Features::Vectors(rows) => {
                    let bytes = rows.row(row).iter().flat_map(|value| value.to_le_bytes());
                    part.features.add(&new.hash, bytes);
                }
                Features::Signatures(signatures) => {
                    let bytes = signatures[row].iter().copied();
                    part.features.add(&new.hash, bytes);
                }
            }
        }
        for (hash, reason) in from(batch.failures, start) {
            part.hashes.bytes(&hash.0);
            part.failures.add(hash, reason.bytes());
        }
        Ok(part)
    }

    fn add_file(&mut self, (path, file): &(PathBuf, KnownFile)) -> Result<(), StoreError> {
        let KnownFile { stamp, content } = file;
        self.hashes.bytes(&content.0);
        self.files.row(
            &[paths::to_bytes(path)?, &content.0],
            &[
                &stamp.size.cast_signed(),
                &stamp.modified_ns,
                &stamp.inode.cast_signed(),
            ],
        );
        Ok(())
    }

    fn add_content(&mut self, NewContent { hash, content }: &NewContent) {
        self.hashes.bytes(&hash.0);
        self.contents
            .row(&[&hash.0], &[&content.width, &content.height]);
        if let Some(picture) = &content.thumbnail {
            self.thumbnails.add(hash, picture.iter().copied());
        }
    }
}

/// Gives the items of a list that go into the part that begins at this place.
fn from<T>(items: &[T], start: usize) -> &[T] {
    let rest = items.get(start..).unwrap_or_default();
    &rest[..rest.len().min(CHUNK)]
}

/// Bytes end to end, and rows of whose they are.
#[derive(Default)]
struct Heap {
    rows: List,
    bytes: Vec<u8>,
}

impl Heap {
    fn add(&mut self, hash: &ContentHash, bytes: impl Iterator<Item = u8>) {
        let start = self.bytes.len();
        self.bytes.extend(bytes);
        let length = self.bytes.len() - start;
        // `substr` counts from 1
        self.rows.row(&[&hash.0], &[&(start + 1), &length]);
    }

    /// Gives the rows as a list, and the bytes with one more at the end: no bytes at all would be
    /// bound as NULL, and of NULL `substr` cuts NULL where it should cut an empty string of bytes.
    fn finish(mut self) -> (String, Vec<u8>) {
        self.bytes.push(0);
        (self.rows.finish(), self.bytes)
    }
}
