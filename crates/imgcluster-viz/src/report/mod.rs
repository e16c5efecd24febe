//! The report: one page that needs nothing but a browser.

mod content;

use std::io::{self, BufWriter, Write};

use imgcluster_core::Outcome;

use crate::VizError;
use crate::page;
use content::Content;

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("style.css");
const SCRIPTS: [&str; 5] = [
    page::SCRIPT,
    include_str!("data.js"),
    include_str!("gallery.js"),
    include_str!("map.js"),
    include_str!("page.js"),
];

/// Writes the report as one HTML page that loads nothing from anywhere.
///
/// Thumbnails are kept as inert text in blocks and become pictures when they come into view, so
/// that a browser shows the page at once however many there are. Names of files are data, never
/// HTML.
///
/// # Errors
/// If it cannot be written.
pub fn write_report(outcome: &Outcome<'_>, writer: impl Write) -> Result<(), VizError> {
    let mut writer = BufWriter::new(writer);
    fill(outcome, &mut writer)
        .and_then(|()| writer.flush())
        .map_err(VizError::write("report.html"))
}

fn fill(outcome: &Outcome<'_>, writer: &mut impl Write) -> io::Result<()> {
    let content = Content::of(outcome);
    let thumbnail = |row: &u32| outcome.thumbnails.get(*row as usize)?.as_deref();
    page::fill(PAGE, writer, |place, writer| match place {
        "title" => writer.write_all(page::html(&title(outcome)).as_bytes()),
        "style" => page::write_texts(&[page::STYLE, STYLE], writer),
        "data" => page::write_data(&content, writer),
        "script" => page::write_texts(&SCRIPTS, writer),
        "thumbnails" => {
            let thumbnails: Vec<_> = content.order.iter().map(thumbnail).collect();
            page::write_thumbnails(&thumbnails, writer)
        }
        _ => Ok(()),
    })
}

fn title(outcome: &Outcome<'_>) -> String {
    let (images, clusters) = (outcome.images.len(), outcome.clustering.clusters());
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    let (of_images, of_clusters) = (plural(images), plural(clusters));
    format!("{images} image{of_images} in {clusters} cluster{of_clusters}")
}

#[cfg(test)]
mod tests;
