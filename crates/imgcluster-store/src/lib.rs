//! What imgcluster remembers between runs: file identities, features, failures and runs.
//!
//! [`SqliteStore`] and [`MemoryStore`] keep the promises of [`imgcluster_core::Store`];
//! [`StoreUrl`] is how a user names a store, [`Runtime`] lets the pipeline wait for one, and
//! [`copy`] carries one over into another.
//!
//! ```
//! use imgcluster_core::{Store, Wait};
//! use imgcluster_store::{Runtime, SqliteStore, StoreUrl};
//!
//! # let folder = tempfile::tempdir()?;
//! # let address = format!("sqlite:{}/pictures.db", folder.path().display());
//! let StoreUrl::Sqlite(path) = address.parse()? else { return Ok(()) };
//! let runtime = Runtime::new()?;
//! let store = runtime.wait(SqliteStore::open(&path))?;
//! assert_eq!(runtime.wait(store.status())?.files, 0);
//! runtime.wait(store.close());
//! # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
//! ```

mod address;
mod batch;
mod error;
mod memory;
mod paths;
mod runtime;
mod sqlite;
mod transfer;

pub use address::StoreUrl;
pub use error::StoreError;
pub use memory::MemoryStore;
pub use runtime::Runtime;
pub use sqlite::SqliteStore;
pub use transfer::{Amount, Copied, CopyOptions, Difference, Thing, TransferError, copy};
