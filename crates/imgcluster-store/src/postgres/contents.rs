//! What is kept of decoded pictures.

use imgcluster_core::{Content, ContentHash};
use sqlx::{PgConnection, Row};

use super::fault::Fault;
use super::{LIST, hashes, place};
use crate::StoreError;

const SIZES: &str = "
    SELECT list.place, width, height, NULL::bytea
    FROM unnest($1::bytea[]) WITH ORDINALITY AS list (hash, place)
    JOIN contents ON contents.hash = list.hash
    WHERE width IS NOT NULL";

const SIZES_AND_THUMBNAILS: &str = "
    SELECT list.place, width, height, picture
    FROM unnest($1::bytea[]) WITH ORDINALITY AS list (hash, place)
    JOIN contents ON contents.hash = list.hash
    LEFT JOIN thumbnails ON thumbnails.hash = list.hash
    WHERE width IS NOT NULL";

/// Loads what is kept of each content, in order.
pub(super) async fn look_up(
    connection: &mut PgConnection,
    contents: &[ContentHash],
    thumbnails: bool,
) -> Result<Vec<Option<Content>>, Fault> {
    let sql = if thumbnails {
        SIZES_AND_THUMBNAILS
    } else {
        SIZES
    };
    let mut found = vec![None; contents.len()];
    for (contents, found) in contents.chunks(LIST).zip(found.chunks_mut(LIST)) {
        let query = sqlx::query(sql).bind(hashes(contents));
        for row in query.fetch_all(&mut *connection).await? {
            found[place(&row)?] = Some(Content {
                width: size(row.try_get(1)?)?,
                height: size(row.try_get(2)?)?,
                thumbnail: row.try_get(3)?,
            });
        }
    }
    Ok(found)
}

fn size(size: i64) -> Result<u32, StoreError> {
    size.try_into()
        .map_err(|error| StoreError::unreadable("the size of a picture", Box::new(error)))
}
