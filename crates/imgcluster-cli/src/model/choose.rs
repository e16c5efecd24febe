//! From the name of a model to the model.

use anyhow::Result;
use imgcluster_core::Stage;
use imgcluster_embed::{BUILT_IN, Classic, ModelRequest, PerceptualHash, ZOO, hash_kind, variants};

use super::{Model, neural};
use crate::arguments::{DeviceArgument, ModelArguments, PrecisionArgument, PreprocessArgument};
use crate::failure::Refusal;
use crate::hub::hub_options;
use crate::session::Session;

/// What `auto` takes if it is on this machine, the best first.
const BEST: [&str; 3] = ["clip-vit-b-32", "dinov2-small", "mobilenet-v2"];

impl Model {
    /// Finds the model that the flags name, and loads it. One that is named and not on this
    /// machine is downloaded; `auto` takes the best that is, and says so.
    ///
    /// # Errors
    /// If there is no such model, a flag does not go with it, or it cannot be had.
    pub(crate) fn choose(arguments: &ModelArguments, session: &Session) -> Result<Self> {
        let name = arguments.model.as_str();
        if name == "auto" {
            return automatic(arguments, session);
        }
        if let Some(built_in) = built_in(name) {
            refuse_neural_flags(name, arguments)?;
            return Ok(built_in);
        }
        let request = ModelRequest::parse(name, arguments.pretrained.as_deref())
            .map_err(|error| not_a_model(name, error))?;
        neural::load(request, arguments, session)
    }
}

/// A model that needs nothing.
fn built_in(name: &str) -> Option<Model> {
    if name == "classic" {
        return Some(Model::Classic(Classic::default()));
    }
    hash_kind(name).map(|kind| Model::Hash(PerceptualHash::new(kind)))
}

fn automatic(arguments: &ModelArguments, session: &Session) -> Result<Model> {
    for (flag, given) in [
        ("--weights", arguments.weights.is_some()),
        ("--pretrained", arguments.pretrained.is_some()),
    ] {
        if given {
            let message = format!("`{flag}` does not say which model");
            let hint = "add `--model NAME`; see `imgcluster models list`";
            return Err(Refusal::usage(message, hint).into());
        }
    }
    let options = hub_options(true)?;
    let present = BEST
        .iter()
        .filter_map(|name| variants(name).find(|model| imgcluster_embed::is_present(model, &options)))
        .next();
    let Some(model) = present else {
        refuse_neural_flags("classic", arguments)?;
        session.printer.note(
            "model: classic, built in (`imgcluster models pull clip-vit-b-32` gets a better one)",
        );
        return Ok(Model::Classic(Classic::default()));
    };
    let loaded = neural::load(model.into(), arguments, session)?;
    session.printer.note(&format!(
        "model: {} {}, the best on this machine",
        model.name, model.pretrained
    ));
    Ok(loaded)
}

/// Refuses flags that only a neural model heeds.
fn refuse_neural_flags(name: &str, arguments: &ModelArguments) -> Result<(), Refusal> {
    let DeviceArgument(device) = arguments.device;
    let flags = [
        ("--pretrained", arguments.pretrained.is_some()),
        ("--weights", arguments.weights.is_some()),
        ("--device", !device.allows_cpu()),
        ("--precision", arguments.precision != PrecisionArgument::Auto),
        ("--preprocess", arguments.preprocess != PreprocessArgument::Model),
    ];
    for (flag, given) in flags {
        if given {
            let message = format!("`{flag}` does nothing with `--model {name}`, which is built in");
            let hint = format!("leave `{flag}` out, or name a neural model; see `imgcluster models list`");
            return Err(Refusal::usage(message, hint));
        }
    }
    Ok(())
}
