//! The architectures that are built in, and the sizes that tell their variants apart.

use super::{hub, limits, open_clip, zoo};
use crate::AutoencoderConfiguration;
use crate::models::ModelError;

/// A model's architecture: all there is to know of it but its weights.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Architecture {
    /// CLIP (Radford et al., "Learning Transferable Visual Models From Natural Language
    /// Supervision", 2021). The embedding is the projected class token, not normalised.
    Clip(ClipConfiguration),
    /// `SigLIP` (Zhai et al., "Sigmoid Loss for Language Image Pre-Training", 2023). The embedding
    /// is what the attention-pooling head gives.
    SigLip(SigLipConfiguration),
    /// `DINOv2` (Oquab et al., "Learning Robust Visual Features without Supervision", 2023).
    /// The embedding is the class token after the last layer norm.
    DinoV2(VisionTransformer),
    /// `ResNet` (He et al., "Deep Residual Learning for Image Recognition", 2015), with the stride in
    /// the 3 × 3 convolution as in torchvision. The embedding is the global average pool.
    ResNet(ResNetDepth),
    /// VGG-19 without batch norms (Simonyan & Zisserman, "Very Deep Convolutional Networks for
    /// Large-Scale Image Recognition", 2014, configuration E). The embedding is the global average
    /// pool of the 512 features after the last rectifier (`relu5_4`), before the last max pool and
    /// the linear layers.
    Vgg19,
    /// `MobileNetV2` at width 1.0 (Sandler et al., 2018). The embedding is the global average pool of
    /// its 1280 features.
    MobileNetV2,
    /// An autoencoder that was trained by `imgcluster train`. The embedding is the code.
    Autoencoder(AutoencoderConfiguration),
}

/// Both towers of a CLIP model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClipConfiguration {
    /// The image tower.
    pub vision: VisionTransformer,
    /// The text tower; some checkpoints have none.
    pub text: Option<TextTransformer>,
    /// Length of the vectors that both towers give.
    pub projection: usize,
}

/// Both towers of a `SigLIP` model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SigLipConfiguration {
    /// The image tower; its width is the length of its vectors.
    pub vision: VisionTransformer,
    /// The text tower; some checkpoints have none.
    pub text: Option<TextTransformer>,
    /// Length of the vectors that the text tower gives.
    pub projection: usize,
}

/// A transformer over the patches of a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VisionTransformer {
    /// Pixels a side of the pictures it was trained on.
    pub image_size: usize,
    /// Pixels a side of a patch.
    pub patch_size: usize,
    /// Numbers a token.
    pub width: usize,
    /// Numbers a token between the two layers of the perceptron.
    pub mlp_width: usize,
    /// How many blocks.
    pub layers: usize,
    /// How many attention heads; they share the width evenly.
    pub heads: usize,
    /// Added to the variance in layer norms.
    pub norm_epsilon: f32,
    /// Between the two layers of the perceptron.
    pub activation: Activation,
}

/// A transformer over the tokens of a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TextTransformer {
    /// How many different tokens there are.
    pub vocabulary: usize,
    /// How many tokens a text may have.
    pub positions: usize,
    /// Numbers a token.
    pub width: usize,
    /// Numbers a token between the two layers of the perceptron.
    pub mlp_width: usize,
    /// How many blocks.
    pub layers: usize,
    /// How many attention heads; they share the width evenly.
    pub heads: usize,
    /// Added to the variance in layer norms.
    pub norm_epsilon: f32,
    /// Between the two layers of the perceptron.
    pub activation: Activation,
    /// Which token of a CLIP text speaks for the whole.
    pub end: EndOfText,
}

/// What is applied to each number between two layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Activation {
    /// `x · sigmoid(1.702 x)`, in the CLIP models of `OpenAI`.
    QuickGelu,
    /// `x · Φ(x)` with the error function.
    Gelu,
    /// Its approximation by a hyperbolic tangent, in `SigLIP`.
    GeluTanh,
    /// `max(x, 0)`.
    Relu,
    /// `min(max(x, 0), 6)`.
    Relu6,
}

