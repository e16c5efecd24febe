//! The convolutional autoencoder: a network that is trained on the user's own pictures to give them
//! back from a short code, and the code is what they are compared by.
//!
//! [`shape`] tells which layers there are, [`record`] how they were trained, and
//! [`file`] keeps both with the weights. [`network`] computes the layers forwards and backwards, and
//! [`training`] finds their weights; the encoder as a model is with the other models.

mod error;
mod file;
mod network;
mod preprocess;
mod record;
mod replace;
mod shape;
mod tensors;
mod training;

pub use error::AutoencoderFileError;
pub use file::AutoencoderFile;
pub use record::{CurvePoint, TrainingEnd, TrainingLoss, TrainingRecord};
pub use shape::{AutoencoderConfiguration, ConfigurationError};
pub(crate) use shape::{DOWN_KERNEL, ENCODER_LATENT, encoder_layer};
pub(crate) use tensors::{StoredTensor, TensorWeights, Tensors, read_tensors, write_tensors};
pub use training::{
    ReadPictures, STEP_FACTOR, TrainError, TrainOptions, Training, TrainingPictures,
    is_resume_file, resume_file,
};

#[cfg(test)]
pub(crate) mod tests;
