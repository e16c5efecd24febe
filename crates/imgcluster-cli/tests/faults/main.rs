//! The real binary, broken off, refused and disturbed at every place: no content is ever lost, and
//! `undo` gives back the tree as it was.
//!
//! System calls are counted, failed and cut short by `strace`. Where it is missing these tests say so;
//! with `IMGCLUSTER_REQUIRE_STRACE=1` they fail. `IMGCLUSTER_FAULTS=N` makes N rounds of each.
#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on is a failed test"
)]

mod disturbed;
mod errors;
mod jobs;
mod killed;
mod random;
mod strace;
mod tree;
mod world;
