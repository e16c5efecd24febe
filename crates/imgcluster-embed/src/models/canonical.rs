//! What is done to pixels, in words that never change: the text behind a cache key.

use imgcluster_core::{ContentHash, Filter, InputSpec, Resize};

use super::Precision;
use crate::Preprocess;

/// Hashes all that decides, beside the weights, what numbers a picture gets.
pub(super) fn hash(preprocess: &Preprocess, precision: Precision) -> ContentHash {
    ContentHash(*blake3::hash(text(preprocess, precision).as_bytes()).as_bytes())
}

fn text(preprocess: &Preprocess, precision: Precision) -> String {
    let InputSpec {
        width,
        height,
        resize,
        filter,
    } = preprocess.input;
    let resize = match resize {
        Resize::Squash => "squash".to_owned(),
        Resize::Crop { shorter } => format!("crop {shorter}"),
        Resize::Letterbox => "letterbox".to_owned(),
    };
    let filter = match filter {
        Filter::Bilinear => "bilinear",
        Filter::Bicubic => "bicubic",
        Filter::Lanczos => "lanczos",
    };
    let bits = |values: [f32; 3]| {
        let [red, green, blue] = values.map(f32::to_bits);
        format!("{red:08x} {green:08x} {blue:08x}")
    };
    format!(
        "neural-1: {width} x {height}, {resize}, {filter}, mean {}, std {}, {}",
        bits(preprocess.mean),
        bits(preprocess.std),
        precision.name()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroU32;

    #[test]
    fn every_part_of_the_preprocessing_is_in_the_key() {
        let side = |side| NonZeroU32::new(side).unwrap();
        let (mean, std) = Preprocess::CLIP;
        let input = InputSpec {
            width: side(224),
            height: side(224),
            resize: Resize::Crop { shorter: side(224) },
            filter: Filter::Bicubic,
        };
        let base = Preprocess { input, mean, std };
        let with = |input: InputSpec| Preprocess { input, ..base };
        let variants = [
            base,
            with(InputSpec {
                width: side(225),
                ..input
            }),
            with(InputSpec {
                height: side(225),
                ..input
            }),
            with(InputSpec {
                resize: Resize::Squash,
                ..input
            }),
            with(InputSpec {
                resize: Resize::Letterbox,
                ..input
            }),
            with(InputSpec {
                resize: Resize::Crop { shorter: side(256) },
                ..input
            }),
            with(InputSpec {
                filter: Filter::Bilinear,
                ..input
            }),
            Preprocess {
                mean: Preprocess::IMAGENET.0,
                ..base
            },
            Preprocess {
                std: Preprocess::IMAGENET.1,
                ..base
            },
        ];
        let mut hashes: Vec<ContentHash> = variants
            .iter()
            .map(|preprocess| hash(preprocess, Precision::F32))
            .collect();
        hashes.push(hash(&base, Precision::Int8));
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), variants.len() + 1);
    }
}
