//! What imgcluster remembers between runs: file identities, features, failures, runs and decisions.
//!
//! [`SqliteStore`], [`PostgresStore`] and [`MemoryStore`] keep the promises of [`imgcluster_core::Store`];
//! [`StoreUrl`] is how a user names a store, [`AnyStore`] is what it names, [`Runtime`] lets the
//! pipeline wait for one, and [`copy`] carries one over into another.
//!
//! ```
//! use imgcluster_core::{CancelToken, Store, Wait};
//! use imgcluster_store::{AnyStore, Runtime, StoreUrl};
//!
//! # let folder = tempfile::tempdir()?;
//! # let address = format!("sqlite:{}/pictures.db", folder.path().display());
//! let url: StoreUrl = address.parse()?;
//! let runtime = Runtime::new()?;
//! let store = runtime.wait(AnyStore::open(&url, &CancelToken::default()))?;
//! assert_eq!(runtime.wait(store.status())?.files, 0);
//! runtime.wait(store.close());
//! # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
//! ```

mod address;
mod any;
mod batch;
mod decisions;
mod error;
mod memory;
mod paths;
mod postgres;
mod runtime;
mod sqlite;
mod stored;
mod transfer;

pub use address::StoreUrl;
pub use any::AnyStore;
pub use error::{ServerError, StoreError};
pub use memory::MemoryStore;
pub use postgres::{NearestOptions, PostgresAddress, PostgresStore};
pub use runtime::Runtime;
pub use sqlite::SqliteStore;
pub use transfer::{Amount, Copied, CopyOptions, Difference, Thing, TransferError, copy};
