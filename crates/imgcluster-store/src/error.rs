//! What can go wrong with a store.

use std::io;
use std::path::PathBuf;

use imgcluster_core::{BoxError, ContentHash, MatrixError};

/// Why a store cannot be opened or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The address of the store has a form that no store has.
    #[error("`{form}` is not a form of store address; give `sqlite:PATH` or a plain path")]
    UnknownForm {
        /// The part of the address before its first colon, or all of it.
        form: String,
    },
    /// The address is that of a `PostgreSQL` server.
    #[error("a PostgreSQL store (`postgres://…`) is not built into this version yet")]
    NoPostgres,
    /// `SQLite` takes paths in UTF-8 only.
    #[error("the path of a store must be valid UTF-8, `{}` is not", path.display())]
    PathNotUtf8 {
        /// The path.
        path: PathBuf,
    },
    /// There is a folder where the store should be.
    #[error("`{}` is a folder, not a store", path.display())]
    IsFolder {
        /// The folder.
        path: PathBuf,
    },
    /// The folder that the store should be in cannot be made.
    #[error("cannot create the folder `{}` for the store", path.display())]
    CreateFolder {
        /// The folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file cannot be opened or created.
    #[error("cannot open the store `{}`", path.display())]
    CannotOpen {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: BoxError,
    },
    /// The file or its folder cannot be written.
    #[error("the store `{}` is read-only", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
        /// What the database says.
        source: BoxError,
    },
    /// The file is no database, or one of another program.
    #[error("`{}` is not an imgcluster store", path.display())]
    NotAStore {
        /// The file.
        path: PathBuf,
        /// What the database says, if it was asked.
        source: Option<BoxError>,
    },
    /// The store has a migration that this build does not know.
    #[error(
        "the store `{}` was made by a newer version of imgcluster (its schema is {version}, \
         this build knows {known})",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The schema of the store.
        version: i64,
        /// The newest schema that this build knows.
        known: i64,
    },
    /// The store has a migration that this build knows otherwise.
    #[error("the store `{}` was made by another build of imgcluster (schema {version} differs)",
        path.display())]
    OtherBuild {
        /// The file.
        path: PathBuf,
        /// The schema that differs.
        version: i64,
    },
    /// Another process kept the store to itself for too long.
    #[error("the store `{}` is kept busy by another process", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
        /// What the database says.
        source: BoxError,
    },
    /// There is no room for the store to grow.
    #[error("the disk of the store `{}` is full", path.display())]
    DiskFull {
        /// The file.
        path: PathBuf,
        /// What the database says.
        source: BoxError,
    },
    /// The file is damaged.
    #[error("the store `{}` is damaged", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What the database says.
        source: BoxError,
    },
    /// Anything else that the database reports.
    #[error("the store `{}` failed", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What the database says.
        source: BoxError,
    },
    /// A batch whose features are not one for each content, or not of its space's shape.
    #[error("{features} features do not fit {contents} contents of the model `{model}`")]
    FeaturesDoNotFit {
        /// The model.
        model: String,
        /// How many features, of whatever shape.
        features: usize,
        /// How many contents.
        contents: usize,
    },
    /// Files are known by absolute paths only.
    #[error("a file is known by its absolute path, `{}` is none", path.display())]
    RelativePath {
        /// The path.
        path: PathBuf,
    },
    /// The system's paths cannot be written as bytes, and this one not as UTF-8 either.
    #[error("the path `{}` cannot be stored", path.display())]
    UnstorablePath {
        /// The path.
        path: PathBuf,
    },
    /// A feature was asked for that is not stored.
    #[error("the store has no feature of the model `{model}` for the content {content}")]
    MissingFeature {
        /// The model.
        model: String,
        /// The content.
        content: ContentHash,
    },
    /// A stored vector has the wrong length.
    #[error(
        "the stored vector of the model `{model}` for the content {content} has {bytes} bytes \
         instead of {wanted}"
    )]
    VectorLength {
        /// The model.
        model: String,
        /// The content.
        content: ContentHash,
        /// How many bytes it has.
        bytes: usize,
        /// How many it should have.
        wanted: usize,
    },
    /// A stored vector has values that no vector may have.
    #[error("the stored vector of the model `{model}` for the content {content} is damaged")]
    VectorValues {
        /// The model.
        model: String,
        /// The content.
        content: ContentHash,
        /// What is wrong with it.
        source: MatrixError,
    },
    /// A stored value is not what its column promises.
    #[error("the store holds {what} that cannot be read")]
    Unreadable {
        /// What the value should be.
        what: &'static str,
        /// What is wrong with it.
        source: BoxError,
    },
    /// A run that cannot be read back once written.
    #[error("the run cannot be stored")]
    UnstorableRun {
        /// What is wrong with it.
        source: serde_json::Error,
    },
}
