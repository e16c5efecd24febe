//! Reading values of a configuration, which may lie.

use std::num::NonZeroU32;

use imgcluster_core::Filter;
use serde_json::Value;

use super::Preprocess;

/// No model looks at larger pictures.
const LARGEST_SIDE: u32 = 4096;

/// Why a configuration of preprocessing cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PreprocessError {
    /// It is not JSON.
    #[error("the preprocessing configuration is not JSON")]
    Json(#[from] serde_json::Error),
    /// Something is not there that nothing can be put in place of.
    #[error("the preprocessing configuration lacks `{key}`")]
    Missing {
        /// What is not there.
        key: &'static str,
    },
    /// A value cannot be meant.
    #[error("the preprocessing configuration says `{key}` is {value}, which {why}")]
    Invalid {
        /// Whose value.
        key: &'static str,
        /// The value as it stands there.
        value: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// It asks for something that is not done here.
    #[error("the preprocessing configuration asks for {step}, which is not supported")]
    Unsupported {
        /// What it asks for.
        step: String,
    },
}

/// Says that a value cannot be meant.
pub(super) fn invalid(key: &'static str, value: &Value, why: &'static str) -> PreprocessError {
    let value: String = value.to_string().chars().take(80).collect();
    PreprocessError::Invalid { key, value, why }
}

/// Says that something is not done here.
pub(super) fn unsupported(step: impl Into<String>) -> PreprocessError {
    PreprocessError::Unsupported { step: step.into() }
}

/// What stands under a key; null is nothing.
pub(super) fn get<'a>(config: &'a Value, key: &str) -> Option<&'a Value> {
    config.get(key).filter(|value| !value.is_null())
}

/// A yes or no.
pub(super) fn flag(
    config: &Value,
    key: &'static str,
    otherwise: bool,
) -> Result<bool, PreprocessError> {
    get(config, key).map_or(Ok(otherwise), |value| {
        value
            .as_bool()
            .ok_or_else(|| invalid(key, value, "is neither true nor false"))
    })
}

/// A number of pixels.
pub(super) fn side(key: &'static str, value: &Value) -> Result<NonZeroU32, PreprocessError> {
    value
        .as_u64()
        .and_then(|side| u32::try_from(side).ok())
        .filter(|side| *side <= LARGEST_SIDE)
        .and_then(NonZeroU32::new)
        .ok_or_else(|| invalid(key, value, "is not a side from 1 to 4096 pixels"))
}

/// The side that is left when `side` is this part of it, rounded down.
pub(super) fn enlarged(
    side: NonZeroU32,
    key: &'static str,
    part: &Value,
) -> Result<NonZeroU32, PreprocessError> {
    part.as_f64()
        .filter(|part| *part > 0.0 && *part <= 1.0)
        .map(|part| (f64::from(side.get()) / part).floor())
        .filter(|side| *side <= f64::from(LARGEST_SIDE))
        .and_then(|side| NonZeroU32::new(side as u32))
        .ok_or_else(|| invalid(key, part, "is not a part of a picture"))
}

/// One number for each of red, green and blue.
pub(super) fn channels(key: &'static str, value: &Value) -> Result<[f32; 3], PreprocessError> {
    let refused = || invalid(key, value, "is not three numbers");
    let values = value.as_array().ok_or_else(refused)?;
    let [red, green, blue] = values.as_slice() else {
        return Err(refused());
    };
    let number = |value: &Value| value.as_f64().map(|value| value as f32);
    match (number(red), number(green), number(blue)) {
        (Some(red), Some(green), Some(blue)) => Ok([red, green, blue]),
        _ => Err(refused()),
    }
}

/// A filter by its number in Pillow.
pub(super) fn filter_number(key: &'static str, value: &Value) -> Result<Filter, PreprocessError> {
    match value.as_u64() {
        Some(1) => Ok(Filter::Lanczos),
        Some(2) => Ok(Filter::Bilinear),
        Some(3) => Ok(Filter::Bicubic),
        Some(0 | 4 | 5) => Err(unsupported(format!("Pillow's resize filter {value}"))),
        _ => Err(invalid(key, value, "is no resize filter of Pillow")),
    }
}

/// Checks the numbers that every value is computed with.
pub(super) fn checked(preprocess: Preprocess) -> Result<Preprocess, PreprocessError> {
    let Preprocess { mean, std, .. } = preprocess;
    let refused = |key, values: [f32; 3], why| PreprocessError::Invalid {
        key,
        value: format!("{values:?}"),
        why,
    };
    if !mean.iter().all(|mean| mean.is_finite()) {
        return Err(refused("mean", mean, "is not finite"));
    }
    if !std.iter().all(|std| std.is_finite() && *std > 0.0) {
        return Err(refused("std", std, "is not finite and above zero"));
    }
    Ok(preprocess)
}
