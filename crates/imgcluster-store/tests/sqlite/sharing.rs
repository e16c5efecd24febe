use std::sync::Barrier;
use std::time::Duration;

use imgcluster_core::{Decision, Store, Wait};
use imgcluster_store::{Runtime, SqliteStore};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor};

use crate::fixtures::{assert_holds, hash, place, put};

#[test]
fn many_threads_may_open_a_fresh_store_at_the_same_moment() {
    for _ in 0..5 {
        let (_, _folder, path) = place();
        let start = Barrier::new(16);
        std::thread::scope(|scope| {
            for number in 0..16 {
                let (start, path) = (&start, &path);
                scope.spawn(move || {
                    let runtime = Runtime::new().unwrap();
                    start.wait();
                    let store = runtime.wait(SqliteStore::open(path)).unwrap();
                    runtime.wait(put(&store, &[number]));
                });
            }
        });
        let (runtime, numbers) = (Runtime::new().unwrap(), (0..16).collect::<Vec<_>>());
        let store = runtime.wait(SqliteStore::open(&path)).unwrap();
        runtime.wait(assert_holds(&store, &numbers));
    }
}

#[test]
fn two_stores_on_one_file_write_the_same_pictures_in_turns() {
    let (_, _folder, path) = place();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let runtime = Runtime::new().unwrap();
                let store = runtime.wait(SqliteStore::open(&path)).unwrap();
                for start in 0..100 {
                    let numbers: Vec<u32> = (start * 32..(start + 1) * 32).collect();
                    runtime.wait(put(&store, &numbers));
                }
            });
        }
    });
    let runtime = Runtime::new().unwrap();
    let store = runtime.wait(SqliteStore::open(&path)).unwrap();
    runtime.wait(assert_holds(&store, &(0..3200).collect::<Vec<_>>()));
    let status = runtime.wait(store.status()).unwrap();
    assert_eq!((status.files, status.contents), (3200, 3200));
}

#[test]
fn stores_on_one_file_that_decide_the_same_remember_it_once() {
    let (_, _folder, path) = place();
    let decision = |number| {
        let files = [(hash(number), None), (hash(number + 1), None)];
        Decision::of_files(files, "2026-01-02T03:04:05Z").unwrap()
    };
    let all: Vec<Decision> = (0..50).map(decision).collect();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (path, all) = (&path, &all);
            scope.spawn(move || {
                let runtime = Runtime::new().unwrap();
                let store = runtime.wait(SqliteStore::open(path)).unwrap();
                for part in all.chunks(5) {
                    runtime.wait(store.decide(part)).unwrap();
                }
                // what somebody forgets meanwhile is nobody else's
                let own = decision(1000 + 10 * thread);
                let id = runtime.wait(store.decide(&[own])).unwrap()[0];
                assert!(runtime.wait(store.forget_decision(id)).unwrap());
            });
        }
    });
    let runtime = Runtime::new().unwrap();
    let store = runtime.wait(SqliteStore::open(&path)).unwrap();
    let stored = runtime.wait(store.decisions()).unwrap();
    let stored: Vec<Decision> = stored.into_iter().map(|one| one.decision).collect();
    assert_eq!(stored, all);
}

#[test]
fn threads_share_one_store_and_one_runtime() {
    let (runtime, _folder, path) = place();
    let store = runtime.wait(SqliteStore::open(&path)).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let (runtime, store) = (&runtime, &store);
            scope.spawn(move || {
                for step in 0..20 {
                    let number = thread * 100 + step;
                    runtime.wait(put(store, &[number]));
                    runtime.wait(assert_holds(store, &[number]));
                }
            });
        }
    });
    assert_eq!(runtime.wait(store.status()).unwrap().contents, 160);
}

#[test]
fn readers_go_on_while_another_store_is_written() {
    let (runtime, _folder, path) = place();
    let reader = runtime.wait(SqliteStore::open(&path)).unwrap();
    let writer = runtime.wait(SqliteStore::open(&path)).unwrap();
    runtime.wait(put(&reader, &[1]));
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            for start in 1..50_u32 {
                let numbers: Vec<u32> = (start * 64..(start + 1) * 64).collect();
                runtime.wait(put(&writer, &numbers));
            }
        });
        while !writing.is_finished() {
            runtime.wait(assert_holds(&reader, &[1]));
            // each batch is there whole or not at all
            let contents = runtime.wait(reader.status()).unwrap().contents;
            assert_eq!(contents % 64, 1);
        }
    });
}

#[test]
fn a_first_reading_goes_on_while_another_program_holds_the_file() {
    let (runtime, _folder, path) = place();
    let writer = runtime.wait(SqliteStore::open(&path)).unwrap();
    runtime.wait(put(&writer, &[1]));
    let reader = runtime.wait(SqliteStore::open(&path)).unwrap();
    runtime.wait(async {
        let options = SqliteConnectOptions::new().filename(&path);
        let mut holder = options.connect().await.unwrap();
        holder.execute("BEGIN IMMEDIATE").await.unwrap();
        // this store has not connected for reading before
        let read = tokio::time::timeout(Duration::from_secs(20), assert_holds(&reader, &[1]));
        read.await.expect("a reader waits for nobody");
        holder.close().await.unwrap();
    });
}

#[test]
fn a_put_that_is_given_up_in_the_middle_leaves_nothing_and_blocks_nobody() {
    let (runtime, _folder, path) = place();
    let store = runtime.wait(SqliteStore::open(&path)).unwrap();
    let numbers: Vec<u32> = (0..20_000).collect();
    let mut given_up = 0;
    for milliseconds in [0, 1, 2, 5, 10, 20, 40] {
        let patience = Duration::from_millis(milliseconds);
        let done = runtime.wait(async {
            let done = tokio::time::timeout(patience, put(&store, &numbers)).await;
            done.is_ok()
        });
        let contents = runtime.wait(store.status()).unwrap().contents;
        assert!(contents == 0 || contents == 20_000, "{contents} of 20,000");
        if done {
            break;
        }
        given_up += 1;
    }
    assert!(
        given_up > 0,
        "every put was done before it could be given up"
    );
    runtime.wait(put(&store, &numbers));
    runtime.wait(assert_holds(&store, &[0, 19_999]));
}
