//! `paths.txt`: one path a line, and how paths become text.

use std::borrow::Cow;
use std::io::{BufWriter, Write};
use std::path::Path;

use imgcluster_core::Outcome;

use crate::VizError;

/// Writes one path a line, in row order, its bytes as they are.
///
/// So that line `i` is always row `i`, a newline in a path is written as `\n` and a carriage return
/// as `\r`; so that no two paths give one line, a backslash is then `\\` in every path that has
/// one. All other paths are never changed. To read a line back, turn each of the three into what
/// it stands for, from left to right. `clusters.json` has every path as it is.
///
/// # Errors
/// If it cannot be written.
pub fn write_paths_txt(outcome: &Outcome<'_>, writer: impl Write) -> Result<(), VizError> {
    let mut writer = BufWriter::new(writer);
    let lines = outcome.images.iter().try_for_each(|image| {
        writer.write_all(&on_one_line(path_bytes(&image.path)))?;
        writer.write_all(b"\n")
    });
    lines
        .and_then(|()| writer.flush())
        .map_err(VizError::write("paths.txt"))
}

fn on_one_line(path: &[u8]) -> Cow<'_, [u8]> {
    if !path
        .iter()
        .any(|byte| matches!(byte, b'\n' | b'\r' | b'\\'))
    {
        return Cow::Borrowed(path);
    }
    let mut escaped = Vec::with_capacity(path.len() + 2);
    for byte in path {
        match byte {
            b'\n' => escaped.extend(b"\\n"),
            b'\r' => escaped.extend(b"\\r"),
            b'\\' => escaped.extend(b"\\\\"),
            other => escaped.push(*other),
        }
    }
    Cow::Owned(escaped)
}

/// The bytes of a path; on Windows, where a path is no string of bytes, of its nearest text.
pub(crate) fn path_bytes(path: &Path) -> &[u8] {
    path.as_os_str().as_encoded_bytes()
}

/// A path as text, and its bytes where the text cannot say it all.
pub(crate) fn path_text(path: &Path) -> (Cow<'_, str>, Option<&[u8]>) {
    let text = path.to_string_lossy();
    let bytes = matches!(text, Cow::Owned(_)).then(|| path_bytes(path));
    (text, bytes)
}
