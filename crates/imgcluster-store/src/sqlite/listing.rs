//! What is stored, page by page.
//!
//! Both statements walk the index of hashes from where the last page ended, and look each hash up:
//! all pages together walk it once, in whatever order things were stored.

use std::num::NonZeroUsize;

use imgcluster_core::{ContentHash, EmbeddingSpace, Failure};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::fault::Fault;
use super::features::find_space;
use crate::stored::hash;

const CONTENTS: &str = "
    SELECT hashes.hash
    FROM hashes
    CROSS JOIN features ON features.hash_id = hashes.id AND features.space_id = ?1
    WHERE hashes.hash > ?2
    ORDER BY hashes.hash LIMIT ?3";

const FAILURES: &str = "
    SELECT hashes.hash, failures.decoder, failures.reason
    FROM hashes
    CROSS JOIN failures ON failures.hash_id = hashes.id
    WHERE hashes.hash >= ?1 AND (hashes.hash > ?1 OR failures.decoder > ?2)
    ORDER BY hashes.hash, failures.decoder LIMIT ?3";

/// Lists contents with a feature in a space.
pub(super) async fn contents(
    connection: &mut SqliteConnection,
    space: &EmbeddingSpace,
    after: Option<ContentHash>,
    limit: NonZeroUsize,
) -> Result<Vec<ContentHash>, Fault> {
    let id = find_space(connection, space).await?;
    let query = sqlx::query(CONTENTS)
        .bind(id)
        .bind(bytes(after.as_ref()))
        .bind(rows(limit));
    let rows = query.fetch_all(connection).await?;
    let hashes = rows.iter().map(|row| Ok(hash(row.try_get(0)?)?));
    hashes.collect()
}

/// Lists failures.
pub(super) async fn failures(
    connection: &mut SqliteConnection,
    after: Option<&Failure>,
    limit: NonZeroUsize,
) -> Result<Vec<Failure>, Fault> {
    let query = sqlx::query(FAILURES)
        .bind(bytes(after.map(|after| &after.content)))
        .bind(after.map_or("", |after| after.decoder.as_str()))
        .bind(rows(limit));
    let rows = query.fetch_all(connection).await?;
    rows.iter().map(failure).collect()
}

fn failure(row: &SqliteRow) -> Result<Failure, Fault> {
    Ok(Failure {
        content: hash(row.try_get(0)?)?,
        decoder: row.try_get(1)?,
        reason: row.try_get(2)?,
    })
}

/// Gives the bytes of a hash; without one, those that come before every hash.
fn bytes(hash: Option<&ContentHash>) -> &[u8] {
    hash.map_or(&[], |hash| hash.0.as_slice())
}

fn rows(limit: NonZeroUsize) -> i64 {
    i64::try_from(limit.get()).unwrap_or(i64::MAX)
}
