//! The `open_clip_config.json` of `open_clip`.

use serde_json::Value;

use super::settings::Settings;
use super::{
    Activation, Architecture, ClipConfiguration, EndOfText, TextTransformer, VisionTransformer,
};
use crate::models::ModelError;

/// Settings of the whole model that are read here, or that do not change what a tower gives.
const MODEL: [&str; 9] = [
    "embed_dim",
    "vision_cfg",
    "text_cfg",
    "quick_gelu",
    "init_logit_scale",
    "init_logit_bias",
    "nonscalar_logit_scale",
    "cast_dtype",
    "output_dict",
];
const MODEL_FIXED: [(&str, &str); 1] = [("custom_text", "false")];

/// Those of the image tower; some are for training, or of poolers and towers that are refused.
const VISION: [&str; 16] = [
    "image_size",
    "patch_size",
    "width",
    "head_width",
    "layers",
    "mlp_ratio",
    "patch_dropout",
    "output_tokens",
    "attn_pooler_queries",
    "attn_pooler_heads",
    "timm_model_pretrained",
    "timm_pool",
    "timm_proj",
    "timm_proj_bias",
    "timm_drop",
    "timm_drop_path",
];
const VISION_FIXED: [(&str, &str); 5] = [
    ("pool_type", r#""tok""#),
    ("pos_embed_type", r#""learnable""#),
    ("attentional_pool", "false"),
    ("no_ln_pre", "false"),
    ("final_ln_after_pool", "false"),
];

/// Those of the text tower; some are for the tokenizer, or of towers that are refused.
const TEXT: [&str; 16] = [
    "context_length",
    "vocab_size",
    "width",
    "heads",
    "layers",
    "mlp_ratio",
    "pool_type",
    "eos_id",
    "pad_id",
    "output_tokens",
    "hf_tokenizer_name",
    "tokenizer_mode",
    "tokenizer_kwargs",
    "hf_model_pretrained",
    "hf_proj_type",
    "hf_pooler_type",
];
const TEXT_FIXED: [(&str, &str); 5] = [
    ("embed_cls", "false"),
    ("no_causal_mask", "false"),
    ("final_ln_after_pool", "false"),
    ("proj_bias", "false"),
    ("proj_type", r#""linear""#),
];

/// What the blocks of both towers must not have otherwise. What `open_clip` may yet learn, such as
/// another way of attention, is in none of these lists and so refused.
const BLOCK_FIXED: [(&str, &str); 9] = [
    ("block_type", r#""default""#),
    ("qk_norm", "false"),
    ("scaled_cosine_attn", "false"),
    ("scale_heads", "false"),
    ("scale_attn_inner", "false"),
    ("scale_attn", "false"),
    ("scale_fc", "false"),
    ("act_kwargs", "{}"),
    ("norm_kwargs", "{}"),
];

/// Reads it; a setting that would change the results and is not followed is an error that names
/// it. The settings are those of `CLIPVisionCfg` and `CLIPTextCfg` of `open_clip` 3.3.0.
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
    model.only(&MODEL, &MODEL_FIXED)?;
    vision.only(&VISION, &[&VISION_FIXED[..], &BLOCK_FIXED].concat())?;
    text.only(&TEXT, &[&TEXT_FIXED[..], &BLOCK_FIXED].concat())?;
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
        end: read_end(settings)?,
    })
}

/// Which token speaks for a text. `open_clip` heeds `eos_id`, which is 2 unless it says otherwise,
/// only where it pools by it.
fn read_end(settings: &Settings<'_>) -> Result<EndOfText, ModelError> {
    match settings.get("pool_type").map(Value::as_str) {
        None | Some(Some("argmax")) => Ok(EndOfText::LargestId),
        Some(Some("eos")) => {
            let id = u32::try_from(settings.count_or("eos_id", 2)?);
            Ok(EndOfText::Token(id.map_err(|_| settings.wrong("eos_id"))?))
        }
        Some(_) => Err(settings.unsupported("pool_type")),
    }
}

fn mlp_width(settings: &Settings<'_>, width: usize) -> Result<usize, ModelError> {
    let mlp_width = width as f64 * settings.number_or("mlp_ratio", 4.0)?;
    if !(mlp_width >= 1.0 && mlp_width <= f64::from(u32::MAX)) {
        return Err(settings.wrong("mlp_ratio"));
    }
    Ok(mlp_width as usize)
}
