//! What thresholds would give, as a table for programs, a picture, and a page to choose on.
//!
//! [`json`] writes `tune.json`, [`drawing`] `tune.png`, [`labels`] reads and writes `labels.json`, and
//! [`content`] is what the page's scripts know.

mod content;
mod drawing;
mod json;
mod labels;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;

use std::io::{self, BufWriter, Write};

use imgcluster_core::{Image, Skipped};
use serde::Serialize;

use crate::VizError;
use crate::page;
use content::Content;
pub use drawing::write_tune_png;
pub use json::write_tune_json;
pub use labels::{LabelledFile, TuneLabel, TuneLabels, read_labels, write_labels};

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("style.css");
const SCRIPTS: [&str; 7] = [
    page::SCRIPT,
    include_str!("data.js"),
    include_str!("plot.js"),
    include_str!("curve.js"),
    include_str!("labels.js"),
    include_str!("pairs.js"),
    include_str!("page.js"),
];

/// What every threshold would give of a sample of images.
#[derive(Debug, Clone)]
pub struct TuneReport<'a> {
    /// The version of the program.
    pub version: &'a str,
    /// The command as it was typed, word for word.
    pub command: &'a [String],
    /// When it was started, in UTC, as in RFC 3339.
    pub started: &'a str,
    /// What told how alike pictures are: the name of a model.
    pub model: &'a str,
    /// Further settings by name, in the order shown.
    pub details: &'a [(String, String)],
    /// Images that were found; those of the sample may be fewer.
    pub images_found: usize,
    /// The sample. Places of images elsewhere are places in it.
    pub images: &'a [Image],
    /// A JPEG, PNG or WebP of each, upright, or nothing.
    pub thumbnails: &'a [Option<Vec<u8>>],
    /// What each threshold gives, strictest first.
    pub curve: &'a [TuneRow],
    /// Pairs by similarity, most alike first.
    pub histogram: &'a [TuneBar],
    /// Thresholds to look at, the recommended one first. Each is one of the curve.
    pub suggestions: &'a [TuneSuggestion],
    /// What makes a core row of DBSCAN: so many rows within its radius, itself included.
    pub min_samples: usize,
    /// The radius from which on each image is a core row, ascending.
    pub k_distances: &'a [f32],
    /// Radii to look at, the recommended one first.
    pub radii: &'a [TuneRadius],
    /// Pairs to look at.
    pub pairs: &'a [TunePair],
    /// How many of the pairs at a threshold are right, if the run had labels.
    pub precision: Option<&'a [TunePrecision]>,
    /// Files that were left out, and why.
    pub skipped: &'a [Skipped],
    /// The commands that go on from here.
    pub next: NextCommands<'a>,
}

/// Commands as a person can paste them into a shell: quoted as that needs.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct NextCommands<'a> {
    /// What comes before and after the threshold in the command that clusters by it.
    pub threshold: (&'a str, &'a str),
    /// What comes before and after the radius in the command that runs DBSCAN.
    pub radius: (&'a str, &'a str),
    /// The folder in which they are to be run, as the paths in them may start from it.
    pub folder: &'a str,
    /// The command that reads `labels.json`, with a place holder for the path to it.
    pub labels: &'a str,
}

/// What the clusters of one threshold are.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TuneRow {
    /// The similarity from which on a pair is alike, inclusive.
    pub threshold: f64,
    /// Pairs at or above it.
    pub pairs: u64,
    /// Clusters of two images or more.
    pub clusters: usize,
    /// Images in these.
    pub clustered: usize,
    /// The size of the largest.
    pub largest: usize,
    /// Images in none.
    pub noise: usize,
}

/// Pairs between two similarities.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TuneBar {
    /// The smallest similarity, inclusive.
    pub low: f64,
    /// Where the next bar begins.
    pub high: f64,
    /// How many pairs lie between.
    pub pairs: u64,
}

/// A threshold to look at.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TuneSuggestion {
    /// A name in words joined by hyphens.
    pub kind: String,
    /// The threshold.
    pub threshold: f64,
    /// Why, in one line.
    pub reason: String,
}

/// A radius for DBSCAN to look at.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TuneRadius {
    /// A name in words joined by hyphens.
    pub kind: String,
    /// The radius.
    pub radius: f32,
    /// How many images are core rows at it.
    pub core: usize,
    /// Why, in one line.
    pub reason: String,
}

/// Two images and how alike they are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TunePair {
    /// The place of one image in the sample.
    pub a: usize,
    /// The place of the other.
    pub b: usize,
    /// How alike they are.
    pub similarity: f32,
    /// The strictest threshold of the curve at which they are alike.
    pub near: Option<f64>,
    /// Whether it is one of those to ask a person about.
    pub is_asked: bool,
}

/// How many of the pairs at or above a threshold are right.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TunePrecision {
    /// The threshold.
    pub threshold: f64,
    /// Pairs at or above it.
    pub pairs: u64,
    /// How many of them have labels.
    pub labelled: usize,
    /// How many of these are right.
    pub alike: usize,
    /// The estimated share of right pairs, where there are labels enough for one.
    pub precision: Option<f64>,
    /// The lower end of its interval of 95 %.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// Writes the page on which a person chooses a threshold, as one HTML file that loads nothing from
/// anywhere.
///
/// The pointer or the arrow keys show what each threshold gives; the one that is picked comes with the
/// command to run and with pairs near it. The reader may mark pairs as alike or not, which the browser
/// remembers by content, and take away `labels.json`. Names of files are data, never HTML; thumbnails
/// become pictures when they come into view.
///
/// # Errors
/// If it cannot be written.
///
/// # Panics
/// Panics if a pair names an image that is not in the sample.
pub fn write_tune_report(report: &TuneReport<'_>, writer: impl Write) -> Result<(), VizError> {
    let content = Content::of(report);
    let mut writer = BufWriter::new(writer);
    fill(report, &content, &mut writer)
        .and_then(|()| writer.flush())
        .map_err(VizError::write("tune.html"))
}

fn fill(report: &TuneReport<'_>, content: &Content<'_>, writer: &mut impl Write) -> io::Result<()> {
    page::fill(PAGE, writer, |place, writer| match place {
        "title" => writer.write_all(page::html(&title(report)).as_bytes()),
        "style" => page::write_texts(&[page::STYLE, STYLE], writer),
        "data" => page::write_data(content, writer),
        "script" => page::write_texts(&SCRIPTS, writer),
        "thumbnails" => page::write_thumbnails(content.thumbnails(), writer),
        _ => Ok(()),
    })
}

fn title(report: &TuneReport<'_>) -> String {
    let images = report.images.len();
    let plural = if images == 1 { "" } else { "s" };
    format!("Thresholds for {images} image{plural}")
}
