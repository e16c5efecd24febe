//! Ctrl-C: once to stop cleanly, twice to end at once.

use std::process;

use anyhow::{Context, Result};
use imgcluster_core::CancelToken;

/// The exit code of an interrupted program.
pub(crate) const INTERRUPTED: u8 = 130;

/// Makes Ctrl-C (and a polite request to terminate) cancel the token, and end the program the
/// second time.
pub(crate) fn listen() -> Result<CancelToken> {
    let token = CancelToken::default();
    let handler = token.clone();
    ctrlc::set_handler(move || {
        if handler.is_cancelled() {
            process::exit(i32::from(INTERRUPTED));
        }
        handler.cancel();
    })
    .context("cannot listen for Ctrl-C")?;
    Ok(token)
}
