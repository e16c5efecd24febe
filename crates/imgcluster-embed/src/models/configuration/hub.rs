//! The `config.json` of transformers, and that of timm for the CNNs.
//!
//! Settings that a file leaves out have the defaults of transformers' own configuration classes.

use serde_json::Value;

use super::resnet;
use super::settings::Settings;
use super::{
    Activation, Architecture, ClipConfiguration, EndOfText, SigLipConfiguration, TextTransformer,
    VisionTransformer,
};
use crate::models::ModelError;

/// What can be read, for the message that something else cannot.
const SUPPORTED: &str = "`clip`, `clip_vision_model`, `siglip`, `siglip_vision_model`, `dinov2` and \
                         `resnet` of transformers, ResNet-18 to 152, `vgg19` and `mobilenetv2_100` of timm";

pub(super) fn read(root: &Value) -> Result<Architecture, ModelError> {
    let settings = Settings::new(root);
    let unsupported = |found: &str| ModelError::Architecture {
        found: found.to_owned(),
        supported: SUPPORTED,
    };
    if let Some(name) = settings.text("architecture") {
        return timm(name).ok_or_else(|| unsupported(name));
    }
    let kind = settings
        .text("model_type")
        .ok_or_else(|| settings.wrong("model_type"))?;
    match kind {
        "clip" => clip(&settings),
        "clip_vision_model" => Ok(Architecture::Clip(ClipConfiguration {
            vision: vision(&settings, &CLIP_VISION)?,
            text: None,
            projection: settings.count_or("projection_dim", 512)?,
        })),
        "siglip" => siglip(&settings),
        "siglip_vision_model" => {
            let vision = vision_with_head(&settings)?;
            Ok(Architecture::SigLip(SigLipConfiguration {
                vision,
                text: None,
                projection: vision.width,
            }))
        }
        "dinov2" => dinov2(&settings),
        "resnet" => resnet::read(&settings),
        other => Err(unsupported(other)),
    }
}

/// A name such as `resnet50.a1_in1k`: what follows the dot says how it was trained.
fn timm(name: &str) -> Option<Architecture> {
    let (name, _training) = name.split_once('.').unwrap_or((name, ""));
    if name == "mobilenetv2_100" {
        return Some(Architecture::MobileNetV2);
    }
    let named = Architecture::named(name)?;
    matches!(named, Architecture::ResNet(_) | Architecture::Vgg19).then_some(named)
}

/// The defaults of transformers' classes.
struct Defaults {
    layers: usize,
    heads: usize,
    width: usize,
    mlp_width: usize,
    patch_size: usize,
    positions: usize,
    vocabulary: usize,
    norm_epsilon: f64,
    activation: Activation,
}

const CLIP_VISION: Defaults = Defaults {
    layers: 12,
    heads: 12,
    width: 768,
    mlp_width: 3072,
    patch_size: 32,
    positions: 0,
    vocabulary: 0,
    norm_epsilon: 1e-5,
    activation: Activation::QuickGelu,
};

const CLIP_TEXT: Defaults = Defaults {
    heads: 8,
    width: 512,
    mlp_width: 2048,
    positions: 77,
    vocabulary: 49_408,
    ..CLIP_VISION
};

const SIGLIP_VISION: Defaults = Defaults {
    patch_size: 16,
    norm_epsilon: 1e-6,
    activation: Activation::GeluTanh,
    ..CLIP_VISION
};

const SIGLIP_TEXT: Defaults = Defaults {
    positions: 64,
    vocabulary: 32_000,
    ..SIGLIP_VISION
};

/// An object that may be missing: hub files leave out a tower that has the defaults.
fn tower<'a>(settings: &Settings<'a>, key: &str, empty: &'a Value) -> Settings<'a> {
    settings.child(key).unwrap_or_else(|| Settings::new(empty))
}

fn clip(settings: &Settings<'_>) -> Result<Architecture, ModelError> {
    let empty = Value::Null;
    let text_settings = tower(settings, "text_config", &empty);
    let mut text = text(&text_settings, &CLIP_TEXT)?;
    // Configurations from before 2023 say 2, which no vocabulary of CLIP means.
    text.end = match text_settings.count_or("eos_token_id", 49_407)? {
        2 => EndOfText::LargestId,
        id => EndOfText::Token(u32::try_from(id).map_err(|_| text_settings.wrong("eos_token_id"))?),
    };
    Ok(Architecture::Clip(ClipConfiguration {
        vision: vision(&tower(settings, "vision_config", &empty), &CLIP_VISION)?,
        text: Some(text),
        projection: settings.count_or("projection_dim", 512)?,
    }))
}

