//! Work that cannot be asked to stop, on a thread that can be left behind.

use std::io;
use std::panic::resume_unwind;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use crate::{Cancelled, Job};

/// How long to wait before the job is asked again.
const PAUSE: Duration = Duration::from_millis(20);

/// Does `work` on a thread of its own and waits for its end or for the job to be cancelled,
/// whichever comes first.
///
/// In the second case the thread goes on alone until its work is done, and drops what came of it.
/// A panic of the work is one of this call.
///
/// # Errors
/// If no thread could be started; inside, [`Cancelled`] if the job was cancelled.
pub(super) fn aside<T: Send + 'static>(
    job: &Job<'_>,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<Result<T, Cancelled>> {
    let (working, over) = mpsc::channel::<()>();
    let worker = std::thread::Builder::new().spawn(move || {
        let result = work();
        drop(working);
        result
    })?;
    loop {
        if let Err(cancelled) = job.check() {
            return Ok(Err(cancelled));
        }
        // Nothing is ever sent; the other end is dropped by a panic as well.
        if over.recv_timeout(PAUSE) == Err(RecvTimeoutError::Disconnected) {
            return Ok(Ok(worker
                .join()
                .unwrap_or_else(|panic| resume_unwind(panic))));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CancelToken, Quiet};
    use std::num::NonZeroUsize;

    const LONG: Duration = Duration::from_secs(20);

    #[test]
    fn work_that_is_not_stopped_gives_its_result() {
        assert_eq!(aside(&Job::quiet(), || 7).unwrap(), Ok(7));
    }

    #[test]
    #[should_panic(expected = "out of order")]
    fn a_panic_of_the_work_is_passed_on() {
        let _ = aside(&Job::quiet(), || panic!("out of order"));
    }

    #[test]
    fn a_cancelled_job_does_not_wait_for_the_work_whose_result_is_dropped_at_its_end() {
        /// Tells when it is dropped.
        struct Outcome(mpsc::Sender<()>);
        impl Drop for Outcome {
            fn drop(&mut self) {
                self.0.send(()).unwrap();
            }
        }

        let token = CancelToken::default();
        let job = Job::new(&Quiet, token.clone(), NonZeroUsize::MIN);
        let (go_on, wait) = mpsc::channel::<()>();
        let (tell, dropped) = mpsc::channel();
        let work = move || {
            token.cancel();
            wait.recv_timeout(LONG).unwrap();
            Outcome(tell)
        };
        assert!(aside(&job, work).unwrap().is_err());
        assert!(dropped.try_recv().is_err());
        go_on.send(()).unwrap();
        dropped.recv_timeout(LONG).unwrap();
    }
}
