//! `doctor`: whether the main job can run here, and what this build can do.

use std::fmt::Write;
use std::process::ExitCode;

use anyhow::Result;
use imgcluster_core::Store;
use imgcluster_embed::hub::is_present;
use imgcluster_embed::zoo::{ZOO, ZooModel};
use imgcluster_embed::{BUILT_IN, DeviceChoice, FORMATS, ModelError};
use serde_json::json;

use crate::hub;
use crate::session::{OpenStore, Session, address};

pub(super) fn run(session: &Session) -> Result<ExitCode> {
    let url = address(&session.store)?;
    let opened = OpenStore::open(session).and_then(|store| {
        store
            .wait(store.store.status())
            .map(|status| (store, status))
    });
    let models: Vec<&str> = BUILT_IN.iter().map(|model| model.name).collect();
    let hub = hub::on_this_machine();
    let is_here =
        |model: &&'static ZooModel| hub.as_ref().is_some_and(|hub| is_present(model, hub));
    let here = ZOO.iter().filter(is_here);
    let here: Vec<String> = here
        .map(|model| format!("{} ({})", model.name, model.pretrained))
        .collect();
    let features = features();
    let device = DeviceChoice::Auto.find()?;
    let missing = missing_devices();
    let mut text = String::new();
    writeln!(text, "version  {}", env!("CARGO_PKG_VERSION"))?;
    writeln!(text, "features {}", or_none(&features))?;
    writeln!(text, "device   {device}, {} threads", session.threads)?;
    for (name, reason) in &missing {
        writeln!(text, "         not {name}: {reason}")?;
    }
    writeln!(text, "formats  {}", FORMATS.join(", "))?;
    writeln!(text, "models   {} (built in)", models.join(", "))?;
    writeln!(
        text,
        "weights  {} in {}",
        or_none(&here),
        hub.as_ref()
            .map_or_else(unknown, |hub| hub.cache.display().to_string())
    )?;
    match &opened {
        Ok((_, status)) => writeln!(
            text,
            "store    {url}, {} files, {} pictures, {} runs",
            status.files, status.contents, status.runs
        )?,
        Err(_) => writeln!(text, "store    {url} cannot be used")?,
    }
    session.printer.answer(&text)?;
    session.printer.json(&json!({
        "version": env!("CARGO_PKG_VERSION"),
        "device": device,
        "threads": session.threads,
        "formats": FORMATS,
        "models": models,
        "features": features,
        "weights": here,
        "store": {"url": url.to_string(), "ready": opened.is_ok()},
    }))?;
    opened?;
    session.printer.answer("the main job can run here\n")?;
    Ok(ExitCode::SUCCESS)
}

/// In place of a folder for models that cannot be told.
fn unknown() -> String {
    "no folder; name one with HF_HOME".to_owned()
}

/// The devices that are built in and cannot be used here, with the reason.
fn missing_devices() -> Vec<(&'static str, ModelError)> {
    [
        ("cuda", DeviceChoice::Cuda(0)),
        ("metal", DeviceChoice::Metal),
    ]
    .into_iter()
    .filter_map(|(name, device)| Some((name, device.find().err()?)))
    .filter(|(_, error)| !matches!(error, ModelError::DeviceNotBuilt { .. }))
    .collect()
}

/// What the build has beyond the plain one.
fn features() -> Vec<&'static str> {
    [
        ("accelerate", cfg!(feature = "accelerate")),
        ("cuda", cfg!(feature = "cuda")),
        ("metal", cfg!(feature = "metal")),
        ("mkl", cfg!(feature = "mkl")),
        ("turbojpeg", cfg!(feature = "turbojpeg")),
    ]
    .into_iter()
    .filter_map(|(name, built)| built.then_some(name))
    .collect()
}

fn or_none<S: AsRef<str>>(names: &[S]) -> String {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}
