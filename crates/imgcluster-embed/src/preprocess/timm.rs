//! The `pretrained_cfg` of timm.

use imgcluster_core::{CropRounding, Filter, Resize};
use serde_json::Value;

use super::Preprocess;
use super::value::{PreprocessError, channels, enlarged, get, invalid, side, unsupported};

/// Reads what timm's `resolve_data_config` reads.
pub(super) fn read(config: &Value) -> Result<Preprocess, PreprocessError> {
    let wanted = |key| get(config, key).ok_or(PreprocessError::Missing { key });
    let size = wanted("input_size")?;
    let sides = match size.as_array().map(Vec::as_slice) {
        Some([channels, height, width]) if channels.as_u64() == Some(3) => {
            (side("input_size", width)?, side("input_size", height)?)
        }
        _ => return Err(invalid("input_size", size, "is not [3, height, width]")),
    };
    let interpolation = wanted("interpolation")?;
    let filter = match interpolation.as_str() {
        Some("bilinear") => Filter::Bilinear,
        Some("bicubic") => Filter::Bicubic,
        Some("lanczos") => Filter::Lanczos,
        _ => return Err(unsupported(format!("the interpolation {interpolation}"))),
    };
    let part = wanted("crop_pct")?;
    let mode = get(config, "crop_mode").and_then(Value::as_str);
    let resize = match mode.unwrap_or("center") {
        "center" if sides.0 == sides.1 => Resize::Crop {
            shorter: enlarged(sides.0, "crop_pct", part)?,
            rounding: CropRounding::HalfToEven,
        },
        "center" => return Err(unsupported("a crop that is not square")),
        "squash" if part.as_f64() == Some(1.0) => Resize::Squash,
        "squash" => return Err(unsupported("a crop out of a squashed picture")),
        mode => return Err(unsupported(format!("the crop mode `{mode}`"))),
    };
    let mut input = Preprocess::square(sides.0, resize, filter);
    input.height = sides.1;
    Ok(Preprocess {
        input,
        mean: channels("mean", wanted("mean")?)?,
        std: channels("std", wanted("std")?)?,
    })
}
