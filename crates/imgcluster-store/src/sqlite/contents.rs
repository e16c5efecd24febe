//! What is kept of decoded pictures.

use imgcluster_core::{Content, ContentHash};
use sqlx::{Row, SqliteConnection};

use super::fault::Fault;
use super::parameters::{CHUNK, List};

const SIZES: &str = "
    SELECT list.key, contents.width, contents.height, NULL
    FROM json_each(?1) AS list
    CROSS JOIN hashes ON hashes.hash = unhex(list.value)
    CROSS JOIN contents ON contents.hash_id = hashes.id";

const SIZES_AND_THUMBNAILS: &str = "
    SELECT list.key, contents.width, contents.height, thumbnails.picture
    FROM json_each(?1) AS list
    CROSS JOIN hashes ON hashes.hash = unhex(list.value)
    CROSS JOIN contents ON contents.hash_id = hashes.id
    LEFT JOIN thumbnails ON thumbnails.hash_id = hashes.id";

/// Loads what is kept of each content, in order.
pub(super) async fn look_up(
    connection: &mut SqliteConnection,
    contents: &[ContentHash],
    thumbnails: bool,
) -> Result<Vec<Option<Content>>, Fault> {
    let sql = if thumbnails {
        SIZES_AND_THUMBNAILS
    } else {
        SIZES
    };
    let mut found = vec![None; contents.len()];
    for (contents, found) in contents.chunks(CHUNK).zip(found.chunks_mut(CHUNK)) {
        let list = List::of_hashes(contents.iter());
        for row in sqlx::query(sql)
            .bind(list)
            .fetch_all(&mut *connection)
            .await?
        {
            found[row.try_get::<i64, _>(0)? as usize] = Some(Content {
                width: row.try_get(1)?,
                height: row.try_get(2)?,
                thumbnail: row.try_get(3)?,
            });
        }
    }
    Ok(found)
}
