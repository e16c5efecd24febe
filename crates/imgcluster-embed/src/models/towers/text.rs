//! Text towers: token ids in, one row of numbers a text out.

use candle_core::{Result, Tensor};

use super::block::{Block, Wanted};
use super::{Loader, clip, siglip};
use crate::models::layers::{LayerNorm, Linear};
use crate::models::{Architecture, EndOfText, ModelError};

/// A transformer over the tokens of a text.
pub(crate) struct TextTower {
    /// `(vocabulary, width)`.
    pub(super) tokens: Tensor,
    /// `(positions, width)`.
    pub(super) positions: Tensor,
    pub(super) blocks: Vec<Block>,
    pub(super) norm: LayerNorm,
    pub(super) pooling: Pooling,
    pub(super) projection: Linear,
    pub(super) vocabulary: usize,
    pub(super) dim: usize,
}

/// Which token speaks for the text.
#[derive(Debug, Clone, Copy)]
pub(super) enum Pooling {
    End(EndOfText),
    Last,
}

impl TextTower {
    pub(crate) fn load(
        architecture: &Architecture,
        loader: &mut Loader<'_>,
    ) -> std::result::Result<Self, ModelError> {
        match architecture {
            Architecture::Clip(model) => {
                let text = model.text.as_ref().ok_or(ModelError::NoTextTower)?;
                clip::load_text(text, model.projection, loader)
            }
            Architecture::SigLip(model) => {
                let text = model.text.as_ref().ok_or(ModelError::NoTextTower)?;
                siglip::load_text(text, model.projection, loader)
            }
            _ => Err(ModelError::NoTextTower),
        }
    }

    /// Length of the vectors.
    pub(crate) fn dim(&self) -> usize {
        self.dim
    }

    /// How many tokens a text may have.
    pub(crate) fn positions(&self) -> usize {
        self.positions.dims()[0]
    }

    /// Maps texts of one length to rows.
    pub(crate) fn forward(&self, texts: &[&[u32]]) -> std::result::Result<Tensor, ModelError> {
        let length = texts.first().map_or(0, |text| text.len());
        let ends = self.ends(texts, length)?;
        Ok(self.run(texts, length, &ends)?)
    }

    /// Checks the ids, and finds the token of every text that speaks for it.
    fn ends(&self, texts: &[&[u32]], length: usize) -> std::result::Result<Vec<usize>, ModelError> {
        let wrong = |reason: String| ModelError::Tokens { reason };
        if length == 0 || length > self.positions() {
            return Err(wrong(format!(
                "a text has {length} tokens, and the model reads 1 to {}",
                self.positions()
            )));
        }
        let end = |(row, text): (usize, &&[u32])| {
            if text.len() != length {
                return Err(wrong(format!(
                    "text {row} has another length than the first"
                )));
            }
            if let Some(id) = text.iter().find(|id| **id as usize >= self.vocabulary) {
                return Err(wrong(format!(
                    "text {row} has id {id} and the vocabulary ends at {}",
                    self.vocabulary - 1
                )));
            }
            let sought = match self.pooling {
                Pooling::Last => return Ok(length - 1),
                Pooling::End(EndOfText::LargestId) => text.iter().max().copied(),
                Pooling::End(EndOfText::Token(id)) => Some(id),
            };
            text.iter()
                .position(|id| Some(*id) == sought)
                .ok_or_else(|| wrong(format!("text {row} has no end token")))
        };
        texts.iter().enumerate().map(end).collect()
    }

    fn run(&self, texts: &[&[u32]], length: usize, ends: &[usize]) -> Result<Tensor> {
        let device = self.tokens.device();
        let ids = Tensor::from_vec(texts.concat(), texts.len() * length, device)?;
        let width = self.tokens.dim(1)?;
        let mut x = self
            .tokens
            .index_select(&ids, 0)?
            .reshape((texts.len(), length, width))?
            .broadcast_add(&self.positions.narrow(0, 0, length)?)?;
        for block in &self.blocks {
            x = block.forward(&x, Wanted::All)?;
        }
        let rows: Vec<u32> = ends
            .iter()
            .enumerate()
            .map(|(row, end)| (row * length + end) as u32)
            .collect();
        let rows = Tensor::from_vec(rows, texts.len(), device)?;
        let pooled = x.flatten_to(1)?.index_select(&rows, 0)?;
        self.projection.forward(&self.norm.forward(&pooled)?, None)
    }
}
