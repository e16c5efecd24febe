//! Why training failed.

use std::path::PathBuf;

use imgcluster_core::Cancelled;

use crate::autoencoder::ConfigurationError;
use crate::models::ModelError;

/// Why there is no trained network, or none that is better.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// The job was cancelled; what was learnt is written down, and training goes on from there.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// There is nothing to learn from.
    #[error("there is no picture to learn from")]
    NoPictures,
    /// The perceptual loss was asked for without a network to see with.
    #[error("the perceptual loss needs the weights of a VGG-19")]
    NeedsWeights,
    /// An option makes no sense.
    #[error("{option} cannot be {value}; {expected}")]
    Option {
        /// Which, in words.
        option: &'static str,
        /// Its value.
        value: String,
        /// What would do.
        expected: &'static str,
    },
    /// There is no such network.
    #[error(transparent)]
    Configuration(#[from] ConfigurationError),
    /// The pictures do not have the size of the network.
    #[error("the pictures have {found} pixels a side and the network takes {expected}")]
    PictureSize {
        /// Pixels a side of the network.
        expected: u32,
        /// Pixels a side of the pictures.
        found: usize,
    },
    /// The pictures do not fit into memory.
    #[error(
        "{count} pictures of {size} × {size} pixels take {} MB of memory, and {} MB may be used",
        .needed / 1_000_000,
        .allowed / 1_000_000
    )]
    Memory {
        /// How many there are.
        count: usize,
        /// Pixels a side.
        size: u32,
        /// Bytes they take.
        needed: u64,
        /// Bytes they may take.
        allowed: u64,
    },
    /// The loss, or a parameter, is not a number any more.
    #[error("training diverged: the loss is {loss} in epoch {epoch}")]
    Diverged {
        /// In which epoch, from 1.
        epoch: u32,
        /// NaN or an infinity.
        loss: f64,
        /// The epoch whose network is in the file; nothing if none was better than the first.
        kept: Option<u32>,
    },
    /// No epoch made the loss less than it was before training.
    #[error("training made nothing better: the loss was {before:.5} before and {best:.5} at best")]
    NoBetter {
        /// The loss of the network before training.
        before: f64,
        /// The least of all epochs.
        best: f64,
    },
    /// What was written down belongs to another training.
    #[error(
        "`{}` is of a training with other pictures or options that was interrupted", path.display()
    )]
    OtherTraining {
        /// What was written down.
        path: PathBuf,
    },
    /// A file could not be read or written, or is none of ours.
    #[error(transparent)]
    File(#[from] ModelError),
    /// The device failed.
    #[error("the network could not be computed")]
    Run(#[source] candle_core::Error),
}

impl From<candle_core::Error> for TrainError {
    fn from(error: candle_core::Error) -> Self {
        Self::Run(error)
    }
}
