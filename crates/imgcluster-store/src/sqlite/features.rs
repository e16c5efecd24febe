//! Features, and whether there are any.

use std::num::NonZeroUsize;

use imgcluster_core::{ContentHash, EmbeddingSpace, FeatureShape, Known, Matrix};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::fault::Fault;
use super::parameters::{CHUNK, List};
use crate::StoreError;

const SPACE: &str = "
    SELECT id FROM spaces
    WHERE model = ?1 AND weights = ?2 AND preprocess = ?3 AND ifnull(dim, 0) = ?4";

const KNOWN: &str = "
    SELECT list.key, features.space_id IS NOT NULL, failures.reason
    FROM json_each(?1) AS list
    CROSS JOIN hashes ON hashes.hash = unhex(list.value)
    LEFT JOIN features ON features.hash_id = hashes.id AND features.space_id = ?2
    LEFT JOIN failures ON failures.hash_id = hashes.id AND failures.decoder = ?3";

const LOAD: &str = "
    SELECT list.key, features.feature
    FROM json_each(?1) AS list
    CROSS JOIN hashes ON hashes.hash = unhex(list.value)
    CROSS JOIN features ON features.hash_id = hashes.id AND features.space_id = ?2";

/// Finds the number of a space, if anything was ever put into it.
pub(super) async fn find_space(
    connection: &mut SqliteConnection,
    space: &EmbeddingSpace,
) -> Result<Option<i64>, Fault> {
    let dim = match space.shape {
        FeatureShape::Vector(dim) => dim.get(),
        FeatureShape::Signature => 0,
    };
    let query = sqlx::query_scalar(SPACE)
        .bind(&space.model)
        .bind(space.weights.0.as_slice())
        .bind(space.preprocess.0.as_slice())
        .bind(dim.cast_signed() as i64);
    Ok(query.fetch_optional(connection).await?)
}

/// Tells what is known of each content, in order.
pub(super) async fn known(
    connection: &mut SqliteConnection,
    space: &EmbeddingSpace,
    decoder: &str,
    contents: &[ContentHash],
) -> Result<Vec<Known>, Fault> {
    let space = find_space(connection, space).await?;
    let mut known = vec![Known::Missing; contents.len()];
    for (contents, known) in contents.chunks(CHUNK).zip(known.chunks_mut(CHUNK)) {
        let list = List::of_hashes(contents.iter());
        let query = sqlx::query(KNOWN).bind(list).bind(space).bind(decoder);
        for row in query.fetch_all(&mut *connection).await? {
            let place = &mut known[row.try_get::<i64, _>(0)? as usize];
            if row.try_get(1)? {
                *place = Known::Present;
            } else if let Some(reason) = row.try_get(2)? {
                *place = Known::Failed(reason);
            }
        }
    }
    Ok(known)
}

/// Loads the signature of each content, in order.
pub(super) async fn load_signatures(
    connection: &mut SqliteConnection,
    space: &EmbeddingSpace,
    contents: &[ContentHash],
) -> Result<Vec<Vec<u8>>, Fault> {
    let mut signatures = vec![Vec::new(); contents.len()];
    let keep = |at: usize, bytes: &[u8]| {
        signatures[at] = bytes.to_vec();
        Ok(())
    };
    load_each(connection, space, contents, keep).await?;
    Ok(signatures)
}

/// Loads the vector of each content into its row of `values`, in order.
pub(super) async fn load_values(
    connection: &mut SqliteConnection,
    space: &EmbeddingSpace,
    contents: &[ContentHash],
    values: &mut [f32],
) -> Result<(), Fault> {
    let (dim, model) = (values.len() / contents.len().max(1), &space.model);
    let keep = |at: usize, bytes: &[u8]| {
        let (numbers, rest) = bytes.as_chunks::<4>();
        if numbers.len() != dim || !rest.is_empty() {
            return Err(StoreError::VectorLength {
                model: model.clone(),
                content: contents[at],
                bytes: bytes.len(),
                wanted: dim * 4,
            });
        }
        let row = &mut values[at * dim..][..dim];
        for (value, bytes) in row.iter_mut().zip(numbers) {
            *value = f32::from_le_bytes(*bytes);
        }
        Ok(())
    };
    load_each(connection, space, contents, keep).await
}

/// Makes rows of values that were loaded.
pub(super) fn rows(
    space: &EmbeddingSpace,
    contents: &[ContentHash],
    values: Vec<f32>,
    dim: NonZeroUsize,
) -> Result<Matrix, StoreError> {
    let damaged = values.iter().position(|value| !value.is_finite());
    Matrix::new(values, dim.get()).map_err(|source| StoreError::VectorValues {
        model: space.model.clone(),
        content: contents[damaged.map_or(0, |at| at / dim)],
        source,
    })
}

/// Hands the bytes of each content's feature to `keep`, with its place in the list.
async fn load_each(
    connection: &mut SqliteConnection,
    space: &EmbeddingSpace,
    contents: &[ContentHash],
    mut keep: impl FnMut(usize, &[u8]) -> Result<(), StoreError> + Send,
) -> Result<(), Fault> {
    let id = find_space(connection, space).await?;
    for (start, chunk) in (0..).step_by(CHUNK).zip(contents.chunks(CHUNK)) {
        let list = List::of_hashes(chunk.iter());
        let rows = sqlx::query(LOAD).bind(list).bind(id);
        let rows: Vec<SqliteRow> = rows.fetch_all(&mut *connection).await?;
        let mut found = vec![false; chunk.len()];
        for row in &rows {
            let at = row.try_get::<i64, _>(0)? as usize;
            keep(start + at, row.try_get(1)?)?;
            found[at] = true;
        }
        if let Some(at) = found.iter().position(|found| !found) {
            let (model, content) = (space.model.clone(), chunk[at]);
            return Err(StoreError::MissingFeature { model, content }.into());
        }
    }
    Ok(())
}
