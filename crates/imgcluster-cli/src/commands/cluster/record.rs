//! What goes into `run.json`: enough to run it again.

use std::path::PathBuf;
use std::time::SystemTime;

use clap::ValueEnum;
use imgcluster_core::{RunCounts, RunRecord, Trial};
use serde_json::{Map, Value, json};

use super::Found;
use super::partition::Parted;
use crate::arguments::ClusterArguments;
use crate::secrets::without_password;
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
        let mut parameters = algorithm.parameters.clone();
        let (input, model, output) = (&arguments.input, &arguments.model, &arguments.output);
        let lossy = |path: &PathBuf| path.to_string_lossy().into_owned();
        let settings = [
            ("batch-size", json!(model.batch_size.to_string())),
            ("canvas", json!(model.canvas)),
            ("device", json!(model.device.to_string())),
            ("exclude", json!(input.exclude)),
            ("files-from", json!(input.files_from.as_ref().map(lossy))),
            ("follow-symlinks", json!(input.follow_symlinks)),
            ("hidden", json!(input.hidden)),
            ("max-file-size", json!(input.max_file_size)),
            ("max-pixels", json!(input.max_pixels)),
            ("partition", json!(arguments.partition.partition)),
            (
                "partition-noise",
                json!(arguments.partition.partition_noise),
            ),
            ("precision", json!(typed(&model.precision))),
            ("preprocess", json!(typed(&model.preprocess))),
            ("pretrained", json!(model.pretrained)),
            ("raw", json!(model.raw)),
            ("recursive", json!(!input.no_recursive)),
            ("samples-per-cluster", json!(output.samples_per_cluster)),
            ("search", json!(typed(&arguments.search.search))),
            ("seed", json!(output.seed)),
            ("threads", json!(session.threads)),
            (
                "working-directory",
                json!(std::env::current_dir().ok().as_ref().map(lossy)),
            ),
            ("weights", json!(model.weights.as_ref().map(lossy))),
        ];
        parameters.extend(settings.map(|(name, value)| (name.to_owned(), value)));
        let chosen = found.analysis.trials.iter().find(|trial| trial.is_chosen);
        parameters.extend(chosen.map(|trial| ("chosen".to_owned(), setting(trial))));
        parameters.extend(found.parted.iter().flat_map(Parted::record));
        if let Some(recall) = found.recall {
            parameters.insert("search-recall".to_owned(), json!(recall));
        }
        let clustering = &found.analysis.clustering;
        let images = found.ingested.images.len();
        RunRecord {
            tool: "imgcluster".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            command: std::env::args_os()
                .map(|word| without_password(&word.to_string_lossy()))
                .collect(),
            started: humantime::format_rfc3339_seconds(self.started).to_string(),
            model: found.space.model.clone(),
            weights: found.space.weights,
            preprocess: found.space.preprocess,
            algorithm: algorithm.name.to_owned(),
            parameters,
            device: format!("{device} ({} threads)", session.threads),
            times: session.timer.times(),
            counts: RunCounts {
                images,
                embedded: found.ingested.embedded,
                cached: images.saturating_sub(found.ingested.embedded),
                skipped: found.ingested.skipped.len(),
                clusters: clustering.clusters(),
                noise: clustering.noise(),
            },
            files: Vec::new(),
        }
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

/// A choice as it is typed.
fn typed(choice: &impl ValueEnum) -> Option<String> {
    let value = choice.to_possible_value()?;
    Some(value.get_name().to_owned())
}
