//! The towers of `SigLIP`, in the tensor names of transformers.

use candle_core::{D, Result, Tensor};

use super::Loader;
use super::block::{Block, BlockShape};
use super::build::LinearShape;
use super::clip::transformers_block;
use super::patches::{Head, PatchTower};
use super::text::{Pooling, TextTower};
use crate::Preprocess;
use crate::models::layers::{Input, LayerNorm, Linear};
use crate::models::{ModelError, TextTransformer, VisionTransformer};

/// Reads all tokens with one query that was learnt, then a perceptron around a shortcut.
pub(super) struct PoolingHead {
    /// The learnt query after its own layer, scaled: `(1, heads, 1, width of a head)`.
    query: Tensor,
    key_value: Linear,
    out: Linear,
    norm: LayerNorm,
    fc1: Linear,
    fc2: Linear,
}

fn belongs_to_training(name: &str) -> bool {
    name.ends_with("position_ids") || matches!(name, "logit_scale" | "logit_bias")
}

pub(super) fn needless_for_images(name: &str) -> bool {
    belongs_to_training(name) || name.starts_with("text_model.")
}

pub(super) fn needless_for_texts(name: &str) -> bool {
    belongs_to_training(name) || name.starts_with("vision_model.")
}

pub(super) fn load_vision(
    vision: &VisionTransformer,
    preprocess: &Preprocess,
    loader: &mut Loader<'_>,
) -> std::result::Result<PatchTower, ModelError> {
    let (width, side, epsilon) = (vision.width, vision.patch_size, vision.norm_epsilon);
    let tokens = vision.grid() * vision.grid();
    let embeddings = |name: &str| format!("vision_model.embeddings.{name}");
    let patch = loader.take(
        &embeddings("patch_embedding.weight"),
        &[width, 3, side, side],
    )?;
    let bias = loader.take(&embeddings("patch_embedding.bias"), &[width])?;
    let positions = loader.take(&embeddings("position_embedding.weight"), &[tokens, width])?;
    let shape = BlockShape::from(vision);
    let block = |index| transformers_block(&format!("vision_model.encoder.layers.{index}"));
    Ok(PatchTower {
        input: Input::new(preprocess, loader.placement)?,
        patch_size: side,
        patch: loader.linear_of(patch, Some(bias), 3 * side * side)?,
        class: None,
        positions: loader.placement.tensor(positions, &[1, tokens, width])?,
        norm_before: None,
        blocks: (0..vision.layers)
            .map(|index| Block::load(&block(index), &shape, loader))
            .collect::<std::result::Result<_, _>>()?,
        head: Head::Pool {
            norm: loader.norm("vision_model.post_layernorm", width, epsilon)?,
            pool: Box::new(PoolingHead::load(vision, loader)?),
        },
    })
}

pub(super) fn load_text(
    text: &TextTransformer,
    projection: usize,
    loader: &mut Loader<'_>,
) -> std::result::Result<TextTower, ModelError> {
    let width = text.width;
    let embeddings = |name: &str| format!("text_model.embeddings.{name}.weight");
    let tokens = loader.take(&embeddings("token_embedding"), &[text.vocabulary, width])?;
    let positions = loader.take(&embeddings("position_embedding"), &[text.positions, width])?;
    let shape = BlockShape::of_text(text, false);
    let block = |index| transformers_block(&format!("text_model.encoder.layers.{index}"));
    let head = LinearShape {
        inputs: width,
        outputs: projection,
        activation: None,
        scale: None,
    };
    Ok(TextTower {
        tokens: loader.placement.tensor(tokens, &[text.vocabulary, width])?,
        positions: loader
            .placement
            .tensor(positions, &[text.positions, width])?,
        blocks: (0..text.layers)
            .map(|index| Block::load(&block(index), &shape, loader))
            .collect::<std::result::Result<_, _>>()?,
        norm: loader.norm("text_model.final_layer_norm", width, text.norm_epsilon)?,
        pooling: Pooling::Last,
        projection: loader.linear("text_model.head", &head)?,
        vocabulary: text.vocabulary,
        dim: projection,
    })
}

impl PoolingHead {
    fn load(
        vision: &VisionTransformer,
        loader: &mut Loader<'_>,
    ) -> std::result::Result<Self, ModelError> {
        let (width, heads) = (vision.width, vision.heads);
        let name = |name: &str| format!("vision_model.head.{name}");
        let probe = loader.take(&name("probe"), &[1, 1, width])?;
        let mut weight = loader.take(&name("attention.in_proj_weight"), &[3 * width, width])?;
        let mut bias = loader.take(&name("attention.in_proj_bias"), &[3 * width])?;
        // The query is the same for every picture: its part of the layer is done here.
        let key_value = loader.linear_of(
            weight.split_off(width * width),
            Some(bias.split_off(width)),
            width,
        )?;
        let scale = ((width / heads) as f64).sqrt().recip();
        let query: Vec<f32> = weight
            .chunks_exact(width)
            .zip(&bias)
            .map(|(row, bias)| {
                let products = row.iter().zip(&probe);
                let sum: f64 = products.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
                ((sum + f64::from(*bias)) * scale) as f32
            })
            .collect();
        let linear = |inputs, outputs, activation| LinearShape {
            inputs,
            outputs,
            activation,
            scale: None,
        };
        let (mlp_width, activation) = (vision.mlp_width, Some(vision.activation));
        Ok(Self {
            query: loader
                .placement
                .tensor(query, &[1, heads, 1, width / heads])?,
            key_value,
            out: loader.linear(&name("attention.out_proj"), &linear(width, width, None))?,
            norm: loader.norm(&name("layernorm"), width, vision.norm_epsilon)?,
            fc1: loader.linear(&name("mlp.fc1"), &linear(width, mlp_width, activation))?,
            fc2: loader.linear(&name("mlp.fc2"), &linear(mlp_width, width, None))?,
        })
    }

    /// Maps `(batch, tokens, width)` to `(batch, width)`.
    pub(super) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let (batch, tokens, width) = x.dims3()?;
        let (_, heads, _, head_width) = self.query.dims4()?;
        let both = self
            .key_value
            .forward(x, None)?
            .reshape((batch, tokens, 2, heads, head_width))?;
        let part = |which: usize| -> Result<Tensor> {
            let part = both.narrow(2, which, 1)?.squeeze(2)?;
            part.transpose(1, 2)?.contiguous()
        };
        let (key, value) = (part(0)?, part(1)?);
        let query = self.query.broadcast_as((batch, heads, 1, head_width))?;
        let scores = query
            .contiguous()?
            .matmul(&key.transpose(D::Minus1, D::Minus2)?)?;
        let mixed = candle_nn::ops::softmax_last_dim(&scores)?.matmul(&value)?;
        let pooled = self.out.forward(&mixed.reshape((batch, width))?, None)?;
        let hidden = self.fc1.forward(&self.norm.forward(&pooled)?, None)?;
        self.fc2.forward(&hidden, Some(&pooled))
    }
}
