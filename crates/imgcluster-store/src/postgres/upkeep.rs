//! Counting, listing what failed, and forgetting.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use imgcluster_core::{EmbeddingSpace, Failure, FeatureShape, Pruned, StoreStatus};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use super::fault::Fault;
use super::{CHUNK, files};
use crate::stored::hash;

const COUNTS: &str = "
    SELECT
        (SELECT count(*) FROM files),
        (SELECT count(*) FROM contents WHERE width IS NOT NULL),
        (SELECT count(*) FROM contents WHERE width IS NOT NULL
            AND NOT EXISTS (SELECT FROM files WHERE files.hash = contents.hash)),
        (SELECT count(DISTINCT hash) FROM failures JOIN contents USING (hash)
            WHERE width IS NULL),
        (SELECT count(*) FROM runs),
        (SELECT count(*) FROM decisions),
        (SELECT sum(pg_total_relation_size(pg_class.oid))::bigint
            FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
            WHERE nspname = 'image_clustering' AND relkind = 'r')";

const SPACES: &str = r#"
    SELECT model, weights, preprocess, dim, count
    FROM spaces JOIN (
        SELECT space_id, count(*) FROM embeddings GROUP BY space_id
        UNION ALL
        SELECT space_id, count(*) FROM signatures GROUP BY space_id
    ) AS features ON spaces.id = space_id
    ORDER BY model COLLATE "C", weights, preprocess, dim NULLS FIRST"#;

const FAILURES: &str = r#"
    SELECT hash, decoder, reason FROM failures
    WHERE $1::bytea IS NULL OR hash > $1 OR hash = $1 AND decoder COLLATE "C" > $2
    ORDER BY hash, decoder COLLATE "C" LIMIT $3"#;

const FORGET_FILES: &str = "DELETE FROM files WHERE root = $1 AND path = ANY ($2::bytea[])";

const FORGET_FAILURES: &str = "
    DELETE FROM failures
    WHERE NOT EXISTS (SELECT FROM files WHERE files.hash = failures.hash)";

/// Waits for those who put, and lets nobody put until it is over: what is put meanwhile may belong to
/// a content that is about to go.
const ALONE: &str = "LOCK TABLE contents IN SHARE ROW EXCLUSIVE MODE";

/// Takes thumbnails and features with it, and counts contents that were decoded.
const FORGET_CONTENTS: &str = "
    WITH gone AS (
        DELETE FROM contents
        WHERE NOT EXISTS (SELECT FROM files WHERE files.hash = contents.hash)
        RETURNING hash, width
    ), gone_thumbnails AS (
        DELETE FROM thumbnails USING gone WHERE thumbnails.hash = gone.hash
    ), gone_embeddings AS (
        DELETE FROM embeddings USING gone WHERE embeddings.hash = gone.hash
    ), gone_signatures AS (
        DELETE FROM signatures USING gone WHERE signatures.hash = gone.hash
    )
    SELECT count(width) FROM gone";

/// Counts what the store holds.
pub(super) async fn status(connection: &mut PgConnection) -> Result<StoreStatus, Fault> {
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
        bytes: Some(count(6)?),
        spaces: spaces.iter().map(space).collect::<Result<_, _>>()?,
    })
}

fn space(row: &PgRow) -> Result<(EmbeddingSpace, u64), Fault> {
    let dim: Option<i32> = row.try_get(3)?;
    let dim = dim.and_then(|dim| NonZeroUsize::new(dim as usize));
    let space = EmbeddingSpace {
        model: row.try_get(0)?,
        weights: hash(row.try_get(1)?)?,
        preprocess: hash(row.try_get(2)?)?,
        shape: dim.map_or(FeatureShape::Signature, FeatureShape::Vector),
    };
    Ok((space, row.try_get::<i64, _>(4)?.cast_unsigned()))
}

/// Lists failures in the order of content and decoder.
pub(super) async fn failures(
    connection: &mut PgConnection,
    after: Option<&Failure>,
    limit: NonZeroUsize,
) -> Result<Vec<Failure>, Fault> {
    let query = sqlx::query(FAILURES)
        .bind(after.map(|after| &after.content.0[..]))
        .bind(after.map(|after| &*after.decoder))
        .bind(super::count(limit));
    let rows = query.fetch_all(connection).await?;
    let failure = |row: &PgRow| {
        Ok(Failure {
            content: hash(row.try_get(0)?)?,
            decoder: row.try_get(1)?,
            reason: row.try_get(2)?,
        })
    };
    rows.iter().map(failure).collect()
}

/// Forgets files, and then what no file of any root has.
pub(super) async fn prune(
    connection: &mut PgConnection,
    root: &str,
    gone: &[PathBuf],
) -> Result<Pruned, Fault> {
    let mut pruned = Pruned::default();
    sqlx::query(ALONE).execute(&mut *connection).await?;
    for gone in gone.chunks(CHUNK) {
        let query = sqlx::query(FORGET_FILES)
            .bind(root)
            .bind(files::all_bytes(gone.iter())?);
        pruned.files += query.execute(&mut *connection).await?.rows_affected();
    }
    let query = sqlx::query(FORGET_FAILURES);
    pruned.failures = query.execute(&mut *connection).await?.rows_affected();
    let gone: i64 = sqlx::query_scalar(FORGET_CONTENTS)
        .fetch_one(connection)
        .await?;
    pruned.contents = gone.cast_unsigned();
    Ok(pruned)
}
