//! Why a store was not copied.

use imgcluster_core::{BoxError, Cancelled, ContentHash};

use super::Difference;

/// Why a store was not copied, or not all of it. What was copied stays.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransferError {
    /// The job was cancelled.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// The store that is copied cannot be read.
    #[error("cannot read the store that is copied")]
    ReadFrom {
        /// Why not.
        source: BoxError,
    },
    /// The store that is copied to cannot be read.
    #[error("cannot read the store that is copied to")]
    ReadTo {
        /// Why not.
        source: BoxError,
    },
    /// The store that is copied to cannot be written.
    #[error("cannot write to the store that is copied to")]
    WriteTo {
        /// Why not.
        source: BoxError,
    },
    /// A content left the store that is copied after it was listed.
    #[error("the content {content} was forgotten while it was being copied")]
    Forgotten {
        /// The content.
        content: ContentHash,
    },
    /// Everything was copied, but the target holds something else.
    #[error("{}", differs(*count, first))]
    Differs {
        /// How many things are different or missing.
        count: u64,
        /// The first ten of them.
        first: Vec<Difference>,
    },
}

impl TransferError {
    pub(super) fn read_from(source: BoxError) -> Self {
        Self::ReadFrom { source }
    }

    pub(super) fn read_to(source: BoxError) -> Self {
        Self::ReadTo { source }
    }

    pub(super) fn write_to(source: BoxError) -> Self {
        Self::WriteTo { source }
    }
}

fn differs(count: u64, first: &[Difference]) -> String {
    let first = first.first().map(ToString::to_string);
    let first = first.unwrap_or_default();
    match count {
        1 => format!("{first} in the store that was copied to"),
        _ => format!(
            "{first} in the store that was copied to, and {} more",
            count - 1
        ),
    }
}
