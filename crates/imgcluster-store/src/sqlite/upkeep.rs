//! Counting and forgetting.

use std::ffi::OsString;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use imgcluster_core::{EmbeddingSpace, FeatureShape, Pruned, StoreStatus};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::fault::Fault;
use super::parameters::{CHUNK, List};
use crate::paths;
use crate::stored::hash;

const COUNTS: &str = "
    SELECT
        (SELECT count(*) FROM files),
        (SELECT count(*) FROM contents),
        (SELECT count(*) FROM contents WHERE hash_id NOT IN (SELECT hash_id FROM files)),
        (SELECT count(DISTINCT hash_id) FROM failures
            WHERE hash_id NOT IN (SELECT hash_id FROM contents)),
        (SELECT count(*) FROM runs),
        (SELECT count(*) FROM decisions)";

const SPACES: &str = "
    SELECT model, weights, preprocess, dim, count(*)
    FROM features JOIN spaces ON spaces.id = features.space_id
    GROUP BY spaces.id ORDER BY model, weights, preprocess, dim";

const FORGET_FILES: &str = "
    DELETE FROM files WHERE path IN (SELECT unhex(value) FROM json_each(?1))";

const FORGET_FAILURES: &str = "
    DELETE FROM failures WHERE hash_id NOT IN (SELECT hash_id FROM files)";

/// Takes thumbnails and features with it.
const FORGET_CONTENTS: &str = "
    DELETE FROM contents WHERE hash_id NOT IN (SELECT hash_id FROM files)";

const FORGET_HASHES: &str = "
    DELETE FROM hashes WHERE id NOT IN (SELECT hash_id FROM files)";

/// Counts what the store holds, but for the bytes.
pub(super) async fn status(connection: &mut SqliteConnection) -> Result<StoreStatus, Fault> {
    let counts = sqlx::query(COUNTS).fetch_one(&mut *connection).await?;
    let count = |at: usize| counts.try_get::<i64, _>(at).map(i64::cast_unsigned);
    let spaces = sqlx::query(SPACES).fetch_all(connection).await?;
    Ok(StoreStatus {
        files: count(0)?,
        contents: count(1)?,
        orphans: count(2)?,
        failures: count(3)?,
        runs: count(4)?,
        decisions: count(5)?,
        bytes: None,
        spaces: spaces.iter().map(space).collect::<Result<_, _>>()?,
    })
}

fn space(row: &SqliteRow) -> Result<(EmbeddingSpace, u64), Fault> {
    let dim: Option<i64> = row.try_get(3)?;
    let dim = dim.and_then(|dim| NonZeroUsize::new(dim as usize));
    let space = EmbeddingSpace {
        model: row.try_get(0)?,
        weights: hash(row.try_get(1)?)?,
        preprocess: hash(row.try_get(2)?)?,
        shape: dim.map_or(FeatureShape::Signature, FeatureShape::Vector),
    };
    Ok((space, row.try_get::<i64, _>(4)?.cast_unsigned()))
}

/// Counts the bytes of the file and of what is not yet merged into it.
pub(super) fn bytes(path: &Path) -> Option<u64> {
    let length = |path: &Path| fs::metadata(path).ok().map(|file| file.len());
    let mut log = OsString::from(path);
    log.push("-wal");
    Some(length(path)? + length(Path::new(&log)).unwrap_or(0))
}

/// Forgets files, and then what no file has.
pub(super) async fn prune(
    connection: &mut SqliteConnection,
    gone: &[PathBuf],
) -> Result<Pruned, Fault> {
    let mut pruned = Pruned::default();
    for gone in gone.chunks(CHUNK) {
        let bytes: Result<Vec<&[u8]>, _> = gone.iter().map(|path| paths::to_bytes(path)).collect();
        let list = List::of(bytes?.into_iter());
        let query = sqlx::query(FORGET_FILES).bind(list);
        pruned.files += query.execute(&mut *connection).await?.rows_affected();
    }
    let query = sqlx::query(FORGET_FAILURES);
    pruned.failures = query.execute(&mut *connection).await?.rows_affected();
    let query = sqlx::query(FORGET_CONTENTS);
    pruned.contents = query.execute(&mut *connection).await?.rows_affected();
    sqlx::query(FORGET_HASHES).execute(&mut *connection).await?;
    // gives the room back to the disk
    let query = sqlx::query("PRAGMA incremental_vacuum");
    query.fetch_all(connection).await?;
    Ok(pruned)
}
