//! Many programs on one store.

use std::time::Duration;

use imgcluster_core::{Decision, Features, Store, Wait};
use imgcluster_store::{PostgresStore, Runtime};
use imgcluster_test_postgres::Server;

use crate::fixtures::{Batch, DECODER, decision, hashes, paths, space, vector};
use crate::with_store;

/// Runs a task for each number at once, each with a store and a runtime of its own.
fn at_once(count: usize, url: &str, task: impl Fn(usize, &PostgresStore, &Runtime) + Sync) {
    std::thread::scope(|scope| {
        for number in 0..count {
            let task = &task;
            scope.spawn(move || with_store(url, |store, runtime| task(number, store, runtime)));
        }
    });
}

pub(crate) fn many_can_make_the_store_at_once(server: &Server) {
    let database = server.database();
    at_once(8, database.url(), |_, store, runtime| {
        assert_eq!(runtime.wait(store.status()).unwrap().files, 0);
    });
    let steps = database.text("SELECT count(*) FROM image_clustering._sqlx_migrations");
    assert_eq!(steps, "2");
}

pub(crate) fn batches_that_overlap_crosswise_all_arrive(server: &Server) {
    let database = server.database();
    let space = space("model", vector(64));
    let all: Vec<usize> = (0..400).collect();
    at_once(6, database.url(), |number, store, runtime| {
        // half of them in the opposite order, so that naive locking would meet in a circle
        let mut order = all.clone();
        if number % 2 == 1 {
            order.reverse();
        }
        for part in order.chunks(50) {
            let mut batch = Batch::new(&space);
            for &picture in part {
                batch = batch.file(format!("/{picture}"), picture).picture(picture);
            }
            runtime.wait(batch.put(store));
        }
    });
    let count =
        |table: &str| database.text(&format!("SELECT count(*) FROM image_clustering.{table}"));
    for table in ["files", "contents", "embeddings"] {
        assert_eq!(count(table), "400", "{table}");
    }
    let open = "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database
                WHERE datname = current_database() AND pid <> pg_backend_pid()";
    assert_eq!(database.text(open), "0");
}

pub(crate) fn many_who_decide_the_same_remember_it_once(server: &Server) {
    let database = server.database();
    let all: Vec<Decision> = (0..50)
        .map(|number| decision(&[(number, "/a"), (number + 1, "/b")]))
        .collect();
    at_once(6, database.url(), |number, store, runtime| {
        let mut own = all.clone();
        if number % 2 == 1 {
            own.reverse();
        }
        for part in own.chunks(10) {
            runtime.wait(store.decide(part)).unwrap();
        }
        // what somebody forgets meanwhile is nobody else's
        let other = decision(&[(1000 + number, "/a"), (2000, "/b")]);
        let id = runtime.wait(store.decide(&[other])).unwrap()[0];
        assert!(runtime.wait(store.forget_decision(id)).unwrap());
    });
    with_store(database.url(), |store, runtime| {
        let stored = runtime.wait(store.decisions()).unwrap();
        let mut stored: Vec<Decision> = stored.into_iter().map(|one| one.decision).collect();
        stored.sort_by_key(|decision| all.iter().position(|one| one == decision));
        assert_eq!(stored, all);
    });
}

pub(crate) fn pruning_beside_putting_harms_neither(server: &Server) {
    let database = server.database();
    let space = space("model", vector(8));
    at_once(4, database.url(), |number, store, runtime| {
        for round in 0..30 {
            if number == 0 {
                runtime.wait(store.prune(&[])).unwrap();
            } else {
                let picture = number * 100 + round;
                // first the picture alone, which a pruning may take away, then its file
                let batch = Batch::new(&space).picture(picture);
                runtime.wait(batch.put(store));
                let batch = Batch::new(&space).file(format!("/{picture}"), picture);
                runtime.wait(batch.picture(picture).put(store));
            }
        }
    });
    with_store(database.url(), |store, runtime| {
        let pictures: Vec<usize> = (1..4)
            .flat_map(|of| (0..30).map(move |at| of * 100 + at))
            .collect();
        let rows = runtime
            .wait(store.load(&space, &hashes(&pictures)))
            .unwrap();
        assert!(matches!(rows, Features::Vectors(rows) if rows.rows() == 90));
        let names: Vec<String> = pictures
            .iter()
            .map(|picture| format!("/{picture}"))
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let files = runtime.wait(store.files(&paths(&names))).unwrap();
        assert!(files.iter().all(Option::is_some));
    });
}

pub(crate) fn no_lock_stays_after_a_batch_that_was_given_up(server: &Server) {
    let database = server.database();
    let space = space("model", vector(16));
    with_store(database.url(), |store, runtime| {
        let mut batch = Batch::new(&space);
        for picture in 0..2000 {
            batch = batch.picture(picture);
        }
        for wait in [1, 5, 20] {
            runtime.wait(async {
                let put = store.put(batch.as_put());
                // dropped in the middle, or done: either way nothing may be in the way afterwards
                let _ = tokio::time::timeout(Duration::from_millis(wait), put).await;
            });
        }
        runtime.wait(batch.put(store));
        let known = runtime
            .wait(store.known(&space, DECODER, &hashes(&[0, 1999])))
            .unwrap();
        assert_eq!(
            known,
            [
                imgcluster_core::Known::Present,
                imgcluster_core::Known::Present
            ]
        );
    });
}
