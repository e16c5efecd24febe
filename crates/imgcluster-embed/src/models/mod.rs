//! Neural models: CLIP, `SigLIP`, `DINOv2`, `ResNet` and `MobileNetV2`, on candle.
//!
//! A model is an [`Architecture`] (by name, or from a configuration file), a
//! [`Preprocess`](crate::Preprocess) and a [`Checkpoint`] of weights. [`NeuralEmbedder`] is its image
//! tower, [`TextEncoder`] its text tower where it has one.

mod checkpoint;
mod configuration;
mod device;
mod embedder;
mod error;
mod layers;
mod open;
#[cfg(test)]
mod tests;
mod text_encoder;
mod towers;

pub use checkpoint::Checkpoint;
pub use configuration::{
    Activation, Architecture, ClipConfiguration, EndOfText, ResNetDepth, SigLipConfiguration,
    TextTransformer, VisionTransformer,
};
pub use device::{DeviceChoice, Precision};
pub use embedder::{ModelOptions, ModelSpec, NeuralEmbedder};
pub use error::ModelError;
pub use text_encoder::TextEncoder;
