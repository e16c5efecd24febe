//! Tensors and a text in one safetensors file: that of an autoencoder, and that of an unfinished
//! training.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::path::Path;

use safetensors::Dtype;
use safetensors::tensor::View;

use super::AutoencoderFileError;
use super::replace::replace;
use crate::models::{Checkpoint, CheckpointWeights, ModelError, Weights};

/// The one key of the header's metadata. Two of them would have no fixed order.
const KEY: &str = "imgcluster";

/// A tensor in memory.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StoredTensor {
    pub(crate) shape: Vec<usize>,
    /// Row-major.
    pub(crate) values: Vec<f32>,
}

/// Tensors by name.
pub(crate) type Tensors = BTreeMap<String, StoredTensor>;

impl StoredTensor {
    /// The numbers as they stand in a file: little-endian on every machine.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let bytes = self.values.iter().flat_map(|value| value.to_le_bytes());
        bytes.collect()
    }
}

impl View for &StoredTensor {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Owned(self.bytes())
    }

    fn data_len(&self) -> usize {
        size_of_val(self.values.as_slice())
    }
}

/// Writes tensors, in the order of their names, and a text about them; a file that is there is
/// replaced as a whole. The same input gives the same bytes.
///
/// # Errors
/// If a shape is not that of its numbers, or the file cannot be written; what was there before is
/// then still there.
pub(crate) fn write_tensors(
    path: &Path,
    text: &str,
    tensors: &Tensors,
) -> Result<(), AutoencoderFileError> {
    let about = HashMap::from([(KEY.to_owned(), text.to_owned())]);
    let bytes = safetensors::serialize(tensors, Some(about)).map_err(|source| {
        AutoencoderFileError::Serialize {
            path: path.to_owned(),
            source,
        }
    })?;
    replace(path, |file| file.write_all(&bytes)).map_err(|source| AutoencoderFileError::Write {
        path: path.to_owned(),
        source,
    })
}

/// Reads what [`write_tensors`] wrote: the text, and all tensors.
///
/// # Errors
/// If the file cannot be read, is something else, or has a tensor of another type or with a number
/// that is not finite.
pub(crate) fn read_tensors(path: &Path) -> Result<(String, Tensors), ModelError> {
    let mut checkpoint = Checkpoint::open(path)?;
    let text = text(&checkpoint)?.to_owned();
    let mut names = checkpoint.names();
    names.sort_unstable();
    let shape = |name: String| {
        let info = checkpoint.info(&name);
        let shape = info.map_or_else(Vec::new, |info| info.shape.clone());
        (name, shape)
    };
    let wanted: Vec<_> = names.into_iter().map(shape).collect();
    Ok((text, take(&mut checkpoint, wanted)?))
}

/// The text of a file of ours.
pub(super) fn text(checkpoint: &Checkpoint) -> Result<&str, AutoencoderFileError> {
    let foreign = || AutoencoderFileError::Foreign {
        path: checkpoint.path().to_owned(),
    };
    checkpoint.about(KEY).ok_or_else(foreign)
}

/// Reads exactly these tensors; there must be no others.
pub(super) fn take(
    checkpoint: &mut Checkpoint,
    wanted: impl IntoIterator<Item = (String, Vec<usize>)>,
) -> Result<Tensors, ModelError> {
    let other = checkpoint
        .names()
        .into_iter()
        .filter_map(|name| Some((checkpoint.info(&name)?.dtype, name)))
        .filter(|(dtype, _)| *dtype != Dtype::F32)
        .min_by(|(_, a), (_, b)| a.cmp(b));
    if let Some((dtype, tensor)) = other {
        let found = format!("{dtype:?}");
        return Err(AutoencoderFileError::TensorType { tensor, found }.into());
    }
    let mut weights = CheckpointWeights::new(checkpoint);
    let mut tensors = Tensors::new();
    for (name, shape) in wanted {
        let values = weights.take(&name, &shape)?;
        tensors.insert(name, StoredTensor { shape, values });
    }
    weights.finish(|_| false)?;
    Ok(tensors)
}

/// Tensors in memory as a model takes them.
pub(crate) struct TensorWeights<'a>(pub(crate) &'a Tensors);

impl Weights for TensorWeights<'_> {
    fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    fn read(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, ModelError> {
        let Some(tensor) = self.0.get(name) else {
            return Err(ModelError::MissingTensor {
                tensor: name.to_owned(),
            });
        };
        if tensor.shape != shape || tensor.values.len() != shape.iter().product::<usize>() {
            return Err(ModelError::Shape {
                tensor: name.to_owned(),
                expected: shape.to_owned(),
                found: tensor.shape.clone(),
            });
        }
        Ok(tensor.values.clone())
    }
}
