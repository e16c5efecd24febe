//! `tune.json`: what the page shows, for programs.

use std::collections::BTreeMap;
use std::io::{BufWriter, Write};

use serde::Serialize;

use super::content::ImageFile;
use super::{TuneBar, TunePrecision, TuneReport, TuneRow};
use crate::VizError;

/// The version of this format.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    run: Run<'a>,
    images_found: usize,
    images_sampled: usize,
    curve: &'a [TuneRow],
    histogram: &'a [TuneBar],
    k_distances: Distances<'a>,
    suggestions: Vec<Suggestion<'a>>,
    radii: Vec<Density<'a>>,
    pairs: Vec<Pair<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    labels: Option<Labels<'a>>,
    skipped: Vec<Skipped<'a>>,
}

#[derive(Serialize)]
struct Run<'a> {
    tool: &'a str,
    version: &'a str,
    command: &'a [String],
    started: &'a str,
    model: &'a str,
    parameters: BTreeMap<&'a str, &'a str>,
}

#[derive(Serialize)]
struct Distances<'a> {
    min_samples: usize,
    distances: &'a [f32],
}

#[derive(Serialize)]
struct Suggestion<'a> {
    kind: &'a str,
    reason: &'a str,
    #[serde(flatten)]
    row: Option<&'a TuneRow>,
    command: String,
}

#[derive(Serialize)]
struct Density<'a> {
    kind: &'a str,
    radius: f32,
    core: usize,
    reason: &'a str,
    command: String,
}

#[derive(Serialize)]
struct Pair<'a> {
    a: ImageFile<'a>,
    b: ImageFile<'a>,
    similarity: f32,
    near: Option<f64>,
    asked: bool,
}

#[derive(Serialize)]
struct Labels<'a> {
    precision: &'a [TunePrecision],
}

#[derive(Serialize)]
struct Skipped<'a> {
    path: std::borrow::Cow<'a, str>,
    reason: &'a str,
}

/// Writes `tune.json`, format version 1.
///
/// Everything that the page shows but the thumbnails. A path that is not UTF-8 is shown lossily, with
/// its bytes in `path_base64`. `near` of a pair is the strictest threshold of the curve at which it is
/// alike; `labels` is there if the run had labels.
///
/// # Errors
/// If it cannot be written.
///
/// # Panics
/// Panics if a pair names an image that is not in the sample.
pub fn write_tune_json(report: &TuneReport<'_>, writer: impl Write) -> Result<(), VizError> {
    let mut writer = BufWriter::new(writer);
    serde_json::to_writer(&mut writer, &document(report))
        .map_err(std::io::Error::from)
        .and_then(|()| writer.write_all(b"\n"))
        .and_then(|()| writer.flush())
        .map_err(VizError::write("tune.json"))
}

fn document<'a>(report: &TuneReport<'a>) -> Document<'a> {
    let suggestions = report.suggestions.iter().map(|suggestion| {
        let is_it = |row: &&TuneRow| row.threshold.total_cmp(&suggestion.threshold).is_eq();
        let (before, after) = report.next.threshold;
        Suggestion {
            kind: &suggestion.kind,
            reason: &suggestion.reason,
            row: report.curve.iter().find(is_it),
            command: format!("{before}{}{after}", suggestion.threshold),
        }
    });
    let radii = report.radii.iter().map(|radius| {
        let (before, after) = report.next.radius;
        Density {
            kind: &radius.kind,
            radius: radius.radius,
            core: radius.core,
            reason: &radius.reason,
            command: format!("{before}{}{after}", radius.radius),
        }
    });
    let pairs = report.pairs.iter().map(|pair| Pair {
        a: ImageFile::of(report, pair.a),
        b: ImageFile::of(report, pair.b),
        similarity: pair.similarity,
        near: pair.near,
        asked: pair.is_asked,
    });
    let skipped = report.skipped.iter().map(|file| Skipped {
        path: file.path.to_string_lossy(),
        reason: &file.reason,
    });
    let details = report.details.iter();
    Document {
        version: VERSION,
        run: Run {
            tool: "imgcluster",
            version: report.version,
            command: report.command,
            started: report.started,
            model: report.model,
            parameters: details
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect(),
        },
        images_found: report.images_found,
        images_sampled: report.images.len(),
        curve: report.curve,
        histogram: report.histogram,
        k_distances: Distances {
            min_samples: report.min_samples,
            distances: report.k_distances,
        },
        suggestions: suggestions.collect(),
        radii: radii.collect(),
        pairs: pairs.collect(),
        labels: report.precision.map(|precision| Labels { precision }),
        skipped: skipped.collect(),
    }
}
