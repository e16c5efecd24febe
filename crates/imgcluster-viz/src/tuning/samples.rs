//! Reports for the tests, made by formula.

use std::path::PathBuf;

use imgcluster_core::{ContentHash, Image, Skipped};

use super::{
    NextCommands, TuneBar, TunePair, TunePrecision, TuneRadius, TuneReport, TuneRow, TuneSuggestion,
};

/// What a report is made of.
pub(super) struct Made {
    pub(super) images: Vec<Image>,
    pub(super) thumbnails: Vec<Option<Vec<u8>>>,
    pub(super) curve: Vec<TuneRow>,
    pub(super) histogram: Vec<TuneBar>,
    pub(super) suggestions: Vec<TuneSuggestion>,
    pub(super) k_distances: Vec<f32>,
    pub(super) radii: Vec<TuneRadius>,
    pub(super) pairs: Vec<TunePair>,
    pub(super) precision: Option<Vec<TunePrecision>>,
    pub(super) skipped: Vec<Skipped>,
    pub(super) command: Vec<String>,
    pub(super) details: Vec<(String, String)>,
}

/// A report of so many images: a quarter of them in groups of four, the others unlike all.
pub(super) fn made(count: usize) -> Made {
    let curve = curve(count);
    let thresholds: Vec<f64> = curve.iter().map(|row| row.threshold).collect();
    let suggested = [
        ("recommended", 0.87),
        ("knee", 0.72),
        ("largest-cluster", 0.7),
    ];
    let suggestion = |(kind, threshold): (&str, f64)| TuneSuggestion {
        kind: kind.to_owned(),
        threshold,
        reason: format!("it is the {kind} one"),
    };
    let is_big = count > 2;
    let radius = TuneRadius {
        kind: "recommended".to_owned(),
        radius: 0.13,
        core: count / 4,
        reason: "the distance of the recommended threshold".to_owned(),
    };
    Made {
        images: (0..count).map(image).collect(),
        thumbnails: (0..count).map(thumbnail).collect(),
        histogram: histogram(&curve),
        suggestions: suggested
            .map(suggestion)
            .into_iter()
            .filter(|_| is_big)
            .collect(),
        k_distances: (0..if count > 1 { count } else { 0 })
            .map(|row| {
                if row < count / 4 {
                    0.05
                } else {
                    0.3 + row as f32 / count as f32 / 4.0
                }
            })
            .collect(),
        radii: if is_big { vec![radius] } else { vec![] },
        pairs: pairs(count, &thresholds),
        curve,
        precision: None,
        skipped: vec![],
        command: ["imgcluster", "tune", "/photos"].map(String::from).to_vec(),
        details: vec![("Seed".to_owned(), "0".to_owned())],
    }
}

fn image(row: usize) -> Image {
    Image {
        path: PathBuf::from(format!("/photos/group {}/image {row}.jpg", row / 4)),
        content: ContentHash([row as u8; 32]),
        width: 640,
        height: 480,
    }
}

fn thumbnail(row: usize) -> Option<Vec<u8>> {
    (row % 7 != 6).then(|| crate::sample_outcome::thumbnail(row as u32 / 4, row as u32 % 4))
}

/// A hundredth apart, from 1 to 0.4; copies from 0.87 on, all else from 0.75 down.
fn curve(count: usize) -> Vec<TuneRow> {
    let all = (count * count.saturating_sub(1) / 2) as f64;
    let copies = (count / 4) as f64;
    let row = |step: usize| {
        let threshold = (100 - step) as f64 / 100.0;
        let near = (step as f64 / 13.0).min(1.0);
        let chance = ((step as f64 - 25.0) / 35.0).max(0.0);
        let pairs = (copies * 1.5 * near + (all - copies * 1.5).max(0.0) * chance.powi(4)).round();
        let clustered = (copies * near + (count as f64 - copies) * (2.0 * chance).min(1.0)).round();
        let clusters = (clustered / 4.0).ceil() * (1.0 - chance).powi(2);
        TuneRow {
            threshold,
            pairs: pairs as u64,
            clusters: clusters.ceil() as usize,
            clustered: clustered as usize,
            largest: 1 + (count as f64 * chance) as usize,
            noise: count - clustered as usize,
        }
    };
    if count < 2 {
        return vec![TuneRow {
            pairs: 0,
            clusters: 0,
            clustered: 0,
            largest: count,
            noise: count,
            ..row(0)
        }];
    }
    (0..=60).map(row).collect()
}

fn histogram(curve: &[TuneRow]) -> Vec<TuneBar> {
    let mut before = (1.0, 0);
    let bar = |row: &TuneRow| {
        let bar = TuneBar {
            low: row.threshold,
            high: before.0,
            pairs: row.pairs.saturating_sub(before.1),
        };
        before = (row.threshold, row.pairs);
        bar
    };
    curve.iter().map(bar).collect()
}

fn pairs(count: usize, thresholds: &[f64]) -> Vec<TunePair> {
    let number = (count * 2).min(count * count.saturating_sub(1) / 2);
    let pair = |at: usize| {
        let similarity = 1.0 - 0.6 * (at + 1) as f32 / number as f32;
        let near = thresholds
            .iter()
            .find(|threshold| **threshold <= f64::from(similarity) + 1e-6);
        let a = at % count;
        TunePair {
            a,
            b: (a + 1 + at / count) % count,
            similarity,
            near: near.copied(),
            is_asked: at.is_multiple_of(3),
        }
    };
    (0..number).map(pair).collect()
}

impl Made {
    pub(super) fn report(&self) -> TuneReport<'_> {
        TuneReport {
            version: "0.1.0",
            command: &self.command,
            started: "2026-03-04T05:06:07Z",
            model: "phash",
            details: &self.details,
            images_found: self.images.len() * 2,
            images: &self.images,
            thumbnails: &self.thumbnails,
            curve: &self.curve,
            histogram: &self.histogram,
            suggestions: &self.suggestions,
            min_samples: 2,
            k_distances: &self.k_distances,
            radii: &self.radii,
            pairs: &self.pairs,
            precision: self.precision.as_deref(),
            skipped: &self.skipped,
            next: NextCommands {
                threshold: (
                    "imgcluster cluster '/my photos' --model phash --algorithm threshold --threshold ",
                    " --output 'a b'",
                ),
                radius: (
                    "imgcluster cluster '/my photos' --model phash --algorithm dbscan --eps ",
                    "",
                ),
                folder: "'/my work'",
                labels: "imgcluster tune '/my photos' --model phash --labels PATH/TO/labels.json",
            },
        }
    }

    pub(super) fn page(&self) -> String {
        let mut page = Vec::new();
        super::write_tune_report(&self.report(), &mut page).unwrap();
        String::from_utf8(page).unwrap()
    }
}
