//! The network that the perceptual loss of `train` sees pictures with.

use std::path::PathBuf;

use anyhow::Result;
use imgcluster_embed::hub::{ModelRequest, locate, repository_folder};

use crate::arguments::{LossName, TrainArguments};
use crate::failure::Refusal;
use crate::hub;
use crate::session::Session;

/// Its name among the models.
const NAME: &str = "vgg19";

/// Finds its weights where the loss needs them; what is not on this machine is downloaded.
///
/// # Errors
/// If they cannot be had, or are given for another loss.
pub(crate) fn vgg(arguments: &TrainArguments, session: &Session) -> Result<Option<PathBuf>> {
    let training = &arguments.training;
    if training.loss != LossName::Perceptual {
        if training.weights.is_none() {
            return Ok(None);
        }
        let message = "`--weights` does nothing without `--loss perceptual`";
        return Err(Refusal::usage(message, "leave one out, or add the other").into());
    }
    if let Some(weights) = &training.weights {
        return Ok(Some(weights.clone()));
    }
    let request = ModelRequest::parse(NAME, None).map_err(|error| hub::explain(error, None))?;
    let options = hub::options_for(&request, training.offline)?;
    let folder = repository_folder(&request, &options);
    let files = locate(&request, &options, &session.job())
        .map_err(|error| hub::explain(error, folder.as_deref()))?;
    Ok(Some(files.weights))
}
