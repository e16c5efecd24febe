//! `models list|show|pull`: what `--model` may name, and getting it.

mod list;
mod pull;
mod show;

pub(super) use list::list;
pub(super) use pull::pull;
pub(super) use show::show;

use imgcluster_embed::ModelKind;
use imgcluster_embed::hub::{HubOptions, ModelFiles, cached};
use imgcluster_embed::zoo::ZooModel;
use serde_json::{Value, json};

fn kind(kind: ModelKind) -> String {
    match kind {
        ModelKind::Embedding { dim } => values(dim),
        ModelKind::Hash { bits } => format!("{bits} bits"),
        ModelKind::Compared => "pairs".to_owned(),
    }
}

fn values(dim: usize) -> String {
    format!("{dim} values")
}

/// Everything of the table and whether it is here, for programs.
fn entry(model: &'static ZooModel, options: Option<&HubOptions>) -> Value {
    let files = options.and_then(|options| cached(&model.into(), options));
    json!({
        "name": model.name,
        "kind": values(model.dim),
        "dim": model.dim,
        "pretrained": model.pretrained,
        "repository": model.repository,
        "revision": model.revision,
        "file": model.weights,
        "sha256": model.sha256,
        "size": model.size,
        "licence": model.licence,
        "built_in": false,
        "ready": files.is_some(),
        "path": files.map(|files: ModelFiles| files.weights.to_string_lossy().into_owned()),
    })
}
