//! What a model is made of: the sizes of its layers, from a name or from a configuration file.

mod architecture;
mod fingerprint;
mod hub;
mod limits;
mod open_clip;
mod resnet;
mod settings;
#[cfg(test)]
mod tests;
mod zoo;

pub use architecture::{
    Activation, Architecture, ClipConfiguration, EndOfText, ResNetDepth, SigLipConfiguration,
    TextTransformer, VisionTransformer,
};
