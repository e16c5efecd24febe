//! Files and the contents they had.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use imgcluster_core::{FileStamp, KnownFile};
use sqlx::{PgConnection, Row};

use super::LIST;
use super::fault::Fault;
use crate::stored::hash;
use crate::{StoreError, paths};

const LOOK_UP: &str = "
    SELECT list.place, size, modified_ns, inode, hash
    FROM unnest($2::bytea[]) WITH ORDINALITY AS list (path, place)
    JOIN files ON files.root = $1 AND files.path = list.path";

const PUT: &str = "
    INSERT INTO files (root, path, size, modified_ns, inode, hash)
    SELECT $1, path, size, modified_ns, inode, hash
    FROM unnest($2::bytea[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bytea[])
        AS new (path, size, modified_ns, inode, hash)
    ORDER BY path
    ON CONFLICT (root, path) DO UPDATE SET
        size = excluded.size,
        modified_ns = excluded.modified_ns,
        inode = excluded.inode,
        hash = excluded.hash";

const BELOW: &str = "
    SELECT path FROM files WHERE root = $1 AND path >= $2 AND ($3 OR path < $4) ORDER BY path";

/// Tells what is known of each file, in order.
pub(super) async fn look_up(
    connection: &mut PgConnection,
    root: &str,
    paths: &[PathBuf],
) -> Result<Vec<Option<KnownFile>>, Fault> {
    let mut known = vec![None; paths.len()];
    for (paths, known) in paths.chunks(LIST).zip(known.chunks_mut(LIST)) {
        let bytes: Vec<&[u8]> = all_bytes(paths.iter())?;
        let query = sqlx::query(LOOK_UP).bind(root).bind(bytes);
        for row in query.fetch_all(&mut *connection).await? {
            let stamp = FileStamp {
                size: row.try_get::<i64, _>(1)?.cast_unsigned(),
                modified_ns: row.try_get(2)?,
                inode: row.try_get::<i64, _>(3)?.cast_unsigned(),
            };
            let content = hash(row.try_get(4)?)?;
            known[super::place(&row)?] = Some(KnownFile { stamp, content });
        }
    }
    Ok(known)
}

/// Puts files whose contents are there; of a path given twice, the last.
pub(super) async fn put(
    connection: &mut PgConnection,
    root: &str,
    files: &[(PathBuf, KnownFile)],
) -> Result<(), Fault> {
    let last: HashMap<&Path, KnownFile> =
        files.iter().map(|(path, file)| (&**path, *file)).collect();
    let (paths, files): (Vec<&Path>, Vec<KnownFile>) = last.into_iter().unzip();
    let column = |value: fn(&KnownFile) -> i64| files.iter().map(value).collect::<Vec<i64>>();
    let hashes: Vec<&[u8]> = files.iter().map(|file| &file.content.0[..]).collect();
    let query = sqlx::query(PUT)
        .bind(root)
        .bind(all_bytes(paths.iter())?)
        .bind(column(|file| file.stamp.size.cast_signed()))
        .bind(column(|file| file.stamp.modified_ns))
        .bind(column(|file| file.stamp.inode.cast_signed()))
        .bind(hashes);
    query.execute(connection).await?;
    Ok(())
}

/// Lists every file below a folder, or all.
pub(super) async fn list(
    connection: &mut PgConnection,
    root: &str,
    below: Option<&Path>,
) -> Result<Vec<PathBuf>, Fault> {
    let range = below.map(paths::below).transpose()?;
    let no_end = range.is_none();
    let range = range.unwrap_or_default();
    let query = sqlx::query(BELOW)
        .bind(root)
        .bind(range.start)
        .bind(no_end)
        .bind(range.end);
    let rows = query.fetch_all(connection).await?;
    let paths = rows
        .iter()
        .map(|row| Ok(paths::from_bytes(row.try_get(0)?)?));
    paths.collect()
}

/// Gives the bytes that paths are stored as.
pub(super) fn all_bytes<'a, P: AsRef<Path> + ?Sized + 'a>(
    paths: impl Iterator<Item = &'a P>,
) -> Result<Vec<&'a [u8]>, StoreError> {
    paths.map(|path| paths::to_bytes(path.as_ref())).collect()
}
