//! The models there are: built in, and with weights on the hub.

mod built_in;
mod neural;
mod preprocess;
mod table;
mod thresholds;

pub use built_in::{BUILT_IN, ModelInfo, ModelKind, hash_kind};
pub use neural::{ZooError, ZooModel, find, variants};
pub(crate) use preprocess::BY_HAND;
pub use table::ZOO;
pub use thresholds::{DuplicateThreshold, duplicate_threshold, grouping_threshold};
