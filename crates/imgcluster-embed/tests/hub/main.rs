//! Finding and downloading weights, against a hub on this machine.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on is a failed test"
)]

mod downloads;
mod faults;
mod folders;
mod mends;
mod place;
mod refusals;
mod server;
