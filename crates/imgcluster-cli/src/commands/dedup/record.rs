//! What goes into `run.json`.

use std::time::SystemTime;

use imgcluster_core::{RunCounts, RunRecord};
use imgcluster_organize::ThinPlan;
use serde_json::json;

use super::Found;
use crate::arguments::DedupArguments;
use crate::run_record::{Recorded, named};
use crate::session::Session;

pub(super) fn record(
    found: &Found,
    plan: &ThinPlan,
    arguments: &DedupArguments,
    session: &Session,
    started: SystemTime,
) -> RunRecord {
    let flags = &arguments.duplicates;
    let references = flags.reference.iter().map(|path| path.to_string_lossy());
    let references: Vec<_> = references.collect();
    let parameters = named([
        ("across", json!(flags.across)),
        ("exact", json!(flags.exact)),
        ("keep", json!(flags.keep)),
        ("reference", json!(references)),
        ("sidecars", json!(!flags.no_sidecars)),
        ("threshold", json!(found.threshold)),
        ("within", json!(flags.within)),
    ]);
    let images = found.pictures.total;
    let grouped: usize = plan.groups.iter().map(|group| 1 + group.remove.len()).sum();
    let recorded = Recorded {
        algorithm: "duplicates",
        input: &arguments.input,
        model: Some(&arguments.model),
        space: found.space.as_ref(),
        device: &found.device,
        started,
        session,
    };
    let counts = RunCounts {
        images,
        embedded: found.embedded,
        cached: images.saturating_sub(found.embedded),
        skipped: found.pictures.skipped.len(),
        clusters: plan.groups.len(),
        noise: images.saturating_sub(grouped),
    };
    recorded.record(parameters, counts)
}
