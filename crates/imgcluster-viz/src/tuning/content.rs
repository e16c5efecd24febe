//! What the page's script gets to know.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use imgcluster_core::ContentHash;
use serde::Serialize;

use super::{
    NextCommands, TuneBar, TunePrecision, TuneRadius, TuneReport, TuneRow, TuneSuggestion,
};
use crate::page::BLOCK;
use crate::tables::path_text;

/// Everything but the thumbnails.
#[derive(Serialize)]
pub(super) struct Content<'a> {
    run: Run<'a>,
    curve: &'a [TuneRow],
    histogram: &'a [TuneBar],
    suggestions: &'a [TuneSuggestion],
    #[serde(rename = "minSamples")]
    min_samples: usize,
    #[serde(rename = "kDistances")]
    k_distances: &'a [f32],
    radii: &'a [TuneRadius],
    /// The images of the pairs, in the order of their thumbnails.
    images: Vec<ImageFile<'a>>,
    pairs: Vec<Pair>,
    precision: Option<&'a [TunePrecision]>,
    next: NextCommands<'a>,
    skipped: Vec<(Cow<'a, str>, &'a str)>,
    block: usize,
    #[serde(skip)]
    thumbnails: Vec<Option<&'a [u8]>>,
}

#[derive(Serialize)]
struct Run<'a> {
    version: &'a str,
    command: &'a [String],
    started: &'a str,
    model: &'a str,
    details: &'a [(String, String)],
    found: usize,
    images: usize,
}

/// A file as labels name it.
#[derive(Serialize)]
pub(super) struct ImageFile<'a> {
    path: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_base64: Option<String>,
    hash: &'a ContentHash,
}

impl<'a> ImageFile<'a> {
    pub(super) fn of(report: &TuneReport<'a>, place: usize) -> Self {
        let image = &report.images[place];
        let (path, bytes) = path_text(&image.path);
        Self {
            path,
            path_base64: bytes.map(|bytes| STANDARD.encode(bytes)),
            hash: &image.content,
        }
    }
}

#[derive(Serialize)]
struct Pair {
    a: usize,
    b: usize,
    similarity: f32,
    near: Option<f64>,
    asked: bool,
}

impl<'a> Content<'a> {
    /// One an image of a pair, in the order of the page.
    pub(super) fn thumbnails(&self) -> &[Option<&'a [u8]>] {
        &self.thumbnails
    }

    pub(super) fn of(report: &TuneReport<'a>) -> Self {
        // An image of several pairs is on the page once.
        let used = report.pairs.iter().flat_map(|pair| [pair.a, pair.b]);
        let mut places: BTreeMap<usize, usize> = used.map(|place| (place, 0)).collect();
        for (number, place) in places.values_mut().enumerate() {
            *place = number;
        }
        let pairs = report.pairs.iter().map(|pair| Pair {
            a: places[&pair.a],
            b: places[&pair.b],
            similarity: pair.similarity,
            near: pair.near,
            asked: pair.is_asked,
        });
        let thumbnail = |place: &usize| report.thumbnails.get(*place)?.as_deref();
        let skipped = report.skipped.iter();
        Self {
            run: Run {
                version: report.version,
                command: report.command,
                started: report.started,
                model: report.model,
                details: report.details,
                found: report.images_found,
                images: report.images.len(),
            },
            curve: report.curve,
            histogram: report.histogram,
            suggestions: report.suggestions,
            min_samples: report.min_samples,
            k_distances: report.k_distances,
            radii: report.radii,
            pairs: pairs.collect(),
            images: places
                .keys()
                .map(|place| ImageFile::of(report, *place))
                .collect(),
            thumbnails: places.keys().map(thumbnail).collect(),
            precision: report.precision,
            next: report.next,
            skipped: skipped
                .map(|file| (file.path.to_string_lossy(), file.reason.as_str()))
                .collect(),
            block: BLOCK,
        }
    }
}
