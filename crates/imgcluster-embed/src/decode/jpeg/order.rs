//! Whether the parts of a JPEG are such, and follow each other, as all decoders take them.
//!
//! A file that one decoder reads and the other refuses would be a picture for one model and none
//! for the next. What the decoder of all formats might refuse is left to it, so that it decides for
//! all models alike.

use std::io::Cursor;

use image::codecs::jpeg::JpegDecoder;

use super::frame::{Frame, Tables};
use super::{Segment, mark, next_mark, segments};

/// Tells whether the parts of a picture are in order; `frame` is its first.
pub(super) fn orderly(bytes: &[u8], frame: &Frame) -> bool {
    let mut parts = segments(bytes);
    let Some(head) = head(bytes, &mut parts) else {
        return false;
    };
    let read = JpegDecoder::new(Cursor::new(head)).is_ok();
    if frame.progressive {
        return read && parts.all(|part| follows(bytes, part, frame));
    }
    // Nothing but the end mark, which may be missing.
    read && next_mark(bytes, head.len()).is_none_or(|(mark, _)| mark == mark::EOI)
}

/// The parts up to the first pass, if they follow each other without a gap. Where they do not,
/// something was lost or put between, and the other decoder has its own judgement of that.
fn head<'a>(bytes: &'a [u8], parts: &mut impl Iterator<Item = Segment<'a>>) -> Option<&'a [u8]> {
    let mut at = 2;
    for part in parts {
        let gap = bytes.get(at..part.end.checked_sub(part.content.len() + 4)?)?;
        if part.content.is_empty() || gap.iter().any(|byte| *byte != 0xff) {
            return None;
        }
        if part.mark == mark::SOS {
            return bytes.get(..part.end);
        }
        at = part.end;
    }
    None
}

/// Tells whether a part may come after the first pass of several. Of the others that standards allow there,
/// none is in pictures as they are found.
fn follows(bytes: &[u8], part: Segment<'_>, frame: &Frame) -> bool {
    match part.mark {
        mark::EOI => true,
        mark::COM => says_its_length(bytes, part),
        mark::DHT | mark::DRI => {
            says_its_length(bytes, part) && Tables::default().read(part).is_some()
        }
        mark::SOS => is_pass(part.content, frame),
        _ => false,
    }
}

/// Tells whether a part's length counts at least itself; one that does not is passed over.
fn says_its_length(bytes: &[u8], part: Segment<'_>) -> bool {
    let at = part.end.checked_sub(part.content.len() + 2);
    let length = at.and_then(|at| bytes.get(at..)?.first_chunk());
    length.is_some_and(|length| usize::from(u16::from_be_bytes(*length)) >= 2)
}

/// Tells whether the head of a pass names components of the picture once each, and values and bits
/// that there are (ITU-T T.81, table B.3).
fn is_pass(content: &[u8], frame: &Frame) -> bool {
    let Some((chosen, [first, last, bits])) = content
        .split_first()
        .and_then(|(_, rest)| rest.split_last_chunk())
    else {
        return false;
    };
    let (chosen, odd) = chosen.as_chunks::<2>();
    let named = chosen.iter().enumerate().all(|(place, [id, _])| {
        let before = chosen[..place].iter().any(|[other, _]| other == id);
        !before && frame.components.iter().any(|c| c.id == *id)
    });
    let counted = content[0] > 0 && chosen.len() == usize::from(content[0]) && odd.is_empty();
    named && counted && *first.max(last) <= 63 && (bits >> 4).max(bits & 15) <= 13
}
