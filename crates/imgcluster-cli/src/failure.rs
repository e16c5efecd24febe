//! How errors are told: one line, the hint that gets the user on, the exit code.

use std::error::Error as StdError;
use std::fmt;
use std::process::ExitCode;

use anyhow::Error;
use imgcluster_cluster::{PointsError, SplitError};
use imgcluster_core::BoxError;
use imgcluster_embed::TrainError;
use imgcluster_embed::hub::HubError;
use imgcluster_organize::OrganizeError;
use imgcluster_store::{ServerError, StoreError};
use imgcluster_viz::VizError;

use crate::interrupt::INTERRUPTED;
use crate::printer::is_broken_pipe;
use crate::session::Session;

/// An error of the program itself, with the way out.
#[derive(Debug)]
pub(crate) struct Refusal {
    message: String,
    hint: String,
    exit: u8,
    source: Option<BoxError>,
}

impl Refusal {
    /// What was asked for cannot be done.
    pub(crate) fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: hint.into(),
            exit: 1,
            source: None,
        }
    }

    /// What was asked for failed in a library, which does not know the way out.
    pub(crate) fn because(error: impl Into<BoxError>, hint: impl Into<String>) -> Self {
        let error = error.into();
        Self {
            message: error.to_string(),
            hint: hint.into(),
            exit: 1,
            source: Some(error),
        }
    }

    /// What was typed makes no sense, says a library.
    pub(crate) fn wrong_usage(error: impl Into<BoxError>, hint: impl Into<String>) -> Self {
        Self {
            exit: 2,
            ..Self::because(error, hint)
        }
    }

    /// What was typed makes no sense.
    pub(crate) fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: hint.into(),
            exit: 2,
            source: None,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for Refusal {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|error| error as _)
    }
}

