//! The `open_clip_config.json` of `open_clip`.

use std::num::NonZeroU32;

use imgcluster_core::{CropRounding, Filter, Resize};
use serde_json::Value;

use super::Preprocess;
use super::value::{PreprocessError, channels, get, invalid, side, unsupported};

/// The size of a configuration that names none.
const USUAL_SIDE: u32 = 224;

/// Reads what `open_clip` does to a picture. The size is that of the model, whatever
/// `preprocess_cfg` says; what is left out there has the defaults of `open_clip`'s `PreprocessCfg`.
pub(super) fn read(config: &Value) -> Result<Preprocess, PreprocessError> {
    let none = Value::Null;
    let steps = get(config, "preprocess_cfg").unwrap_or(&none);
    if !steps.is_null() && !steps.is_object() {
        return Err(invalid("preprocess_cfg", steps, "is no object"));
    }
    let side = size(config)?;
    let input = Preprocess::square(side, resize(steps, side)?, filter(steps)?);
    let numbers = |key, usual| get(steps, key).map_or(Ok(usual), |value| channels(key, value));
    Ok(Preprocess {
        input,
        mean: numbers("mean", Preprocess::CLIP.0)?,
        std: numbers("std", Preprocess::CLIP.1)?,
    })
}

fn size(config: &Value) -> Result<NonZeroU32, PreprocessError> {
    let key = "vision_cfg";
    let model = get(config, "model_cfg").unwrap_or(&Value::Null);
    let vision = get(model, key).ok_or(PreprocessError::Missing { key })?;
    let usual = Value::from(USUAL_SIDE);
    side("image_size", get(vision, "image_size").unwrap_or(&usual))
}

fn resize(steps: &Value, shorter: NonZeroU32) -> Result<Resize, PreprocessError> {
    let key = "resize_mode";
    let crop = Resize::Crop {
        shorter,
        rounding: CropRounding::HalfToEven,
    };
    let Some(mode) = get(steps, key) else {
        return Ok(crop);
    };
    match mode.as_str() {
        Some("shortest") => Ok(crop),
        Some("squash") => Ok(Resize::Squash),
        Some("longest") => Err(unsupported("the resize mode `longest`")),
        _ => Err(invalid(key, mode, "is no resize mode of open_clip")),
    }
}

fn filter(steps: &Value) -> Result<Filter, PreprocessError> {
    let key = "interpolation";
    let Some(name) = get(steps, key) else {
        return Ok(Filter::Bicubic);
    };
    match name.as_str() {
        // `random` is a matter of training; afterwards it is bicubic.
        Some("bicubic" | "random") => Ok(Filter::Bicubic),
        Some("bilinear") => Ok(Filter::Bilinear),
        _ => Err(invalid(key, name, "is no interpolation of open_clip")),
    }
}
