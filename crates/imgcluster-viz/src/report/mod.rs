//! The report: one page that needs nothing but a browser.

mod content;
mod escape;

use std::io::{self, BufWriter, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use imgcluster_core::Outcome;

use crate::VizError;
use content::Content;
use escape::{JsonInHtml, html};

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("style.css");
const SCRIPTS: [&str; 4] = [
    include_str!("data.js"),
    include_str!("gallery.js"),
    include_str!("map.js"),
    include_str!("page.js"),
];
/// Thumbnails in one block of text.
const BLOCK: usize = 64;

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
    let mut rest = PAGE;
    while let Some((before, after)) = rest.split_once("{{") {
        writer.write_all(before.as_bytes())?;
        let Some((place, after)) = after.split_once("}}") else {
            break;
        };
        match place {
            "title" => writer.write_all(html(&title(outcome)).as_bytes())?,
            "style" => writer.write_all(STYLE.as_bytes())?,
            "data" => serde_json::to_writer(JsonInHtml(&mut *writer), &content)?,
            "script" => {
                for script in SCRIPTS {
                    writer.write_all(script.as_bytes())?;
                }
            }
            "thumbnails" => write_thumbnails(outcome, &content.order, writer)?,
            _ => {}
        }
        rest = after;
    }
    writer.write_all(rest.as_bytes())
}

fn title(outcome: &Outcome<'_>) -> String {
    let (images, clusters) = (outcome.images.len(), outcome.clustering.clusters());
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    let (of_images, of_clusters) = (plural(images), plural(clusters));
    format!("{images} image{of_images} in {clusters} cluster{of_clusters}")
}

/// Writes a line a thumbnail, in the order of the page: a letter for its format, then Base64.
fn write_thumbnails(
    outcome: &Outcome<'_>,
    order: &[u32],
    writer: &mut impl Write,
) -> io::Result<()> {
    for (number, rows) in order.chunks(BLOCK).enumerate() {
        write!(writer, "<script type=\"text/plain\" id=\"t{number}\">")?;
        for row in rows {
            let bytes = outcome.thumbnails.get(*row as usize);
            if let Some(bytes) = bytes.and_then(Option::as_deref)
                && let Some(letter) = format_letter(bytes)
            {
                writer.write_all(&[letter])?;
                writer.write_all(STANDARD.encode(bytes).as_bytes())?;
            }
            writer.write_all(b"\n")?;
        }
        writer.write_all(b"</script>\n")?;
    }
    Ok(())
}

/// Tells the format of an encoded picture by its first bytes.
fn format_letter(bytes: &[u8]) -> Option<u8> {
    let webp = || bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    if bytes.starts_with(b"\xff\xd8\xff") {
        Some(b'j')
    } else if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        Some(b'p')
    } else {
        webp().then_some(b'w')
    }
}

#[cfg(test)]
mod tests;
