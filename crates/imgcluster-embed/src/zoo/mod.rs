//! The models there are: built in, and with weights on the hub.

mod built_in;
mod duplicates;
mod neural;
mod preprocess;
mod table;

pub use built_in::{BUILT_IN, ModelInfo, ModelKind, hash_kind};
pub use duplicates::{DuplicateThreshold, duplicate_threshold};
pub use neural::{ZooError, ZooModel, find, variants};
pub use table::ZOO;
