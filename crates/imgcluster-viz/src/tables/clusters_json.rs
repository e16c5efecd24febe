//! `clusters.json`: everything but the features.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use imgcluster_core::{ContentHash, Outcome, RunRecord, RunTimes};
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::path_text;
use crate::VizError;

/// The version of this format.
const VERSION: u32 = 1;

/// Parameters that say how a run was carried out, not what comes out of it.
const CARRIED_OUT: [&str; 10] = [
    "batch-size",
    "device",
    "json",
    "output",
    "overwrite",
    "progress",
    "quiet",
    "store",
    "threads",
    "working-directory",
];

/// Writes `clusters.json`, format version 1.
///
/// Images are in row order; `cluster` is null for noise, `strength` where the algorithm has none.
/// A path that is not UTF-8 is shown lossily, with its bytes in `path_base64`; of a representative
/// or a sample only the text is given. `run` has what is the same however the run was carried out,
/// and the times.
///
/// # Errors
/// If it cannot be written.
pub fn write_clusters_json(outcome: &Outcome<'_>, writer: impl Write) -> Result<(), VizError> {
    let mut writer = BufWriter::new(writer);
    let document = Document {
        version: VERSION,
        run: Run::of(outcome.run),
        images: Each(|| (0..outcome.images.len()).map(|row| image(outcome, row))),
        clusters: Each(|| (0..outcome.clustering.clusters()).map(|id| cluster(outcome, id))),
        skipped: Each(|| {
            outcome.skipped.iter().map(|file| SkippedFile {
                path: PathFields::of(&file.path),
                reason: &file.reason,
            })
        }),
    };
    serde_json::to_writer(&mut writer, &document)
        .map_err(std::io::Error::from)
        .and_then(|()| writer.write_all(b"\n"))
        .and_then(|()| writer.flush())
        .map_err(VizError::write("clusters.json"))
}

#[derive(Serialize)]
struct Document<'a, I: Serialize, C: Serialize, S: Serialize> {
    version: u32,
    run: Run<'a>,
    images: I,
    clusters: C,
    skipped: S,
}

/// A list that is made while it is written.
struct Each<F>(F);

impl<F: Fn() -> I, I: Iterator<Item: Serialize>> Serialize for Each<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

/// The part of a [`RunRecord`] that is the same at any number of threads, batch size, working
/// directory and state of the cache; and the times.
#[derive(Serialize)]
struct Run<'a> {
    tool: &'a str,
    version: &'a str,
    started: &'a str,
    model: &'a str,
    weights: &'a ContentHash,
    preprocess: &'a ContentHash,
    algorithm: &'a str,
    parameters: BTreeMap<&'a str, &'a Value>,
    counts: Counts,
    times: &'a RunTimes,
}

#[derive(Serialize)]
struct Counts {
    images: usize,
    skipped: usize,
    clusters: usize,
    noise: usize,
}

impl<'a> Run<'a> {
    fn of(run: &'a RunRecord) -> Self {
        Self {
            tool: &run.tool,
            version: &run.version,
            started: &run.started,
            model: &run.model,
            weights: &run.weights,
            preprocess: &run.preprocess,
            algorithm: &run.algorithm,
            parameters: run
                .parameters
                .iter()
                .map(|(name, value)| (name.as_str(), value))
                .filter(|(name, _)| !CARRIED_OUT.contains(name))
                .collect(),
            counts: Counts {
                images: run.counts.images,
                skipped: run.counts.skipped,
                clusters: run.counts.clusters,
                noise: run.counts.noise,
            },
            times: &run.times,
        }
    }
}

#[derive(Serialize)]
struct PathFields<'a> {
    path: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_base64: Option<String>,
}

impl<'a> PathFields<'a> {
    fn of(path: &'a Path) -> Self {
        let (path, bytes) = path_text(path);
        Self {
            path,
            path_base64: bytes.map(|bytes| STANDARD.encode(bytes)),
        }
    }
}

#[derive(Serialize)]
struct ImageEntry<'a> {
    #[serde(flatten)]
    path: PathFields<'a>,
    hash: &'a ContentHash,
    width: u32,
    height: u32,
    cluster: Option<u32>,
    strength: Option<f32>,
    x: f32,
    y: f32,
}

fn image<'a>(outcome: &Outcome<'a>, row: usize) -> ImageEntry<'a> {
    let image = &outcome.images[row];
    let [x, y] = outcome.layout.places[row];
    ImageEntry {
        path: PathFields::of(&image.path),
        hash: &image.content,
        width: image.width,
        height: image.height,
        cluster: outcome.clustering.labels()[row].map(|id| id.0),
        strength: outcome.clustering.strengths().map(|all| all[row]),
        x,
        y,
    }
}

#[derive(Serialize)]
struct ClusterEntry<'a> {
    id: usize,
    size: usize,
    representative: Cow<'a, str>,
    min_similarity: f32,
    mean_similarity: f32,
    samples: Vec<Cow<'a, str>>,
}

fn cluster<'a>(outcome: &Outcome<'a>, id: usize) -> ClusterEntry<'a> {
    let summary = &outcome.summaries[id];
    let images = outcome.images;
    let path = move |row: u32| images[row as usize].path.to_string_lossy();
    ClusterEntry {
        id,
        size: outcome.clustering.sizes()[id],
        representative: path(summary.representative),
        min_similarity: summary.min_similarity,
        mean_similarity: summary.mean_similarity,
        samples: summary.samples.iter().map(|row| path(*row)).collect(),
    }
}

#[derive(Serialize)]
struct SkippedFile<'a> {
    #[serde(flatten)]
    path: PathFields<'a>,
    reason: &'a str,
}
