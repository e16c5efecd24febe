//! Putting what one batch found out.

use std::collections::HashSet;

use imgcluster_core::{ContentHash, EmbeddingSpace, FeatureShape, Features, Matrix, PutBatch};
use sqlx::PgConnection;

use super::fault::Fault;
use super::vector::{MOST_VALUES, Vector};
use super::{CHUNK, files, space_dim};
use crate::StoreError;

/// Values of vectors that go into one statement at most: 3 MiB, so that the server keeps a list in
/// memory (of 4 MiB by default) while it takes it apart.
const MOST_AT_A_TIME: usize = 3 << 18;

const SPACE: &str = "
    INSERT INTO spaces (model, weights, preprocess, dim)
    SELECT $1, $2, $3, $4
    WHERE NOT EXISTS (
        SELECT FROM spaces
        WHERE model = $1 AND weights = $2 AND preprocess = $3 AND dim IS NOT DISTINCT FROM $4
    )
    ON CONFLICT DO NOTHING";

/// Sorted, so that two who put the same never wait for each other in a circle. What belongs to a
/// content is put after it, while nobody else puts that content.
const SEEN: &str = "
    INSERT INTO contents (hash)
    SELECT DISTINCT hash FROM unnest($1::bytea[]) AS new (hash) ORDER BY hash
    ON CONFLICT DO NOTHING";

/// Locks a content that was decoded before, too.
const DECODED: &str = "
    INSERT INTO contents (hash, width, height)
    SELECT DISTINCT ON (hash) hash, width, height
    FROM unnest($1::bytea[], $2::bigint[], $3::bigint[]) AS new (hash, width, height)
    ORDER BY hash
    ON CONFLICT (hash) DO UPDATE SET width = excluded.width, height = excluded.height
    WHERE contents.width IS NULL";

/// A decoder that reads a content no longer fails on it.
const OVER: &str = "
    DELETE FROM failures WHERE decoder = $2 AND hash = ANY ($1::bytea[])";

const THUMBNAILS: &str = "
    INSERT INTO thumbnails (hash, picture)
    SELECT hash, picture FROM unnest($1::bytea[], $2::bytea[]) AS new (hash, picture)
    ON CONFLICT DO NOTHING";

const EMBEDDINGS: &str = "
    INSERT INTO embeddings (hash, space_id, embedding)
    SELECT hash, spaces.id, embedding
    FROM spaces, unnest($5::bytea[], $6::vector[]) AS new (hash, embedding)
    WHERE model = $1 AND weights = $2 AND preprocess = $3 AND dim = $4
    ON CONFLICT DO NOTHING";

const SIGNATURES: &str = "
    INSERT INTO signatures (hash, space_id, signature)
    SELECT hash, spaces.id, signature
    FROM spaces, unnest($4::bytea[], $5::bytea[]) AS new (hash, signature)
    WHERE model = $1 AND weights = $2 AND preprocess = $3 AND dim IS NULL
    ON CONFLICT DO NOTHING";

const FAILURES: &str = "
    INSERT INTO failures (hash, decoder, reason)
    SELECT hash, $3, reason FROM unnest($1::bytea[], $2::text[]) AS new (hash, reason)
    ORDER BY hash
    ON CONFLICT DO NOTHING";

/// Puts a batch that fits together.
pub(super) async fn put(
    connection: &mut PgConnection,
    root: &str,
    batch: &PutBatch<'_>,
) -> Result<(), Fault> {
    put_space(connection, batch.space).await?;
    put_contents(connection, batch).await?;
    let decoded: HashSet<ContentHash> = batch.contents.iter().map(|new| new.hash).collect();
    for files in batch.files.chunks(CHUNK) {
        let hashes = files.iter().map(|(_, file)| &file.content);
        let others = hashes.filter(|hash| !decoded.contains(hash));
        put_seen(connection, others.map(|hash| &hash.0[..]).collect()).await?;
        files::put(connection, root, files).await?;
    }
    match batch.features {
        Features::Vectors(rows) => put_vectors(connection, batch, rows).await?,
        Features::Signatures(signatures) => {
            for (contents, signatures) in batch.contents.chunks(CHUNK).zip(signatures.chunks(CHUNK))
            {
                let hashes: Vec<&[u8]> = contents.iter().map(|new| &new.hash.0[..]).collect();
                let query = in_space(sqlx::query(SIGNATURES), batch.space);
                let query = query.bind(hashes).bind(signatures);
                query.execute(&mut *connection).await?;
            }
        }
    }
    put_failures(connection, batch).await
}

