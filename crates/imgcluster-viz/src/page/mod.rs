//! What the pages have in common: each is one file that needs nothing but a browser.

#[cfg(test)]
pub(crate) mod browser;
mod escape;
#[cfg(test)]
mod tests;

use std::io::{self, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use escape::JsonInHtml;
pub(crate) use escape::html;

/// Colours, type, and the parts that look the same everywhere.
pub(crate) const STYLE: &str = include_str!("style.css");
/// Elements, thumbnails and tables.
pub(crate) const SCRIPT: &str = include_str!("page.js");
/// Thumbnails in one block of text.
pub(crate) const BLOCK: usize = 64;

/// Writes a page whose places `{{name}}` are written by `part`.
pub(crate) fn fill<W: Write>(
    page: &str,
    writer: &mut W,
    mut part: impl FnMut(&str, &mut W) -> io::Result<()>,
) -> io::Result<()> {
    let mut rest = page;
    while let Some((before, after)) = rest.split_once("{{") {
        writer.write_all(before.as_bytes())?;
        let Some((place, after)) = after.split_once("}}") else {
            break;
        };
        part(place, writer)?;
        rest = after;
    }
    writer.write_all(rest.as_bytes())
}

/// Writes what a page's script gets to know.
pub(crate) fn write_data(content: &impl Serialize, writer: &mut impl Write) -> io::Result<()> {
    Ok(serde_json::to_writer(JsonInHtml(writer), content)?)
}

/// Writes texts one after the other.
pub(crate) fn write_texts(texts: &[&str], writer: &mut impl Write) -> io::Result<()> {
    texts
        .iter()
        .try_for_each(|text| writer.write_all(text.as_bytes()))
}

/// Writes a line a thumbnail, in the order of the page: a letter for its format, then Base64.
///
/// The line of a picture without one stays empty, and so does that of anything but a JPEG, PNG or
/// WebP.
pub(crate) fn write_thumbnails(
    thumbnails: &[Option<&[u8]>],
    writer: &mut impl Write,
) -> io::Result<()> {
    for (number, block) in thumbnails.chunks(BLOCK).enumerate() {
        write!(writer, "<script type=\"text/plain\" id=\"t{number}\">")?;
        for bytes in block {
            if let Some(bytes) = bytes
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
