//! The `open_clip_config.json` of `open_clip`.

use serde_json::Value;

use super::settings::Settings;
use super::{
    Activation, Architecture, ClipConfiguration, EndOfText, TextTransformer, VisionTransformer,
};
use crate::models::ModelError;

pub(super) fn read(root: &Value) -> Result<Architecture, ModelError> {
    let root = Settings::new(root);
    let model = root
        .child("model_cfg")
        .ok_or_else(|| root.wrong("model_cfg"))?;
    let child = |key: &str| model.child(key).ok_or_else(|| model.wrong(key));
    let (vision, text) = (child("vision_cfg")?, child("text_cfg")?);
    for (settings, key) in [(&vision, "timm_model_name"), (&text, "hf_model_name")] {
        if let Some(found) = settings.text(key) {
            return Err(ModelError::Architecture {
                found: found.to_owned(),
                supported: "the plain vision and text transformers of open_clip",
            });
        }
    }
    let activation = if model.flag_or("quick_gelu", false)? {
        Activation::QuickGelu
    } else {
        Activation::Gelu
    };
    Ok(Architecture::Clip(ClipConfiguration {
        vision: read_vision(&vision, activation)?,
        text: Some(read_text(&text, activation)?),
        projection: model.count("embed_dim")?,
    }))
}

fn read_vision(
    settings: &Settings<'_>,
    activation: Activation,
) -> Result<VisionTransformer, ModelError> {
    let width = settings.count_or("width", 768)?;
    let head_width = settings.count_or("head_width", 64)?;
    Ok(VisionTransformer {
        image_size: settings.count_or("image_size", 224)?,
        patch_size: settings.count("patch_size")?,
        width,
        mlp_width: mlp_width(settings, width)?,
        layers: settings.count_or("layers", 12)?,
        // A width that the heads do not share evenly must not look as if they did.
        heads: match head_width {
            0 => return Err(settings.wrong("head_width")),
            head_width if width.is_multiple_of(head_width) => width / head_width,
            _ => return Err(settings.wrong("head_width")),
        },
        norm_epsilon: 1e-5,
        activation,
    })
}

fn read_text(
    settings: &Settings<'_>,
    activation: Activation,
) -> Result<TextTransformer, ModelError> {
    let width = settings.count_or("width", 512)?;
    Ok(TextTransformer {
        vocabulary: settings.count_or("vocab_size", 49_408)?,
        positions: settings.count_or("context_length", 77)?,
        width,
        mlp_width: mlp_width(settings, width)?,
        layers: settings.count_or("layers", 12)?,
        heads: settings.count_or("heads", 8)?,
        norm_epsilon: 1e-5,
        activation,
        end: EndOfText::LargestId,
    })
}

fn mlp_width(settings: &Settings<'_>, width: usize) -> Result<usize, ModelError> {
    let mlp_width = width as f64 * settings.number_or("mlp_ratio", 4.0)?;
    if !(mlp_width >= 1.0 && mlp_width <= f64::from(u32::MAX)) {
        return Err(settings.wrong("mlp_ratio"));
    }
    Ok(mlp_width as usize)
}
