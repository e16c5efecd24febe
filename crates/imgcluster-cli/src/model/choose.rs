//! From the name of a model to the model.

use std::path::Path;

use anyhow::Result;
use imgcluster_embed::hub::{HubOptions, ModelFiles, ModelRequest, cached};
use imgcluster_embed::zoo::{ZooModel, variants};
use imgcluster_embed::{
    Canvas, CanvasFit, Classic, DeviceChoice, MinHash, Orb, PerceptualHash, Ssim, Template,
    hash_kind,
};

use super::{Model, neural};
use crate::arguments::{DeviceArgument, ModelArguments, PrecisionArgument, PreprocessArgument};
use crate::failure::Refusal;
use crate::hub;
use crate::session::Session;

/// What `auto` takes if it is on this machine, the best first.
const BEST: [&str; 3] = ["clip-vit-b-32", "dinov2-small", "mobilenet-v2"];

/// Below, most pictures have too few key points to be compared.
const LEAST_FOR_ORB: u32 = 64;

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
        if let Some(compared) = on_canvas(name, arguments)? {
            return Ok(compared);
        }
        refuse_canvas(name, arguments)?;
        if let Some(file) = trained(name) {
            refuse_weights(name, arguments)?;
            return neural::open_trained(file, arguments);
        }
        if let Some(built_in) = built_in(name) {
            refuse_neural_flags(name, arguments)?;
            refuse_preprocess(name, arguments)?;
            return Ok(built_in);
        }
        let mut request = ModelRequest::parse(name, arguments.pretrained.as_deref())
            .map_err(|error| hub::explain(error, None))?;
        if let Some(weights) = &arguments.weights {
            request = request.with_weights(weights);
        }
        neural::load(name, &request, arguments, session)
    }
}

/// The checkpoint of `train` that a name tells of, if it does.
pub(crate) fn trained(name: &str) -> Option<&Path> {
    name.strip_prefix("autoencoder:").map(Path::new)
}

/// Refuses weights for a model that is a file of them.
fn refuse_weights(name: &str, arguments: &ModelArguments) -> Result<(), Refusal> {
    let flags = [
        ("--pretrained", arguments.pretrained.is_some()),
        ("--weights", arguments.weights.is_some()),
    ];
    let given = flags.into_iter().find(|(_, given)| *given);
    given.map_or(Ok(()), |(flag, _)| {
        let message = format!("`{flag}` does nothing with `--model {name}`, which has its weights");
        Err(Refusal::usage(message, format!("leave `{flag}` out")))
    })
}

/// A model that needs nothing.
fn built_in(name: &str) -> Option<Model> {
    if name == "classic" {
        return Some(Model::Classic(Classic::default()));
    }
    hash_kind(name).map(|kind| Model::Hash(PerceptualHash::new(kind)))
}

/// A model that compares pictures in pairs on a canvas.
fn on_canvas(name: &str, arguments: &ModelArguments) -> Result<Option<Model>> {
    let make: fn(Canvas) -> Model = match name {
        "ssim" => |canvas| Model::Ssim(Ssim::new(canvas)),
        "minhash" => |canvas| Model::MinHash(MinHash::new(canvas)),
        "orb" => |canvas| Model::Orb(Orb::new(canvas)),
        "template" => |canvas| Model::Template(Template::new(canvas)),
        _ => return Ok(None),
    };
    refuse_neural_flags(name, arguments)?;
    let fit = match arguments.preprocess {
        PreprocessArgument::Model | PreprocessArgument::Letterbox => CanvasFit::Letterbox,
        PreprocessArgument::Squash => CanvasFit::Squash,
        PreprocessArgument::Crop => {
            let message = format!("`--preprocess crop` does not go with `--model {name}`");
            let hint = "use `letterbox`, which is the default, or `squash`";
            return Err(Refusal::usage(message, hint).into());
        }
    };
    let side = arguments.canvas.unwrap_or_else(|| Canvas::default().side());
    let canvas = Canvas::new(side, fit).map_err(|error| {
        let message = format!("`{side}` is no value for `--canvas`");
        Refusal::usage(message, error.to_string())
    })?;
    if name == "orb" && side < LEAST_FOR_ORB {
        let message = format!("`--canvas {side}` leaves `--model orb` next to no key points");
        let hint = format!("give it {LEAST_FOR_ORB} or more; 256 is usual");
        return Err(Refusal::usage(message, hint).into());
    }
    Ok(Some(make(canvas)))
}

/// Refuses a canvas for a model that has none.
fn refuse_canvas(name: &str, arguments: &ModelArguments) -> Result<(), Refusal> {
    if arguments.canvas.is_none() {
        return Ok(());
    }
    let message = format!("`--canvas` does nothing with `--model {name}`");
    let hint = "leave `--canvas` out, or add `--model ssim`, `minhash`, `orb` or `template`";
    Err(Refusal::usage(message, hint))
}

fn automatic(arguments: &ModelArguments, session: &Session) -> Result<Model> {
    refuse_canvas("auto", arguments)?;
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
    let here = hub::on_this_machine();
    let Some((model, files)) = here.as_ref().and_then(best_present) else {
        refuse_neural_flags("classic", arguments)?;
        refuse_preprocess("classic", arguments)?;
        session.printer.note(
            "model: classic, built in (`imgcluster models pull clip-vit-b-32` gets a better one)",
        );
        return Ok(Model::Classic(Classic::default()));
    };
    let loaded = neural::open(model.name, &files, &model.into(), arguments)?;
    session.printer.note(&format!(
        "model: {} ({}), the best on this machine, on {}",
        model.name,
        model.pretrained,
        loaded.device()
    ));
    Ok(loaded)
}

/// The model that `auto` takes, if one with weights is on this machine.
pub(crate) fn best_present(options: &HubOptions) -> Option<(&'static ZooModel, ModelFiles)> {
    let present = |name: &str| {
        let mut models = variants(name);
        models.find_map(|model| cached(&model.into(), options).map(|files| (model, files)))
    };
    BEST.into_iter().find_map(present)
}

/// Refuses flags that only a neural model heeds.
fn refuse_neural_flags(name: &str, arguments: &ModelArguments) -> Result<(), Refusal> {
    let DeviceArgument(device) = arguments.device;
    let flags = [
        ("--pretrained", arguments.pretrained.is_some()),
        ("--weights", arguments.weights.is_some()),
        (
            "--device",
            !matches!(device, DeviceChoice::Auto | DeviceChoice::Cpu),
        ),
        (
            "--precision",
            arguments.precision != PrecisionArgument::Auto,
        ),
    ];
    let given = flags.into_iter().find(|(_, given)| *given);
    given.map_or(Ok(()), |(flag, _)| Err(only_neural(flag, name)))
}

/// Refuses to bring pictures to a size for a model that has none.
fn refuse_preprocess(name: &str, arguments: &ModelArguments) -> Result<(), Refusal> {
    if arguments.preprocess == PreprocessArgument::Model {
        return Ok(());
    }
    Err(only_neural("--preprocess", name))
}

fn only_neural(flag: &str, name: &str) -> Refusal {
    let message = format!("`{flag}` does nothing with `--model {name}`, which is built in");
    let hint = format!("leave `{flag}` out, or name a neural model; see `imgcluster models list`");
    Refusal::usage(message, hint)
}
