//! Finding the weights of a model: on this machine, or on the hub.
//!
//! * [`ModelRequest`] says which model: one of the [zoo](crate::zoo), a repository of the hub, or
//!   a folder; weights may be given by hand.
//! * [`cached`] and [`is_present`] look on this machine; [`locate`] also downloads, into the cache
//!   that Hugging Face's own tools use, so that each finds what the other has. [`pull`] asks the
//!   hub in any case, and mends what is damaged.
//! * [`HubOptions`] says where the cache and the hub are. Nothing here reads the environment.
//!
//! The layout of the cache is that of the crate `hf-hub`; the transfers are made here, because
//! that crate has no time limits, verifies no checksum and cannot be stopped.

mod cache;
mod checksum;
mod choice;
mod client;
mod described;
mod download;
mod error;
mod fetch;
mod locate;
mod options;
mod request;
mod wait;

pub use error::HubError;
pub use locate::{ModelFiles, cached, is_present, locate, pull, repository_folder};
pub use options::HubOptions;
pub use request::{ModelRequest, ModelSource};
