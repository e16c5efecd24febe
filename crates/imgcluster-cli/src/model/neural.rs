//! Neural models: found, downloaded where they are named, loaded.

use std::path::Path;

use anyhow::{Error, Result};
use imgcluster_embed::hub::{ModelFiles, ModelRequest, ModelSource, locate, repository_folder};
use imgcluster_embed::{
    DeviceChoice, ModelError, ModelOptions, NeuralEmbedder, Precision, PreprocessChoice,
    PreprocessError,
};

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
    let options = hub::options_for(request, arguments.offline)?;
    let folder = repository_folder(request, &options);
    let files = locate(request, &options, &session.job())
        .map_err(|error| hub::explain(error, folder.as_deref()))?;
    let model = open(name, &files, request, arguments)?;
    let DeviceArgument(device) = arguments.device;
    if device == DeviceChoice::Auto && DeviceChoice::HAS_A_CHOICE {
        let note = format!("model: {name}, on {}", model.device());
        session.printer.note(&note);
    }
    Ok(model)
}

/// Loads a model whose files are on this machine.
pub(super) fn open(
    name: &str,
    files: &ModelFiles,
    request: &ModelRequest,
    arguments: &ModelArguments,
) -> Result<Model> {
    let (choice, options) = how(arguments);
    let embedder = NeuralEmbedder::open(name, files, choice, &options)
        .map_err(|error| explain(name, request, error))?;
    Ok(Model::Neural(Box::new(embedder)))
}

/// Loads the encoder of a checkpoint of `train`.
pub(super) fn open_trained(file: &Path, arguments: &ModelArguments) -> Result<Model> {
    let (choice, options) = how(arguments);
    let opened = NeuralEmbedder::open_autoencoder(file, choice, &options);
    let embedder = opened.map_err(|error| {
        let hint = on_device(&error).unwrap_or_else(|| {
            "name a file that `imgcluster train` wrote, as `--model autoencoder:FILE`".to_owned()
        });
        Refusal::because(error, hint)
    })?;
    Ok(Model::Neural(Box::new(embedder)))
}

/// How pictures are prepared, and how the model is to run.
fn how(arguments: &ModelArguments) -> (PreprocessChoice, ModelOptions) {
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
    (choice, options)
}

/// The way out where the model cannot run as was asked for.
fn on_device(error: &ModelError) -> Option<String> {
    Some(match error {
        ModelError::DeviceNotBuilt { feature, .. } => {
            format!("build with `--features {feature}`, or use `--device cpu`")
        }
        ModelError::DeviceMissing { .. } => {
            "use `--device cpu`, or `--device auto` for the best there is".to_owned()
        }
        ModelError::Run(_) => "use `--device cpu`, or a smaller model".to_owned(),
        ModelError::Precision { .. } => "leave `--precision` out for the usual one".to_owned(),
        _ => return None,
    })
}

/// Adds the way out to an error.
fn explain(name: &str, request: &ModelRequest, error: ModelError) -> Error {
    if let Some(hint) = on_device(&error) {
        return Refusal::because(error, hint).into();
    }
    let hint = match &error {
        ModelError::MissingTensor { .. }
        | ModelError::Shape { .. }
        | ModelError::LeftOver { .. } => {
            format!("are these the weights of `{name}`? see `imgcluster models list`")
        }
        ModelError::TensorType { .. } => {
            "save the weights as f32, f16 or bf16, or use another model".to_owned()
        }
        ModelError::Read { .. } => "name files that are there and that you can read".to_owned(),
        ModelError::NotSafetensors { .. }
        | ModelError::Length { .. }
        | ModelError::Header { .. }
        | ModelError::NotFinite { .. }
        | ModelError::NegativeVariance { .. } => again(request, request.weights.is_some()),
        ModelError::Json(_) | ModelError::Preprocess(PreprocessError::Json(_)) => {
            again(request, false)
        }
        _ => "see `imgcluster models list` for models that are supported".to_owned(),
    };
    Refusal::because(error, hint).into()
}

/// How a damaged file is had again; `given` if it is one that was given by hand.
fn again(request: &ModelRequest, given: bool) -> String {
    let pull = match &request.source {
        ModelSource::Zoo(model) => format!("{} --pretrained {}", model.name, model.pretrained),
        ModelSource::Repository { name, .. } => name.clone(),
        ModelSource::Folder(_) => String::new(),
    };
    if given || pull.is_empty() {
        return "the file may be cut short or another one; copy it here again, or use another \
                model"
            .to_owned();
    }
    format!("the file may be damaged; `imgcluster models pull {pull}` verifies it and mends it")
}
