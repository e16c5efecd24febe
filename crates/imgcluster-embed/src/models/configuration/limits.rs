//! What sizes a model can have: enough for the largest there are, and nothing that would overflow
//! or eat the machine's memory before the first tensor is compared with its shape.

use super::{Architecture, TextTransformer, VisionTransformer};
use crate::models::ModelError;

const MOST_WIDTH: usize = 16_384;
const MOST_MLP_WIDTH: usize = 65_536;
const MOST_LAYERS: usize = 256;
const MOST_PIXELS_A_SIDE: usize = 2048;
const MOST_PATCHES_A_SIDE: usize = 64;
const MOST_TOKENS: usize = 4096;
const MOST_VOCABULARY: usize = 1 << 20;

pub(super) fn check(architecture: &Architecture) -> Result<(), ModelError> {
    match architecture {
        Architecture::Clip(clip) => {
            vision(&clip.vision)?;
            clip.text.as_ref().map_or(Ok(()), text)?;
            between("projection_dim", clip.projection, MOST_WIDTH)
        }
        Architecture::SigLip(siglip) => {
            vision(&siglip.vision)?;
            siglip.text.as_ref().map_or(Ok(()), text)?;
            between("projection_size", siglip.projection, MOST_WIDTH)
        }
        Architecture::DinoV2(dino) => vision(dino),
        Architecture::ResNet(_) | Architecture::Vgg19 | Architecture::MobileNetV2 => Ok(()),
        Architecture::Autoencoder(configuration) => Ok(configuration.check()?),
    }
}

fn vision(vision: &VisionTransformer) -> Result<(), ModelError> {
    between("image_size", vision.image_size, MOST_PIXELS_A_SIDE)?;
    between("patch_size", vision.patch_size, vision.image_size)?;
    between(
        "image_size / patch_size",
        vision.grid(),
        MOST_PATCHES_A_SIDE,
    )?;
    transformer(&Sizes {
        width: vision.width,
        mlp_width: vision.mlp_width,
        layers: vision.layers,
        heads: vision.heads,
        norm_epsilon: vision.norm_epsilon,
    })
}

fn text(text: &TextTransformer) -> Result<(), ModelError> {
    between("vocab_size", text.vocabulary, MOST_VOCABULARY)?;
    between("max_position_embeddings", text.positions, MOST_TOKENS)?;
    transformer(&Sizes {
        width: text.width,
        mlp_width: text.mlp_width,
        layers: text.layers,
        heads: text.heads,
        norm_epsilon: text.norm_epsilon,
    })
}

struct Sizes {
    width: usize,
    mlp_width: usize,
    layers: usize,
    heads: usize,
    norm_epsilon: f32,
}

fn transformer(sizes: &Sizes) -> Result<(), ModelError> {
    between("hidden_size", sizes.width, MOST_WIDTH)?;
    between("intermediate_size", sizes.mlp_width, MOST_MLP_WIDTH)?;
    between("num_hidden_layers", sizes.layers, MOST_LAYERS)?;
    between("num_attention_heads", sizes.heads, sizes.width)?;
    if !sizes.width.is_multiple_of(sizes.heads) {
        return Err(ModelError::SettingValue {
            setting: "num_attention_heads",
            value: sizes.heads.to_string(),
            expected: format!("they must share a width of {} evenly", sizes.width),
        });
    }
    if !(sizes.norm_epsilon > 0.0 && sizes.norm_epsilon <= 0.1) {
        return Err(ModelError::SettingValue {
            setting: "layer_norm_eps",
            value: sizes.norm_epsilon.to_string(),
            expected: "it must be above 0 and at most 0.1".to_owned(),
        });
    }
    Ok(())
}

fn between(setting: &'static str, value: usize, most: usize) -> Result<(), ModelError> {
    if (1..=most).contains(&value) {
        return Ok(());
    }
    Err(ModelError::SettingValue {
        setting,
        value: value.to_string(),
        expected: format!("it must be from 1 to {most}"),
    })
}
