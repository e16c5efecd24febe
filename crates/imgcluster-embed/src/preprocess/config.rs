//! The `preprocessor_config.json` of transformers.

use std::num::NonZeroU32;

use imgcluster_core::{CropRounding, Filter, Resize};
use serde_json::{Value, json};

use super::Preprocess;
use super::value::{
    PreprocessError, channels, enlarged, filter_number, flag, get, invalid, side, unsupported,
};

/// What differs between the image processors of transformers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    /// The shorter side to a size, then the middle. Bit differs in nothing that is read here.
    Clip,
    /// Straight to a size.
    Vit,
    /// The same with another filter.
    Siglip,
    /// Cropped by a part of the picture, up to 384 pixels.
    ConvNext,
}

impl Family {
    const NAMES: [(&'static str, Self); 5] = [
        ("CLIP", Self::Clip),
        ("Bit", Self::Clip),
        ("ViT", Self::Vit),
        ("Siglip", Self::Siglip),
        ("ConvNext", Self::ConvNext),
    ];

    fn read(config: &Value) -> Result<Self, PreprocessError> {
        let key = "image_processor_type";
        let name = get(config, key).or_else(|| get(config, "feature_extractor_type"));
        let name = name.ok_or(PreprocessError::Missing { key })?;
        let text = name
            .as_str()
            .ok_or_else(|| invalid(key, name, "is not a name"))?;
        let plain = text.strip_suffix("Fast").unwrap_or(text);
        let plain = plain
            .strip_suffix("ImageProcessor")
            .or_else(|| plain.strip_suffix("FeatureExtractor"));
        let found = Self::NAMES.iter().find(|(name, _)| Some(*name) == plain);
        found
            .map(|(_, family)| *family)
            .ok_or_else(|| unsupported(format!("the image processor `{text}`")))
    }

    /// The filter of a configuration that names none.
    fn filter(self) -> Filter {
        match self {
            Self::Clip | Self::Siglip => Filter::Bicubic,
            Self::Vit | Self::ConvNext => Filter::Bilinear,
        }
    }
}

/// A size as it stands in a configuration.
enum Size {
    Shorter(NonZeroU32),
    Both(NonZeroU32, NonZeroU32),
}

/// Reads what the image processor would do; refuses what is not done here.
pub(super) fn read(config: &Value) -> Result<Preprocess, PreprocessError> {
    let family = Family::read(config)?;
    if !flag(config, "do_resize", true)? {
        return Err(unsupported("pictures that already have the size"));
    }
    for key in ["do_pad", "do_flip_channel_order", "do_thumbnail"] {
        if flag(config, key, false)? {
            return Err(unsupported(format!("`{key}`")));
        }
    }
    let resample = get(config, "resample").map(|value| filter_number("resample", value));
    let filter = resample.transpose()?.unwrap_or(family.filter());
    let input = input(config, family, filter)?;
    let (mean, std) = numbers(config)?;
    Ok(Preprocess { input, mean, std })
}

fn input(
    config: &Value,
    family: Family,
    filter: Filter,
) -> Result<imgcluster_core::InputSpec, PreprocessError> {
    let crops = flag(config, "do_center_crop", family == Family::Clip)?;
    let size = size(config, family)?;
    if let (Family::ConvNext, Size::Shorter(side)) = (family, &size) {
        return conv_next(config, *side, filter);
    }
    let crop = if crops { Some(crop(config)?) } else { None };
    let (resize, width, height) = match (size, crop) {
        (Size::Shorter(shorter), Some((width, height))) => (crop_of(shorter), width, height),
        (Size::Shorter(_), None) => return Err(unsupported("pictures of different sizes")),
        (Size::Both(width, height), None) => (Resize::Squash, width, height),
        (Size::Both(width, height), Some(crop)) if crop == (width, height) => {
            (Resize::Squash, width, height)
        }
        (Size::Both(..), Some(_)) => return Err(unsupported("a crop out of a squashed picture")),
    };
    let mut input = Preprocess::square(width, resize, filter);
    input.height = height;
    Ok(input)
}

/// From 384 pixels on `ConvNeXT` squashes; below it crops that part of the enlarged picture.
fn conv_next(
    config: &Value,
    side: NonZeroU32,
    filter: Filter,
) -> Result<imgcluster_core::InputSpec, PreprocessError> {
    let usual = json!(224.0 / 256.0);
    let resize = if side.get() >= 384 {
        Resize::Squash
    } else {
        let part = get(config, "crop_pct").unwrap_or(&usual);
        crop_of(enlarged(side, "crop_pct", part)?)
    };
    Ok(Preprocess::square(side, resize, filter))
}

/// transformers rounds margins down, whatever the model was trained with.
fn crop_of(shorter: NonZeroU32) -> Resize {
    Resize::Crop {
        shorter,
        rounding: CropRounding::Down,
    }
}

fn size(config: &Value, family: Family) -> Result<Size, PreprocessError> {
    let key = "size";
    let value = get(config, key).ok_or(PreprocessError::Missing { key })?;
    if value.is_number() {
        let side = side(key, value)?;
        let shorter = matches!(family, Family::Clip | Family::ConvNext);
        return Ok(if shorter {
            Size::Shorter(side)
        } else {
            Size::Both(side, side)
        });
    }
    let part = |name| get(value, name).map(|value| side(key, value)).transpose();
    match (part("shortest_edge")?, part("width")?, part("height")?) {
        (Some(shorter), None, None) if get(value, "longest_edge").is_none() => {
            Ok(Size::Shorter(shorter))
        }
        (None, Some(width), Some(height)) => Ok(Size::Both(width, height)),
        _ => Err(invalid(key, value, "is no size that is followed here")),
    }
}

fn crop(config: &Value) -> Result<(NonZeroU32, NonZeroU32), PreprocessError> {
    let key = "crop_size";
    let value = get(config, key).ok_or(PreprocessError::Missing { key })?;
    if value.is_number() {
        let side = side(key, value)?;
        return Ok((side, side));
    }
    match (get(value, "width"), get(value, "height")) {
        (Some(width), Some(height)) => Ok((side(key, width)?, side(key, height)?)),
        _ => Err(invalid(key, value, "has no width and height")),
    }
}

/// Mean and standard deviation of values in [0, 1].
fn numbers(config: &Value) -> Result<([f32; 3], [f32; 3]), PreprocessError> {
    let (mut mean, mut std) = ([0.0; 3], [1.0; 3]);
    if flag(config, "do_normalize", true)? {
        let wanted = |key| get(config, key).ok_or(PreprocessError::Missing { key });
        mean = channels("image_mean", wanted("image_mean")?)?;
        std = channels("image_std", wanted("image_std")?)?;
    }
    if flag(config, "do_rescale", true)? {
        let key = "rescale_factor";
        let Some(value) = get(config, key) else {
            return Ok((mean, std));
        };
        let factor = value
            .as_f64()
            .filter(|factor| *factor > 0.0 && *factor <= 1.0)
            .ok_or_else(|| invalid(key, value, "is not above 0 and at most 1"))?;
        return Ok(scaled(mean, std, factor));
    }
    Ok(scaled(mean, std, 1.0))
}

/// Mean and standard deviation of values in [0, 1] that do to them what these do to values of
/// [0, 255] times `factor`.
fn scaled(mean: [f32; 3], std: [f32; 3], factor: f64) -> ([f32; 3], [f32; 3]) {
    let times = 255.0 * factor;
    // The factor is usually written as a decimal fraction next to 1/255.
    if (times - 1.0).abs() < 1e-6 {
        return (mean, std);
    }
    let divided = |value: f32| (f64::from(value) / times) as f32;
    (mean.map(divided), std.map(divided))
}
