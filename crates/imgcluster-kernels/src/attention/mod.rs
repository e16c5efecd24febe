//! Attention: each query's mean over the tokens' values, weighted by how well their keys match.

mod heads;
mod softmax;

use crate::InstructionSet;
use crate::aligned::Aligned;
use crate::tile::Tiles;
use heads::{Head, Rows};

/// Attention in several heads, `softmax(Q Kᵀ) V` in each (Vaswani et al. 2017, section 3.2).
///
/// A row of `dim = heads × head_dim` values holds the heads side by side.
///
/// ```
/// use imgcluster_kernels::{Attention, AttentionScratch, InstructionSet};
///
/// let attention = Attention {
///     heads: 1,
///     head_dim: 1,
///     scale: 1.0,
///     causal: false,
/// };
/// // Two tokens of query, key and value; the first wants the second's key, the second neither's.
/// let qkv = [50.0, 0.0, 3.0, 0.0, 1.0, 5.0];
/// let mut output = [f32::NAN; 2];
/// let set = InstructionSet::detect();
/// attention.among(&qkv, &mut output, &mut AttentionScratch::default(), set);
/// assert_eq!(output, [5.0, 4.0]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Attention {
    /// Heads side by side in a row.
    pub heads: usize,
    /// Values of a head.
    pub head_dim: usize,
    /// What the products of queries and keys are multiplied with: commonly one over the root of
    /// `head_dim`, or one where that is part of the queries.
    pub scale: f32,
    /// Whether a query sees its own token and those before it only, as in the text towers.
    pub causal: bool,
}

/// Memory for attention, to be used again and again: one for each thread.
#[derive(Debug, Default)]
pub struct AttentionScratch {
    keys: Aligned,
    values: Aligned,
    queries: Aligned,
    scores: Aligned,
    means: Aligned,
    factors: Aligned,
}

impl Attention {
    /// Computes the attention of one picture's or text's tokens to each other.
    ///
    /// `qkv` has a row of `3 × dim` values a token: query, key, value. `output` gets a row of `dim`
    /// values a token. No tokens give no rows. The largest score of each query is subtracted
    /// before exponentials are taken, so large ones do not overflow.
    ///
    /// # Panics
    /// Panics if there are no heads or no values in them, if `qkv` is not made of whole rows, if
    /// `output` has another number of rows, or if the processor lacks the set.
    pub fn among(
        &self,
        qkv: &[f32],
        output: &mut [f32],
        scratch: &mut AttentionScratch,
        set: InstructionSet,
    ) {
        let dim = self.dim();
        assert!(qkv.len().is_multiple_of(3 * dim), "whole rows of `3 × dim`");
        assert_eq!(qkv.len(), 3 * output.len(), "a row out for each row in");
        let part = |part| Rows::new(qkv, 3 * dim, part * dim);
        self.compute([part(0), part(1), part(2)], output, scratch, set);
    }

    /// Computes the attention of queries of another origin to the tokens of one picture.
    ///
    /// `queries` has a row of `dim` values a query, `keys_values` one of `2 × dim` values a token:
    /// key, value. `output` gets a row of `dim` values a query.
    ///
    /// # Panics
    /// Panics as [`Attention::among`] does, and if there are queries but no tokens or the queries
    /// are [causal](Attention::causal): they have no place among the tokens.
    pub fn across(
        &self,
        queries: &[f32],
        keys_values: &[f32],
        output: &mut [f32],
        scratch: &mut AttentionScratch,
        set: InstructionSet,
    ) {
        let dim = self.dim();
        assert!(!self.causal, "queries of another origin are not causal");
        assert!(
            queries.len().is_multiple_of(dim) && keys_values.len().is_multiple_of(2 * dim),
            "whole rows of `dim` and of `2 × dim`"
        );
        assert_eq!(queries.len(), output.len(), "a row out for each query");
        assert!(
            queries.is_empty() || !keys_values.is_empty(),
            "tokens to attend to"
        );
        let part = |part| Rows::new(keys_values, 2 * dim, part * dim);
        let queries = Rows::new(queries, dim, 0);
        self.compute([queries, part(0), part(1)], output, scratch, set);
    }

    fn dim(&self) -> usize {
        let dim = crate::size::product([self.heads, self.head_dim]);
        assert!(dim > 0, "heads of at least one value");
        dim
    }

    fn compute(
        &self,
        [queries, keys, values]: [Rows<'_>; 3],
        output: &mut [f32],
        scratch: &mut AttentionScratch,
        set: InstructionSet,
    ) {
        let tiles = Tiles::new(set).expect("an instruction set of this processor");
        for first in (0..self.dim()).step_by(self.head_dim) {
            let head = Head {
                attention: self,
                queries: queries.skip_columns(first),
                keys: keys.skip_columns(first),
                values: values.skip_columns(first),
                tiles,
            };
            head.compute(output, first, scratch);
        }
    }
}
