//! The towers of CLIP, in the tensor names of transformers and of `open_clip`.

use candle_core::Tensor;

use super::Loader;
use super::block::{Block, BlockNames, BlockShape, QkvNames};
use super::build::transposed;
use super::patches::{Head, PatchTower};
use super::text::{Pooling, TextTower};
use crate::Preprocess;
use crate::models::layers::{Input, Linear};
use crate::models::{ClipConfiguration, ModelError, TextTransformer};

/// Whose names a checkpoint uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Names {
    Transformers,
    OpenClip,
}

/// Buffers and training leftovers that no tower needs.
fn belongs_to_training(name: &str) -> bool {
    name.ends_with("position_ids") || matches!(name, "logit_scale" | "logit_bias" | "attn_mask")
}

fn is_text(name: &str) -> bool {
    let prefixes = [
        "text_model.",
        "text_projection",
        "transformer.",
        "token_embedding.",
        "ln_final.",
    ];
    prefixes.iter().any(|prefix| name.starts_with(prefix)) || name == "positional_embedding"
}

pub(super) fn needless_for_images(name: &str) -> bool {
    belongs_to_training(name) || is_text(name)
}

pub(super) fn needless_for_texts(name: &str) -> bool {
    let prefixes = ["vision_model.", "visual_projection.", "visual."];
    belongs_to_training(name) || prefixes.iter().any(|prefix| name.starts_with(prefix))
}

impl Names {
    fn of_vision(loader: &Loader<'_>) -> Self {
        if loader.weights.has("visual.class_embedding") {
            Self::OpenClip
        } else {
            Self::Transformers
        }
    }

    fn of_text(loader: &Loader<'_>) -> Self {
        if loader.weights.has("token_embedding.weight") {
            Self::OpenClip
        } else {
            Self::Transformers
        }
    }

    /// What the tensors of block `index` are called; `tower` is what transformers and `open_clip` call
    /// the tower.
    fn block(self, tower: (&str, &str), index: usize) -> BlockNames {
        match self {
            Self::Transformers => {
                transformers_block(&format!("{}.encoder.layers.{index}", tower.0))
            }
            Self::OpenClip => {
                let prefix = format!("{}transformer.resblocks.{index}", tower.1);
                BlockNames {
                    norm1: format!("{prefix}.ln_1"),
                    qkv: QkvNames::Fused(
                        format!("{prefix}.attn.in_proj_weight"),
                        format!("{prefix}.attn.in_proj_bias"),
                    ),
                    out: format!("{prefix}.attn.out_proj"),
                    norm2: format!("{prefix}.ln_2"),
                    fc1: format!("{prefix}.mlp.c_fc"),
                    fc2: format!("{prefix}.mlp.c_proj"),
                    scales: None,
                }
            }
        }
    }

    fn pick<'a>(self, transformers: &'a str, open_clip: &'a str) -> &'a str {
        match self {
            Self::Transformers => transformers,
            Self::OpenClip => open_clip,
        }
    }

    /// The projection without bias at the end of a tower.
    fn projection(
        self,
        (transformers, open_clip): (&str, &str),
        (inputs, outputs): (usize, usize),
        loader: &mut Loader<'_>,
    ) -> Result<Linear, ModelError> {
        let weight = match self {
            Self::Transformers => loader.take(transformers, &[outputs, inputs])?,
            Self::OpenClip => transposed(
                &loader.take(open_clip, &[inputs, outputs])?,
                inputs,
                outputs,
            ),
        };
        loader.linear_of(weight, None, inputs)
    }
}

/// The names of a block in transformers, for CLIP and `SigLIP` alike.
pub(super) fn transformers_block(prefix: &str) -> BlockNames {
    let attention = |part: &str| format!("{prefix}.self_attn.{part}");
    BlockNames {
        norm1: format!("{prefix}.layer_norm1"),
        qkv: QkvNames::Split(["q_proj", "k_proj", "v_proj"].map(attention)),
        out: attention("out_proj"),
        norm2: format!("{prefix}.layer_norm2"),
        fc1: format!("{prefix}.mlp.fc1"),
        fc2: format!("{prefix}.mlp.fc2"),
        scales: None,
    }
}

pub(super) fn load_vision(
    clip: &ClipConfiguration,
    preprocess: &Preprocess,
    loader: &mut Loader<'_>,
) -> Result<PatchTower, ModelError> {
    let (vision, names) = (&clip.vision, Names::of_vision(loader));
    let (width, side, epsilon) = (vision.width, vision.patch_size, vision.norm_epsilon);
    let tokens = vision.grid() * vision.grid() + 1;
    let class = names.pick(
        "vision_model.embeddings.class_embedding",
        "visual.class_embedding",
    );
    let positions = names.pick(
        "vision_model.embeddings.position_embedding.weight",
        "visual.positional_embedding",
    );
    let patch = names.pick(
        "vision_model.embeddings.patch_embedding.weight",
        "visual.conv1.weight",
    );
    // The misspelt name is that of the checkpoints.
    let before = names.pick("vision_model.pre_layrnorm", "visual.ln_pre");
    let after = names.pick("vision_model.post_layernorm", "visual.ln_post");
    let class = loader.take(class, &[width])?;
    let positions = loader.take(positions, &[tokens, width])?;
    let patch = loader.take(patch, &[width, 3, side, side])?;
    let shape = BlockShape::from(vision);
    let block = |index| names.block(("vision_model", "visual."), index);
    let head = Head::Class {
        norm: loader.norm(after, width, epsilon)?,
        projection: Some(names.projection(
            ("visual_projection.weight", "visual.proj"),
            (width, clip.projection),
            loader,
        )?),
    };
    Ok(PatchTower {
        input: Input::new(preprocess, loader.placement)?,
        patch_size: side,
        patch: loader.linear_of(patch, None, 3 * side * side)?,
        class: Some(loader.placement.tensor(class, &[1, 1, width])?),
        positions: loader.placement.tensor(positions, &[1, tokens, width])?,
        norm_before: Some(loader.norm(before, width, epsilon)?),
        blocks: (0..vision.layers)
            .map(|index| Block::load(&block(index), &shape, loader))
            .collect::<Result<_, _>>()?,
        head,
    })
}

pub(super) fn load_text(
    text: &TextTransformer,
    projection: usize,
    loader: &mut Loader<'_>,
) -> Result<TextTower, ModelError> {
    let (names, width) = (Names::of_text(loader), text.width);
    let tokens = names.pick(
        "text_model.embeddings.token_embedding.weight",
        "token_embedding.weight",
    );
    let positions = names.pick(
        "text_model.embeddings.position_embedding.weight",
        "positional_embedding",
    );
    let norm = names.pick("text_model.final_layer_norm", "ln_final");
    let shape = BlockShape::of_text(text, true);
    let tokens = loader.take(tokens, &[text.vocabulary, width])?;
    let positions = loader.take(positions, &[text.positions, width])?;
    Ok(TextTower {
        tokens: Tensor::from_vec(tokens, (text.vocabulary, width), &loader.placement.device)?
            .to_dtype(loader.placement.dtype)?,
        positions: loader
            .placement
            .tensor(positions, &[text.positions, width])?,
        blocks: (0..text.layers)
            .map(|index| Block::load(&names.block(("text_model", ""), index), &shape, loader))
            .collect::<Result<_, _>>()?,
        norm: loader.norm(norm, width, text.norm_epsilon)?,
        pooling: Pooling::End(text.end),
        projection: names.projection(
            ("text_projection.weight", "text_projection"),
            (width, projection),
            loader,
        )?,
        vocabulary: text.vocabulary,
        dim: projection,
    })
}
