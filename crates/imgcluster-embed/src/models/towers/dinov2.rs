//! The image tower of `DINOv2`, in the tensor names of transformers.

use super::Loader;
use super::block::{Block, BlockNames, BlockShape, QkvNames};
use super::patches::{Head, PatchTower};
use super::positions;
use crate::Preprocess;
use crate::models::layers::Input;
use crate::models::{ModelError, VisionTransformer};

/// What comes before all names where the tower is part of a classifier.
const ROOT: &str = "dinov2.";

pub(super) fn needless(name: &str) -> bool {
    name.ends_with("embeddings.mask_token") || name.starts_with("classifier.")
}

fn block(root: &str, index: usize) -> BlockNames {
    let prefix = format!("{root}encoder.layer.{index}");
    let attention = |part: &str| format!("{prefix}.attention.attention.{part}");
    let scale = |which: &str| format!("{prefix}.layer_scale{which}.lambda1");
    BlockNames {
        norm1: format!("{prefix}.norm1"),
        qkv: QkvNames::Split(["query", "key", "value"].map(attention)),
        out: format!("{prefix}.attention.output.dense"),
        norm2: format!("{prefix}.norm2"),
        fc1: format!("{prefix}.mlp.fc1"),
        fc2: format!("{prefix}.mlp.fc2"),
        scales: Some(["1", "2"].map(scale)),
    }
}

pub(super) fn load(
    vision: &VisionTransformer,
    preprocess: &Preprocess,
    loader: &mut Loader<'_>,
) -> Result<PatchTower, ModelError> {
    let root = if loader.weights.has("dinov2.embeddings.cls_token") {
        ROOT
    } else {
        ""
    };
    let (width, side, grid) = (vision.width, vision.patch_size, vision.grid());
    let embeddings = |name: &str| format!("{root}embeddings.{name}");
    let class = loader.take(&embeddings("cls_token"), &[1, 1, width])?;
    let mut learnt = loader.take(
        &embeddings("position_embeddings"),
        &[1, grid * grid + 1, width],
    )?;
    let to = (
        preprocess.input.height.get() as usize / side,
        preprocess.input.width.get() as usize / side,
    );
    let patches = positions::resized(&learnt.split_off(width), width, (grid, grid), to);
    learnt.extend(patches);
    let patch = loader.take(
        &embeddings("patch_embeddings.projection.weight"),
        &[width, 3, side, side],
    )?;
    let bias = loader.take(&embeddings("patch_embeddings.projection.bias"), &[width])?;
    let shape = BlockShape::from(vision);
    let tokens = to.0 * to.1 + 1;
    Ok(PatchTower {
        input: Input::new(preprocess, loader.placement)?,
        patch_size: side,
        patch: loader.linear_of(patch, Some(bias), 3 * side * side)?,
        class: Some(loader.placement.tensor(class, &[1, 1, width])?),
        positions: loader.placement.tensor(learnt, &[1, tokens, width])?,
        norm_before: None,
        blocks: (0..vision.layers)
            .map(|index| Block::load(&block(root, index), &shape, loader))
            .collect::<Result<_, _>>()?,
        head: Head::Class {
            norm: loader.norm(&format!("{root}layernorm"), width, vision.norm_epsilon)?,
            projection: None,
        },
    })
}
