//! Features, and whether there are any.

use std::num::NonZeroUsize;

use futures_util::TryStreamExt;
use imgcluster_core::{ContentHash, EmbeddingSpace, FeatureShape, Features, Known, Matrix};
use sqlx::{PgConnection, Row};

use super::fault::Fault;
use super::{LIST, hashes, place, space_dim, vector};
use crate::StoreError;
use crate::stored::hash;

const SPACE: &str = "
    SELECT id FROM spaces
    WHERE model = $1 AND weights = $2 AND preprocess = $3 AND dim IS NOT DISTINCT FROM $4";

const KNOWN: &str = "
    SELECT list.place, embeddings.hash IS NOT NULL OR signatures.hash IS NOT NULL, reason
    FROM unnest($1::bytea[]) WITH ORDINALITY AS list (hash, place)
    LEFT JOIN embeddings ON embeddings.hash = list.hash AND embeddings.space_id = $2
    LEFT JOIN signatures ON signatures.hash = list.hash AND signatures.space_id = $2
    LEFT JOIN failures ON failures.hash = list.hash AND decoder = $3";

const LOAD_VECTORS: &str = "
    SELECT list.place, embedding
    FROM unnest($1::bytea[]) WITH ORDINALITY AS list (hash, place)
    JOIN embeddings ON embeddings.hash = list.hash AND space_id = $2";

const LOAD_SIGNATURES: &str = "
    SELECT list.place, signature
    FROM unnest($1::bytea[]) WITH ORDINALITY AS list (hash, place)
    JOIN signatures ON signatures.hash = list.hash AND space_id = $2";

const VECTORS_IN: &str = "
    SELECT hash FROM embeddings
    WHERE space_id = $1 AND ($2::bytea IS NULL OR hash > $2) ORDER BY hash LIMIT $3";

const SIGNATURES_IN: &str = "
    SELECT hash FROM signatures
    WHERE space_id = $1 AND ($2::bytea IS NULL OR hash > $2) ORDER BY hash LIMIT $3";

/// Finds the number of a space, if anything was ever put into it.
pub(super) async fn find_space(
    connection: &mut PgConnection,
    space: &EmbeddingSpace,
) -> Result<Option<i32>, Fault> {
    let query = sqlx::query_scalar(SPACE)
        .bind(&space.model)
        .bind(&space.weights.0[..])
        .bind(&space.preprocess.0[..])
        .bind(space_dim(space));
    Ok(query.fetch_optional(connection).await?)
}

/// Tells what is known of each content, in order.
pub(super) async fn known(
    connection: &mut PgConnection,
    space: &EmbeddingSpace,
    decoder: &str,
    contents: &[ContentHash],
) -> Result<Vec<Known>, Fault> {
    let space = find_space(connection, space).await?;
    let mut known = vec![Known::Missing; contents.len()];
    for (contents, known) in contents.chunks(LIST).zip(known.chunks_mut(LIST)) {
        let query = sqlx::query(KNOWN)
            .bind(hashes(contents))
            .bind(space)
            .bind(decoder);
        for row in query.fetch_all(&mut *connection).await? {
            let known = &mut known[place(&row)?];
            if row.try_get(1)? {
                *known = Known::Present;
            } else if let Some(reason) = row.try_get(2)? {
                *known = Known::Failed(reason);
            }
        }
    }
    Ok(known)
}

/// Loads the feature of each content, in order.
pub(super) async fn load(
    connection: &mut PgConnection,
    space: &EmbeddingSpace,
    contents: &[ContentHash],
) -> Result<Features, Fault> {
    match space.shape {
        FeatureShape::Vector(dim) => load_vectors(connection, space, contents, dim).await,
        FeatureShape::Signature => {
            let mut signatures = vec![Vec::new(); contents.len()];
            let keep = |at: usize, bytes: &[u8]| {
                signatures[at] = bytes.to_vec();
                Ok(())
            };
            load_each(connection, LOAD_SIGNATURES, space, contents, keep).await?;
            Ok(Features::Signatures(signatures))
        }
    }
}

async fn load_vectors(
    connection: &mut PgConnection,
    space: &EmbeddingSpace,
    contents: &[ContentHash],
    dim: NonZeroUsize,
) -> Result<Features, Fault> {
    let (dim, model) = (dim.get(), &space.model);
    let mut values = vec![0.0; contents.len() * dim];
    let keep = |at: usize, bytes: &[u8]| {
        let row = &mut values[at * dim..][..dim];
        vector::read(bytes, row).map_err(|found| StoreError::VectorLength {
            model: model.clone(),
            content: contents[at],
            bytes: found * 4,
            wanted: dim * 4,
        })
    };
    load_each(connection, LOAD_VECTORS, space, contents, keep).await?;
    let damaged = values.iter().position(|value| !value.is_finite());
    let rows = Matrix::new(values, dim).map_err(|source| StoreError::VectorValues {
        model: model.clone(),
        content: contents[damaged.map_or(0, |at| at / dim)],
        source,
    })?;
    Ok(Features::Vectors(rows))
}

/// Hands the bytes of each content's feature to `keep`, with its place in the list, as they arrive.
async fn load_each(
    connection: &mut PgConnection,
    sql: &'static str,
    space: &EmbeddingSpace,
    contents: &[ContentHash],
    mut keep: impl FnMut(usize, &[u8]) -> Result<(), StoreError> + Send,
) -> Result<(), Fault> {
    let id = find_space(connection, space).await?;
    for (start, list) in (0..).step_by(LIST).zip(contents.chunks(LIST)) {
        let mut found = vec![false; list.len()];
        let mut rows = sqlx::query(sql)
            .bind(hashes(list))
            .bind(id)
            .fetch(&mut *connection);
        while let Some(row) = rows.try_next().await? {
            let at = place(&row)?;
            let bytes = row.try_get_raw(1)?.as_bytes();
            let bytes = bytes.map_err(|error| StoreError::unreadable("a feature", error))?;
            keep(start + at, bytes)?;
            found[at] = true;
        }
        if let Some(at) = found.iter().position(|found| !found) {
            let (model, content) = (space.model.clone(), list[at]);
            return Err(StoreError::MissingFeature { model, content }.into());
        }
    }
    Ok(())
}

/// Lists contents that have a feature in a space, in the order of their hashes.
pub(super) async fn contents_in(
    connection: &mut PgConnection,
    space: &EmbeddingSpace,
    after: Option<ContentHash>,
    limit: NonZeroUsize,
) -> Result<Vec<ContentHash>, Fault> {
    let Some(id) = find_space(connection, space).await? else {
        return Ok(Vec::new());
    };
    let sql = match space.shape {
        FeatureShape::Vector(_) => VECTORS_IN,
        FeatureShape::Signature => SIGNATURES_IN,
    };
    let query = sqlx::query(sql)
        .bind(id)
        .bind(after.as_ref().map(|after| &after.0[..]))
        .bind(super::count(limit));
    let rows = query.fetch_all(connection).await?;
    let hashes = rows.iter().map(|row| Ok(hash(row.try_get(0)?)?));
    hashes.collect()
}
