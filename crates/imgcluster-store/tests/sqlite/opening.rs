use std::fs;
use std::path::Path;

use imgcluster_core::{ClusterId, Decision, NewRun, RunMember, Store, Wait};
use imgcluster_store::{Runtime, SqliteStore, StoreError};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, SqlSafeStr};

use crate::fixtures::{assert_holds, hash, place, put, record, tamper, told};

#[test]
fn a_store_holds_after_closing_what_was_put() {
    let (runtime, _folder, path) = place();
    runtime.wait(async {
        let store = SqliteStore::open(&path).await.unwrap();
        put(&store, &[1, 2, 3]).await;
        store.close().await;
        let store = SqliteStore::open(&path).await.unwrap();
        assert_holds(&store, &[3, 1, 2]).await;
    });
}

#[test]
fn a_store_that_was_dropped_holds_what_was_put() {
    let (runtime, _folder, path) = place();
    runtime.wait(async {
        put(&SqliteStore::open(&path).await.unwrap(), &[1, 2]).await;
        assert_holds(&SqliteStore::open(&path).await.unwrap(), &[1, 2]).await;
    });
}

#[test]
fn folders_are_made_and_odd_names_are_names() {
    let (runtime, folder, _) = place();
    for name in [
        "a/b c/ü/store.db",
        "file:x?mode=memory",
        "%41#?.db",
        ":memory:",
    ] {
        let path = folder.path().join(name);
        runtime.wait(async {
            let store = SqliteStore::open(&path).await.unwrap();
            put(&store, &[1]).await;
            store.close().await;
        });
        assert!(path.is_file(), "{name}");
    }
}

#[test]
fn an_empty_file_becomes_a_store() {
    let (runtime, _folder, path) = place();
    fs::write(&path, "").unwrap();
    let store = runtime.wait(SqliteStore::open(&path)).unwrap();
    runtime.wait(put(&store, &[1]));
}

/// Tries to open what is no store, and gives the error.
fn refusal(path: &Path) -> StoreError {
    let runtime = Runtime::new().unwrap();
    let error = runtime.wait(SqliteStore::open(path)).unwrap_err();
    let message = told(&error);
    let named = path.file_name().unwrap().to_str().unwrap();
    assert!(message.contains(named), "{message}");
    error
}

#[test]
fn a_file_of_something_else_is_refused_and_left_alone() {
    let (_, folder, _) = place();
    for (name, bytes) in [
        ("tiny.jpg", b"hello".to_vec()),
        ("large.jpg", vec![0xff; 100_000]),
        ("cut.db", b"SQLite format 3\0".to_vec()),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, &bytes).unwrap();
        assert!(
            matches!(refusal(&path), StoreError::NotAStore { .. }),
            "{name}"
        );
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }
}

#[test]
fn the_database_of_another_program_is_refused_and_left_alone() {
    let (runtime, folder, _) = place();
    for (name, sql) in [
        ("tables.db", "CREATE TABLE files (path TEXT)"),
        (
            "marked.db",
            "PRAGMA application_id = 77; PRAGMA user_version = 1",
        ),
    ] {
        let path = folder.path().join(name);
        tamper(&runtime, &path, sql);
        let before = fs::read(&path).unwrap();
        let error = refusal(&path);
        assert!(matches!(error, StoreError::NotAStore { .. }), "{error:?}");
        assert_eq!(fs::read(&path).unwrap(), before);
    }
}

#[test]
fn a_folder_is_refused() {
    let (_, folder, _) = place();
    assert!(matches!(
        refusal(folder.path()),
        StoreError::IsFolder { .. }
    ));
}

#[test]
fn a_file_in_the_place_of_a_folder_is_named() {
    let (_, folder, _) = place();
    let file = folder.path().join("photo.jpg");
    fs::write(&file, "x").unwrap();
    let runtime = Runtime::new().unwrap();
    let error = runtime
        .wait(SqliteStore::open(&file.join("store.db")))
        .unwrap_err();
    assert!(matches!(error, StoreError::CreateFolder { .. }));
    assert!(error.to_string().contains("photo.jpg"), "{error}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_takes_no_files_is_an_error_that_names_the_store() {
    // nobody can make files here, not even the superuser
    let error = refusal(Path::new("/proc/self/store.db"));
    assert!(matches!(error, StoreError::CannotOpen { .. }), "{error:?}");
}

#[cfg(unix)]
#[test]
fn a_path_that_is_not_utf8_is_refused() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let (runtime, folder, _) = place();
    let path = folder.path().join(OsStr::from_bytes(b"\xff.db"));
    let error = runtime.wait(SqliteStore::open(&path)).unwrap_err();
    assert!(matches!(error, StoreError::PathNotUtf8 { .. }));
}

#[cfg(unix)]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
#[test]
fn a_read_only_file_is_an_error_that_says_so() {
    let (runtime, folder, path) = place();
    runtime.wait(async { SqliteStore::open(&path).await.unwrap().close().await });
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).unwrap();
    if fs::OpenOptions::new().write(true).open(&path).is_ok() {
        eprintln!("skipped: this user may write read-only files");
        return;
    }
    assert!(matches!(refusal(&path), StoreError::ReadOnly { .. }));
    drop(folder);
}

