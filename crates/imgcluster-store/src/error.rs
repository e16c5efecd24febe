//! What can go wrong with a store.

use std::io;
use std::path::PathBuf;

use imgcluster_core::{BoxError, ContentHash, MatrixError};

/// Why a store cannot be opened or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The address of the store has a form that no store has.
    #[error(
        "`{form}` is not a form of store address; give `sqlite:PATH`, a plain path, or \
         `postgres://…`"
    )]
    UnknownForm {
        /// The part of the address before its first colon, or all of it.
        form: String,
    },
    /// The address of a `PostgreSQL` server cannot be read.
    #[error("the address of the PostgreSQL store cannot be read: {why}")]
    WrongServerAddress {
        /// What is wrong with it; repeats nothing that may be a password.
        why: String,
    },
    /// The server that the store is on cannot be used as it is.
    #[error("the store `{store}` cannot be used")]
    Server {
        /// The address, without a password.
        store: String,
        /// What is wrong.
        #[source]
        problem: ServerError,
    },
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
    #[error("cannot open the store `{store}`")]
    CannotOpen {
        /// The file or the address.
        store: String,
        /// Why not.
        source: BoxError,
    },
    /// The file or its folder cannot be written.
    #[error("the store `{store}` is read-only")]
    ReadOnly {
        /// The file or the address.
        store: String,
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
        "the store `{store}` was made by a newer version of imgcluster (its schema is {version}, \
         this build knows {known})"
    )]
    Newer {
        /// The file or the address.
        store: String,
        /// The schema of the store.
        version: i64,
        /// The newest schema that this build knows.
        known: i64,
    },
    /// The store has a migration that this build knows otherwise.
    #[error(
        "the store `{store}` was made by another build of imgcluster (schema {version} differs)"
    )]
    OtherBuild {
        /// The file or the address.
        store: String,
        /// The schema that differs.
        version: i64,
    },
    /// Another process kept the store to itself for too long.
    #[error("the store `{store}` is kept busy by another process")]
    Busy {
        /// The file or the address.
        store: String,
        /// What the database says.
        source: BoxError,
    },
    /// There is no room for the store to grow.
    #[error("the disk of the store `{store}` is full")]
    DiskFull {
        /// The file or the address.
        store: String,
        /// What the database says.
        source: BoxError,
    },
    /// The file is damaged.
    #[error("the store `{store}` is damaged")]
    Damaged {
        /// The file or the address.
        store: String,
        /// What the database says.
        source: BoxError,
    },
    /// Anything else that the database reports.
    #[error("the store `{store}` failed")]
    Database {
        /// The file or the address.
        store: String,
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
    /// `PostgreSQL` with pgvector keeps no vectors as long as those of a model.
    #[error("vectors of the model `{model}` have {values} values, the store takes up to {most}")]
    VectorTooLong {
        /// The model.
        model: String,
        /// How many values its vectors have.
        values: usize,
        /// How many the store takes.
        most: usize,
    },
    /// A search by distance was asked for in a space whose features have none.
    #[error("the features of the model `{model}` are no vectors, which a search needs")]
    NoVectors {
        /// The model.
        model: String,
    },
    /// The vectors of a model are longer than an index takes.
    #[error(
        "vectors of the model `{model}` have {values} values, an index in the database takes up to \
         {most}"
    )]
    VectorTooLongToIndex {
        /// The model.
        model: String,
        /// How many values its vectors have.
        values: usize,
        /// How many an index takes.
        most: usize,
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

/// Why a `PostgreSQL` server cannot be used as a store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// Nobody answers at the address, or the connection was lost and did not come back.
    #[error("the server cannot be reached")]
    Unreachable {
        /// What the system says.
        source: BoxError,
    },
    /// The server does not answer in time.
    #[error("the server does not answer")]
    Silent {
        /// What the driver says.
        source: BoxError,
    },
    /// The connection cannot be made safe as the address asks.
    #[error("there is no TLS as the address asks for it")]
    Tls {
        /// What the driver says.
        source: BoxError,
    },
    /// The user or the password is wrong.
    #[error("the server does not let this user in")]
    Login {
        /// What the server says.
        source: BoxError,
    },
    /// The database does not exist.
    #[error("the database does not exist")]
    NoDatabase {
        /// What the server says.
        source: BoxError,
    },
    /// The database's texts are not in UTF-8.
    #[error("the database's encoding is {encoding}, and must be UTF8")]
    Encoding {
        /// What it is.
        encoding: String,
    },
    /// The schema `image_clustering` holds tables of another program.
    #[error("the schema `image_clustering` holds tables of another program")]
    Foreign,
    /// The server has no pgvector.
    #[error("the server has no pgvector")]
    NoPgvector {
        /// What the server says.
        source: BoxError,
    },
    /// The user may not switch pgvector on.
    #[error("this user may not switch pgvector on in this database")]
    PgvectorNotAllowed {
        /// What the server says.
        source: BoxError,
    },
    /// Pgvector cannot be switched on for another reason.
    #[error("pgvector cannot be switched on")]
    PgvectorFailed {
        /// What the server says.
        source: BoxError,
    },
    /// The server's pgvector is too old to search among some vectors of many.
    #[error("the server's pgvector is older than 0.8, which a search in the database needs")]
    OldPgvector,
    /// The user may not make an index.
    #[error("this user may not make the index that a search in the database needs")]
    IndexNotAllowed {
        /// What the server says.
        source: BoxError,
    },
    /// The user lacks a right.
    #[error("this user may not do that")]
    NotAllowed {
        /// What the server says.
        source: BoxError,
    },
    /// The server has no connection left.
    #[error("the server has no connection left")]
    TooManyConnections {
        /// What the server says.
        source: BoxError,
    },
    /// A statement took longer than the server or the address allows.
    #[error("a statement took too long")]
    TimedOut {
        /// What the server says.
        source: BoxError,
    },
}

impl StoreError {
    /// Tells that a stored value cannot be read.
    pub(crate) fn unreadable(what: &'static str, error: impl Into<BoxError>) -> Self {
        let source = error.into();
        Self::Unreadable { what, source }
    }
}