/// Puts vectors as they come, so that pictures of a folder lie side by side: the order in which others
/// wait was settled by their contents.
async fn put_vectors(
    connection: &mut PgConnection,
    batch: &PutBatch<'_>,
    rows: &Matrix,
) -> Result<(), Fault> {
    let at_a_time = (MOST_AT_A_TIME / rows.dim()).clamp(1, CHUNK);
    let parts = batch.contents.chunks(at_a_time);
    for (start, contents) in (0..).step_by(at_a_time).zip(parts) {
        let hashes: Vec<&[u8]> = contents.iter().map(|new| &new.hash.0[..]).collect();
        let vectors = (start..start + contents.len()).map(|row| Vector(rows.row(row)));
        let query = in_space(sqlx::query(EMBEDDINGS), batch.space)
            .bind(space_dim(batch.space))
            .bind(hashes)
            .bind(vectors.collect::<Vec<_>>());
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

type Query<'q> = sqlx::query::Query<'q, sqlx::Postgres, sqlx::postgres::PgArguments>;

fn in_space<'q>(query: Query<'q>, space: &'q EmbeddingSpace) -> Query<'q> {
    query
        .bind(&space.model)
        .bind(&space.weights.0[..])
        .bind(&space.preprocess.0[..])
}

async fn put_space(connection: &mut PgConnection, space: &EmbeddingSpace) -> Result<(), Fault> {
    if let FeatureShape::Vector(dim) = space.shape
        && dim.get() > MOST_VALUES
    {
        let error = StoreError::VectorTooLong {
            model: space.model.clone(),
            values: dim.get(),
            most: MOST_VALUES,
        };
        return Err(error.into());
    }
    let query = in_space(sqlx::query(SPACE), space).bind(space_dim(space));
    query.execute(connection).await?;
    Ok(())
}

async fn put_contents(connection: &mut PgConnection, batch: &PutBatch<'_>) -> Result<(), Fault> {
    for contents in batch.contents.chunks(CHUNK) {
        let hashes: Vec<&[u8]> = contents.iter().map(|new| &new.hash.0[..]).collect();
        let size = |size: u32| i64::from(size);
        let widths: Vec<i64> = contents.iter().map(|new| size(new.content.width)).collect();
        let heights: Vec<i64> = contents
            .iter()
            .map(|new| size(new.content.height))
            .collect();
        let query = sqlx::query(DECODED)
            .bind(&hashes)
            .bind(widths)
            .bind(heights);
        query.execute(&mut *connection).await?;
        let query = sqlx::query(OVER).bind(&hashes).bind(batch.decoder);
        query.execute(&mut *connection).await?;
        let (hashes, pictures): (Vec<&[u8]>, Vec<&[u8]>) = contents
            .iter()
            .filter_map(|new| Some((&new.hash.0[..], new.content.thumbnail.as_deref()?)))
            .unzip();
        if !hashes.is_empty() {
            let query = sqlx::query(THUMBNAILS).bind(hashes).bind(pictures);
            query.execute(&mut *connection).await?;
        }
    }
    Ok(())
}

/// Makes sure that there are contents to refer to.
async fn put_seen(connection: &mut PgConnection, hashes: Vec<&[u8]>) -> Result<(), Fault> {
    if hashes.is_empty() {
        return Ok(());
    }
    sqlx::query(SEEN).bind(hashes).execute(connection).await?;
    Ok(())
}

async fn put_failures(connection: &mut PgConnection, batch: &PutBatch<'_>) -> Result<(), Fault> {
    for failures in batch.failures.chunks(CHUNK) {
        let hash = |(hash, _): &'_ (ContentHash, String)| hash.0.to_vec();
        let hashes: Vec<Vec<u8>> = failures.iter().map(hash).collect();
        // the server's texts cannot hold a zero
        let reason = |(_, reason): &(ContentHash, String)| reason.replace('\0', "\u{fffd}");
        let reasons: Vec<String> = failures.iter().map(reason).collect();
        put_seen(connection, hashes.iter().map(Vec::as_slice).collect()).await?;
        let query = sqlx::query(FAILURES)
            .bind(hashes)
            .bind(reasons)
            .bind(batch.decoder);
        query.execute(&mut *connection).await?;
    }
    Ok(())
}
