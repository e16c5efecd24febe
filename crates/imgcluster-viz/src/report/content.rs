//! What the page's script gets to know.

use std::borrow::Cow;

use imgcluster_core::{Outcome, RunTimes, Trial};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::page::BLOCK;
use crate::plot::palette::{self, Mark};

/// Everything but the thumbnails; images as columns, in row order.
#[derive(Serialize)]
pub(super) struct Content<'a> {
    run: Run<'a>,
    clusters: Vec<Cluster>,
    images: Images<'a>,
    skipped: Vec<(Cow<'a, str>, &'a str)>,
    /// What an automatic choice tried, the best first.
    trials: Vec<Tried<'a>>,
    /// Rows in the order of the page: cluster after cluster, the samples of each first; then noise.
    pub(super) order: Vec<u32>,
    block: usize,
    #[serde(rename = "noiseColor")]
    noise_color: String,
}

#[derive(Serialize)]
struct Run<'a> {
    version: &'a str,
    command: &'a [String],
    started: &'a str,
    model: &'a str,
    algorithm: &'a str,
    parameters: &'a Map<String, Value>,
    device: &'a str,
    times: &'a RunTimes,
}

#[derive(Serialize)]
struct Tried<'a> {
    chosen: bool,
    flags: String,
    clusters: Option<usize>,
    noise: Option<usize>,
    /// Silhouette, Caliński–Harabasz, Davies–Bouldin, and the score they make.
    scores: [Option<f64>; 4],
    reason: Option<&'a str>,
}

#[derive(Serialize)]
struct Cluster {
    size: usize,
    min: f32,
    exact: bool,
    mean: f32,
    color: String,
    mark: &'static str,
}

#[derive(Serialize)]
struct Images<'a> {
    path: Vec<Cow<'a, str>>,
    /// -1 is noise.
    cluster: Vec<i64>,
    x: Vec<f32>,
    y: Vec<f32>,
    width: Vec<u32>,
    height: Vec<u32>,
    strength: Option<&'a [f32]>,
}

impl<'a> Content<'a> {
    pub(super) fn of(outcome: &Outcome<'a>) -> Self {
        let run = outcome.run;
        let skipped = outcome.skipped.iter();
        Self {
            run: Run {
                version: &run.version,
                command: &run.command,
                started: &run.started,
                model: &run.model,
                algorithm: &run.algorithm,
                parameters: &run.parameters,
                device: &run.device,
                times: &run.times,
            },
            clusters: clusters(outcome),
            images: images(outcome),
            skipped: skipped
                .map(|file| (file.path.to_string_lossy(), file.reason.as_str()))
                .collect(),
            trials: outcome.trials.iter().map(tried).collect(),
            order: order(outcome),
            block: BLOCK,
            noise_color: palette::hex(palette::NOISE),
        }
    }
}

fn tried(trial: &Trial) -> Tried<'_> {
    Tried {
        chosen: trial.is_chosen,
        flags: trial.flags(),
        clusters: trial.clusters,
        noise: trial.noise,
        scores: [
            trial.silhouette,
            trial.calinski_harabasz,
            trial.davies_bouldin,
            trial.score,
        ],
        reason: trial.reason.as_deref(),
    }
}

fn clusters(outcome: &Outcome<'_>) -> Vec<Cluster> {
    let sizes = outcome.clustering.sizes().iter();
    let each = sizes.zip(outcome.summaries).zip(0..);
    each.map(|((size, summary), id)| Cluster {
        size: *size,
        min: summary.min_similarity,
        exact: summary.min_is_exact,
        mean: summary.mean_similarity,
        color: palette::hex(palette::color(id)),
        mark: match palette::mark(id) {
            Mark::Circle => "circle",
            Mark::Square => "square",
            Mark::Triangle => "triangle",
            Mark::Diamond => "diamond",
        },
    })
    .collect()
}

fn images<'a>(outcome: &Outcome<'a>) -> Images<'a> {
    let all = outcome.images;
    let labels = outcome.clustering.labels().iter();
    // A page shows no more than a few digits.
    let place = |axis: usize| {
        let rounded = move |place: &[f32; 2]| (place[axis] * 1e3).round() / 1e3;
        outcome.layout.places.iter().map(rounded).collect()
    };
    Images {
        path: all
            .iter()
            .map(|image| image.path.to_string_lossy())
            .collect(),
        cluster: labels
            .map(|label| label.map_or(-1, |id| i64::from(id.0)))
            .collect(),
        x: place(0),
        y: place(1),
        width: all.iter().map(|image| image.width).collect(),
        height: all.iter().map(|image| image.height).collect(),
        strength: outcome.clustering.strengths(),
    }
}

fn order(outcome: &Outcome<'_>) -> Vec<u32> {
    let mut order = Vec::with_capacity(outcome.images.len());
    for (rows, summary) in outcome.clustering.members().iter().zip(outcome.summaries) {
        order.extend(&summary.samples);
        order.extend(rows.iter().filter(|row| !summary.samples.contains(row)));
    }
    let labels = outcome.clustering.labels().iter().zip(0_u32..);
    order.extend(
        labels
            .filter(|(label, _)| label.is_none())
            .map(|(_, row)| row),
    );
    order
}
