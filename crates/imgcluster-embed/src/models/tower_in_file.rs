//! A tower that stays in its file until a picture needs it.

use std::sync::{Mutex, OnceLock, PoisonError};

use super::checkpoint::CheckpointWeights;
use super::layers::Placement;
use super::towers::{Loader, VisionTower, needless_for_images};
use super::{Checkpoint, ModelError, ModelSpec};

/// Builds the image tower of a model: every tensor of it must be there, and no other but those that
/// it can do without.
pub(super) fn load(
    spec: &ModelSpec,
    checkpoint: &mut Checkpoint,
    placement: &Placement,
) -> Result<VisionTower, ModelError> {
    let mut weights = CheckpointWeights::new(checkpoint);
    let mut loader = Loader {
        weights: &mut weights,
        placement,
    };
    let tower = VisionTower::load(&spec.architecture, &spec.preprocess, &mut loader)?;
    weights.finish(|name| needless_for_images(&spec.architecture, name))?;
    Ok(tower)
}

/// An image tower, loaded or yet to be.
pub(super) enum Tower {
    Loaded(Box<VisionTower>),
    InFile(Box<TowerInFile>),
}

/// What a tower is loaded from when the first picture comes, and the tower from then on.
pub(super) struct TowerInFile {
    pub(super) spec: ModelSpec,
    pub(super) placement: Placement,
    pub(super) checkpoint: Mutex<Checkpoint>,
    pub(super) tower: OnceLock<VisionTower>,
}

impl Tower {
    /// Gives the tower, loading it if nobody has yet.
    pub(super) fn get(&self) -> Result<&VisionTower, ModelError> {
        match self {
            Self::Loaded(tower) => Ok(tower),
            Self::InFile(file) => file.get(),
        }
    }
}

impl TowerInFile {
    fn get(&self) -> Result<&VisionTower, ModelError> {
        if let Some(tower) = self.tower.get() {
            return Ok(tower);
        }
        // One loads; others wait here and find the tower.
        let mut checkpoint = self
            .checkpoint
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(tower) = self.tower.get() {
            return Ok(tower);
        }
        checkpoint.check_unchanged()?;
        let tower = load(&self.spec, &mut checkpoint, &self.placement)?;
        Ok(self.tower.get_or_init(|| tower))
    }
}
