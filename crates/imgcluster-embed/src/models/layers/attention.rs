//! Attention of tokens to one another.

use candle_core::{D, Result, Tensor};

/// Lets tokens attend to one another: `(batch, tokens, 3 · width)` of queries, keys and values side
/// by side becomes `(batch, tokens, width)`. Queries come already divided by the root of a head's
/// width. With `causal` a token sees only itself and those before it.
pub(crate) fn attention(qkv: &Tensor, heads: usize, causal: bool) -> Result<Tensor> {
    let (batch, tokens, triple) = qkv.dims3()?;
    let width = triple / 3;
    let split = qkv.reshape((batch, tokens, 3, heads, width / heads))?;
    let part = |which: usize| -> Result<Tensor> {
        let part = split.narrow(2, which, 1)?.squeeze(2)?;
        part.transpose(1, 2)?.contiguous()
    };
    let (query, key, value) = (part(0)?, part(1)?, part(2)?);
    let mut scores = query.matmul(&key.transpose(D::Minus1, D::Minus2)?)?;
    if causal {
        scores = scores.broadcast_add(&mask(tokens, &scores)?)?;
    }
    let shares = candle_nn::ops::softmax_last_dim(&scores)?;
    let mixed = shares.matmul(&value)?;
    mixed.transpose(1, 2)?.reshape((batch, tokens, width))
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
