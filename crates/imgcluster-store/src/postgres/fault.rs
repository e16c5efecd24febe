//! Errors on their way from the server to the user.

use std::io::ErrorKind;

use imgcluster_core::BoxError;
use sqlx::migrate::MigrateError;

use super::schema;
use crate::{PostgresAddress, ServerError, StoreError, stored};

/// What went wrong inside a method, before the store is named.
#[derive(Debug)]
pub(super) enum Fault {
    /// The server says no, or nothing.
    Database(sqlx::Error),
    /// The schema does not fit.
    Schema(MigrateError),
    /// Nobody waits for it any longer.
    GivenUp,
    /// What is already told in full.
    Told(StoreError),
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl From<MigrateError> for Fault {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
                Self::Database(error)
            }
            error => Self::Schema(error),
        }
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Told(error)
    }
}

impl Fault {
    /// The five characters that tell a server's errors apart.
    pub(super) fn code(&self) -> Option<String> {
        let Self::Database(sqlx::Error::Database(error)) = self else {
            return None;
        };
        error.code().map(Into::into)
    }

    /// Tells whether the connection was lost, or the server is on its way down or up.
    pub(super) fn is_disconnect(&self) -> bool {
        match self {
            Self::Database(sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed) => true,
            _ => self.code().is_some_and(|code| {
                // connection_exception; admin_shutdown, crash_shutdown, cannot_connect_now; sessions
                // that the server ended because nothing happened in them
                let ended = ["57P01", "57P02", "57P03", "57P05", "25P03"];
                code.starts_with("08") || ended.contains(&&*code)
            }),
        }
    }

    /// Tells whether another transaction was in the way, which is over by now.
    pub(super) fn is_collision(&self) -> bool {
        // serialization_failure, deadlock_detected
        self.code()
            .is_some_and(|code| matches!(&*code, "40001" | "40P01"))
    }

    /// Names the store, and tells apart what a user can do something about.
    pub(super) fn of(self, address: &PostgresAddress) -> StoreError {
        let (code, store) = (self.code(), address.to_string());
        let lost = self.is_disconnect();
        let source = match self {
            Self::Told(error) => return error,
            Self::GivenUp => {
                let source = "it was not waited for any longer".into();
                return of_server(store, ServerError::Silent { source });
            }
            Self::Schema(error) => return stored::of_schema(error, store, schema::newest()),
            Self::Database(error) => error,
        };
        let silent = match &source {
            sqlx::Error::Io(error) => error.kind() == ErrorKind::TimedOut,
            error => matches!(error, sqlx::Error::PoolTimedOut),
        };
        if silent {
            let source = source.into();
            return of_server(store, ServerError::Silent { source });
        }
        let tls = match &source {
            // a certificate that is not to be trusted, or is none
            sqlx::Error::Io(error) => error.kind() == ErrorKind::InvalidData,
            error => matches!(error, sqlx::Error::Tls(_)),
        };
        let source = plain(source);
        let problem = match code.as_deref() {
            _ if tls => ServerError::Tls { source },
            Some("28P01" | "28000") => ServerError::Login { source },
            Some("3D000") => ServerError::NoDatabase { source },
            Some("42501") => ServerError::NotAllowed { source },
            Some("53300") => ServerError::TooManyConnections { source },
            Some("57014") => ServerError::TimedOut { source },
            Some("25006") => return StoreError::ReadOnly { store, source },
            Some("53100") => return StoreError::DiskFull { store, source },
            Some("55P03" | "40001" | "40P01") => return StoreError::Busy { store, source },
            Some("XX001" | "XX002") => return StoreError::Damaged { store, source },
            _ if lost => ServerError::Unreachable { source },
            _ => return StoreError::Database { store, source },
        };
        of_server(store, problem)
    }
}

/// What a server says, without where in its source it says so.
#[derive(Debug, thiserror::Error)]
#[error("{message} (SQLSTATE {code})")]
struct Said {
    message: String,
    code: String,
}

/// Gives an error as a user reads it.
pub(super) fn plain(error: sqlx::Error) -> BoxError {
    match error {
        sqlx::Error::Database(error) => Box::new(Said {
            message: error.message().to_owned(),
            code: error.code().unwrap_or_default().into_owned(),
        }),
        sqlx::Error::Io(error) => error.into(),
        sqlx::Error::Tls(error) => error,
        error => error.into(),
    }
}

/// A problem of the server that this store is on.
pub(super) fn of_server(store: String, problem: ServerError) -> StoreError {
    StoreError::Server { store, problem }
}
