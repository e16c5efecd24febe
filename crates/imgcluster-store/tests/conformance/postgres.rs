//! The promises of every store, kept by the one in PostgreSQL.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on is a failed test"
)]

mod contents;
mod decisions;
mod everything;
mod failures;
mod faulty;
mod features;
mod files;
#[expect(
    dead_code,
    reason = "the stores without a server have tests of their own"
)]
mod fixtures;
mod listing;
#[macro_use]
mod promises;
mod prune;
mod runs;
mod transfer;

use std::process::ExitCode;

use imgcluster_core::Wait;
use imgcluster_store::{PostgresStore, Runtime};
use imgcluster_test_postgres::{Server, Test, run};

/// Gives a test a store in an empty database.
fn with_store(server: &Server, test: impl AsyncFnOnce(&PostgresStore)) {
    let database = server.database();
    Runtime::new().unwrap().wait(async {
        let address = database.url().parse().unwrap();
        let store = PostgresStore::open(&address).await.unwrap();
        test(&store).await;
        store.close().await;
    });
}

macro_rules! tests_of_postgres {
    ($($subject:ident { $($promise:ident,)+ })+) => {
        vec![$($(
            Test::shared(
                concat!(stringify!($subject), "::", stringify!($promise)),
                |server| with_store(server, async |store| $subject::$promise(store).await),
            ),
        )+)+]
    };
}

fn main() -> ExitCode {
    run(all_promises!(tests_of_postgres))
}
