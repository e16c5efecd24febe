//! `--whiten`: vectors along their principal components.

use anyhow::Result;
use imgcluster_cluster::Whitening;
use imgcluster_core::{Matrix, Stage, UnitMatrix};

use crate::arguments::{ClusterArguments, SearchName};
use crate::failure::Refusal;
use crate::session::Session;

/// Refuses it where a database searches, which knows only vectors as they are.
///
/// # Errors
/// A usage error.
pub(super) fn refuse_search(arguments: &ClusterArguments) -> Result<(), Refusal> {
    if !arguments.whiten || arguments.search.search != SearchName::Database {
        return Ok(());
    }
    let message =
        "`--whiten` does not go with `--search database`, which knows vectors as they are";
    Err(Refusal::usage(message, "leave one of them out"))
}

/// Refuses it for a model that makes no vectors.
///
/// # Errors
/// A usage error.
pub(super) fn refuse_model(arguments: &ClusterArguments, model: &str) -> Result<(), Refusal> {
    if !arguments.whiten {
        return Ok(());
    }
    let message = format!("`--whiten` does nothing with `--model {model}`, which makes no vectors");
    let hint = "leave `--whiten` out, or add `--model classic`";
    Err(Refusal::usage(message, hint))
}

/// Whitens the vectors, and tells how many components are left.
pub(super) fn whiten(rows: &Matrix, session: &Session) -> Result<UnitMatrix> {
    let job = session.job();
    let _stage = job.stage(Stage::Cluster, None);
    let whitened = Whitening::default().whiten(rows.view(), &job)?;
    session.printer.note(&match whitened.components {
        0 => "whitening: nothing varies, the vectors are as they were".to_owned(),
        1 => format!(
            "whitening: 1 component explains {:.1} % of what varies",
            100.0 * whitened.explained
        ),
        components => format!(
            "whitening: {components} components explain {:.1} % of what varies",
            100.0 * whitened.explained
        ),
    });
    Ok(whitened.rows)
}
