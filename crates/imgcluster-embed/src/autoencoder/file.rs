//! An autoencoder and its file: one safetensors file that says by itself what it is, how it was
//! trained, and what its numbers must add up to.

use std::path::Path;

use imgcluster_core::ContentHash;
use serde::{Deserialize, Serialize};

use super::tensors::{TensorWeights, take, text, write_tensors};
use super::{AutoencoderConfiguration, AutoencoderFileError, Tensors, TrainingRecord};
use crate::models::{Checkpoint, ModelError, Weights};

/// What the text in the file begins with.
const FORMAT: &str = "imgcluster autoencoder";

/// Changes whenever older programs would not understand the file.
const VERSION: u64 = 1;

/// A whole trained autoencoder: its configuration, its weights, and how it was trained.
///
/// [`open`](Self::open) reads one from its file, [`save`](Self::save) writes it;
/// [`NeuralEmbedder::of_autoencoder`](crate::NeuralEmbedder::of_autoencoder) computes codes with it.
#[derive(Debug, Clone, PartialEq)]
pub struct AutoencoderFile {
    configuration: AutoencoderConfiguration,
    record: TrainingRecord,
    tensors: Tensors,
    content_hash: ContentHash,
}

/// The text in the file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    format: String,
    version: u64,
    configuration: AutoencoderConfiguration,
    training: TrainingRecord,
    content_hash: ContentHash,
}

impl AutoencoderFile {
    /// Puts an autoencoder together.
    ///
    /// # Errors
    /// If there is no such network, a tensor is missing or left over, has another shape or a number
    /// that is not finite, or a number of the record is not finite.
    pub(crate) fn new(
        configuration: AutoencoderConfiguration,
        record: TrainingRecord,
        tensors: Tensors,
    ) -> Result<Self, ModelError> {
        configuration.check()?;
        if !record.is_finite() {
            return Err(AutoencoderFileError::Record.into());
        }
        let wanted = configuration.tensors();
        let mut weights = TensorWeights(&tensors);
        for tensor in &wanted {
            weights.take(&tensor.name, &tensor.shape)?;
        }
        let is_foreign = |name: &&String| wanted.iter().all(|tensor| tensor.name != **name);
        if let Some(tensor) = tensors.keys().find(is_foreign) {
            return Err(ModelError::LeftOver {
                tensor: tensor.clone(),
                others: tensors.len() - wanted.len() - 1,
            });
        }
        let content_hash = content_hash(&configuration, &tensors);
        Ok(Self {
            configuration,
            record,
            tensors,
            content_hash,
        })
    }

    /// Reads an autoencoder from the file that `imgcluster train` wrote.
    ///
    /// # Errors
    /// If the file cannot be read, holds something else, is of a newer version, describes no network
    /// there can be, has a tensor too few or too many or of another shape or type, or was damaged or
    /// changed: its content hash is checked.
    pub fn open(path: &Path) -> Result<Self, ModelError> {
        let mut checkpoint = Checkpoint::open(path)?;
        let description = Description::parse(path, text(&checkpoint)?)?;
        let configuration = description.configuration;
        // Before any size is computed from it.
        configuration.check()?;
        let wanted = configuration.tensors().into_iter();
        let wanted = wanted.map(|tensor| (tensor.name, tensor.shape));
        let tensors = take(&mut checkpoint, wanted)?;
        let found = content_hash(&configuration, &tensors);
        if found != description.content_hash {
            return Err(AutoencoderFileError::Changed {
                path: path.to_owned(),
                expected: description.content_hash,
                found,
            }
            .into());
        }
        Ok(Self {
            configuration,
            record: description.training,
            tensors,
            content_hash: found,
        })
    }

    /// Writes the autoencoder; a file that is there is replaced as a whole, once the new one is on
    /// the disk. The same autoencoder gives the same bytes.
    ///
    /// # Errors
    /// If the file cannot be written; what was there before is then still there.
    pub fn save(&self, path: &Path) -> Result<(), AutoencoderFileError> {
        write_tensors(path, &self.text(), &self.tensors)
    }

    /// What the file says of itself.
    fn text(&self) -> String {
        let description = Description {
            format: FORMAT.to_owned(),
            version: VERSION,
            configuration: self.configuration,
            training: self.record.clone(),
            content_hash: self.content_hash,
        };
        serde_json::to_string(&description)
            .expect("a description is a plain structure of strings and numbers")
    }

    /// What the network is, but for its weights.
    pub fn configuration(&self) -> &AutoencoderConfiguration {
        &self.configuration
    }

    /// How it was trained.
    pub fn record(&self) -> &TrainingRecord {
        &self.record
    }

    /// The hash of configuration and weights, on which alone its codes depend.
    pub fn content_hash(&self) -> ContentHash {
        self.content_hash
    }

    /// All tensors, as [`AutoencoderConfiguration::tensors`] lists them.
    pub(crate) fn tensors(&self) -> &Tensors {
        &self.tensors
    }
}

impl Description {
    fn parse(path: &Path, text: &str) -> Result<Self, AutoencoderFileError> {
        let broken = |source| AutoencoderFileError::Description {
            path: path.to_owned(),
            source,
        };
        let any: serde_json::Value = serde_json::from_str(text).map_err(broken)?;
        if any["format"] != FORMAT {
            return Err(AutoencoderFileError::Foreign {
                path: path.to_owned(),
            });
        }
        // Other versions may have other fields.
        if let Some(found) = any["version"].as_u64()
            && found != VERSION
        {
            return Err(AutoencoderFileError::Version {
                path: path.to_owned(),
                found,
                known: VERSION,
            });
        }
        serde_json::from_str(text).map_err(broken)
    }
}

/// Hashes the configuration as JSON, then every tensor in the order of the layers: the lengths of
/// its name and of its shape, these, and its numbers.
fn content_hash(configuration: &AutoencoderConfiguration, tensors: &Tensors) -> ContentHash {
    let json = serde_json::to_string(configuration)
        .expect("a configuration is a plain structure of numbers");
    let mut hasher = blake3::Hasher::new();
    let count = |hasher: &mut blake3::Hasher, count: usize| {
        hasher.update(&(count as u64).to_le_bytes());
    };
    count(&mut hasher, json.len());
    hasher.update(json.as_bytes());
    for wanted in configuration.tensors() {
        let Some(tensor) = tensors.get(&wanted.name) else {
            continue;
        };
        count(&mut hasher, wanted.name.len());
        hasher.update(wanted.name.as_bytes());
        count(&mut hasher, tensor.shape.len());
        for side in &tensor.shape {
            count(&mut hasher, *side);
        }
        hasher.update(&tensor.bytes());
    }
    ContentHash(hasher.finalize().into())
}
