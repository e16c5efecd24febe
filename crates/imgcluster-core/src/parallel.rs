//! Work split over scoped threads.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::{Cancelled, Job};

/// Calls `work` for each block of `0..count`, on the job's threads, until all are done or the job
/// is cancelled.
///
/// Blocks are handed out in order, each to the next free thread. `state` is made once per thread,
/// so scratch memory is allocated once. Steps are not reported: the caller knows what they mean.
/// `work` may return early once the job is cancelled; that is seen even after the last block.
///
/// # Errors
/// [`Cancelled`] if the job was cancelled before all blocks were done.
pub fn for_each_block<S>(
    job: &Job<'_>,
    count: usize,
    block: NonZeroUsize,
    state: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, Range<usize>) + Sync,
) -> Result<(), Cancelled> {
    let next = AtomicUsize::new(0);
    let stopped = AtomicBool::new(false);
    let run = || {
        let mut state = state();
        loop {
            let start = next.fetch_add(block.get(), Ordering::Relaxed);
            if start >= count {
                return;
            }
            if job.check().is_err() {
                stopped.store(true, Ordering::Relaxed);
                return;
            }
            work(&mut state, start..count.min(start + block.get()));
            // The work may have left its block, and there may be no other to be asked about.
            if job.check().is_err() {
                stopped.store(true, Ordering::Relaxed);
                return;
            }
        }
    };
    let helpers = job
        .threads()
        .get()
        .min(count.div_ceil(block.get()))
        .saturating_sub(1);
    std::thread::scope(|scope| {
        for _ in 0..helpers {
            scope.spawn(run);
        }
        run();
    });
    if stopped.into_inner() {
        Err(Cancelled)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CancelToken, Quiet};
    use std::sync::Mutex;

    #[test]
    fn every_item_is_visited_once_at_any_number_of_threads() {
        for threads in 1..4 {
            let job = Job::new(
                &Quiet,
                CancelToken::default(),
                NonZeroUsize::new(threads).unwrap(),
            );
            let seen = Mutex::new(vec![0; 23]);
            let block = NonZeroUsize::new(5).unwrap();
            for_each_block(
                &job,
                23,
                block,
                || (),
                |(), range| {
                    range.for_each(|item| seen.lock().unwrap()[item] += 1);
                },
            )
            .unwrap();
            assert!(seen.into_inner().unwrap().iter().all(|&times| times == 1));
        }
    }

    #[test]
    fn a_cancelled_job_stops() {
        let token = CancelToken::default();
        token.cancel();
        let job = Job::new(&Quiet, token, NonZeroUsize::MIN);
        let outcome = for_each_block(
            &job,
            5,
            NonZeroUsize::MIN,
            || (),
            |(), _| panic!("must not run"),
        );
        assert_eq!(outcome, Err(Cancelled));
    }

    #[test]
    fn a_job_that_is_cancelled_while_its_last_block_runs_has_stopped() {
        for threads in 1..4 {
            let token = CancelToken::default();
            let threads = NonZeroUsize::new(threads).unwrap();
            let job = Job::new(&Quiet, token.clone(), threads);
            let outcome = for_each_block(
                &job,
                5,
                NonZeroUsize::MIN,
                || (),
                |(), block| {
                    if block.end == 5 {
                        token.cancel();
                    }
                },
            );
            assert_eq!(outcome, Err(Cancelled), "{threads} threads");
        }
    }
}
