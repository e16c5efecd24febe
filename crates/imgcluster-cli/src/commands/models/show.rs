//! `models show`: everything that is known of one model.

use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use imgcluster_core::{Filter, Resize};
use imgcluster_embed::hub::{HubOptions, ModelFiles, ModelRequest, cached, repository_folder};
use imgcluster_embed::zoo::{ZooModel, duplicate_threshold, grouping_threshold, variants};
use imgcluster_embed::{AutoencoderFile, BUILT_IN, Preprocess};
use indicatif::DecimalBytes;
use serde_json::{Value, json};

use super::list::built_in;
use super::{entry, kind};
use crate::failure::Refusal;
use crate::hub;
use crate::model::trained;
use crate::session::Session;

pub(in crate::commands) fn show(name: &str, session: &Session) -> Result<ExitCode> {
    let options = hub::on_this_machine();
    let (text, object) = if let Some(model) = BUILT_IN.iter().find(|model| model.name == name) {
        let (kind, description) = (kind(model.kind), model.description);
        let mut text = format!("{name}: {kind}, built in\n{description}\n");
        let copies = duplicate_threshold(name).similarity;
        writeln!(text, "copies (dedup): from similarity {copies}")?;
        let groups = grouping_threshold(name).unwrap_or(0.85);
        writeln!(
            text,
            "groups (cluster --algorithm threshold): from similarity {groups}"
        )?;
        (text, built_in(model))
    } else if let Some(file) = trained(name) {
        of_training(name, file)?
    } else if variants(name).next().is_some() {
        of_zoo(name, options.as_ref())?
    } else {
        elsewhere(name)?
    };
    session.printer.answer(&text)?;
    session.printer.json(&object)?;
    Ok(ExitCode::SUCCESS)
}

fn of_zoo(name: &str, options: Option<&HubOptions>) -> Result<(String, Value)> {
    let mut text = String::new();
    for (number, model) in variants(name).enumerate() {
        if number == 0 {
            writeln!(text, "{name}: {} values", model.dim)?;
        }
        let usual = if number == 0 {
            ", the usual weights"
        } else {
            ""
        };
        writeln!(text, "\n--pretrained {}{usual}", model.pretrained)?;
        writeln!(text, "  repository  {}", model.repository)?;
        writeln!(text, "  revision    {}", model.revision)?;
        let size = DecimalBytes(model.size);
        writeln!(text, "  file        {}, {size}", model.weights)?;
        writeln!(
            text,
            "  sha256      {}",
            model.sha256.unwrap_or("that of the hub")
        )?;
        writeln!(text, "  licence     {}", model.licence)?;
        writeln!(text, "  pictures    {}", pictures(&model.preprocess))?;
        writeln!(text, "  here        {}", here(model, options))?;
    }
    let weights: Vec<Value> = variants(name).map(|model| entry(model, options)).collect();
    Ok((text, json!({ "name": name, "weights": weights })))
}

fn here(model: &'static ZooModel, options: Option<&HubOptions>) -> String {
    match options.and_then(|options| cached(&model.into(), options)) {
        Some(files) => files.weights.display().to_string(),
        None => format!(
            "no; `imgcluster models pull {} --pretrained {}`",
            model.name, model.pretrained
        ),
    }
}

/// What is done to a picture, in words.
fn pictures(preprocess: &Preprocess) -> String {
    let input = preprocess.input;
    let size = match input.resize {
        Resize::Squash => "squashed to".to_owned(),
        Resize::Crop { shorter, .. } => format!("shorter side to {shorter}, middle of"),
        Resize::Letterbox => "on black, to".to_owned(),
    };
    let filter = match input.filter {
        Filter::Bilinear => "bilinear",
        Filter::Bicubic => "bicubic",
        Filter::Lanczos => "Lanczos",
    };
    let (width, height) = (input.width, input.height);
    let (mean, std) = (preprocess.mean, preprocess.std);
    format!("{size} {width} × {height}, {filter}; mean {mean:?}, deviation {std:?}")
}

/// A checkpoint of `train`.
fn of_training(name: &str, file: &Path) -> Result<(String, Value)> {
    let model = AutoencoderFile::open(file).map_err(|error| {
        let hint = "name a file that `imgcluster train` wrote, as `autoencoder:FILE`";
        Refusal::because(error, hint)
    })?;
    let (configuration, record) = (model.configuration(), model.record());
    let mut text = format!("{name}: {} values, trained here\n", configuration.latent);
    writeln!(
        text,
        "  pictures    {}",
        pictures(&configuration.preprocess())
    )?;
    writeln!(
        text,
        "  learnt      {} pictures, {} held out; loss {}, epoch {} of {}",
        record.learnt,
        record.held_out,
        record.loss.name(),
        record.epoch,
        record.epochs
    )?;
    if let Some(best) = record
        .curve
        .iter()
        .find(|point| point.epoch == record.epoch)
    {
        let held_out = best
            .validation
            .map(|loss| format!(", {loss:.5} on those held out"));
        let (train, held_out) = (best.train, held_out.unwrap_or_default());
        writeln!(
            text,
            "  loss        {train:.5} on the pictures learnt from{held_out}"
        )?;
    }
    writeln!(text, "  content     {}", model.content_hash())?;
    let object = json!({
        "name": name,
        "configuration": configuration,
        "training": record,
        "content_hash": model.content_hash(),
    });
    Ok((text, object))
}

/// A repository or folder that is not in the zoo.
fn elsewhere(name: &str) -> Result<(String, Value)> {
    let request = ModelRequest::parse(name, None).map_err(|error| hub::explain(error, None))?;
    let options = hub::options_for(&request, true)?;
    let Some(files) = cached(&request, &options) else {
        let folder = repository_folder(&request, &options);
        return Err(match folder {
            Some(_) => Refusal::new(
                format!("`{name}` is not on this machine, or not all of it"),
                format!("download it with `imgcluster models pull {name}`"),
            ),
            None => Refusal::new(
                format!("`{name}` has no model that can be read"),
                "it needs `config.json`, `model.safetensors` and `preprocessor_config.json`",
            ),
        }
        .into());
    };
    let mut text = format!("{name}: not in the zoo\n");
    for (what, path) in parts(&files) {
        writeln!(text, "  {what:<13} {}", path.display())?;
    }
    let paths: serde_json::Map<String, Value> = parts(&files)
        .map(|(what, path)| (what.to_owned(), json!(path.to_string_lossy())))
        .collect();
    Ok((text, json!({ "name": name, "files": paths })))
}

/// The files that are there, with what they are.
pub(super) fn parts(files: &ModelFiles) -> impl Iterator<Item = (&'static str, &Path)> {
    let parts = [
        ("weights", Some(&files.weights)),
        ("configuration", files.configuration.as_ref()),
        ("preprocessor", files.preprocessor.as_ref()),
        ("tokenizer", files.tokenizer.as_ref()),
    ];
    parts
        .into_iter()
        .filter_map(|(what, path)| Some((what, path?.as_path())))
}
