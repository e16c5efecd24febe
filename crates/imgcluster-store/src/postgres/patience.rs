//! Trying again: after a lost connection, a restart of the server, or a collision with another
//! transaction.

use std::time::{Duration, Instant};

use super::fault::Fault;

/// How long a method goes on trying.
pub(super) const LONGEST: Duration = Duration::from_mins(1);

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// What is left of one method's patience.
pub(super) struct Patience {
    begun: Instant,
    pause: Duration,
}

impl Patience {
    pub(super) fn new() -> Self {
        Self {
            begun: Instant::now(),
            pause: FIRST_PAUSE,
        }
    }

    /// Waits longer each time, and tells whether another try is worthwhile.
    pub(super) async fn outlasts(&mut self, fault: &Fault) -> bool {
        let passing = fault.is_disconnect() || fault.is_collision();
        if !passing || self.begun.elapsed() > LONGEST {
            return false;
        }
        tokio::time::sleep(self.pause).await;
        self.pause = (2 * self.pause).min(LONGEST_PAUSE);
        true
    }
}

/// Does the work of a method in one transaction, as often as patience lasts; the work must be one
/// that may be done twice. A macro, since no function can say that the futures of a borrowing
/// closure may be sent between threads.
macro_rules! attempt {
    ($store:ident, $begin:expr, |$transaction:ident| $work:block) => {{
        let mut patience = Patience::new();
        let result = loop {
            let once = async {
                let mut $transaction = $begin.await?;
                let done = $work?;
                $transaction.commit().await?;
                Ok(done)
            };
            match once.await {
                Err(fault) if patience.outlasts(&fault).await => {}
                result => break result,
            }
        };
        $store.blame(result)
    }};
}
pub(super) use attempt;
