//! What was run: enough to run it again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::ContentHash;

/// What a run did, with what, and how long it took: the content of `run.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// The program, always `imgcluster`; marks a results folder as its own.
    pub tool: String,
    /// The program's version.
    pub version: String,
    /// The command line.
    pub command: Vec<String>,
    /// When the run began, RFC 3339 in UTC.
    pub started: String,
    /// The model's name.
    pub model: String,
    /// Hash of the model's weights, or of its algorithm's version.
    pub weights: ContentHash,
    /// Hash of what is done to pixels before the model.
    pub preprocess: ContentHash,
    /// The clustering algorithm's name.
    pub algorithm: String,
    /// Every parameter of the algorithm and the run, by flag name.
    pub parameters: Map<String, Value>,
    /// Where the model ran.
    pub device: String,
    /// Seconds per stage.
    pub times: RunTimes,
    /// How many of what.
    pub counts: RunCounts,
    /// The files of the results folder, relative to it.
    #[serde(default)]
    pub files: Vec<String>,
}

/// Seconds per stage, by the stage's name.
pub type RunTimes = BTreeMap<String, f64>;

/// How many of what in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RunCounts {
    /// Pictures that were clustered.
    pub images: usize,
    /// Of these, pictures whose features were computed in this run.
    pub embedded: usize,
    /// Of these, pictures whose features were already known.
    pub cached: usize,
    /// Files that were left out.
    pub skipped: usize,
    /// Clusters found.
    pub clusters: usize,
    /// Pictures in no cluster.
    pub noise: usize,
}
