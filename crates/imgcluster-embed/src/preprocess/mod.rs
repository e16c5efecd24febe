//! What is done to a picture before a neural model sees it.

mod config;
mod open_clip;
mod timm;
mod value;

use std::fmt::Write as _;
use std::num::NonZeroU32;

use imgcluster_core::{ContentHash, CropRounding, Filter, InputSpec, Resize};

use crate::JpegDecoding;
use crate::decode::JPEG_BY;
pub use value::PreprocessError;

/// Changes whenever the same preprocessing gives other pixels.
const VERSION: u32 = 1;

/// Where a `processor_config.json` says what is done to pictures.
const OF_IMAGES: &str = "image_processor";

/// How a picture becomes the numbers a neural model was trained on: brought to a size, scaled to
/// [0, 1], then normalised channel by channel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Preprocess {
    /// The size, and how a picture gets it.
    pub input: InputSpec,
    /// Subtracted from red, green and blue in [0, 1].
    pub mean: [f32; 3],
    /// What the difference is divided by.
    pub std: [f32; 3],
}

/// How a picture gets the size of a model: as the model was trained, or as the user wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum PreprocessChoice {
    /// As the model was trained.
    #[default]
    Model,
    /// Straight to the size; proportions are lost.
    Squash,
    /// The middle: as the model crops, or else the largest middle part.
    Crop,
    /// All of the picture, on black.
    Letterbox,
}

impl PreprocessChoice {
    /// All choices, in the order they are listed.
    pub const ALL: [Self; 4] = [Self::Model, Self::Squash, Self::Crop, Self::Letterbox];

    /// Its name, as given to `--preprocess`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Squash => "squash",
            Self::Crop => "crop",
            Self::Letterbox => "letterbox",
        }
    }
}

impl Preprocess {
    /// Mean and standard deviation of `OpenAI`'s CLIP.
    #[expect(
        clippy::excessive_precision,
        reason = "the digits as `OpenAI` writes them"
    )]
    pub const CLIP: ([f32; 3], [f32; 3]) = (
        [0.481_454_66, 0.457_827_5, 0.408_210_73],
        [0.268_629_54, 0.261_302_58, 0.275_777_11],
    );
    /// Mean and standard deviation of the `ImageNet` training pictures.
    pub const IMAGENET: ([f32; 3], [f32; 3]) = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);

    /// Reads a `preprocessor_config.json` of transformers (`CLIP`, `Bit`, `SigLIP`, `ViT`, `ConvNeXT`, of
    /// any age), a `processor_config.json` of its version 5, a `config.json` of timm, or an `open_clip_config.json`.
    ///
    /// A factor that pixels are scaled by other than 1/255 goes into mean and standard deviation.
    ///
    /// # Errors
    /// If it is not JSON, lacks something, says something impossible, or asks for a step that is
    /// not done here; nothing is guessed.
    pub fn parse(json: &[u8]) -> Result<Self, PreprocessError> {
        let config: serde_json::Value = serde_json::from_slice(json)?;
        let preprocess = match config.get("pretrained_cfg") {
            Some(pretrained) => timm::read(pretrained)?,
            None if config.get("input_size").is_some() => timm::read(&config)?,
            None if config.get("model_cfg").is_some() => open_clip::read(&config)?,
            None => config::read(config.get(OF_IMAGES).unwrap_or(&config))?,
        };
        value::checked(preprocess)
    }

    /// Whether a configuration of a whole model, or of its processors, says anything of this.
    pub(crate) fn is_told_by(json: &[u8]) -> bool {
        let config: serde_json::Value = serde_json::from_slice(json).unwrap_or_default();
        ["pretrained_cfg", "input_size", "model_cfg", OF_IMAGES]
            .iter()
            .any(|key| config.get(key).is_some())
    }

    /// The same with another way to the size.
    #[must_use]
    pub fn chosen(mut self, choice: PreprocessChoice) -> Self {
        let longer = self.input.width.max(self.input.height);
        self.input.resize = match (choice, self.input.resize) {
            (PreprocessChoice::Squash, _) => Resize::Squash,
            (PreprocessChoice::Letterbox, _) => Resize::Letterbox,
            (PreprocessChoice::Crop, Resize::Squash | Resize::Letterbox) => Resize::Crop {
                shorter: longer,
                rounding: CropRounding::Down,
            },
            (PreprocessChoice::Crop | PreprocessChoice::Model, as_it_is) => as_it_is,
        };
        self
    }

    /// How JPEGs may be decoded for this: no larger than it needs.
    pub fn jpeg(&self) -> JpegDecoding {
        let longer = self.input.width.max(self.input.height);
        let shorter = match self.input.resize {
            Resize::Crop { shorter, .. } => shorter,
            Resize::Squash | Resize::Letterbox => longer,
        };
        JpegDecoding::Reduced { shorter }
    }

    /// The hash of all that decides over the numbers a picture becomes: a part of the cache key.
    pub fn fingerprint(&self, jpeg: JpegDecoding) -> ContentHash {
        ContentHash(blake3::hash(self.canonical(jpeg).as_bytes()).into())
    }

    /// What the fingerprint is the hash of. Numbers are written bit by bit.
    fn canonical(&self, jpeg: JpegDecoding) -> String {
        let InputSpec {
            width,
            height,
            resize,
            filter,
        } = self.input;
        let resize = match resize {
            Resize::Squash => "squash".to_owned(),
            Resize::Crop { shorter, rounding } => match rounding {
                CropRounding::Down => format!("crop {shorter}"),
                CropRounding::HalfToEven => format!("crop {shorter} half to even"),
                CropRounding::NearestSide => format!("crop {shorter} nearest side"),
            },
            Resize::Letterbox => "letterbox black".to_owned(),
        };
        let filter = match filter {
            Filter::Bilinear => "bilinear",
            Filter::Bicubic => "bicubic",
            Filter::Lanczos => "lanczos",
        };
        let jpeg = match jpeg {
            JpegDecoding::Plain => "plain".to_owned(),
            JpegDecoding::Faithful => format!("faithful {JPEG_BY}"),
            JpegDecoding::Reduced { shorter } => format!("reduced {shorter} {JPEG_BY}"),
        };
        let mut text = format!(
            "imgcluster preprocess {VERSION}\nsize {width} {height}\nresize {resize}\n\
             filter {filter}\njpeg {jpeg}\n"
        );
        for (name, values) in [("mean", self.mean), ("std", self.std)] {
            let bits = values.map(f32::to_bits);
            writeln!(text, "{name} {bits:08x?}").expect("writing to a string cannot fail");
        }
        text
    }

    /// A square input, as most models have.
    pub(crate) fn square(side: NonZeroU32, resize: Resize, filter: Filter) -> InputSpec {
        InputSpec {
            width: side,
            height: side,
            resize,
            filter,
        }
    }
}

#[cfg(test)]
mod tests;
