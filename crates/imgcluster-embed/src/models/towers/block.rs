//! The block that all the transformers here share: norm, attention, norm, perceptron, each pair
//! around a shortcut.

use candle_core::{Result, Tensor};

use super::Loader;
use super::build::LinearShape;
use crate::models::layers::{Attention, LayerNorm, Linear};
use crate::models::{Activation, ModelError, TextTransformer, VisionTransformer};

/// Which tokens of the last block's result anybody reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    All,
    /// The class token's.
    First,
}

/// A transformer block.
pub(super) struct Block {
    norm1: LayerNorm,
    qkv: Linear,
    out: Linear,
    norm2: LayerNorm,
    fc1: Linear,
    fc2: Linear,
    attention: Attention,
}

/// The sizes of a block.
#[derive(Debug, Clone, Copy)]
pub(super) struct BlockShape {
    pub(super) width: usize,
    pub(super) mlp_width: usize,
    pub(super) heads: usize,
    pub(super) epsilon: f32,
    pub(super) activation: Activation,
    pub(super) causal: bool,
}

/// What the tensors of a block are called.
pub(super) struct BlockNames {
    pub(super) norm1: String,
    pub(super) qkv: QkvNames,
    pub(super) out: String,
    pub(super) norm2: String,
    pub(super) fc1: String,
    pub(super) fc2: String,
    /// The factors after attention and after the perceptron, in `DINOv2`.
    pub(super) scales: Option<[String; 2]>,
}

/// How a checkpoint keeps queries, keys and values.
pub(super) enum QkvNames {
    /// Three layers, by prefix.
    Split([String; 3]),
    /// One layer: its weight and its bias.
    Fused(String, String),
}

impl From<&VisionTransformer> for BlockShape {
    fn from(vision: &VisionTransformer) -> Self {
        Self {
            width: vision.width,
            mlp_width: vision.mlp_width,
            heads: vision.heads,
            epsilon: vision.norm_epsilon,
            activation: vision.activation,
            causal: false,
        }
    }
}

impl BlockShape {
    pub(super) fn of_text(text: &TextTransformer, causal: bool) -> Self {
        Self {
            width: text.width,
            mlp_width: text.mlp_width,
            heads: text.heads,
            epsilon: text.norm_epsilon,
            activation: text.activation,
            causal,
        }
    }
}

impl Block {
    pub(super) fn load(
        names: &BlockNames,
        shape: &BlockShape,
        loader: &mut Loader<'_>,
    ) -> std::result::Result<Self, ModelError> {
        let (width, mlp_width) = (shape.width, shape.mlp_width);
        let mut scales = Vec::new();
        for name in names.scales.iter().flatten() {
            scales.push(loader.take(name, &[width])?);
        }
        let linear = |inputs, outputs, activation, scale| LinearShape {
            inputs,
            outputs,
            activation,
            scale,
        };
        let scale = |which: usize| scales.get(which).map(Vec::as_slice);
        let (out, fc1, fc2) = (
            linear(width, width, None, scale(0)),
            linear(width, mlp_width, Some(shape.activation), None),
            linear(mlp_width, width, None, scale(1)),
        );
        Ok(Self {
            norm1: loader.norm(&names.norm1, width, shape.epsilon)?,
            qkv: fused_qkv(&names.qkv, shape, loader)?,
            out: loader.linear(&names.out, &out)?,
            norm2: loader.norm(&names.norm2, width, shape.epsilon)?,
            fc1: loader.linear(&names.fc1, &fc1)?,
            fc2: loader.linear(&names.fc2, &fc2)?,
            attention: Attention::new(shape.heads, shape.causal, loader.placement),
        })
    }

    /// Maps `(batch, tokens, width)`; what nobody wants is not computed.
    pub(super) fn forward(&self, x: &Tensor, wanted: Wanted) -> Result<Tensor> {
        let qkv = self.qkv.forward(&self.norm1.forward(x)?, None)?;
        let mixed = self.attention.forward(&qkv)?;
        let first = |x: &Tensor| match wanted {
            Wanted::All => Ok(x.clone()),
            Wanted::First => x.narrow(1, 0, 1)?.contiguous(),
        };
        let x = self.out.forward(&first(&mixed)?, Some(&first(x)?))?;
        let hidden = self.fc1.forward(&self.norm2.forward(&x)?, None)?;
        self.fc2.forward(&hidden, Some(&x))
    }
}

/// One layer for queries, keys and values; the queries divided by the root of a head's width, once
/// and for all.
fn fused_qkv(
    names: &QkvNames,
    shape: &BlockShape,
    loader: &mut Loader<'_>,
) -> std::result::Result<Linear, ModelError> {
    let width = shape.width;
    let (mut weight, mut bias) = match names {
        QkvNames::Fused(weight, bias) => (
            loader.take(weight, &[3 * width, width])?,
            loader.take(bias, &[3 * width])?,
        ),
        QkvNames::Split(prefixes) => {
            let (mut weight, mut bias) = (Vec::with_capacity(3 * width * width), Vec::new());
            for prefix in prefixes {
                weight.extend(loader.take(&format!("{prefix}.weight"), &[width, width])?);
                bias.extend(loader.take(&format!("{prefix}.bias"), &[width])?);
            }
            (weight, bias)
        }
    };
    let scale = ((width / shape.heads) as f32).sqrt().recip();
    weight[..width * width]
        .iter_mut()
        .chain(&mut bias[..width])
        .for_each(|value| *value *= scale);
    loader.linear_inside(weight, Some(bias), width)
}
