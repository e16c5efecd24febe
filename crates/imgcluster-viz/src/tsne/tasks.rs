//! Work on disjoint parts of an output, split over threads.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use imgcluster_core::{Cancelled, Job, for_each_block};

/// Calls `work` once for each task, on the job's threads.
///
/// A task owns what it writes, so what comes out does not depend on the number of threads.
pub(super) fn for_each_task<T: Send, S>(
    job: &Job<'_>,
    tasks: impl Iterator<Item = T>,
    state: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, T) + Sync,
) -> Result<(), Cancelled> {
    let tasks: Vec<Mutex<Option<T>>> = tasks.map(|task| Mutex::new(Some(task))).collect();
    for_each_block(
        job,
        tasks.len(),
        NonZeroUsize::MIN,
        state,
        |state, range| {
            for task in &tasks[range] {
                let task = task.lock().unwrap_or_else(PoisonError::into_inner).take();
                if let Some(task) = task {
                    work(state, task);
                }
            }
        },
    )
}
