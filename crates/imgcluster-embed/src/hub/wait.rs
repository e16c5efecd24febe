//! Waiting for the network without being deaf to the wish to stop.

use std::io::{self, Read};
use std::panic::resume_unwind;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use imgcluster_core::{Cancelled, Job};

/// How long to wait before looking whether the job was cancelled.
const LOOK: Duration = Duration::from_millis(50);
/// Bytes that are read at once.
const CHUNK: usize = 128 << 10;
/// How many chunks are read ahead.
const AHEAD: usize = 4;

/// What a thread of its own gives, asked for as long as the job goes on. A thread that nobody
/// waits for any more ends when its request runs out of time.
struct Awaited<T> {
    receiver: Receiver<T>,
    thread: JoinHandle<()>,
}

impl<T> Awaited<T> {
    /// The next thing; `None` once the thread has ended.
    fn next(&self, job: &Job<'_>) -> Result<Option<T>, Cancelled> {
        loop {
            job.check()?;
            match self.receiver.recv_timeout(LOOK) {
                Ok(next) => return Ok(Some(next)),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
            }
        }
    }
}

/// Does what may block for long, and waits for it as long as the job goes on.
pub(super) fn wait<T: Send + 'static>(
    job: &Job<'_>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Cancelled> {
    let (sender, receiver) = mpsc::channel();
    // That nobody wants the result any more is no failure.
    let thread = thread::spawn(move || drop(sender.send(work())));
    let awaited = Awaited { receiver, thread };
    if let Some(result) = awaited.next(job)? {
        return Ok(result);
    }
    match awaited.thread.join() {
        Err(panic) => resume_unwind(panic),
        Ok(()) => unreachable!("a thread sends its result or panics"),
    }
}

/// The bytes of a reader that may block for long.
pub(super) struct Chunks(Awaited<io::Result<Vec<u8>>>);

impl Chunks {
    pub(super) fn of(mut reader: impl Read + Send + 'static) -> Self {
        let (sender, receiver) = mpsc::sync_channel(AHEAD);
        let thread = thread::spawn(move || {
            loop {
                let mut chunk = vec![0; CHUNK];
                let read = reader.read(&mut chunk).map(|count| {
                    chunk.truncate(count);
                    chunk
                });
                let goes_on = read.as_ref().is_ok_and(|chunk| !chunk.is_empty());
                if sender.send(read).is_err() || !goes_on {
                    return;
                }
            }
        });
        Self(Awaited { receiver, thread })
    }

    /// The next bytes; none at the end.
    pub(super) fn next(&self, job: &Job<'_>) -> Result<io::Result<Vec<u8>>, Cancelled> {
        Ok(self.0.next(job)?.unwrap_or_else(|| Ok(Vec::new())))
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;
    use std::time::Instant;

    use imgcluster_core::{CancelToken, Quiet};

    use super::*;

    #[test]
    fn a_cancelled_job_does_not_wait_for_what_is_silent() {
        let token = CancelToken::default();
        let job = Job::new(&Quiet, token.clone(), NonZeroUsize::MIN);
        let began = Instant::now();
        thread::spawn(move || {
            thread::sleep(LOOK);
            token.cancel();
        });
        let silent = || thread::sleep(Duration::from_mins(1));
        assert_eq!(wait(&job, silent), Err(Cancelled));
        assert!(began.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn what_is_read_is_everything_in_order_and_then_nothing() {
        let job = Job::quiet();
        assert_eq!(wait(&job, || 7), Ok(7));
        let bytes: Vec<u8> = (0..3 * CHUNK + 5).map(|at| (at / 7) as u8).collect();
        for wanted in [Vec::new(), bytes] {
            let chunks = Chunks::of(io::Cursor::new(wanted.clone()));
            let mut found = Vec::new();
            loop {
                let chunk = chunks.next(&job).unwrap().unwrap();
                if chunk.is_empty() {
                    break;
                }
                found.extend(chunk);
            }
            assert!(found == wanted);
            assert!(chunks.next(&job).unwrap().unwrap().is_empty());
        }
    }
}
