//! Where a model takes its tensors from.

use std::collections::BTreeSet;

use super::Checkpoint;
use crate::models::ModelError;

/// Gives tensors by name and shape.
pub(crate) trait Weights {
    /// Tells whether there is a tensor of this name.
    fn has(&self, name: &str) -> bool;

    /// Reads a tensor in row-major order, if it has exactly this shape.
    fn read(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, ModelError>;

    /// Reads a tensor all of whose values are finite.
    fn take(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, ModelError> {
        let values = self.read(name, shape)?;
        match values.iter().position(|value| !value.is_finite()) {
            None => Ok(values),
            Some(position) => Err(ModelError::NotFinite {
                tensor: name.to_owned(),
                value: values[position],
                position,
            }),
        }
    }
}

/// The tensors of a checkpoint, and which of them nobody took yet.
pub(crate) struct CheckpointWeights<'a> {
    checkpoint: &'a mut Checkpoint,
    left: BTreeSet<String>,
}

impl<'a> CheckpointWeights<'a> {
    pub(crate) fn new(checkpoint: &'a mut Checkpoint) -> Self {
        let left = checkpoint.names().into_iter().collect();
        Self { checkpoint, left }
    }

    /// Ends the loading: all tensors must have been taken but those of which `needless` says that
    /// the model does without them.
    pub(crate) fn finish(mut self, needless: impl Fn(&str) -> bool) -> Result<(), ModelError> {
        self.left.retain(|name| !needless(name));
        let count = self.left.len();
        match self.left.pop_first() {
            None => Ok(()),
            Some(tensor) => Err(ModelError::LeftOver {
                tensor,
                others: count - 1,
            }),
        }
    }
}

impl Weights for CheckpointWeights<'_> {
    fn has(&self, name: &str) -> bool {
        self.checkpoint.info(name).is_some()
    }

    fn read(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, ModelError> {
        let Some(info) = self.checkpoint.info(name) else {
            return Err(ModelError::MissingTensor {
                tensor: name.to_owned(),
            });
        };
        if info.shape != shape {
            return Err(ModelError::Shape {
                tensor: name.to_owned(),
                expected: shape.to_owned(),
                found: info.shape.clone(),
            });
        }
        let values = self.checkpoint.read(name)?;
        self.left.remove(name);
        Ok(values)
    }
}
