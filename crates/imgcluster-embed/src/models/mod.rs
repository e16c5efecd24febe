//! Neural models: CLIP, `SigLIP`, `DINOv2`, `ResNet`, VGG-19 and `MobileNetV2`, on candle.
//!
//! A model is an [`Architecture`] (by name, or from a configuration file), a
//! [`Preprocess`](crate::Preprocess) and a [`Checkpoint`] of weights. [`NeuralEmbedder`] is its image
//! tower, [`TextEncoder`] its text tower where it has one. An
//! [`AutoencoderFile`](crate::AutoencoderFile) is all three in one file.

pub(crate) mod checkpoint;
mod configuration;
mod device;
mod embedder;
mod error;
pub(crate) mod layers;
mod open;
#[cfg(test)]
pub(crate) mod tests;
mod text_encoder;
pub(crate) mod towers;

pub use checkpoint::Checkpoint;
#[cfg(test)]
pub(crate) use checkpoint::formula;
pub(crate) use checkpoint::{CheckpointWeights, Weights};
pub use configuration::{
    Activation, Architecture, ClipConfiguration, EndOfText, ResNetDepth, SigLipConfiguration,
    TextTransformer, VisionTransformer,
};
pub(crate) use device::Chosen;
pub use device::{DeviceChoice, Precision};
pub use embedder::{ModelOptions, ModelSpec, NeuralEmbedder};
pub use error::ModelError;
pub use text_encoder::TextEncoder;
