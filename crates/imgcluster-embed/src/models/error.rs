//! What can be wrong with a model: its file, its description, the device it is to run on.

use std::io;
use std::path::PathBuf;

use imgcluster_core::Cancelled;

use crate::{AutoencoderFileError, ConfigurationError, PreprocessError};

/// Why a model could not be loaded or run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// A file could not be opened or read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file holds something else than safetensors.
    #[error("`{}` holds {found}, not safetensors", path.display())]
    NotSafetensors {
        /// The file.
        path: PathBuf,
        /// What it holds, as far as its first bytes tell, with the way out where there is one.
        found: &'static str,
    },
    /// The file is shorter or longer than its own header says.
    #[error("`{}` should have {expected} bytes and has {found}", path.display())]
    Length {
        /// The file.
        path: PathBuf,
        /// What the header adds up to.
        expected: u64,
        /// What is there.
        found: u64,
    },
    /// The header of the file contradicts itself.
    #[error("the header of `{}` is broken", path.display())]
    Header {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A tensor that the architecture needs is not there.
    #[error("the weights have no tensor `{tensor}`, which this architecture needs")]
    MissingTensor {
        /// Its name.
        tensor: String,
    },
    /// A tensor has another shape than the architecture needs.
    #[error("tensor `{tensor}` has shape {found:?} and should have {expected:?}")]
    Shape {
        /// Its name.
        tensor: String,
        /// What the architecture needs.
        expected: Vec<usize>,
        /// What is there.
        found: Vec<usize>,
    },
    /// A tensor holds numbers of a kind that is not read.
    #[error("tensor `{tensor}` has type {found}; f32, f16 and bf16 are read")]
    TensorType {
        /// Its name.
        tensor: String,
        /// The type as the file names it.
        found: String,
    },
    /// A tensor holds NaN or an infinity.
    #[error("tensor `{tensor}` has the value {value} at position {position}")]
    NotFinite {
        /// Its name.
        tensor: String,
        /// NaN or an infinity.
        value: f32,
        /// Where, counted in row-major order.
        position: usize,
    },
    /// A variance is below zero.
    #[error("tensor `{tensor}` has a variance below zero at position {position}")]
    NegativeVariance {
        /// Its name.
        tensor: String,
        /// Where.
        position: usize,
    },
    /// The file has tensors that the architecture does not know.
    #[error("the weights have a tensor `{tensor}`{} that this architecture does not know", more(*others))]
    LeftOver {
        /// The first of them by name.
        tensor: String,
        /// How many more there are.
        others: usize,
    },
    /// The file of an autoencoder does not do.
    #[error(transparent)]
    AutoencoderFile(#[from] AutoencoderFileError),
    /// There is no such autoencoder.
    #[error(transparent)]
    AutoencoderConfiguration(#[from] ConfigurationError),
    /// The text is not JSON.
    #[error("the model's configuration is not JSON")]
    Json(#[from] serde_json::Error),
    /// What is to be done to pictures is not said, or cannot be done.
    #[error(transparent)]
    Preprocess(#[from] PreprocessError),
    /// A setting is missing in the configuration, or is of the wrong kind.
    #[error("the model's configuration has no usable `{setting}`")]
    Setting {
        /// Where it should stand.
        setting: String,
    },
    /// A setting makes no sense, or is beyond what a model can need.
    #[error("the model's configuration says `{setting}` is {value}; {expected}")]
    SettingValue {
        /// Where it stands.
        setting: &'static str,
        /// Its value.
        value: String,
        /// What would be accepted.
        expected: String,
    },
    /// A setting, or one of its values, is not followed here and would change the results.
    #[error("the model's configuration says `{setting}` is {value}, which is not supported")]
    SettingUnsupported {
        /// Where it stands.
        setting: String,
        /// Its value as it stands there.
        value: String,
    },
    /// The architecture is not one of those that are built in.
    #[error("`{found}` is not a supported architecture; supported are {supported}")]
    Architecture {
        /// What was asked for.
        found: String,
        /// What there is.
        supported: &'static str,
    },
    /// The model has no such part.
    #[error("this model has no text tower")]
    NoTextTower,
    /// Pictures of this size do not suit the model.
    #[error("the model takes pictures of {expected} pixels a side, not {width} × {height}")]
    PictureSize {
        /// What the model takes.
        expected: String,
        /// Width of the pictures.
        width: u32,
        /// Height of the pictures.
        height: u32,
    },
    /// A text does not suit the model.
    #[error("token ids are wrong: {reason}")]
    Tokens {
        /// What is wrong, and where.
        reason: String,
    },
    /// A preprocessing that gives no numbers.
    #[error(
        "the mean and standard deviation of the model's input must be finite, the latter above 0"
    )]
    Normalisation,
    /// The device is not built in.
    #[error("this build has no {device}; build with `--features {feature}`")]
    DeviceNotBuilt {
        /// The device.
        device: &'static str,
        /// The cargo feature that brings it.
        feature: &'static str,
    },
    /// The device is built in but this machine does not have it.
    #[error("cannot use {device} on this machine: {reason} (built with feature `{feature}`)")]
    DeviceMissing {
        /// The device.
        device: String,
        /// What the driver says, in one line.
        reason: String,
        /// The cargo feature that brings it.
        feature: &'static str,
    },
    /// The precision cannot be had on the device.
    #[error("precision {precision} is for {suits}; the model runs on {device}")]
    Precision {
        /// What was asked for.
        precision: &'static str,
        /// Where it can be had.
        suits: &'static str,
        /// Where the model runs.
        device: String,
    },
    /// The model's own arithmetic went wrong.
    #[error("the model gave {value} for picture {row} of the batch")]
    Output {
        /// Which picture or text.
        row: usize,
        /// NaN or an infinity.
        value: f32,
    },
    /// The device gave up.
    #[error("cannot run the model")]
    Run(#[from] candle_core::Error),
    /// The job was cancelled.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

fn more(others: usize) -> String {
    match others {
        0 => String::new(),
        others => format!(" (and {others} more)"),
    }
}
