//! What is left when the process ends, or the system fails, at each change of the disk in turn.

mod batches;
mod faults;
mod meddling;
#[expect(clippy::print_stderr, reason = "a skipped test must say so")]
mod scene;
#[expect(dead_code, reason = "the tests outside the crate use the rest")]
#[path = "../../tests/it/support.rs"]
mod support;
