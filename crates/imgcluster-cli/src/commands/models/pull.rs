//! `models pull`: downloads the weights of a model, or verifies those that are here.

use std::process::ExitCode;

use anyhow::Result;
use imgcluster_embed::BUILT_IN;
use imgcluster_embed::hub::{ModelRequest, ModelSource, pull as pull_model, repository_folder};
use serde_json::{Map, Value, json};

use super::show::parts;
use crate::arguments::PullArguments;
use crate::failure::Refusal;
use crate::hub;
use crate::session::Session;

pub(in crate::commands) fn pull(arguments: &PullArguments, session: &Session) -> Result<ExitCode> {
    let name = arguments.name.as_str();
    refuse_offline(arguments.offline)?;
    if BUILT_IN.iter().any(|model| model.name == name) {
        session.printer.answer(&format!(
            "`{name}` is built in; there is nothing to download\n"
        ))?;
        session
            .printer
            .json(&json!({ "name": name, "files": {} }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let request = ModelRequest::parse(name, arguments.pretrained.as_deref())
        .map_err(|error| hub::explain(error, None))?;
    if let ModelSource::Folder(_) = request.source {
        let message = format!("`{name}` is a folder; there is nothing to download");
        return Err(Refusal::usage(message, "see `imgcluster models list`").into());
    }
    let options = hub::options(false)?;
    let files = pull_model(&request, &options, &session.job()).map_err(|error| {
        let folder = repository_folder(&request, &options);
        hub::explain(error, folder.as_deref())
    })?;
    let path = files.weights.display();
    session.printer.answer(&format!("{path}\n"))?;
    let paths: Map<String, Value> = parts(&files)
        .map(|(what, path)| (what.to_owned(), json!(path.to_string_lossy())))
        .collect();
    session
        .printer
        .json(&json!({ "name": name, "files": paths }))?;
    Ok(ExitCode::SUCCESS)
}

/// Refuses what cannot be done without a network.
fn refuse_offline(flag: bool) -> Result<(), Refusal> {
    let copy = "to bring a model from another machine, copy its folder below `hub` in HF_HOME";
    if flag {
        let message = "`models pull` is what `--offline` forbids";
        return Err(Refusal::usage(message, copy));
    }
    if hub::forbidden() {
        let message = "`models pull` needs the network, which HF_HUB_OFFLINE forbids";
        return Err(Refusal::new(
            message,
            format!("unset HF_HUB_OFFLINE; {copy}"),
        ));
    }
    Ok(())
}
