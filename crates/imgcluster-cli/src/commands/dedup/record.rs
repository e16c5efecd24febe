//! What goes into `run.json`.

use std::time::SystemTime;

use imgcluster_core::{ContentHash, RunCounts, RunRecord};
use imgcluster_organize::ThinPlan;
use serde_json::{Map, Value, json};

use super::Found;
use crate::arguments::DedupArguments;
use crate::secrets::without_password;
use crate::session::Session;

pub(super) fn record(
    found: &Found,
    plan: &ThinPlan,
    arguments: &DedupArguments,
    session: &Session,
    started: SystemTime,
) -> RunRecord {
    let (input, flags) = (&arguments.input, &arguments.duplicates);
    let lossy = |path: &std::path::PathBuf| path.to_string_lossy().into_owned();
    let settings = [
        ("across", json!(flags.across)),
        ("exact", json!(flags.exact)),
        ("exclude", json!(input.exclude)),
        ("follow-symlinks", json!(input.follow_symlinks)),
        ("hidden", json!(input.hidden)),
        ("keep", json!(flags.keep)),
        ("max-file-size", json!(input.max_file_size)),
        ("max-pixels", json!(input.max_pixels)),
        ("recursive", json!(!input.no_recursive)),
        (
            "reference",
            json!(flags.reference.iter().map(lossy).collect::<Vec<_>>()),
        ),
        ("sidecars", json!(!flags.no_sidecars)),
        ("threads", json!(session.threads)),
        ("threshold", json!(found.threshold)),
        ("within", json!(flags.within)),
        (
            "working-directory",
            json!(std::env::current_dir().ok().as_ref().map(lossy)),
        ),
    ];
    let settings = settings.map(|(name, value)| (name.to_owned(), value));
    let parameters: Map<String, Value> = settings.into_iter().collect();
    let images = found.pictures.total;
    let none = ContentHash([0; 32]);
    let grouped: usize = plan.groups.iter().map(|group| 1 + group.remove.len()).sum();
    RunRecord {
        tool: "imgcluster".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        command: std::env::args_os()
            .map(|word| without_password(&word.to_string_lossy()))
            .collect(),
        started: humantime::format_rfc3339_seconds(started).to_string(),
        model: found
            .space
            .as_ref()
            .map_or("exact", |space| &space.model)
            .to_owned(),
        weights: found.space.as_ref().map_or(none, |space| space.weights),
        preprocess: found.space.as_ref().map_or(none, |space| space.preprocess),
        algorithm: "duplicates".to_owned(),
        parameters,
        device: format!("{} ({} threads)", found.device, session.threads),
        times: session.timer.times(),
        counts: RunCounts {
            images,
            embedded: found.embedded,
            cached: images.saturating_sub(found.embedded),
            skipped: found.pictures.skipped.len(),
            clusters: plan.groups.len(),
            noise: images.saturating_sub(grouped),
        },
        files: Vec::new(),
    }
}
