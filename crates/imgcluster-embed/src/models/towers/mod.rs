//! The models themselves: each file a family, built from [`layers`](super::layers) with tensors that
//! are taken by name.

mod autoencoder;
mod block;
mod build;
mod clip;
mod dinov2;
mod folding;
mod mobilenet;
mod names;
mod patches;
mod positions;
mod resnet;
mod siglip;
mod text;
pub(crate) mod vgg;

use candle_core::{Result, Tensor};

use super::checkpoint::Weights;
use super::layers::{Pictures, Placement};
use super::{Architecture, ModelError};
use crate::Preprocess;

pub(crate) use names::MobileNetNames;
pub(crate) use text::TextTower;

/// An image tower: pictures in, one row of numbers a picture out.
pub(crate) enum VisionTower {
    Patches(patches::PatchTower),
    ResNet(resnet::ResNet),
    Vgg(vgg::Vgg),
    MobileNet(mobilenet::MobileNet),
    Autoencoder(autoencoder::Encoder),
}

/// Where tensors come from and where they go.
pub(crate) struct Loader<'a> {
    pub(crate) weights: &'a mut dyn Weights,
    pub(crate) placement: &'a Placement,
}

impl VisionTower {
    /// Builds the image tower of an architecture.
    pub(crate) fn load(
        architecture: &Architecture,
        preprocess: &Preprocess,
        loader: &mut Loader<'_>,
    ) -> std::result::Result<Self, ModelError> {
        Ok(match architecture {
            Architecture::Clip(clip) => Self::Patches(clip::load_vision(clip, preprocess, loader)?),
            Architecture::SigLip(siglip) => {
                Self::Patches(siglip::load_vision(&siglip.vision, preprocess, loader)?)
            }
            Architecture::DinoV2(vision) => {
                Self::Patches(dinov2::load(vision, preprocess, loader)?)
            }
            Architecture::ResNet(depth) => {
                Self::ResNet(resnet::ResNet::load(*depth, preprocess, loader)?)
            }
            Architecture::Vgg19 => Self::Vgg(vgg::Vgg::load(preprocess, loader)?),
            Architecture::MobileNetV2 => {
                Self::MobileNet(mobilenet::MobileNet::load(preprocess, loader)?)
            }
            Architecture::Autoencoder(configuration) => {
                let encoder = autoencoder::Encoder::load(configuration, preprocess, loader)?;
                Self::Autoencoder(encoder)
            }
        })
    }

    pub(crate) fn forward(&self, pictures: Pictures<'_>) -> Result<Tensor> {
        match self {
            Self::Patches(tower) => tower.forward(pictures),
            Self::ResNet(tower) => tower.forward(pictures),
            Self::Vgg(tower) => tower.forward(pictures),
            Self::MobileNet(tower) => tower.forward(pictures),
            Self::Autoencoder(tower) => tower.forward(pictures),
        }
    }
}

/// Tells whether the image tower of an architecture does without a tensor: what belongs to the text
/// tower, to the classifier or to training.
pub(crate) fn needless_for_images(architecture: &Architecture, name: &str) -> bool {
    match architecture {
        Architecture::Clip(_) => clip::needless_for_images(name),
        Architecture::SigLip(_) => siglip::needless_for_images(name),
        Architecture::DinoV2(_) => dinov2::needless(name),
        Architecture::ResNet(_) => resnet::needless(name),
        Architecture::Vgg19 => vgg::needless(name),
        Architecture::MobileNetV2 => mobilenet::needless(name),
        Architecture::Autoencoder(_) => autoencoder::needless(name),
    }
}

/// Tells whether the text tower of an architecture does without a tensor.
pub(crate) fn needless_for_texts(architecture: &Architecture, name: &str) -> bool {
    match architecture {
        Architecture::Clip(_) => clip::needless_for_texts(name),
        Architecture::SigLip(_) => siglip::needless_for_texts(name),
        _ => false,
    }
}
