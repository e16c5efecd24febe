//! Text inside HTML.

use std::borrow::Cow;
use std::io::{self, Write};

/// Escapes text for an element or an attribute in double quotes.
pub(crate) fn html(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"']) {
        return Cow::Borrowed(text);
    }
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;");
    Cow::Owned(escaped.replace('>', "&gt;").replace('"', "&quot;"))
}

/// Passes JSON on so that it cannot end the `script` element it is in: these characters occur only
/// inside its strings, where they can be written by number.
pub(crate) struct JsonInHtml<W>(pub(super) W);

impl<W: Write> Write for JsonInHtml<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for part in bytes.split_inclusive(|byte| matches!(byte, b'<' | b'>' | b'&')) {
            let (last, before) = part.split_last().unwrap_or((&0, &[]));
            let number: &[u8] = match last {
                b'<' => b"\\u003c",
                b'>' => b"\\u003e",
                b'&' => b"\\u0026",
                _ => {
                    self.0.write_all(part)?;
                    continue;
                }
            };
            self.0.write_all(before)?;
            self.0.write_all(number)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
