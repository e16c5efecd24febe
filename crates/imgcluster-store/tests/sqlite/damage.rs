use std::io::{Read, Seek, SeekFrom, Write};

use imgcluster_core::{BoxError, Decision, NewRun, Store, Wait};
use imgcluster_store::{SqliteStore, StoreError};

use crate::fixtures::{DIM, assert_holds, hash, place, put, record, space, tamper, told};

/// Loads a feature that was tampered with, and gives the error.
fn load_after(sql: &str) -> BoxError {
    let (runtime, _folder, path) = place();
    runtime.wait(async {
        let store = SqliteStore::open(&path).await.unwrap();
        put(&store, &[1, 2]).await;
        store.close().await;
    });
    tamper(&runtime, &path, sql);
    runtime.wait(async {
        let store = SqliteStore::open(&path).await.unwrap();
        let error = store.load(&space(), &[hash(1), hash(2)]).await.unwrap_err();
        assert_holds(&store, &[1]).await;
        error
    })
}

#[test]
fn a_vector_of_the_wrong_length_is_an_error_that_names_its_content() {
    let last = "(SELECT max(id) FROM features)";
    for bytes in [0, 1, DIM * 4 - 1, DIM * 4 - 4, DIM * 4 + 4] {
        let sql = format!("UPDATE features SET feature = zeroblob({bytes}) WHERE id = {last}");
        let error = load_after(&sql);
        assert!(matches!(
            error.downcast_ref(),
            Some(StoreError::VectorLength { bytes: found, .. }) if *found == bytes
        ));
        assert!(error.to_string().contains(&hash(2).to_string()), "{error}");
    }
}

#[test]
fn a_vector_with_a_value_that_is_not_finite_is_an_error_that_names_its_content() {
    let sql = "UPDATE features SET feature = CAST(substr(feature, 1, 4) || x'0000c07f'
               || substr(feature, 9) AS BLOB) WHERE id = (SELECT max(id) FROM features)";
    let error = load_after(sql);
    let Some(StoreError::VectorValues { content, .. }) = error.downcast_ref() else {
        panic!("{error:?}");
    };
    assert_eq!(*content, hash(2));
}

#[test]
fn a_run_that_cannot_be_read_is_left_out_of_the_list_and_an_error_when_asked_for() {
    let (runtime, _folder, path) = place();
    let record = record();
    let remember = async || {
        let store = SqliteStore::open(&path).await.unwrap();
        let run = NewRun {
            record: &record,
            members: &[],
        };
        let id = store.record_run(run).await.unwrap();
        store.close().await;
        id
    };
    assert_eq!(runtime.wait(remember()), 1);
    for unreadable in ["'{'", "'{}'", "CAST(x'ff' AS TEXT)"] {
        let sql = format!(
            "INSERT INTO runs (started, version, command, model, algorithm, record)
             VALUES ('', '', '', '', '', {unreadable})"
        );
        tamper(&runtime, &path, &sql);
    }
    assert_eq!(runtime.wait(remember()), 5);
    runtime.wait(async {
        let store = SqliteStore::open(&path).await.unwrap();
        let listed = store.runs().await.unwrap();
        assert_eq!(listed.iter().map(|run| run.id).collect::<Vec<_>>(), [5, 1]);
        assert!(listed.iter().all(|run| run.record == record));
        assert_eq!(store.status().await.unwrap().runs, 5);
        for id in [2, 3] {
            let error = store.run(id).await.unwrap_err();
            assert!(error.to_string().contains("a record of a run"), "{error}");
        }
        store.run(4).await.unwrap_err();
    });
}

#[test]
fn a_file_with_overwritten_pages_is_an_error_that_names_it_and_no_crash() {
    let (runtime, _folder, path) = place();
    let numbers: Vec<u32> = (0..2000).collect();
    runtime.wait(async {
        let store = SqliteStore::open(&path).await.unwrap();
        put(&store, &numbers).await;
        store.close().await;
    });
    let mut file = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(&path)
        .unwrap();
    let mut first_page = vec![0; 16384];
    file.read_exact(&mut first_page).unwrap();
    let length = file.seek(SeekFrom::End(0)).unwrap();
    file.seek(SeekFrom::Start(16384)).unwrap();
    file.write_all(&vec![0xee; length as usize - 16384])
        .unwrap();
    drop(file);
    let error = runtime.wait(async {
        match SqliteStore::open(&path).await {
            Err(error) => error.into(),
            Ok(store) => store.load(&space(), &[hash(1)]).await.unwrap_err(),
        }
    });
    let damaged = matches!(error.downcast_ref(), Some(StoreError::Damaged { .. }));
    assert!(
        damaged && told(error.as_ref()).contains("store.db"),
        "{error:?}"
    );
}

fn decision(numbers: [u32; 2]) -> Decision {
    let files = numbers.map(|number| (hash(number), Some("/picture".into())));
    Decision::of_files(files, "2026-01-02T03:04:05Z").unwrap()
}

#[test]
fn decisions_are_put_all_or_none() {
    let (runtime, _folder, path) = place();
    runtime.wait(async { SqliteStore::open(&path).await.unwrap().close().await });
    // the last thing that is put for the second decision
    tamper(
        &runtime,
        &path,
        "CREATE TRIGGER full BEFORE INSERT ON decided_paths WHEN NEW.decision_id = 2
         BEGIN SELECT RAISE(ABORT, 'full on purpose'); END",
    );
    let all = [[1, 2], [3, 4], [5, 6]].map(decision);
    runtime.wait(async {
        let store = SqliteStore::open(&path).await.unwrap();
        let error = store.decide(&all).await.unwrap_err();
        assert!(told(&*error).contains("on purpose"), "{error:?}");
        assert_eq!(store.decisions().await.unwrap(), []);
        assert_eq!(store.status().await.unwrap().decisions, 0);
        store.close().await;
    });
    tamper(&runtime, &path, "DROP TRIGGER full");
    runtime.wait(async {
        let store = SqliteStore::open(&path).await.unwrap();
        assert_eq!(store.decide(&all).await.unwrap(), [1, 2, 3]);
    });
}

#[test]
fn a_decision_that_cannot_be_read_is_an_error_and_can_be_forgotten() {
    let (runtime, _folder, path) = place();
    for sql in [
        "DELETE FROM decided_contents WHERE decision_id = 1",
        "UPDATE decided_contents SET copies = 4294967296 WHERE decision_id = 1",
        "UPDATE decisions SET decided = 'once' WHERE id = 1",
    ] {
        let _ = std::fs::remove_file(&path);
        runtime.wait(async {
            let store = SqliteStore::open(&path).await.unwrap();
            store.decide(&[[1, 2], [3, 4]].map(decision)).await.unwrap();
            store.close().await;
        });
        tamper(&runtime, &path, sql);
        runtime.wait(async {
            let store = SqliteStore::open(&path).await.unwrap();
            let error = store.decisions().await.unwrap_err();
            let error = error.downcast::<StoreError>().unwrap();
            assert!(matches!(*error, StoreError::Unreadable { .. }), "{error:?}");
            assert!(store.forget_decision(1).await.unwrap());
            let left = store.decisions().await.unwrap();
            assert_eq!((left[0].id, left.len()), (2, 1));
            store.close().await;
        });
    }
}
