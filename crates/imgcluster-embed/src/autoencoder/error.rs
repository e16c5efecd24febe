//! What can be wrong with the file of an autoencoder.

use std::io;
use std::path::PathBuf;

use imgcluster_core::ContentHash;

/// Why an autoencoder could not be written to its file, or read from it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AutoencoderFileError {
    /// The file could not be written; what was there before is still there.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// What is to be written makes no safetensors file.
    #[error("cannot write `{}`", path.display())]
    Serialize {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: safetensors::SafeTensorError,
    },
    /// The training record has NaN or an infinity, which no file can hold.
    #[error("a loss or a setting of the training is not a finite number")]
    Record,
    /// The file is a sound safetensors file of something else.
    #[error("`{}` holds no autoencoder of `imgcluster train`", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A newer program wrote the file.
    #[error(
        "`{}` is of version {found} of its format, and this program knows version {known}",
        path.display()
    )]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u64,
        /// The only one that is read.
        known: u64,
    },
    /// What the file says of itself cannot be read.
    #[error("what `{}` says of its autoencoder is broken", path.display())]
    Description {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A tensor holds numbers of another kind.
    #[error("tensor `{tensor}` has type {found} and should have type F32")]
    TensorType {
        /// Its name.
        tensor: String,
        /// The type as the file names it.
        found: String,
    },
    /// The numbers in the file are not those that were written.
    #[error(
        "`{}` was damaged or changed after it was written: it should have the content hash \
         {expected} and has {found}",
        path.display()
    )]
    Changed {
        /// The file.
        path: PathBuf,
        /// The hash that the file tells.
        expected: ContentHash,
        /// The hash of what is there.
        found: ContentHash,
    },
}
