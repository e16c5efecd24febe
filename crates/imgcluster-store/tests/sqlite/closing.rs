use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use imgcluster_core::{Store, Wait};
use imgcluster_store::SqliteStore;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor, SqliteConnection};

use crate::fixtures::{assert_holds, place, put};

/// Less than a store waits for others; more than closing takes on the slowest disk.
const SOON: Duration = Duration::from_secs(20);

fn log_of(path: &Path) -> PathBuf {
    path.with_extension("db-wal")
}

/// Copies the one file, as a user does, and opens the copy.
async fn copied(path: &Path) -> SqliteStore {
    let copy = path.with_file_name("copy.db");
    fs::copy(path, &copy).unwrap();
    SqliteStore::open(&copy).await.unwrap()
}

async fn holder(path: &Path, sql: &'static str) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path);
    let mut holder = options.connect().await.unwrap();
    holder.execute(sql).await.unwrap();
    holder
}

#[test]
fn the_file_of_a_closed_store_is_whole_without_what_lies_beside_it() {
    let (runtime, _folder, path) = place();
    runtime.wait(async {
        let store = SqliteStore::open(&path).await.unwrap();
        put(&store, &[1, 2, 3]).await;
        assert!(log_of(&path).exists());
        store.close().await;
        assert!(!log_of(&path).exists());
        assert_holds(&copied(&path).await, &[1, 2, 3]).await;
    });
}

#[test]
fn the_file_is_whole_even_while_another_process_has_it_open() {
    let (runtime, _folder, path) = place();
    runtime.wait(async {
        let store = SqliteStore::open(&path).await.unwrap();
        put(&store, &[1]).await;
        let other = SqliteStore::open(&path).await.unwrap();
        assert_holds(&other, &[1]).await;
        put(&store, &[2, 3]).await;
        store.close().await;
        assert_eq!(fs::metadata(log_of(&path)).unwrap().len(), 0);
        assert_holds(&copied(&path).await, &[1, 2, 3]).await;
        assert_holds(&other, &[1, 2, 3]).await;
    });
}

#[test]
fn closing_waits_for_no_reader_and_no_writer() {
    for sql in ["BEGIN; SELECT count(*) FROM files", "BEGIN IMMEDIATE"] {
        let (runtime, _folder, path) = place();
        runtime.wait(async {
            let store = SqliteStore::open(&path).await.unwrap();
            put(&store, &[1]).await;
            // a reader of this state keeps what comes after it out of the file
            let reader = holder(&path, "BEGIN; SELECT count(*) FROM files").await;
            put(&store, &[2]).await;
            let other = holder(&path, sql).await;
            let begun = Instant::now();
            store.close().await;
            assert!(begun.elapsed() < SOON, "{sql}");
            other.close().await.unwrap();
            reader.close().await.unwrap();
            let store = SqliteStore::open(&path).await.unwrap();
            assert_holds(&store, &[1, 2]).await;
        });
    }
}

#[test]
fn a_closed_store_fails_and_may_be_closed_again() {
    let (runtime, _folder, path) = place();
    runtime.wait(async {
        let store = SqliteStore::open(&path).await.unwrap();
        store.close().await;
        store.close().await;
        store.status().await.unwrap_err();
    });
}
