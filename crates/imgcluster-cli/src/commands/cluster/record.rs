//! What goes into `run.json`: enough to run it again.

use std::time::SystemTime;

use imgcluster_core::{RunCounts, RunRecord};
use serde_json::json;

use super::Found;
use crate::arguments::ClusterArguments;
use crate::session::Session;
use crate::settings::Algorithm;

/// Everything that is known when a run is written down.
#[derive(Clone, Copy)]
pub(super) struct RunFacts<'a> {
    pub(super) arguments: &'a ClusterArguments,
    pub(super) algorithm: &'a Algorithm,
    pub(super) session: &'a Session,
    pub(super) started: SystemTime,
    pub(super) found: &'a Found,
}

impl RunFacts<'_> {
    pub(super) fn record(&self) -> RunRecord {
        let Self {
            arguments,
            algorithm,
            session,
            found,
            ..
        } = self;
        let mut parameters = algorithm.parameters.clone();
        parameters.insert("seed".to_owned(), json!(arguments.output.seed));
        parameters.insert("raw".to_owned(), json!(arguments.model.raw));
        let clustering = &found.analysis.clustering;
        let images = found.ingested.images.len();
        RunRecord {
            tool: "imgcluster".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            command: std::env::args_os()
                .map(|word| word.to_string_lossy().into_owned())
                .collect(),
            started: humantime::format_rfc3339_seconds(self.started).to_string(),
            model: found.space.model.clone(),
            weights: found.space.weights,
            preprocess: found.space.preprocess,
            algorithm: algorithm.name.to_owned(),
            parameters,
            device: format!("cpu ({} threads)", session.threads),
            times: session.timer.times(),
            counts: RunCounts {
                images,
                embedded: found.ingested.embedded,
                cached: images - found.ingested.embedded,
                skipped: found.ingested.skipped.len(),
                clusters: clustering.clusters(),
                noise: clustering.noise(),
            },
            files: Vec::new(),
        }
    }
}
