//! What goes into `run.json`, whatever the command: enough to run it again.

use std::path::PathBuf;
use std::time::SystemTime;

use clap::ValueEnum;
use imgcluster_core::{ContentHash, EmbeddingSpace, RunCounts, RunRecord};
use serde_json::{Map, Value, json};

use crate::arguments::{InputArguments, ModelArguments};
use crate::secrets::without_password;
use crate::session::Session;

/// What every command that looks at pictures has to tell.
pub(crate) struct Recorded<'a> {
    /// The algorithm, or the command where that says more.
    pub(crate) algorithm: &'a str,
    pub(crate) input: &'a InputArguments,
    /// How the model was asked for; nothing where none was.
    pub(crate) model: Option<&'a ModelArguments>,
    /// What told which pictures are alike; nothing where only bytes count.
    pub(crate) space: Option<&'a EmbeddingSpace>,
    /// Where the model ran.
    pub(crate) device: &'a str,
    pub(crate) started: SystemTime,
    pub(crate) session: &'a Session,
}

impl Recorded<'_> {
    /// Makes the record; `own` are the parameters of this command, by flag name.
    pub(crate) fn record(&self, own: Map<String, Value>, counts: RunCounts) -> RunRecord {
        let mut parameters = self.parameters();
        parameters.extend(own);
        let none = ContentHash([0; 32]);
        let (space, session) = (self.space, self.session);
        RunRecord {
            tool: "imgcluster".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            command: std::env::args_os()
                .map(|word| without_password(&word.to_string_lossy()))
                .collect(),
            started: humantime::format_rfc3339_seconds(self.started).to_string(),
            model: space.map_or("exact", |space| &space.model).to_owned(),
            weights: space.map_or(none, |space| space.weights),
            preprocess: space.map_or(none, |space| space.preprocess),
            algorithm: self.algorithm.to_owned(),
            parameters,
            device: format!("{} ({} threads)", self.device, session.threads),
            times: session.timer.times(),
            counts,
            files: Vec::new(),
        }
    }

    /// What was asked of files and model, by flag name.
    fn parameters(&self) -> Map<String, Value> {
        let input = self.input;
        let lossy = |path: &PathBuf| path.to_string_lossy().into_owned();
        let directory = std::env::current_dir().ok();
        let of_input = [
            ("exclude", json!(input.exclude)),
            ("files-from", json!(input.files_from.as_ref().map(lossy))),
            ("follow-symlinks", json!(input.follow_symlinks)),
            ("hidden", json!(input.hidden)),
            ("max-file-size", json!(input.max_file_size)),
            ("max-pixels", json!(input.max_pixels)),
            ("recursive", json!(!input.no_recursive)),
            ("threads", json!(self.session.threads)),
            ("working-directory", json!(directory.as_ref().map(lossy))),
        ];
        let of_model = self.model.filter(|_| self.space.is_some()).map(|model| {
            [
                ("batch-size", json!(model.batch_size.to_string())),
                ("canvas", json!(model.canvas)),
                ("device", json!(model.device.to_string())),
                ("model", json!(model.model)),
                ("precision", json!(typed(&model.precision))),
                ("preprocess", json!(typed(&model.preprocess))),
                ("pretrained", json!(model.pretrained)),
                ("raw", json!(model.raw)),
                ("weights", json!(model.weights.as_ref().map(lossy))),
            ]
        });
        let of_model = of_model.into_iter().flatten();
        named(of_input.into_iter().chain(of_model))
    }
}

/// Parameters by flag name.
pub(crate) fn named<'a>(pairs: impl IntoIterator<Item = (&'a str, Value)>) -> Map<String, Value> {
    let pairs = pairs.into_iter();
    pairs
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// A choice as it is typed.
pub(crate) fn typed(choice: &impl ValueEnum) -> Option<String> {
    let value = choice.to_possible_value()?;
    Some(value.get_name().to_owned())
}
