//! The binary from outside: what is typed, what comes out, what it exits with.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on is a failed test"
)]

mod degenerate;
mod input;
mod main_job;
mod output_folder;
mod place;
mod reference_data;
mod store;
mod usage;
