//! What can go wrong for a whole run; what goes wrong for one file is a skipped item.

use std::io;
use std::path::PathBuf;

use imgcluster_core::Cancelled;

/// Why files could not be walked, or a picture not be brought to a size.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmbedError {
    /// A path that was asked for does not exist.
    #[error("cannot find `{}`", path.display())]
    Missing {
        /// The path as given.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A pattern to exclude is not well formed.
    #[error("`{pattern}` is not a pattern to exclude files by")]
    Pattern {
        /// The pattern as given.
        pattern: String,
        /// What is wrong with it.
        source: globset::Error,
    },
    /// The job was cancelled.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// A picture could not be resized.
    #[error("cannot resize a picture of {width} × {height} pixels")]
    Resize {
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
        /// What the resizer says.
        source: fast_image_resize::ResizeError,
    },
}
