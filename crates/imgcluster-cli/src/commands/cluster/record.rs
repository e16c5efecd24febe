//! What goes into `run.json`.

use std::time::SystemTime;

use imgcluster_core::{RunCounts, RunRecord, Trial};
use serde_json::{Map, Value, json};

use super::Found;
use super::partition::Parted;
use crate::arguments::ClusterArguments;
use crate::run_record::{Recorded, named, typed};
use crate::session::Session;
use crate::settings::Algorithm;

/// Everything that is known when a run is written down.
#[derive(Clone, Copy)]
pub(super) struct RunFacts<'a> {
    pub(super) arguments: &'a ClusterArguments,
    /// Where the model ran.
    pub(super) device: &'a str,
    pub(super) algorithm: &'a Algorithm,
    pub(super) session: &'a Session,
    pub(super) started: SystemTime,
    pub(super) found: &'a Found,
}

impl RunFacts<'_> {
    pub(super) fn record(&self) -> RunRecord {
        let Self {
            arguments,
            device,
            algorithm,
            session,
            found,
            ..
        } = self;
        let (output, flags) = (&arguments.output, &arguments.partition);
        let mut parameters = algorithm.parameters.clone();
        parameters.extend(named([
            ("partition", json!(flags.partition)),
            ("partition-noise", json!(flags.partition_noise)),
            ("samples-per-cluster", json!(output.samples_per_cluster)),
            ("search", json!(typed(&arguments.search.search))),
            ("seed", json!(output.seed)),
            ("whiten", json!(arguments.whiten)),
        ]));
        let chosen = found.analysis.trials.iter().find(|trial| trial.is_chosen);
        parameters.extend(chosen.map(|trial| ("chosen".to_owned(), setting(trial))));
        parameters.extend(found.parted.iter().flat_map(Parted::record));
        if let Some(recall) = found.recall {
            parameters.insert("search-recall".to_owned(), json!(recall));
        }
        let clustering = &found.analysis.clustering;
        let images = found.ingested.images.len();
        let recorded = Recorded {
            algorithm: algorithm.name,
            input: &arguments.input,
            model: Some(&arguments.model),
            space: Some(&found.space),
            device,
            started: self.started,
            session,
        };
        let counts = RunCounts {
            images,
            embedded: found.ingested.embedded,
            cached: images.saturating_sub(found.ingested.embedded),
            skipped: found.ingested.skipped.len(),
            clusters: clustering.clusters(),
            noise: clustering.noise(),
        };
        recorded.record(parameters, counts)
    }
}

/// The setting that an automatic choice took, by flag name.
fn setting(trial: &Trial) -> Value {
    let value = |text: &String| {
        // Numbers are typed as JSON writes them; words are not.
        serde_json::from_str(text).unwrap_or_else(|_| json!(text))
    };
    let parameters = trial.parameters.iter();
    let mut setting: Map<String, Value> = parameters
        .map(|(name, text)| ((*name).to_owned(), value(text)))
        .collect();
    setting.insert("algorithm".to_owned(), json!(trial.algorithm));
    Value::Object(setting)
}
