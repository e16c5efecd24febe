//! Opening a file as a store, and its schema.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{
    SqliteAutoVacuum, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, SqlSafeStr, SqlitePool};

use super::{Fault, SqliteStore};
use crate::StoreError;

/// How long one process waits for another.
const PATIENCE: Duration = Duration::from_mins(1);

/// How many threads of a process may read at once before they wait for each other.
const READERS: u32 = 4;

/// Seven vectors of 512 numbers fill a page of this size well; one would waste half of a page of
/// the usual 4096 bytes.
const PAGE_SIZE: u32 = 16384;

/// Names the file as a store of this program; the first migration writes it.
const APPLICATION_ID: i64 = 0x696d_6763; // "imgc"

/// Every step from an empty file to the newest schema. A step that was ever released never changes.
const MIGRATIONS: [(i64, &str, &str); 2] = [
    (
        1,
        "first",
        include_str!("../../migrations/sqlite/0001_first.sql"),
    ),
    (
        2,
        "decisions",
        include_str!("../../migrations/sqlite/0002_decisions.sql"),
    ),
];

/// The newest schema that this build knows.
pub(super) fn newest_schema() -> i64 {
    MIGRATIONS[MIGRATIONS.len() - 1].0
}

/// Opens the store in this file, as [`SqliteStore::open`] promises.
pub(super) async fn open(path: &Path) -> Result<SqliteStore, StoreError> {
    let path = absolute(path)?;
    make_folder(&path)?;
    let begun = Instant::now();
    let writer = loop {
        match connect(&path).await {
            Ok(writer) => break writer,
            // Turning an empty file into a store takes locks for which SQLite does not wait.
            Err(fault) if fault.is_busy() && begun.elapsed() < PATIENCE => {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            Err(fault) => return Err(fault.of(&path)),
        }
    };
    let readers = pool(READERS).connect_lazy_with(options(&path));
    Ok(SqliteStore {
        path: behind_link(path),
        writer,
        readers,
    })
}

/// Gives the file that a link leads to: what `SQLite` keeps beside it lies there.
fn behind_link(path: PathBuf) -> PathBuf {
    if path.is_symlink() {
        fs::canonicalize(&path).unwrap_or(path)
    } else {
        path
    }
}

/// Moves what was written from the log to the file and empties the log, as far as nobody else is
/// in the way.
pub(super) async fn fold_log(writer: &SqlitePool) -> Result<(), Fault> {
    let mut connection = writer.acquire().await?;
    for pragma in ["PRAGMA busy_timeout = 0", "PRAGMA wal_checkpoint(TRUNCATE)"] {
        sqlx::query(pragma).fetch_all(&mut *connection).await?;
    }
    Ok(())
}

/// Gives the absolute path, which `SQLite` cannot take for anything but a path.
fn absolute(path: &Path) -> Result<PathBuf, StoreError> {
    let absolute = std::path::absolute(path).map_err(|source| StoreError::CannotOpen {
        store: path.display().to_string(),
        source: source.into(),
    })?;
    let path = absolute;
    if path.to_str().is_none() {
        return Err(StoreError::PathNotUtf8 { path });
    }
    if path.is_dir() {
        return Err(StoreError::IsFolder { path });
    }
    Ok(path)
}

fn make_folder(path: &Path) -> Result<(), StoreError> {
    let Some(folder) = path.parent() else {
        return Ok(());
    };
    fs::create_dir_all(folder).map_err(|source| StoreError::CreateFolder {
        path: folder.to_owned(),
        source,
    })
}

/// Connects to write, with the newest schema in place.
async fn connect(path: &Path) -> Result<SqlitePool, Fault> {
    let mut options = options(path);
    if fs::metadata(path).is_ok_and(|file| file.len() > 0) {
        refuse_other_programs(path).await?;
    } else {
        // only where it is new: setting this writes to the file each time
        options = options.auto_vacuum(SqliteAutoVacuum::Incremental);
    }
    let writer = pool(1).connect_with(options).await?;
    // The migrator itself keeps no other process out of a SQLite file; this transaction does.
    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
    migrator().run(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(writer)
}

/// Refuses the database of another program, before anything in it is touched.
async fn refuse_other_programs(path: &Path) -> Result<(), Fault> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(PATIENCE);
    let mut connection = options.disable_statement_logging().connect().await?;
    // one statement: between two, another process might turn the empty file into a store
    let (id, tables): (i64, i64) = sqlx::query_as(
        "SELECT application_id, (SELECT count(*) FROM sqlite_schema) FROM pragma_application_id",
    )
    .fetch_one(&mut connection)
    .await?;
    connection.close().await?;
    let is_empty = id == 0 && tables == 0;
    if id == APPLICATION_ID || is_empty {
        Ok(())
    } else {
        Err(Fault::Foreign)
    }
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .page_size(PAGE_SIZE)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .foreign_keys(true)
        .busy_timeout(PATIENCE)
        .pragma("cache_size", "-65536") // 64 MiB
        .pragma("wal_autocheckpoint", "2000") // pages: 32 MiB
        .row_buffer_size(512)
        .thread_name(|number| format!("imgcluster-sqlite-{number}"))
        .disable_statement_logging()
}

fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(10 * PATIENCE)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}

fn migrator() -> Migrator {
    let migrations = MIGRATIONS.map(|(version, name, sql)| {
        let sql = sql.into_sql_str();
        Migration::new(version, name.into(), MigrationType::Simple, sql, false)
    });
    Migrator::with_migrations(migrations.into())
}
