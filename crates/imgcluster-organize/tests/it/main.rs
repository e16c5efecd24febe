//! What carrying out plans and undoing them does to a tree.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod actions;
mod batches;
mod journals;
mod locks;
mod many;
mod meddled;
mod paths;
mod refusals;
mod support;
mod trash;
mod undoing;
