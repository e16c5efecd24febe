//! Why a file is left out: the decoders' errors in words.

use std::error::Error;
use std::io::ErrorKind;

use image::error::LimitErrorKind;
use image::{ImageError, ImageFormat};
use imgcluster_core::ingest::DecodeError;

use crate::text::one_line;

/// A failure that the same bytes will always have.
pub(super) fn lasting(reason: impl Into<String>) -> DecodeError {
    let (reason, lasting) = (reason.into(), true);
    DecodeError { reason, lasting }
}

/// A failure that hangs on the settings, the machine or the moment.
pub(super) fn passing(reason: impl Into<String>) -> DecodeError {
    let (reason, lasting) = (reason.into(), false);
    DecodeError { reason, lasting }
}

/// What a format is called.
pub(super) fn name(format: ImageFormat) -> &'static str {
    match format {
        ImageFormat::Jpeg => "JPEG",
        ImageFormat::Png => "PNG",
        ImageFormat::Gif => "GIF",
        ImageFormat::WebP => "WebP",
        ImageFormat::Bmp => "BMP",
        ImageFormat::Tiff => "TIFF",
        _ => "picture",
    }
}

/// Why a header cannot be read. `ended` is false if the file is known to lack its end.
pub(super) fn header_failure(format: ImageFormat, error: &ImageError, ended: bool) -> DecodeError {
    if is_memory(error) {
        // Headers are small: one that is not lies, whatever the machine has.
        return lasting(format!(
            "broken {}: its header claims too much memory",
            name(format)
        ));
    }
    failure(format, error, ended)
}

/// Why a picture cannot be decoded.
pub(super) fn failure(format: ImageFormat, error: &ImageError, ended: bool) -> DecodeError {
    let (name, detail) = (name(format), detail(error));
    if is_memory(error) {
        return passing(format!(
            "decoding this {name} needs more memory than may be used"
        ));
    }
    if matches!(error, ImageError::Unsupported(_)) || says(&detail, &["not supported", "can only"])
    {
        return lasting(format!("this kind of {name} is not read: {detail}"));
    }
    if !ended || is_end(error, &detail) {
        return lasting(format!("truncated {name}: {detail}"));
    }
    lasting(format!("broken {name}: {detail}"))
}

fn is_memory(error: &ImageError) -> bool {
    matches!(error, ImageError::Limits(limit)
        if matches!(limit.kind(), LimitErrorKind::InsufficientMemory))
}

/// Whether an error means that the file ended too early.
fn is_end(error: &ImageError, detail: &str) -> bool {
    let words = [
        "unexpected end",
        "end of file",
        "exhausted",
        "whole buffer",
        "truncat",
        "not enough",
    ];
    let early =
        matches!(error, ImageError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof);
    early || says(detail, &words)
}

fn says(detail: &str, words: &[&str]) -> bool {
    let detail = detail.to_ascii_lowercase();
    words.iter().any(|word| detail.contains(word))
}

/// The innermost message of an error, which is the one that says what is wrong.
fn detail(error: &ImageError) -> String {
    let mut innermost: &dyn Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    // Some decoders show their own messages and types the way a debugger would.
    let message = innermost.to_string().replace("\\n", " ").replace('"', "");
    one_line(&without_debugging(&message))
}

/// Shortens `ChunkType { type: IDAT, critical: true, … }` to `IDAT`.
fn without_debugging(message: &str) -> String {
    let shortened = message
        .split_once("ChunkType { type: ")
        .and_then(|(before, rest)| {
            let (kind, rest) = rest.split_once(',')?;
            let (_, after) = rest.split_once('}')?;
            Some(format!("{before}{kind}{after}"))
        });
    shortened.unwrap_or_else(|| message.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_debugger_would_show_is_taken_out() {
        let shown = "CRC while decoding ChunkType { type: IDAT, critical: true, private: false } x";
        assert_eq!(without_debugging(shown), "CRC while decoding IDAT x");
        assert_eq!(
            without_debugging("ChunkType { type: "),
            "ChunkType { type: "
        );
    }

    #[test]
    fn an_early_end_is_called_truncated() {
        let error = || ImageError::IoError(ErrorKind::UnexpectedEof.into());
        let reason = failure(ImageFormat::Png, &error(), true).reason;
        assert_eq!(reason, "truncated PNG: unexpected end of file");
        let bad = ImageError::IoError(std::io::Error::other("Bad thing."));
        assert_eq!(
            failure(ImageFormat::Gif, &bad, true).reason,
            "broken GIF: bad thing"
        );
    }
}
