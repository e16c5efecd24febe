//! An image tower over patches: CLIP, `SigLIP` and `DINOv2` differ in what is before the blocks and in
//! what is read off after them.

use candle_core::{Result, Tensor};

use super::block::{Block, Wanted};
use super::siglip::PoolingHead;
use crate::models::layers::{Input, LayerNorm, Linear, Pictures};

/// A transformer over the patches of a picture.
pub(crate) struct PatchTower {
    pub(super) input: Input,
    pub(super) patch_size: usize,
    pub(super) patch: Linear,
    /// `(1, 1, width)`.
    pub(super) class: Option<Tensor>,
    /// `(1, tokens, width)`.
    pub(super) positions: Tensor,
    pub(super) norm_before: Option<LayerNorm>,
    pub(super) blocks: Vec<Block>,
    pub(super) head: Head,
}

/// How tokens become one row.
pub(super) enum Head {
    /// The class token, normed and projected.
    Class {
        norm: LayerNorm,
        projection: Option<Linear>,
    },
    /// All tokens, normed, then read by one that was learnt.
    Pool {
        norm: LayerNorm,
        pool: Box<PoolingHead>,
    },
}

impl PatchTower {
    pub(crate) fn forward(&self, pictures: Pictures<'_>) -> Result<Tensor> {
        let patches = self.input.patches(pictures, self.patch_size)?;
        let mut x = self.patch.forward(&patches, None)?;
        if let Some(class) = &self.class {
            let class = class.broadcast_left(x.dim(0)?)?.squeeze(1)?;
            x = Tensor::cat(&[&class, &x], 1)?;
        }
        x = x.broadcast_add(&self.positions)?;
        if let Some(norm) = &self.norm_before {
            x = norm.forward(&x)?;
        }
        let last = match &self.head {
            Head::Class { .. } => Wanted::First,
            Head::Pool { .. } => Wanted::All,
        };
        for (index, block) in self.blocks.iter().enumerate() {
            let is_last = index + 1 == self.blocks.len();
            x = block.forward(&x, if is_last { last } else { Wanted::All })?;
        }
        match &self.head {
            Head::Class { norm, projection } => {
                let class = norm.forward(&x)?.squeeze(1)?;
                match projection {
                    Some(projection) => projection.forward(&class, None),
                    None => Ok(class),
                }
            }
            Head::Pool { norm, pool } => pool.forward(&norm.forward(&x)?),
        }
    }
}
