//! `models list`: the built-in models and the zoo, and what is on this machine.

use std::fmt::Write;
use std::process::ExitCode;

use anyhow::Result;
use imgcluster_embed::hub::is_present;
use imgcluster_embed::zoo::{ZOO, duplicate_threshold, grouping_threshold};
use imgcluster_embed::{BUILT_IN, ModelInfo, ModelKind};
use indicatif::DecimalBytes;
use serde_json::{Value, json};

use super::{entry, kind, values};
use crate::hub;
use crate::model::best_present;
use crate::session::Session;

pub(in crate::commands) fn list(session: &Session) -> Result<ExitCode> {
    let options = hub::on_this_machine();
    let options = options.as_ref();
    let mut text = String::from("built in, nothing to download:\n");
    for model in BUILT_IN {
        let (name, kind) = (model.name, kind(model.kind));
        writeln!(text, "  {name:<18} {kind:<12} {}", model.description)?;
    }
    text.push_str("\nwith weights to download:\n");
    for model in ZOO {
        writeln!(
            text,
            "  {:<18} {:<12} {:<18} {:>9}  {:<12} {}",
            model.name,
            values(model.dim),
            model.pretrained,
            DecimalBytes(model.size).to_string(),
            model.licence,
            if options.is_some_and(|options| is_present(model, options)) {
                "here"
            } else {
                "-"
            },
        )?;
    }
    let best = options.and_then(best_present);
    let best = best.map_or("classic", |(model, _)| model.name);
    writeln!(
        text,
        "\ntrained on your own pictures with `imgcluster train`:\n  autoencoder:FILE\n\
         \n`imgcluster models pull NAME` downloads one; `--model auto` is `{best}` on this machine"
    )?;
    session.printer.answer(&text)?;
    let zoo = ZOO.iter().map(|model| entry(model, options));
    let models: Vec<Value> = BUILT_IN.iter().map(built_in).chain(zoo).collect();
    session.printer.json(&json!({ "models": models }))?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn built_in(model: &ModelInfo) -> Value {
    let dim = match model.kind {
        ModelKind::Embedding { dim } => Some(dim),
        ModelKind::Hash { .. } | ModelKind::Compared => None,
    };
    json!({
        "name": model.name,
        "kind": kind(model.kind),
        "dim": dim,
        "description": model.description,
        "duplicate_threshold": duplicate_threshold(model.name).similarity,
        "grouping_threshold": grouping_threshold(model.name),
        "built_in": true,
        "ready": true,
    })
}
