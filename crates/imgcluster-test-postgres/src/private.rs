//! A server of one test's own.

use std::{
    ops::Deref,
    sync::{Mutex, PoisonError},
};

use crate::{Server, error::Unavailable, install, server::leak, supervisor::Supervisor};

/// A server that may be stopped, crashed and started again, at the same address; it is gone when
/// this is dropped.
///
/// Never the one of `IMGCLUSTER_TEST_POSTGRES`, which is not the tests' to stop.
#[derive(Debug)]
pub struct PrivateServer {
    server: Server,
    supervisor: Mutex<Supervisor>,
}

impl PrivateServer {
    /// Starts one.
    ///
    /// # Errors
    /// [`Unavailable::Nowhere`] where none can be had, [`Unavailable::Start`] where it does not
    /// start.
    pub fn start() -> Result<Self, &'static Unavailable> {
        let (server, supervisor) = Server::start(install::install()?).map_err(leak)?;
        Ok(Self {
            server,
            supervisor: Mutex::new(supervisor),
        })
    }

    /// Stops the server as an administrator would: connections are cut, what was not committed
    /// is rolled back, the rest is on disk.
    ///
    /// # Panics
    /// Where it does not stop, for instance because it did before.
    pub fn stop(&self) {
        self.order("pg_ctl stop", "stop fast");
    }

    /// Stops the server at once, as a crash does: it recovers when it is started again.
    ///
    /// # Panics
    /// Where it does not stop, for instance because it did before.
    pub fn crash(&self) {
        self.order("pg_ctl stop", "stop immediate");
    }

    /// Starts a server that was stopped, and waits until it answers.
    ///
    /// # Panics
    /// Where it does not start, for instance because it runs.
    pub fn start_again(&self) {
        let port = self
            .server
            .environment("")
            .into_iter()
            .find(|(name, _)| *name == "PGPORT");
        let (_, port) = port.expect("a server that was started here has a port");
        self.order("pg_ctl start", &format!("start {port}"));
    }

    /// [`stop`](Self::stop), then [`start_again`](Self::start_again).
    ///
    /// # Panics
    /// Where either does.
    pub fn restart(&self) {
        self.stop();
        self.start_again();
    }

    /// What the server has written to its log.
    pub fn log(&self) -> String {
        self.supervisor
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .log()
    }

    fn order(&self, step: &'static str, order: &str) {
        let mut supervisor = self
            .supervisor
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = supervisor.order(step, order) {
            panic!("the private server: {error}");
        }
    }
}

impl Deref for PrivateServer {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}
