//! Errors on their way from the database to the user.

use std::path::Path;

use sqlx::migrate::MigrateError;

use super::open;
use crate::{StoreError, stored};

/// What went wrong inside a method, before the store is named.
#[derive(Debug)]
pub(super) enum Fault {
    /// The database says no.
    Database(sqlx::Error),
    /// The schema does not fit.
    Schema(MigrateError),
    /// The database is another program's.
    Foreign,
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
    /// The primary result code of `SQLite`, if this comes from it.
    fn code(&self) -> Option<u32> {
        let Self::Database(sqlx::Error::Database(error)) = self else {
            return None;
        };
        let extended: u32 = error.code()?.parse().ok()?;
        Some(extended & 0xff)
    }

    /// Tells whether another process was in the way.
    pub(super) fn is_busy(&self) -> bool {
        matches!(self.code(), Some(5 | 6)) // SQLITE_BUSY, SQLITE_LOCKED
    }

    /// Names the store, and tells apart what a user can do something about.
    pub(super) fn of(self, path: &Path) -> StoreError {
        let (busy, code) = (self.is_busy(), self.code());
        let (path, store) = (path.to_owned(), path.display().to_string());
        let source = match self {
            Self::Told(error) => return error,
            Self::Foreign => return StoreError::NotAStore { path, source: None },
            Self::Schema(error) => return stored::of_schema(error, store, open::newest_schema()),
            Self::Database(error) => error.into(),
        };
        match code {
            _ if busy => StoreError::Busy { store, source },
            // SQLITE_READONLY, _CORRUPT, _FULL, _PERM, _CANTOPEN, _NOTADB
            Some(8) => StoreError::ReadOnly { store, source },
            Some(11) => StoreError::Damaged { store, source },
            Some(13) => StoreError::DiskFull { store, source },
            Some(3 | 14) => StoreError::CannotOpen { store, source },
            Some(26) => {
                let source = Some(source);
                StoreError::NotAStore { path, source }
            }
            _ => StoreError::Database { store, source },
        }
    }
}