/// How the token is found that speaks for a whole CLIP text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EndOfText {
    /// The first of those with the largest id, as in the original CLIP; transformers does this
    /// where a configuration says `"eos_token_id": 2`.
    LargestId,
    /// The first with this id.
    Token(u32),
}

/// How many layers with weights a `ResNet` has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the number says all")]
pub enum ResNetDepth {
    D18,
    D34,
    D50,
    D101,
    D152,
}

impl ResNetDepth {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::D18, Self::D34, Self::D50, Self::D101, Self::D152];

    /// The number as it stands in the model's name.
    pub fn number(self) -> usize {
        match self {
            Self::D18 => 18,
            Self::D34 => 34,
            Self::D50 => 50,
            Self::D101 => 101,
            Self::D152 => 152,
        }
    }

    /// Blocks in each of the four stages.
    pub(crate) fn blocks(self) -> [usize; 4] {
        match self {
            Self::D18 => [2, 2, 2, 2],
            Self::D34 | Self::D50 => [3, 4, 6, 3],
            Self::D101 => [3, 4, 23, 3],
            Self::D152 => [3, 8, 36, 3],
        }
    }

    /// Whether a block is 1 × 1, 3 × 3, 1 × 1 rather than two 3 × 3 convolutions.
    pub(crate) fn has_bottlenecks(self) -> bool {
        !matches!(self, Self::D18 | Self::D34)
    }
}

impl VisionTransformer {
    /// Patches along a side.
    pub(crate) fn grid(&self) -> usize {
        self.image_size / self.patch_size
    }
}

impl Architecture {
    /// Finds the architecture of a model of the zoo by its name. CLIP models get the activation of
    /// `OpenAI`'s weights, H/14 (which `OpenAI` does not have) that of LAION's;
    /// [`with_activation`](Self::with_activation) exchanges it.
    pub fn named(name: &str) -> Option<Self> {
        zoo::named(name)
    }

    /// Reads a configuration file: the `config.json` of transformers (CLIP, `SigLIP`, `DINOv2`,
    /// `ResNet`) or of timm (`ResNet`, VGG-19, `MobileNetV2`), or an `open_clip_config.json`.
    ///
    /// # Errors
    /// If the text is not JSON, describes another architecture, lacks a setting, or has one that
    /// cannot be true.
    pub fn from_json(text: &str) -> Result<Self, ModelError> {
        let root: serde_json::Value = serde_json::from_str(text)?;
        let architecture = if root.get("model_cfg").is_some() {
            open_clip::read(&root)?
        } else {
            hub::read(&root)?
        };
        limits::check(&architecture)?;
        Ok(architecture)
    }

    /// Exchanges the activation in both towers of a CLIP model; other architectures stay as they
    /// are. LAION's weights want [`Activation::Gelu`].
    #[must_use]
    pub fn with_activation(mut self, activation: Activation) -> Self {
        if let Self::Clip(clip) = &mut self {
            clip.vision.activation = activation;
            if let Some(text) = &mut clip.text {
                text.activation = activation;
            }
        }
        self
    }

    /// Length of the vectors that the image tower gives.
    pub fn dim(&self) -> usize {
        match self {
            Self::Clip(clip) => clip.projection,
            Self::SigLip(siglip) => siglip.vision.width,
            Self::DinoV2(vision) => vision.width,
            Self::ResNet(depth) if depth.has_bottlenecks() => 2048,
            Self::ResNet(_) | Self::Vgg19 => 512,
            Self::MobileNetV2 => 1280,
            Self::Autoencoder(configuration) => configuration.latent as usize,
        }
    }

    /// Pixels a side of the pictures it was trained on.
    pub fn image_size(&self) -> usize {
        match self {
            Self::Clip(clip) => clip.vision.image_size,
            Self::SigLip(siglip) => siglip.vision.image_size,
            Self::DinoV2(vision) => vision.image_size,
            Self::ResNet(_) | Self::Vgg19 | Self::MobileNetV2 => 224,
            Self::Autoencoder(configuration) => configuration.size as usize,
        }
    }

    /// Asks whether the sizes go together; a configuration by hand is as suspect as one from a file.
    pub(crate) fn check(&self) -> Result<(), ModelError> {
        limits::check(self)
    }
}
