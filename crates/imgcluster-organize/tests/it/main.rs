//! What carrying out plans and undoing them does to a tree.
#![cfg(unix)]

mod actions;
mod many;
mod support;
