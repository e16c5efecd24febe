//! Why there is no server.

use std::{io, path::PathBuf};

use thiserror::Error;

/// Why a test cannot have a server.
#[derive(Debug, Error)]
pub enum Unavailable {
    /// There is none on this machine, and none could be installed. Tests are skipped for this
    /// reason and for no other.
    #[error("there is no PostgreSQL with pgvector on this machine{}", listed(.passed_over))]
    Nowhere {
        /// What was found and did not do, each with the reason.
        passed_over: Vec<String>,
        /// Why the wheel could not be had.
        #[source]
        wheel: WheelError,
    },
    /// The given server cannot be used.
    #[error("`IMGCLUSTER_TEST_POSTGRES` is no URL such as postgres://user:password@localhost")]
    Url(#[source] url::ParseError),
    /// The given server does not answer.
    #[error("the server of `IMGCLUSTER_TEST_POSTGRES` cannot be reached")]
    Unreachable(#[source] sqlx::Error),
    /// The given server has no pgvector.
    #[error("the server of `IMGCLUSTER_TEST_POSTGRES` has no pgvector")]
    WithoutVector,
    /// A server was found and does not start.
    #[error("the PostgreSQL of `{}` does not start", .programs.display())]
    Start {
        /// The folder of its programs.
        programs: PathBuf,
        /// What went wrong.
        #[source]
        source: StartError,
    },
}

fn listed(reasons: &[String]) -> String {
    match reasons {
        [] => String::new(),
        some => format!(" ({})", some.join("; ")),
    }
}

/// Why the wheel could not be installed.
#[derive(Debug, Error)]
pub enum WheelError {
    /// Servers are supervised by a Unix shell.
    #[error("servers can be started on Unix only")]
    NotUnix,
    /// A file or folder under `target/` could not be made or read.
    #[error("`{}` cannot be used", .path.display())]
    Folder {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// There is no Python.
    #[error("neither `python3` nor `python` can be run")]
    NoPython(#[source] io::Error),
    /// Python or pip failed.
    #[error("`{command}` failed: {output}")]
    Failed {
        /// What was run.
        command: String,
        /// The end of what it said.
        output: String,
    },
    /// It failed a short while ago, and is not tried again at once.
    #[error("{0} (tried less than ten minutes ago)")]
    Before(String),
    /// The wheel was installed and has no server that does.
    #[error("the wheel has no PostgreSQL with pgvector: {0}")]
    Content(String),
}

/// Why a server did not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// No folder for its data could be made.
    #[error("no folder can be made for its data")]
    Folder(#[source] io::Error),
    /// PostgreSQL refuses to run as root, and there is nobody else.
    #[error("it refuses to run as root, and no other user can run it")]
    NoAccount,
    /// Its supervisor could not be started, or is gone.
    #[error("its supervisor is gone")]
    Supervisor(#[source] io::Error),
    /// No port was free.
    #[error("no port is free on the loopback interface")]
    NoPort,
    /// One of its programs failed.
    #[error("`{step}` failed: {output}")]
    Failed {
        /// What was to be done.
        step: &'static str,
        /// The end of what was said.
        output: String,
    },
}
