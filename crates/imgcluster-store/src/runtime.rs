//! Waiting for a store from threads that know nothing of futures.

use std::future::Future;
use std::io;

use imgcluster_core::Wait;

/// A private runtime that stores do their work on.
///
/// Any number of threads may [`wait`](Wait::wait) at once. It has one thread of its own, so that
/// what a finished future leaves behind (a connection on its way back to its pool) is seen to even
/// while nobody waits.
///
/// Waiting, like dropping this, panics on a thread that already runs futures: there, await the
/// store itself.
#[derive(Debug)]
pub struct Runtime(tokio::runtime::Runtime);

impl Runtime {
    /// Starts the runtime.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub fn new() -> io::Result<Self> {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("imgcluster-store")
            .enable_all()
            .build()
            .map(Self)
    }
}

impl Wait for Runtime {
    fn wait<F: Future>(&self, future: F) -> F::Output {
        self.0.block_on(future)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::time::Duration;

    use super::*;

    #[test]
    fn several_threads_wait_at_once() {
        let (runtime, both) = (Runtime::new().unwrap(), Barrier::new(2));
        let work = |number: u32| {
            runtime.wait(async {
                both.wait(); // passes only if both threads are inside `wait`
                tokio::time::sleep(Duration::from_millis(1)).await;
                number
            })
        };
        std::thread::scope(|scope| {
            let other = scope.spawn(|| work(2));
            assert_eq!((work(1), other.join().unwrap()), (1, 2));
        });
    }
}
