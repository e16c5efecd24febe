//! `doctor`: whether the main job can run here, and what this build can do.

use std::fmt::Write;
use std::process::ExitCode;

use anyhow::Result;
use imgcluster_core::Store;
use imgcluster_embed::{BUILT_IN, FORMATS};
use serde_json::json;

use crate::arguments::StoreArguments;
use crate::session::{OpenStore, Session, address};

pub(super) fn run(arguments: &StoreArguments, session: &Session) -> Result<ExitCode> {
    let url = address(arguments)?;
    let opened = OpenStore::open(arguments).and_then(|store| {
        store
            .wait(store.store.status())
            .map(|status| (store, status))
    });
    let models: Vec<&str> = BUILT_IN.iter().map(|model| model.name).collect();
    let mut text = String::new();
    writeln!(text, "version  {}", env!("CARGO_PKG_VERSION"))?;
    writeln!(text, "device   cpu, {} threads", session.threads)?;
    writeln!(text, "formats  {}", FORMATS.join(", "))?;
    writeln!(text, "models   {} (all built in)", models.join(", "))?;
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
        "device": "cpu",
        "threads": session.threads,
        "formats": FORMATS,
        "models": models,
        "store": {"url": url.to_string(), "ready": opened.is_ok()},
    }))?;
    opened?;
    session.printer.answer("the main job can run here\n")?;
    Ok(ExitCode::SUCCESS)
}
