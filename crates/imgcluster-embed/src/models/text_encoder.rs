//! Text towers as one encodes with them.

use imgcluster_core::{Job, Matrix};

use super::checkpoint::CheckpointWeights;
use super::device::Chosen;
use super::embedder::{finite, values};
use super::towers::{Loader, TextTower, needless_for_texts};
use super::{Architecture, Checkpoint, ModelError, ModelOptions};

/// How many texts go through the tower at a time.
const GROUP: usize = 16;

/// The text tower of a CLIP or `SigLIP` model: token ids in, vectors in the space of its image tower
/// out.
pub struct TextEncoder {
    tower: TextTower,
    chosen: Chosen,
}

impl std::fmt::Debug for TextEncoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TextEncoder")
            .field("dim", &self.tower.dim())
            .field("device", &self.chosen.name)
            .finish_non_exhaustive()
    }
}

impl TextEncoder {
    /// Loads the text tower of a model; its checkpoint is the same as the image tower's.
    ///
    /// # Errors
    /// If the architecture has none, the device or the precision cannot be had, or the weights are
    /// not those of the architecture; the tensor is named.
    pub fn load(
        architecture: &Architecture,
        checkpoint: &mut Checkpoint,
        options: &ModelOptions,
    ) -> Result<Self, ModelError> {
        architecture.check()?;
        let chosen = Chosen::new(options.device, options.precision)?;
        let mut weights = CheckpointWeights::new(checkpoint);
        let mut loader = Loader {
            weights: &mut weights,
            placement: &chosen.placement(),
        };
        let tower = TextTower::load(architecture, &mut loader)?;
        weights.finish(|name| needless_for_texts(architecture, name))?;
        Ok(Self { tower, chosen })
    }

    #[cfg(test)]
    pub(super) fn of_tower(tower: TextTower, chosen: Chosen) -> Self {
        Self { tower, chosen }
    }

    /// Length of the vectors.
    pub fn dim(&self) -> usize {
        self.tower.dim()
    }

    /// How many tokens a text may have. `SigLIP` was trained on texts padded to this length.
    pub fn positions(&self) -> usize {
        self.tower.positions()
    }

    /// Computes one row per text, in order, not normalised. All texts have the same number of tokens,
    /// beginning, end and padding included.
    ///
    /// # Errors
    /// If a text is empty, too long, of another length than the first, has an id beyond the
    /// vocabulary or no end token; if the device fails or the job was cancelled.
    pub fn encode(&self, texts: &[&[u32]], job: &Job<'_>) -> Result<Matrix, ModelError> {
        let dim = self.dim();
        let mut rows = Vec::with_capacity(texts.len() * dim);
        for group in texts.chunks(GROUP) {
            job.check()?;
            rows.extend(values(&self.tower.forward(group)?)?);
        }
        finite(rows, dim)
    }
}
