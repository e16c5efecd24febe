//! What carrying out plans and undoing them does to a tree.
#![cfg(unix)]

mod actions;
#[expect(dead_code, reason = "the tests inside the crate use the rest")]
mod support;
