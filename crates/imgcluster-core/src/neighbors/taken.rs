//! Rooms shared out among threads, to be packed.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use crate::{Cancelled, Job, for_each_block};

/// Items that a thread takes before it asks whether to go on.
const BLOCK: NonZeroUsize = NonZeroUsize::new(8).expect("not zero");

/// Calls `work` with each item, on the job's threads, until all are done or the job is cancelled.
pub(super) fn for_each_taken<T, S>(
    job: &Job<'_>,
    items: impl ExactSizeIterator<Item = T> + Send,
    state: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, T) + Sync,
) -> Result<(), Cancelled> {
    let count = items.len();
    let items = Mutex::new(items);
    let take = || items.lock().unwrap_or_else(PoisonError::into_inner).next();
    for_each_block(job, count, BLOCK, state, |state, block| {
        for item in block.filter_map(|_| take()) {
            work(state, item);
        }
    })
}
