//! What is written: the curves for programs, as a picture, and as a page to choose on.

use std::path::PathBuf;
use std::time::SystemTime;

use anyhow::Result;
use imgcluster_cluster::{SamplePair, SuggestionKind, pairs_to_label, pairs_to_show};
use imgcluster_core::{RunCounts, RunRecord, Stage};
use imgcluster_viz::{
    ResultsFolder, TuneBar, TunePair, TunePrecision, TuneRadius, TuneReport, TuneRow,
    TuneSuggestion, VizError, write_labels, write_tune_json, write_tune_png, write_tune_report,
};
use serde_json::json;

use super::labels::LABELS;
use super::next::Next;
use super::{ASKED, Seen, content_keys};
use crate::arguments::TuneArguments;
use crate::run_record::{Recorded, named};
use crate::session::Session;

/// Pairs that the page can show.
const SHOWN: usize = 240;

/// Everything that the results tell.
pub(super) struct Facts<'a> {
    pub(super) arguments: &'a TuneArguments,
    pub(super) session: &'a Session,
    pub(super) started: SystemTime,
    pub(super) device: String,
    /// How many files were found, in the sample or not.
    pub(super) found: usize,
    pub(super) seen: &'a Seen,
    pub(super) thumbnails: &'a [Option<Vec<u8>>],
    pub(super) next: &'a Next,
}

/// Writes all of it; gives the folder, and what is in `tune.json`.
pub(super) fn write(facts: &Facts<'_>, mut folder: ResultsFolder) -> Result<(PathBuf, Vec<u8>)> {
    let job = facts.session.job();
    let stage = job.stage(Stage::Write, None);
    let record = record(facts);
    let parts = Parts::of(facts);
    let report = parts.report(facts, &record);
    let mut document = Vec::new();
    write_tune_json(&report, &mut document)?;
    folder.write("tune.json", |file| {
        let written = file.write_all(&document);
        written.map_err(|source| VizError::Write {
            what: "tune.json",
            source,
        })
    })?;
    folder.write("tune.png", |file| write_tune_png(&report, file))?;
    folder.write("tune.html", |file| write_tune_report(&report, file))?;
    let seen = facts.seen;
    if seen.precision.is_some() {
        let labels = seen.said.document(&seen.ingested.images, &seen.space.model);
        folder.write(LABELS, |file| write_labels(&labels, file))?;
    }
    let at = folder.finish(&record, &job)?;
    drop(stage);
    Ok((at, document))
}

/// The parts of a report, as it has them.
struct Parts {
    details: Vec<(String, String)>,
    curve: Vec<TuneRow>,
    histogram: Vec<TuneBar>,
    suggestions: Vec<TuneSuggestion>,
    radii: Vec<TuneRadius>,
    pairs: Vec<TunePair>,
    precision: Option<Vec<TunePrecision>>,
}

impl Parts {
    fn of(facts: &Facts<'_>) -> Self {
        let (seen, flags) = (facts.seen, &facts.arguments.tuning);
        let tuning = &seen.tuning;
        let curve = tuning.curve.iter().map(|row| TuneRow {
            threshold: row.threshold,
            pairs: row.pairs,
            clusters: row.clusters,
            clustered: row.clustered,
            largest: row.largest,
            noise: row.noise,
        });
        let histogram = tuning.histogram().into_iter().map(|bar| TuneBar {
            low: bar.low,
            high: bar.high,
            pairs: bar.pairs,
        });
        let suggestions = tuning.suggestions.iter().map(|suggestion| TuneSuggestion {
            kind: suggestion.kind.name().to_owned(),
            threshold: suggestion.row.threshold,
            reason: suggestion.reason.clone(),
        });
        let radii = tuning.radius_suggestions.iter().map(|radius| TuneRadius {
            kind: radius.kind.name().to_owned(),
            radius: radius.radius,
            core: radius.core,
            reason: radius.reason.clone(),
        });
        let precision = seen.precision.as_ref().map(|rows| {
            let row = |row: &imgcluster_cluster::PrecisionRow| TunePrecision {
                threshold: row.threshold,
                pairs: row.pairs,
                labelled: row.labelled,
                alike: row.alike,
                precision: row.precision,
                low: row.low,
                high: row.high,
            };
            rows.iter().map(row).collect()
        });
        let details = [
            ("sample", flags.sample.to_string()),
            ("seed", flags.seed.to_string()),
        ];
        Self {
            details: details.map(|(name, value)| (name.to_owned(), value)).into(),
            curve: curve.collect(),
            histogram: histogram.collect(),
            suggestions: suggestions.collect(),
            radii: radii.collect(),
            pairs: pairs(seen, flags.seed),
            precision,
        }
    }

