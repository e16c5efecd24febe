//! `models list`: what `--model` may name.

use std::fmt::Write;
use std::process::ExitCode;

use anyhow::Result;
use imgcluster_embed::{BUILT_IN, ModelKind};
use serde_json::json;

use crate::session::Session;

pub(super) fn list(session: &Session) -> Result<ExitCode> {
    let mut text = String::new();
    for model in BUILT_IN {
        writeln!(
            text,
            "{:<8} {:<12} {}",
            model.name,
            kind(model.kind),
            model.description
        )?;
    }
    text.push_str("\nall are built in and need no download; `--model auto` is `classic`\n");
    session.printer.answer(&text)?;
    let models: Vec<_> = BUILT_IN
        .iter()
        .map(|model| {
            json!({
                "name": model.name,
                "kind": kind(model.kind),
                "description": model.description,
                "ready": true,
            })
        })
        .collect();
    session.printer.json(&json!({ "models": models }))?;
    Ok(ExitCode::SUCCESS)
}

fn kind(kind: ModelKind) -> String {
    match kind {
        ModelKind::Embedding { dim } => format!("{dim} values"),
        ModelKind::Hash { bits } => format!("{bits} bits"),
    }
}
