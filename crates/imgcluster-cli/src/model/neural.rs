//! Neural models: found, downloaded where they are named, loaded.

use anyhow::{Error, Result};
use imgcluster_embed::hub::{ModelFiles, ModelRequest, locate, repository_folder};
use imgcluster_embed::{ModelError, ModelOptions, NeuralEmbedder, Precision, PreprocessChoice};

use super::Model;
use crate::arguments::{DeviceArgument, ModelArguments, PrecisionArgument, PreprocessArgument};
use crate::failure::Refusal;
use crate::hub;
use crate::session::Session;

/// Loads a model; what is not on this machine is downloaded.
pub(super) fn load(
    name: &str,
    request: &ModelRequest,
    arguments: &ModelArguments,
    session: &Session,
) -> Result<Model> {
    let options = hub::options(arguments.offline)?;
    let folder = repository_folder(request, &options);
    let files = locate(request, &options, &session.job())
        .map_err(|error| hub::explain(error, folder.as_deref()))?;
    open(name, &files, arguments)
}

/// Loads a model whose files are on this machine.
pub(super) fn open(name: &str, files: &ModelFiles, arguments: &ModelArguments) -> Result<Model> {
    let DeviceArgument(device) = arguments.device;
    let options = ModelOptions {
        device,
        precision: match arguments.precision {
            PrecisionArgument::Auto => None,
            PrecisionArgument::F32 => Some(Precision::F32),
            PrecisionArgument::F16 => Some(Precision::F16),
            PrecisionArgument::Bf16 => Some(Precision::Bf16),
            PrecisionArgument::Int8 => Some(Precision::Int8),
        },
    };
    let choice = match arguments.preprocess {
        PreprocessArgument::Model => PreprocessChoice::Model,
        PreprocessArgument::Squash => PreprocessChoice::Squash,
        PreprocessArgument::Crop => PreprocessChoice::Crop,
        PreprocessArgument::Letterbox => PreprocessChoice::Letterbox,
    };
    let embedder = NeuralEmbedder::open(name, files, choice, &options)
        .map_err(|error| explain(name, error))?;
    Ok(Model::Neural(Box::new(embedder)))
}

/// Adds the way out to an error.
fn explain(name: &str, error: ModelError) -> Error {
    let hint = match &error {
        ModelError::DeviceNotBuilt { feature, .. } => {
            format!("build with `--features {feature}`, or use `--device cpu`")
        }
        ModelError::DeviceMissing { .. } => {
            "use `--device cpu`, or `--device auto` for the best there is".to_owned()
        }
        ModelError::Precision { .. } => "leave `--precision` out for the usual one".to_owned(),
        ModelError::MissingTensor { .. }
        | ModelError::Shape { .. }
        | ModelError::LeftOver { .. } => {
            format!("are these the weights of `{name}`? see `imgcluster models list`")
        }
        _ => "the file may be cut short or another one; fetch it again, or use another model"
            .to_owned(),
    };
    Refusal::because(error, hint).into()
}
