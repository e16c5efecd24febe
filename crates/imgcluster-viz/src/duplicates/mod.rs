//! The page of duplicates: what a plan would do away with, shown to a person who may mark it
//! otherwise and take away a plan of their own.

mod content;
mod planned;
#[cfg(test)]
mod samples;

use std::io::{self, BufWriter, Write};

use imgcluster_core::Skipped;
use serde_json::Value;

use crate::VizError;
use crate::page;
use content::Content;

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("style.css");
const SCRIPTS: [&str; 6] = [
    page::SCRIPT,
    include_str!("data.js"),
    include_str!("marks.js"),
    include_str!("decisions.js"),
    include_str!("groups.js"),
    include_str!("page.js"),
];

/// Groups of duplicates, and the plan that would thin them out.
#[derive(Debug, Clone)]
pub struct DuplicatesReport<'a> {
    /// The version of the program.
    pub version: &'a str,
    /// The command as it was typed, word for word.
    pub command: &'a [String],
    /// When it was started, in UTC, as in RFC 3339.
    pub started: &'a str,
    /// What told which pictures are alike: the name of a model, or "exact" for equal bytes.
    pub model: &'a str,
    /// The similarity that counts as alike, inclusive, in \[0, 1\]; none where bytes were compared.
    pub threshold: Option<f32>,
    /// Further settings by name, in the order shown.
    pub details: &'a [(String, String)],
    /// Pictures that were looked at, in groups or not.
    pub images: usize,
    /// Files that were left out, and why.
    pub skipped: &'a [Skipped],
    /// The plan as it is in `plan.json`: JSON, version 1. All that the page shows of files (paths, sizes,
    /// reasons, similarities) comes from it, and all that the marks do not change goes from it into
    /// `decisions.json`, whole numbers to the last digit.
    pub plan: &'a str,
    /// One for each group of the plan, in its order.
    pub groups: &'a [DuplicateGroup<'a>],
}

/// What the page shows of a group beside what the plan says of it.
#[derive(Debug, Clone, Default)]
pub struct DuplicateGroup<'a> {
    /// The survivor, then the files that the plan removes in its order, then any that stay beside
    /// the survivor, each of which has its [`file`](DuplicatePicture::file). One of these that is a
    /// sidecar of a removal, as a RAW beside its JPEG, goes the way of that one and is not shown.
    pub pictures: Vec<DuplicatePicture<'a>>,
    /// The places in `pictures` of the two least alike, if they are known; how alike these are is
    /// the plan's `worst_similarity`.
    pub worst_pair: Option<(usize, usize)>,
}

/// What the page shows of a picture beside what the plan says of it.
#[derive(Debug, Clone, Default)]
pub struct DuplicatePicture<'a> {
    /// In pixels, as shown upright.
    pub width: u32,
    /// In pixels, as shown upright.
    pub height: u32,
    /// The name of its format, such as "JPEG".
    pub format: &'a str,
    /// Whether it is in a reference folder; it then stays whatever happens.
    pub is_reference: bool,
    /// A JPEG, PNG or WebP, upright; anything else is shown as no picture.
    pub thumbnail: Option<&'a [u8]>,
    /// For a picture that the plan does not name: its file as plans have it.
    pub file: Option<Value>,
    /// For a picture that the plan does not name: how alike it is to the survivor, if known.
    pub similarity: Option<f32>,
    /// Files that belong to it, as plans have them, but for those that belong to a picture in no
    /// group too. They go with it where a person removes it, except those that belong to a picture
    /// that stays or is in another group. A group that nobody changes goes by the plan alone.
    pub sidecars: Vec<Value>,
}

/// Writes the page of a plan for duplicates as one HTML page that loads nothing from anywhere.
///
/// Its reader marks each picture to be kept or removed (never the last of a group, never a
/// reference) and takes away `decisions.json`: the plan with these marks, where pictures of a
/// changed group that are kept together are a set in `not_duplicates`. Without a change it is the
/// plan itself. Names of files are data, never HTML; thumbnails become pictures when they come into
/// view.
///
/// # Errors
/// If the plan is none that thins groups out, if it and `groups` do not fit together, or if the page
/// cannot be written.
pub fn write_duplicates_report(
    report: &DuplicatesReport<'_>,
    writer: impl Write,
) -> Result<(), VizError> {
    let content = Content::of(report)?;
    let mut writer = BufWriter::new(writer);
    fill(report, &content, &mut writer)
        .and_then(|()| writer.flush())
        .map_err(VizError::write("report.html"))
}

fn fill(
    report: &DuplicatesReport<'_>,
    content: &Content<'_>,
    writer: &mut impl Write,
) -> io::Result<()> {
    page::fill(PAGE, writer, |place, writer| match place {
        "title" => writer.write_all(page::html(&title(report)).as_bytes()),
        "style" => page::write_texts(&[page::STYLE, STYLE], writer),
        "data" => page::write_data(content, writer),
        "script" => page::write_texts(&SCRIPTS, writer),
        "thumbnails" => page::write_thumbnails(content.thumbnails(), writer),
        _ => Ok(()),
    })
}

fn title(report: &DuplicatesReport<'_>) -> String {
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    let (images, groups) = (report.images, report.groups.len());
    let (of_images, of_groups) = (plural(images), plural(groups));
    format!("{groups} group{of_groups} of duplicates in {images} image{of_images}")
}

#[cfg(test)]
mod tests;
