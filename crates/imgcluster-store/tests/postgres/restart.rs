//! A server that comes and goes.

use std::time::{Duration, Instant};

use imgcluster_core::{CancelToken, NewRun, Store, Wait};
use imgcluster_store::ServerError::Silent;
use imgcluster_store::{PostgresStore, Runtime, StoreError};
use imgcluster_test_postgres::PrivateServer;

use crate::fixtures::{Batch, record, space, vector};
use crate::with_store;

pub(crate) fn a_store_goes_on_after_the_server_restarts(server: &PrivateServer) {
    let database = server.database();
    let space = space("model", vector(4));
    with_store(database.url(), |store, runtime| {
        for round in 0..3 {
            runtime.wait(
                Batch::new(&space)
                    .file("/a", round)
                    .picture(round)
                    .put(store),
            );
            server.restart();
            let status = runtime.wait(store.status()).unwrap();
            assert_eq!(status.contents, round as u64 + 1);
        }
    });
}

pub(crate) fn a_batch_waits_for_a_server_that_is_away(server: &PrivateServer) {
    let database = server.database();
    let space = space("model", vector(4));
    with_store(database.url(), |store, runtime| {
        runtime.wait(Batch::new(&space).picture(1).put(store));
        server.stop();
        std::thread::scope(|scope| {
            let put = scope.spawn(|| {
                let begun = Instant::now();
                runtime.wait(Batch::new(&space).picture(2).put(store));
                begun.elapsed()
            });
            std::thread::sleep(Duration::from_secs(2));
            server.start_again();
            assert!(put.join().unwrap() >= Duration::from_secs(1));
        });
        assert_eq!(runtime.wait(store.status()).unwrap().contents, 2);
    });
}

/// A server that takes connections and never says a word.
pub(crate) fn a_silent_server_is_given_up_when_nobody_waits_for_it(_: &PrivateServer) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let address = format!("postgres://u:p@127.0.0.1:{port}/d?sslmode=disable");
    let runtime = Runtime::new().unwrap();
    let begun = Instant::now();
    let cancel = CancelToken::default();
    let error = std::thread::scope(|scope| {
        let open = scope.spawn(|| {
            runtime.wait(PostgresStore::open_heeding(
                &address.parse().unwrap(),
                &cancel,
            ))
        });
        std::thread::sleep(Duration::from_millis(300));
        cancel.cancel();
        open.join().unwrap().unwrap_err()
    });
    assert!(
        matches!(
            &error,
            StoreError::Server {
                problem: Silent { .. },
                ..
            }
        ),
        "{error:?}"
    );
    assert!(begun.elapsed().as_secs() < 6, "{:?}", begun.elapsed());
}

pub(crate) fn a_session_that_the_server_ended_is_begun_anew(server: &PrivateServer) {
    let database = server.database();
    database.execute(&format!(
        "ALTER DATABASE {} SET idle_session_timeout = '50ms'",
        database.name()
    ));
    let space = space("model", vector(4));
    with_store(database.url(), |store, runtime| {
        for round in 0..3 {
            std::thread::sleep(Duration::from_millis(200));
            runtime.wait(Batch::new(&space).picture(round).put(store));
        }
        std::thread::sleep(Duration::from_millis(200));
        assert_eq!(runtime.wait(store.status()).unwrap().contents, 3);
    });
}

pub(crate) fn what_was_put_or_recorded_outlives_a_crash(server: &PrivateServer) {
    let database = server.database();
    let space = space("model", vector(4));
    with_store(database.url(), |store, runtime| {
        let record = record("dbscan");
        let run = NewRun {
            record: &record,
            members: &[],
        };
        let id = runtime.wait(store.record_run(run)).unwrap();
        for number in 0..20 {
            let batch = Batch::new(&space).file(format!("/{number}"), number);
            runtime.wait(batch.picture(number).put(store));
        }
        server.crash();
        server.start_again();
        let (run, _) = runtime.wait(store.run(id)).unwrap().unwrap();
        assert_eq!(run.record, record);
        let status = runtime.wait(store.status()).unwrap();
        assert_eq!((status.files, status.contents), (20, 20));
    });
}
