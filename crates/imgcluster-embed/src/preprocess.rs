//! What is done to a picture before a neural model sees it.

use imgcluster_core::InputSpec;

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

impl Preprocess {
    /// Mean and standard deviation of `OpenAI`'s CLIP.
    pub const CLIP: ([f32; 3], [f32; 3]) = (
        [0.481_454_66, 0.457_827_5, 0.408_210_73],
        [0.268_629_54, 0.261_302_58, 0.275_777_11],
    );
    /// Mean and standard deviation of the `ImageNet` training pictures.
    pub const IMAGENET: ([f32; 3], [f32; 3]) = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);
}
