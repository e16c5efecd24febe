//! A whole results folder.

mod folder;
mod samples;
mod staging;
mod target;

pub use folder::ResultsFolder;
pub use samples::Samples;
pub(crate) use target::TOOL;

use std::path::PathBuf;

use imgcluster_core::{Features, Job, Outcome, Stage};

use crate::{VizError, plot, report, tables};

/// Which parts of the results are written; the tables always are.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four parts, each written or not"
)]
pub struct ResultsOptions {
    /// Whether `embeddings.npy`, `cluster_labels.npy` and `paths.txt` are written. Default: true.
    pub arrays: bool,
    /// Whether the map is drawn, as PNG and as SVG. Default: true.
    pub map: bool,
    /// Whether `report.html` is written. Default: true.
    pub report: bool,
    /// Whether sample pictures are copied. Default: true.
    pub samples: bool,
}

impl Default for ResultsOptions {
    fn default() -> Self {
        Self {
            arrays: true,
            map: true,
            report: true,
            samples: true,
        }
    }
}

/// Writes everything into the folder and puts it in its place; gives the folder's path.
///
/// Until the last step nothing at that path changes. A sample picture that cannot be read any more
/// is a warning.
///
/// ```
/// use imgcluster_core::{
///     ClusterSummary, Clustering, ContentHash, Features, Image, Job, Layout, Matrix, Outcome,
///     RunCounts, RunRecord, Skipped,
/// };
/// use imgcluster_viz::{ResultsFolder, ResultsOptions, write_results};
///
/// # let home = tempfile::tempdir()?;
/// let folder = ResultsFolder::prepare(&home.path().join("results"), false)?;
/// // … find images, compute features, cluster them, lay them out …
/// let hash = ContentHash([0; 32]);
/// let image = |name: &str| Image { path: name.into(), content: hash, width: 640, height: 480 };
/// let summary = ClusterSummary {
///     representative: 0,
///     min_similarity: 0.9,
///     min_is_exact: true,
///     mean_similarity: 0.9,
///     samples: vec![0, 1],
/// };
/// let run = RunRecord {
///     tool: "imgcluster".to_owned(),
///     version: "0.1.0".to_owned(),
///     command: vec!["imgcluster".to_owned()],
///     started: "2026-01-01T00:00:00Z".to_owned(),
///     model: "classic".to_owned(),
///     weights: hash,
///     preprocess: hash,
///     algorithm: "threshold".to_owned(),
///     parameters: Default::default(),
///     device: "cpu".to_owned(),
///     times: Default::default(),
///     counts: RunCounts { images: 2, clusters: 1, ..RunCounts::default() },
///     files: Vec::new(),
/// };
/// let outcome = Outcome {
///     images: &[image("a.jpg"), image("b.jpg")],
///     thumbnails: &[None, None],
///     features: &Features::Vectors(Matrix::new(vec![1.0, 0.0, 0.9, 0.1], 2)?),
///     clustering: &Clustering::from_groups(&[Some(0), Some(0)]),
///     summaries: &[summary],
///     noise_samples: &[],
///     layout: &Layout { places: vec![[0.0, 0.0], [1.0, 0.0]] },
///     trials: &[],
///     skipped: &[Skipped { path: "c.jpg".into(), reason: "the file is empty".to_owned() }],
///     run: &run,
/// };
/// let path = write_results(&outcome, folder, &ResultsOptions::default(), &Job::quiet())?;
/// assert!(path.join("report.html").exists() && path.join("clusters.json").exists());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If anything cannot be written, or the job is cancelled; the folder is then as it was before.
pub fn write_results(
    outcome: &Outcome<'_>,
    mut folder: ResultsFolder,
    options: &ResultsOptions,
    job: &Job<'_>,
) -> Result<PathBuf, VizError> {
    let stage = job.stage(Stage::Write, Some(5));
    write_tables(outcome, &mut folder)?;
    stage.advance(1);
    job.check()?;
    if options.arrays {
        write_arrays(outcome, &mut folder)?;
    }
    stage.advance(1);
    job.check()?;
    let samples = if options.samples {
        samples::copy_samples(outcome, &mut folder, job)?
    } else {
        Samples::default()
    };
    folder.write("cluster_info.json", |file| {
        tables::write_cluster_info(outcome, &samples, file)
    })?;
    stage.advance(1);
    job.check()?;
    if options.map {
        folder.write("cluster_visualization.png", |file| {
            plot::write_map_png(outcome, file)
        })?;
        folder.write("cluster_visualization.svg", |file| {
            plot::write_map_svg(outcome, file)
        })?;
    }
    stage.advance(1);
    job.check()?;
    if options.report {
        folder.write("report.html", |file| report::write_report(outcome, file))?;
    }
    stage.advance(1);
    job.check()?;
    folder.finish(outcome.run, job)
}

fn write_tables(outcome: &Outcome<'_>, folder: &mut ResultsFolder) -> Result<(), VizError> {
    folder.write("clusters.json", |file| {
        tables::write_clusters_json(outcome, file)
    })?;
    folder.write("clusters.csv", |file| {
        tables::write_clusters_csv(outcome, file)
    })?;
    folder.write("clustering_summary.txt", |file| {
        tables::write_summary(outcome, file)
    })?;
    folder.write("skipped.csv", |file| {
        tables::write_skipped_csv(outcome, file)
    })?;
    if outcome.trials.is_empty() {
        return Ok(());
    }
    folder.write("selection.csv", |file| {
        tables::write_selection_csv(outcome, file)
    })
}

fn write_arrays(outcome: &Outcome<'_>, folder: &mut ResultsFolder) -> Result<(), VizError> {
    if matches!(outcome.features, Features::Vectors(_)) {
        folder.write("embeddings.npy", |file| {
            tables::write_embeddings_npy(outcome, file).map(|_| ())
        })?;
    }
    folder.write("cluster_labels.npy", |file| {
        tables::write_labels_npy(outcome, file)
    })?;
    folder.write("paths.txt", |file| tables::write_paths_txt(outcome, file))
}

#[cfg(test)]
mod tests;
