//! What the stores with a schema have in common.

use imgcluster_core::ContentHash;
use sqlx::migrate::MigrateError;

use crate::StoreError;

/// Tells of a schema that does not fit a build that knows the versions up to `known`.
pub(crate) fn of_schema(error: MigrateError, store: String, known: i64) -> StoreError {
    match error {
        MigrateError::VersionMissing(version) if version > known => StoreError::Newer {
            store,
            version,
            known,
        },
        MigrateError::VersionMissing(version)
        | MigrateError::VersionMismatch(version)
        | MigrateError::Dirty(version) => StoreError::OtherBuild { store, version },
        error => StoreError::Database {
            store,
            source: error.into(),
        },
    }
}

/// Reads a hash.
pub(crate) fn hash(bytes: &[u8]) -> Result<ContentHash, StoreError> {
    let bytes = bytes
        .try_into()
        .map_err(|error| StoreError::unreadable("a hash", error))?;
    Ok(ContentHash(bytes))
}
