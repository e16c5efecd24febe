//! The `config.json` of `ResNet`s in transformers.

use serde_json::{Value, json};

use super::hub::three_channels;
use super::settings::Settings;
use super::{Architecture, ResNetDepth};
use crate::models::ModelError;

/// Reads which of the known depths it is; other widths and other places of the strides are refused.
pub(super) fn read(settings: &Settings<'_>) -> Result<Architecture, ModelError> {
    three_channels(settings)?;
    for key in ["downsample_in_bottleneck", "downsample_in_first_stage"] {
        if settings.flag_or(key, false)? {
            return Err(settings.wrong(key));
        }
    }
    let value = |key: &str, default: Value| settings.get(key).cloned().unwrap_or(default);
    for (key, only) in [("hidden_act", json!("relu")), ("embedding_size", json!(64))] {
        if value(key, only.clone()) != only {
            return Err(settings.wrong(key));
        }
    }
    let bottlenecks = match value("layer_type", json!("bottleneck")).as_str() {
        Some("bottleneck") => true,
        Some("basic") => false,
        _ => return Err(settings.wrong("layer_type")),
    };
    let depths = value("depths", json!([3, 4, 6, 3]));
    let is_it = |depth: &ResNetDepth| {
        depth.has_bottlenecks() == bottlenecks && json!(depth.blocks()) == depths
    };
    let depth = ResNetDepth::ALL.into_iter().find(is_it);
    let depth = depth.ok_or_else(|| settings.wrong("depths"))?;
    let first = if bottlenecks { 256 } else { 64 };
    let widths = [1, 2, 4, 8].map(|times| first * times);
    if value("hidden_sizes", json!([256, 512, 1024, 2048])) != json!(widths) {
        return Err(settings.wrong("hidden_sizes"));
    }
    Ok(Architecture::ResNet(depth))
}
