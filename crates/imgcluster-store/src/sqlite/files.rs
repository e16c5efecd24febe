//! Files and the contents they had.

use std::path::{Path, PathBuf};

use imgcluster_core::{FileStamp, KnownFile};
use sqlx::{Row, SqliteConnection};

use super::fault::Fault;
use super::parameters::{CHUNK, List};
use crate::paths;
use crate::stored::hash;

const LOOK_UP: &str = "
    SELECT list.key, files.size, files.modified_ns, files.inode, hashes.hash
    FROM json_each(?1) AS list
    CROSS JOIN files ON files.path = unhex(list.value)
    CROSS JOIN hashes ON hashes.id = files.hash_id";

/// Tells what is known of each file, in order.
pub(super) async fn look_up(
    connection: &mut SqliteConnection,
    paths: &[PathBuf],
) -> Result<Vec<Option<KnownFile>>, Fault> {
    let mut known = vec![None; paths.len()];
    for (paths, known) in paths.chunks(CHUNK).zip(known.chunks_mut(CHUNK)) {
        let bytes: Result<Vec<&[u8]>, _> = paths.iter().map(|path| paths::to_bytes(path)).collect();
        let list = List::of(bytes?.into_iter());
        for row in sqlx::query(LOOK_UP)
            .bind(list)
            .fetch_all(&mut *connection)
            .await?
        {
            let stamp = FileStamp {
                size: row.try_get::<i64, _>(1)?.cast_unsigned(),
                modified_ns: row.try_get(2)?,
                inode: row.try_get::<i64, _>(3)?.cast_unsigned(),
            };
            let content = hash(row.try_get(4)?)?;
            known[row.try_get::<i64, _>(0)? as usize] = Some(KnownFile { stamp, content });
        }
    }
    Ok(known)
}

/// Lists every file below a folder, or all.
pub(super) async fn list(
    connection: &mut SqliteConnection,
    below: Option<&Path>,
) -> Result<Vec<PathBuf>, Fault> {
    let query = match below.map(paths::below).transpose()? {
        Some(range) => {
            sqlx::query("SELECT path FROM files WHERE path >= ?1 AND path < ?2 ORDER BY path")
                .bind(range.start)
                .bind(range.end)
        }
        None => sqlx::query("SELECT path FROM files ORDER BY path"),
    };
    let rows = query.fetch_all(connection).await?;
    let paths = rows
        .iter()
        .map(|row| Ok(paths::from_bytes(row.try_get(0)?)?));
    paths.collect()
}
