//! Trying again: after a lost connection, a restart of the server, or a collision with another
//! transaction.

use std::pin::pin;
use std::time::{Duration, Instant};

use futures_util::future::{Either, select};
use imgcluster_core::CancelToken;

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

/// Longer than any statement takes by default: a connection that was cut without a word is seen by
/// nothing else.
const LONGEST_SILENCE: Duration = Duration::from_mins(11);

/// How long work may still take once it is not wanted any more.
const GRACE: Duration = Duration::from_secs(2);

/// How often it is asked whether the work is still wanted.
const WATCH: Duration = Duration::from_millis(100);

/// Works until it is done, or nobody wants it, or nothing can come of it.
pub(super) async fn while_wanted<T>(
    cancel: &CancelToken,
    work: impl Future<Output = Result<T, Fault>>,
) -> Result<T, Fault> {
    let begun = Instant::now();
    let watch = async {
        while !cancel.is_cancelled() && begun.elapsed() < LONGEST_SILENCE {
            tokio::time::sleep(WATCH).await;
        }
        tokio::time::sleep(GRACE).await;
    };
    match select(pin!(work), pin!(watch)).await {
        Either::Left((done, _)) => done,
        Either::Right(_) => Err(Fault::GivenUp),
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
            match while_wanted(&$store.cancel, once).await {
                Err(fault) if patience.outlasts(&fault).await => {}
                result => break result,
            }
        };
        $store.blame(result)
    }};
}
pub(super) use attempt;