    fn report<'a>(&'a self, facts: &'a Facts<'_>, record: &'a RunRecord) -> TuneReport<'a> {
        let seen = facts.seen;
        TuneReport {
            version: &record.version,
            command: &record.command,
            started: &record.started,
            model: &record.model,
            details: &self.details,
            images_found: facts.found,
            images: &seen.ingested.images,
            thumbnails: facts.thumbnails,
            curve: &self.curve,
            histogram: &self.histogram,
            suggestions: &self.suggestions,
            min_samples: seen.tuning.min_samples.get(),
            k_distances: &seen.tuning.k_distances,
            radii: &self.radii,
            pairs: &self.pairs,
            precision: self.precision.as_deref(),
            skipped: &seen.ingested.skipped,
            next: facts.next.commands(),
        }
    }
}

/// Pairs to look at, and those to ask about.
fn pairs(found: &Seen, seed: u64) -> Vec<TunePair> {
    let tuning = &found.tuning;
    let asked = pairs_to_label(tuning, ASKED, seed, content_keys(&found.ingested));
    let is_asked = |pair: &SamplePair| {
        asked
            .iter()
            .any(|asked| (asked.a, asked.b) == (pair.a, pair.b))
    };
    let shown = pairs_to_show(tuning, SHOWN);
    let others = shown.into_iter().filter(|pair| !is_asked(pair));
    let pair = |pair: SamplePair, is_asked| TunePair {
        a: pair.a as usize,
        b: pair.b as usize,
        similarity: pair.similarity() as f32,
        near: tuning.strictest(pair.distance).map(|row| row.threshold),
        is_asked,
    };
    let others: Vec<TunePair> = others.map(|other| pair(other, false)).collect();
    asked
        .iter()
        .map(|asked| pair(*asked, true))
        .chain(others)
        .collect()
}

/// What goes into `run.json`.
fn record(facts: &Facts<'_>) -> RunRecord {
    let Facts {
        arguments,
        session,
        seen,
        ..
    } = facts;
    let flags = &arguments.tuning;
    let best = seen.tuning.suggestion(SuggestionKind::Recommended);
    let parameters = named([
        ("found", json!(facts.found)),
        ("label", json!(flags.label)),
        ("min-samples", json!(flags.min_samples)),
        ("recommended", json!(best.map(|best| best.row.threshold))),
        ("sample", json!(flags.sample)),
        ("seed", json!(flags.seed)),
    ]);
    let images = seen.ingested.images.len();
    let recorded = Recorded {
        algorithm: "tune",
        input: &arguments.input,
        model: Some(&arguments.model),
        space: Some(&seen.space),
        device: &facts.device,
        started: facts.started,
        session,
    };
    let counts = RunCounts {
        images,
        embedded: seen.ingested.embedded,
        cached: images.saturating_sub(seen.ingested.embedded),
        skipped: seen.ingested.skipped.len(),
        clusters: best.map_or(0, |best| best.row.clusters),
        noise: best.map_or(images, |best| best.row.noise),
    };
    recorded.record(parameters, counts)
}