fn siglip(settings: &Settings<'_>) -> Result<Architecture, ModelError> {
    let empty = Value::Null;
    let text_settings = tower(settings, "text_config", &empty);
    let text = text(&text_settings, &SIGLIP_TEXT)?;
    let projection = text_settings.count_or("projection_size", text.width)?;
    Ok(Architecture::SigLip(SigLipConfiguration {
        vision: vision_with_head(&tower(settings, "vision_config", &empty))?,
        text: Some(text),
        projection,
    }))
}

/// The embedding of `SigLIP` comes from its pooling head.
fn vision_with_head(settings: &Settings<'_>) -> Result<VisionTransformer, ModelError> {
    if !settings.flag_or("vision_use_head", true)? {
        return Err(settings.wrong("vision_use_head"));
    }
    vision(settings, &SIGLIP_VISION)
}

fn dinov2(settings: &Settings<'_>) -> Result<Architecture, ModelError> {
    if settings.flag_or("use_swiglu_ffn", false)? {
        return Err(settings.wrong("use_swiglu_ffn"));
    }
    if !settings.flag_or("qkv_bias", true)? {
        return Err(settings.wrong("qkv_bias"));
    }
    let width = settings.count_or("hidden_size", 768)?;
    let ratio = settings.number_or("mlp_ratio", 4.0)?;
    let mlp_width = width as f64 * ratio;
    if !(mlp_width >= 1.0 && mlp_width <= f64::from(u32::MAX)) {
        return Err(settings.wrong("mlp_ratio"));
    }
    three_channels(settings)?;
    Ok(Architecture::DinoV2(VisionTransformer {
        image_size: settings.count_or("image_size", 224)?,
        patch_size: settings.count_or("patch_size", 14)?,
        width,
        mlp_width: mlp_width as usize,
        layers: settings.count_or("num_hidden_layers", 12)?,
        heads: settings.count_or("num_attention_heads", 12)?,
        norm_epsilon: settings.number_or("layer_norm_eps", 1e-6)? as f32,
        activation: settings.activation_or("hidden_act", Activation::Gelu)?,
    }))
}

pub(super) fn three_channels(settings: &Settings<'_>) -> Result<(), ModelError> {
    match settings.count_or("num_channels", 3)? {
        3 => Ok(()),
        other => Err(ModelError::SettingValue {
            setting: "num_channels",
            value: other.to_string(),
            expected: "pictures have 3".to_owned(),
        }),
    }
}

fn vision(settings: &Settings<'_>, default: &Defaults) -> Result<VisionTransformer, ModelError> {
    three_channels(settings)?;
    Ok(VisionTransformer {
        image_size: settings.count_or("image_size", 224)?,
        patch_size: settings.count_or("patch_size", default.patch_size)?,
        width: settings.count_or("hidden_size", default.width)?,
        mlp_width: settings.count_or("intermediate_size", default.mlp_width)?,
        layers: settings.count_or("num_hidden_layers", default.layers)?,
        heads: settings.count_or("num_attention_heads", default.heads)?,
        norm_epsilon: settings.number_or("layer_norm_eps", default.norm_epsilon)? as f32,
        activation: settings.activation_or("hidden_act", default.activation)?,
    })
}

fn text(settings: &Settings<'_>, default: &Defaults) -> Result<TextTransformer, ModelError> {
    Ok(TextTransformer {
        vocabulary: settings.count_or("vocab_size", default.vocabulary)?,
        positions: settings.count_or("max_position_embeddings", default.positions)?,
        width: settings.count_or("hidden_size", default.width)?,
        mlp_width: settings.count_or("intermediate_size", default.mlp_width)?,
        layers: settings.count_or("num_hidden_layers", default.layers)?,
        heads: settings.count_or("num_attention_heads", default.heads)?,
        norm_epsilon: settings.number_or("layer_norm_eps", default.norm_epsilon)? as f32,
        activation: settings.activation_or("hidden_act", default.activation)?,
        end: EndOfText::LargestId,
    })
}
