//! From the files of a model to what it is.

use std::path::Path;

use super::towers::MobileNetNames;
use super::{Architecture, Checkpoint, ModelError, ModelOptions, ModelSpec};
use crate::autoencoder::TensorWeights;
use crate::hub::ModelFiles;
use crate::zoo;
use crate::{AutoencoderFile, NeuralEmbedder, Preprocess, PreprocessChoice};

impl ModelSpec {
    /// Reads what a model is: from the zoo's table if it is one of the zoo, else from its
    /// configuration files.
    ///
    /// # Errors
    /// If a file cannot be read, or describes something that is not supported.
    pub fn read(
        name: &str,
        files: &ModelFiles,
        choice: PreprocessChoice,
    ) -> Result<Self, ModelError> {
        let (architecture, preprocess) = match files.zoo {
            Some(model) => {
                let unknown = || ModelError::Architecture {
                    found: model.name.to_owned(),
                    supported: "the names of the zoo",
                };
                (model.architecture().ok_or_else(unknown)?, model.preprocess)
            }
            None => described(files)?,
        };
        Ok(Self {
            name: name.to_owned(),
            architecture,
            preprocess: preprocess.chosen(choice),
        })
    }
}

impl NeuralEmbedder {
    /// Opens the files of a model and loads its image tower.
    ///
    /// `name` is the model's name in the cache key, as given to `--model`.
    ///
    /// # Errors
    /// As [`ModelSpec::read`], [`Checkpoint::open`] and [`NeuralEmbedder::load`].
    pub fn open(
        name: &str,
        files: &ModelFiles,
        choice: PreprocessChoice,
        options: &ModelOptions,
    ) -> Result<Self, ModelError> {
        let mut spec = ModelSpec::read(name, files, choice)?;
        let mut checkpoint = Checkpoint::open(&files.weights)?;
        if files.zoo.is_some() && has_other_names(&spec.architecture, &checkpoint) {
            spec.preprocess = zoo::BY_HAND.chosen(choice);
        }
        Self::load(&spec, &mut checkpoint, options)
    }
}

/// Tells whether the names of a file that was given by hand say that its weights are not those of the
/// zoo's table, which were trained with other pictures. Only on `MobileNetV2` do they: the table's is timm's.
fn has_other_names(architecture: &Architecture, checkpoint: &Checkpoint) -> bool {
    let has = |name: &str| checkpoint.info(name).is_some();
    matches!(architecture, Architecture::MobileNetV2)
        && MobileNetNames::of(has) == MobileNetNames::Torchvision
}

impl ModelSpec {
    /// The name of all autoencoders in the cache key, where their content hash tells them apart: a
    /// file that gets another name keeps its codes.
    pub const AUTOENCODER: &str = "autoencoder";
}

impl NeuralEmbedder {
    /// Opens the file that `imgcluster train` wrote and loads the encoder.
    ///
    /// # Errors
    /// As [`AutoencoderFile::open`] and [`of_autoencoder`](Self::of_autoencoder).
    pub fn open_autoencoder(
        path: &Path,
        choice: PreprocessChoice,
        options: &ModelOptions,
    ) -> Result<Self, ModelError> {
        Self::of_autoencoder(&AutoencoderFile::open(path)?, choice, options)
    }

    /// Loads the encoder of an autoencoder.
    ///
    /// # Errors
    /// If the device is not there, or the precision does not suit it.
    pub fn of_autoencoder(
        autoencoder: &AutoencoderFile,
        choice: PreprocessChoice,
        options: &ModelOptions,
    ) -> Result<Self, ModelError> {
        let configuration = autoencoder.configuration();
        let spec = ModelSpec {
            name: ModelSpec::AUTOENCODER.to_owned(),
            architecture: Architecture::Autoencoder(*configuration),
            preprocess: configuration.preprocess().chosen(choice),
        };
        spec.check()?;
        let mut weights = TensorWeights(autoencoder.tensors());
        Self::load_where(options, |chosen| {
            Self::load_on(&spec, autoencoder.content_hash(), &mut weights, chosen)
        })
    }
}

fn described(files: &ModelFiles) -> Result<(Architecture, Preprocess), ModelError> {
    let configuration = files
        .configuration
        .as_deref()
        .ok_or_else(|| ModelError::Setting {
            setting: "config.json".to_owned(),
        })?;
    let architecture = Architecture::from_json(&text(configuration)?)?;
    // timm and open_clip say it in the one file they have.
    let preprocess = files.preprocessor.as_deref().unwrap_or(configuration);
    let preprocess = Preprocess::parse(text(preprocess)?.as_bytes())?;
    Ok((architecture, preprocess))
}

/// Configurations are a few kilobytes; more is something else.
const LONGEST: u64 = 1 << 20;

fn text(path: &Path) -> Result<String, ModelError> {
    let failed = |source| ModelError::Read {
        path: path.to_owned(),
        source,
    };
    let length = std::fs::metadata(path).map_err(failed)?.len();
    if length > LONGEST {
        let reason = format!("{length} bytes are too many for a configuration");
        return Err(failed(std::io::Error::new(
            std::io::ErrorKind::InvalidData,
            reason,
        )));
    }
    std::fs::read_to_string(path).map_err(failed)
}