/// Makes a store as a build made it that knew nothing of decisions, with what another one holds.
fn make_first_schema(runtime: &Runtime, path: &Path, like: &Path) {
    let sql = include_str!("../../migrations/sqlite/0001_first.sql");
    let first = Migration::new(
        1,
        "first".into(),
        MigrationType::Simple,
        sql.into_sql_str(),
        false,
    );
    runtime.wait(async {
        let options = SqliteConnectOptions::new().filename(path);
        let mut connection = options.create_if_missing(true).connect().await.unwrap();
        let migrator = Migrator::with_migrations(vec![first]);
        migrator.run(&mut connection).await.unwrap();
        let attach = format!("ATTACH '{}' AS other", like.display());
        connection.execute(AssertSqlSafe(attach)).await.unwrap();
        // in an order in which each refers to what is there
        for table in [
            "hashes",
            "files",
            "contents",
            "thumbnails",
            "failures",
            "spaces",
            "features",
            "runs",
            "clustering_results",
        ] {
            let copy = format!("INSERT INTO main.{table} SELECT * FROM other.{table}");
            connection.execute(AssertSqlSafe(copy)).await.unwrap();
        }
        connection.close().await.unwrap();
    });
}

#[test]
fn a_store_of_the_first_schema_is_brought_up_to_date_and_keeps_everything() {
    let (runtime, folder, path) = place();
    let like = folder.path().join("like.db");
    let record = &record();
    let before = runtime.wait(async {
        let store = SqliteStore::open(&like).await.unwrap();
        put(&store, &[1, 2, 3]).await;
        let members = &[RunMember {
            path: "/pictures/1".into(),
            content: hash(1),
            label: Some(ClusterId(4)),
            strength: None,
        }];
        store.record_run(NewRun { record, members }).await.unwrap();
        let status = store.status().await.unwrap();
        store.close().await;
        status
    });
    make_first_schema(&runtime, &path, &like);
    for round in 0..2 {
        runtime.wait(async {
            let store = SqliteStore::open(&path).await.unwrap();
            assert_holds(&store, &[1, 2, 3]).await;
            let status = store.status().await.unwrap();
            assert_eq!((status.files, status.runs), (before.files, before.runs));
            assert_eq!(
                (status.spaces, status.decisions),
                (before.spaces.clone(), round)
            );
            let (run, members) = store.run(1).await.unwrap().unwrap();
            assert_eq!((&run.record, members.len()), (record, 1));
            let files = [(hash(1), None), (hash(2), None)];
            let decision = Decision::of_files(files, "2026-01-02T03:04:05Z").unwrap();
            assert_eq!(store.decide(&[decision]).await.unwrap(), [1]);
            store.close().await;
        });
    }
}

#[test]
fn a_newer_schema_is_refused_and_left_alone() {
    let (runtime, _folder, path) = place();
    runtime.wait(async { SqliteStore::open(&path).await.unwrap().close().await });
    tamper(
        &runtime,
        &path,
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'from the future', TRUE, x'00', 0)",
    );
    let before = fs::read(&path).unwrap();
    let error = refusal(&path);
    assert!(matches!(error, StoreError::Newer { version: 9999, .. }));
    assert!(error.to_string().contains("newer version"), "{error}");
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_schema_that_was_changed_by_hand_is_refused() {
    let (runtime, _folder, path) = place();
    runtime.wait(async { SqliteStore::open(&path).await.unwrap().close().await });
    tamper(
        &runtime,
        &path,
        "UPDATE _sqlx_migrations SET checksum = x'00'",
    );
    assert!(matches!(
        refusal(&path),
        StoreError::OtherBuild { version: 1, .. }
    ));
}

#[test]
fn the_bytes_of_a_store_grow_with_it_and_shrink_after_pruning() {
    let (runtime, _folder, path) = place();
    let numbers: Vec<u32> = (0..4000).collect();
    runtime.wait(async {
        let bytes = async || {
            let store = SqliteStore::open(&path).await.unwrap();
            let bytes = store.status().await.unwrap().bytes.unwrap();
            store.close().await;
            bytes
        };
        let empty = bytes().await;
        let store = SqliteStore::open(&path).await.unwrap();
        put(&store, &numbers).await;
        let open = store.status().await.unwrap().bytes.unwrap();
        store.close().await;
        let full = bytes().await;
        // 4000 vectors of 64 numbers and thumbnails of 100 bytes
        assert!(open > empty + 1_400_000 && full > empty + 1_400_000);
        let store = SqliteStore::open(&path).await.unwrap();
        let files = store.known_files(None).await.unwrap();
        assert_eq!(store.prune(&files).await.unwrap().contents, 4000);
        store.close().await;
        assert!(bytes().await < empty + 200_000);
    });
}

#[cfg(unix)]
#[test]
fn the_bytes_of_a_store_behind_a_link_are_those_of_its_file_and_log() {
    let (runtime, folder, path) = place();
    let link = folder.path().join("link.db");
    fs::create_dir(folder.path().join("far")).unwrap();
    // at first it leads to a file that is not there yet
    std::os::unix::fs::symlink("far/real.db", &link).unwrap();
    for _ in 0..2 {
        runtime.wait(async {
            let store = SqliteStore::open(&link).await.unwrap();
            put(&store, &(0..500).collect::<Vec<_>>()).await;
            let real = fs::canonicalize(&link).unwrap();
            assert_eq!(store.path(), real);
            let length = |path: &Path| fs::metadata(path).unwrap().len();
            let log = length(&real.with_extension("db-wal"));
            let bytes = store.status().await.unwrap().bytes;
            assert_eq!(bytes, Some(length(&real) + log));
            assert!(log > 0);
            store.close().await;
        });
    }
    assert!(link.is_symlink() && !path.exists());
}
