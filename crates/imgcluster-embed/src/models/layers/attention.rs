//! Attention of tokens to one another.

use candle_core::{D, Result, Tensor};
use imgcluster_kernels::{self as kernels, InstructionSet};

use super::Arithmetic;
use super::Placement;
use super::on_cpu::map;

/// Attention of tokens to one another in several heads. Queries come already divided by the root of
/// a head's width.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attention {
    heads: usize,
    /// A token sees only itself and those before it.
    causal: bool,
    arithmetic: Arithmetic,
}

impl Attention {
    pub(crate) fn new(heads: usize, causal: bool, placement: &Placement) -> Self {
        Self {
            heads,
            causal,
            arithmetic: placement.arithmetic,
        }
    }

    /// Maps `(batch, tokens, 3 · width)`, queries, keys and values side by side, to
    /// `(batch, tokens, width)`.
    pub(crate) fn forward(&self, qkv: &Tensor) -> Result<Tensor> {
        if self.arithmetic == Arithmetic::Stock {
            return self.by_stock(qkv);
        }
        let (batch, tokens, triple) = qkv.dims3()?;
        let width = triple / 3;
        let attention = kernels::Attention {
            heads: self.heads,
            head_dim: width / self.heads,
            scale: 1.0,
            causal: self.causal,
        };
        let set = InstructionSet::detect();
        map(qkv, (batch, tokens, width), |qkv, out, workspace| {
            let pictures = qkv.chunks_exact(tokens * triple);
            for (qkv, out) in pictures.zip(out.chunks_exact_mut(tokens * width)) {
                attention.among(qkv, out, &mut workspace.attention, set);
            }
        })
    }

    fn by_stock(&self, qkv: &Tensor) -> Result<Tensor> {
        let (batch, tokens, triple) = qkv.dims3()?;
        let (heads, width) = (self.heads, triple / 3);
        let split = qkv.reshape((batch, tokens, 3, heads, width / heads))?;
        let part = |which: usize| -> Result<Tensor> {
            let part = split.narrow(2, which, 1)?.squeeze(2)?;
            part.transpose(1, 2)?.contiguous()
        };
        let (query, key, value) = (part(0)?, part(1)?, part(2)?);
        let mut scores = query.matmul(&key.transpose(D::Minus1, D::Minus2)?)?;
        if self.causal {
            scores = scores.broadcast_add(&mask(tokens, &scores)?)?;
        }
        let mixed = candle_nn::ops::softmax_last_dim(&scores)?.matmul(&value)?;
        mixed.transpose(1, 2)?.reshape((batch, tokens, width))
    }
}

/// Minus infinity where a token would see a later one.
fn mask(tokens: usize, like: &Tensor) -> Result<Tensor> {
    let values: Vec<f32> = (0..tokens * tokens)
        .map(|at| {
            if at % tokens > at / tokens {
                f32::NEG_INFINITY
            } else {
                0.0
            }
        })
        .collect();
    Tensor::from_vec(values, (tokens, tokens), like.device())?.to_dtype(like.dtype())
}