/// Tells an error on standard error and gives the exit code.
pub(crate) fn report(error: &Error, session: &Session) -> ExitCode {
    let refusal = error
        .chain()
        .find_map(|cause| cause.downcast_ref::<Refusal>());
    // What a refusal tells of is never that standard output was closed.
    if refusal.is_none() && is_broken_pipe(error) {
        return ExitCode::SUCCESS;
    }
    if session.interrupted() {
        let of_hub = |cause: &(dyn StdError + 'static)| cause.is::<HubError>();
        let of_files = |cause: &(dyn StdError + 'static)| cause.is::<OrganizeError>();
        let of_training = |cause: &(dyn StdError + 'static)| cause.is::<TrainError>();
        let kept = if error.chain().any(of_training) {
            "interrupted; the same command goes on with what was learnt (without `--restart`)"
        } else if error.chain().any(of_hub) {
            "interrupted; what arrived is kept for the next try"
        } else if error.chain().any(of_files) {
            "interrupted; what was done is in the journal beside the plan: say the same again to go \
             on, or put everything back with `imgcluster undo`"
        } else {
            "interrupted; what was committed to the store is kept"
        };
        session.printer.failure(kept, None);
        return ExitCode::from(INTERRUPTED);
    }
    session
        .printer
        .failure(&told(error), hint(error).as_deref());
    ExitCode::from(refusal.map_or(1, |refusal| refusal.exit))
}

/// The error and its causes in one line; a cause that only repeats the one before is left out.
fn told(error: &Error) -> String {
    let mut parts: Vec<String> = Vec::new();
    for cause in error.chain() {
        let text = cause.to_string();
        if parts.last().is_none_or(|last| !last.contains(&text)) {
            parts.push(text);
        }
    }
    parts.join(": ")
}

fn hint(error: &Error) -> Option<String> {
    error.chain().find_map(|cause| {
        if let Some(refusal) = cause.downcast_ref::<Refusal>() {
            return Some(refusal.hint.clone());
        }
        if let Some(error) = cause.downcast_ref::<VizError>() {
            return results_hint(error).map(str::to_owned);
        }
        if let Some(PointsError::TooMany { .. }) = cause.downcast_ref::<PointsError>() {
            let hint = "add `--linkage single`, which needs no table of distances, or group with \
                        `--algorithm kmeans`";
            return Some(hint.to_owned());
        }
        if let Some(SplitError::TooLarge { .. }) = cause.downcast_ref::<SplitError>() {
            let hint = "raise `--min-similarity` so that fewer pictures are chained together, or make \
                        smaller clusters to begin with, such as with `--algorithm kmeans --clusters 100`";
            return Some(hint.to_owned());
        }
        let error = cause.downcast_ref::<StoreError>()?;
        Some(store_hint(error).to_owned())
    })
}

fn results_hint(error: &VizError) -> Option<&'static str> {
    match error {
        VizError::Exists(_) => {
            Some("replace them with `--overwrite`, or write elsewhere with `--output DIR`")
        }
        VizError::NotAFolder(_)
        | VizError::Foreign(_)
        | VizError::NoName(_)
        | VizError::File { .. } => Some("write elsewhere with `--output DIR`"),
        VizError::MountPoint(_) => {
            Some("empty the folder first, or write to a folder below it with `--output DIR`")
        }
        VizError::Kept { .. } => {
            Some("move your file out of the folder, or write elsewhere with `--output DIR`")
        }
        _ => None,
    }
}

fn store_hint(error: &StoreError) -> &'static str {
    let StoreError::Server { problem, .. } = error else {
        return match error {
            StoreError::Newer { .. } | StoreError::OtherBuild { .. } => {
                "use the newer imgcluster, or another store with `--store sqlite:PATH`"
            }
            StoreError::Busy { .. } => {
                "run the same command again, which goes on where this one stopped"
            }
            StoreError::DiskFull { .. } => {
                "make room and run the same command again, which goes on where this one stopped"
            }
            StoreError::VectorTooLongToIndex { .. } => {
                "leave `--search` out: an exact search takes vectors of any length"
            }
            _ => "use another store with `--store sqlite:PATH` or IMGCLUSTER_STORE",
        };
    };
    match problem {
        ServerError::Unreachable { .. } | ServerError::Silent { .. } => {
            "start the server (`docker compose up --detach`) or correct the address, then run the same \
             command again, which goes on where this one stopped"
        }
        ServerError::Tls { .. } => {
            "name the server's authority with `?sslmode=verify-full&sslrootcert=FILE`, or turn TLS on at \
             the server"
        }
        ServerError::Login { .. } => {
            "give the password in PGPASSWORD, in the file that PGPASSFILE names, or in the file of \
             `--store-file`"
        }
        ServerError::NoDatabase { .. } => "make it with `createdb`, or correct the address",
        ServerError::Encoding { .. } => {
            "make another database with `createdb --encoding UTF8 --template template0`"
        }
        ServerError::Foreign => "make a database of its own with `createdb`",
        ServerError::NoPgvector { .. } | ServerError::PgvectorFailed { .. } => {
            "install pgvector on the server (https://github.com/pgvector/pgvector), or use the image \
             of docker-compose.yml"
        }
        ServerError::PgvectorNotAllowed { .. } => {
            "ask whoever runs the server for `CREATE EXTENSION vector` in this database"
        }
        ServerError::OldPgvector => {
            "install pgvector 0.8 or newer on the server, or leave `--search` out"
        }
        ServerError::IndexNotAllowed { .. } => {
            "ask whoever made the store to run the same command once: the index then serves \
             everybody; or leave `--search` out"
        }
        ServerError::NotAllowed { .. } => {
            "ask whoever runs the server for the right to create the schema (`GRANT CREATE ON \
             DATABASE`), or to make it with init.sql and to grant its use"
        }
        ServerError::TooManyConnections { .. } => {
            "try again later, or add `?connections=1` to the address"
        }
        ServerError::TimedOut { .. } => {
            "add `?options=-c%20statement_timeout%3D1h` to the address, or set it for the user"
        }
        _ => "use another store with `--store sqlite:PATH` or IMGCLUSTER_STORE",
    }
}
