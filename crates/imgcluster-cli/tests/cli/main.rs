//! The binary from outside: what is typed, what comes out, what it exits with.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on is a failed test"
)]

mod compared;
mod decisions;
mod dedup;
mod degenerate;
#[path = "../../../imgcluster-embed/tests/hub/server.rs"]
#[expect(dead_code, reason = "the library's own tests let more go wrong")]
mod hub_server;
mod input;
mod main_job;
mod models;
mod neural;
mod organize;
mod output_folder;
mod partitions;
mod place;
mod reference_data;
mod regressions;
mod search;
mod selection;
mod store;
mod train;
mod transfer;
mod tune;
mod usage;
