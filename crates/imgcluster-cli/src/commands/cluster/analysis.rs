//! Groups, what is to be known of each, and the map.

use anyhow::Result;
use imgcluster_cluster::{SummaryOptions, noise_samples, summarize};
use imgcluster_core::{ClusterSummary, Clustering, Layout, Points, Projector, Stage};
use imgcluster_viz::TSne;

use crate::arguments::OutputArguments;
use crate::session::Session;
use crate::settings::Algorithm;

pub(super) struct Analysis {
    pub(super) clustering: Clustering,
    pub(super) summaries: Vec<ClusterSummary>,
    pub(super) noise_samples: Vec<u32>,
    pub(super) layout: Layout,
}

/// Groups `points`; `likeness` are the same pictures by similarity, for what is shown of them.
pub(super) fn analyze(
    points: &Points<'_>,
    likeness: &Points<'_>,
    algorithm: &Algorithm,
    output: &OutputArguments,
    session: &Session,
) -> Result<Analysis> {
    let job = session.job();
    let stage = job.stage(Stage::Cluster, None);
    let clustering = algorithm
        .clusterer
        .cluster(points, &job)
        .map_err(anyhow::Error::from_boxed)?;
    let options = SummaryOptions {
        samples: output.samples_per_cluster,
        seed: output.seed,
        ..SummaryOptions::default()
    };
    let summaries = summarize(likeness, &clustering, &options, &job)?;
    let noise_samples = noise_samples(&clustering, options.samples, likeness, options.seed);
    drop(stage);
    let map = TSne {
        seed: output.seed,
        ..TSne::default()
    };
    let layout = map
        .project(likeness, &job)
        .map_err(anyhow::Error::from_boxed)?;
    Ok(Analysis {
        clustering,
        summaries,
        noise_samples,
        layout,
    })
}
