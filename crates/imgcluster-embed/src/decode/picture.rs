//! From the bytes of a file to an upright RGB picture.

use std::borrow::Cow;
use std::io::Cursor;

use image::{ImageDecoder, ImageFormat, ImageReader, Limits};
use imgcluster_core::Pixels;
use imgcluster_core::ingest::{DecodeError, Decoded};

use super::ifd::Ifd;
use super::jpeg::Outline;
use super::memory::{Gate, Held};
use super::orientation::Orientation;
use super::png::Chunks;
use super::reason::{failure, header_failure, lasting, name, passing};
use super::reduce::reduce;
use super::{DecodeOptions, rgb};
use crate::text::bytes as show_bytes;

/// What decoding may take.
pub(super) struct Room<'a> {
    pub(super) options: &'a DecodeOptions,
    /// Bytes that one picture may need.
    pub(super) largest: u64,
    pub(super) gate: &'a Gate,
    /// Whether the whole gate is held already.
    pub(super) held: bool,
}

/// Decodes a whole file; nothing of the size of the picture is allocated before the limits were
/// checked.
pub(super) fn decode(
    bytes: &[u8],
    format: ImageFormat,
    room: &Room<'_>,
) -> Result<Decoded, DecodeError> {
    let outline = (format == ImageFormat::Jpeg).then(|| Outline::of(bytes));
    let chunks = (format == ImageFormat::Png).then(|| Chunks::of(bytes));
    if format == ImageFormat::Tiff && is_raw(bytes) {
        return Err(lasting("RAW is not read by this build"));
    }
    if let Some((width, height)) = chunks.and_then(|chunks| chunks.size) {
        check_size(width, height, room.options)?;
    }
    let whole = chunks.map_or(Cow::Borrowed(bytes), |chunks| chunks.with_end(bytes));
    let mut reader = ImageReader::with_format(Cursor::new(&whole[..]), format);
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(room.largest);
    reader.limits(limits);
    let ended = match outline {
        Some(outline) => outline.ended,
        None => format != ImageFormat::WebP || riff_is_whole(bytes),
    };
    let mut decoder = reader
        .into_decoder()
        .map_err(|error| header_failure(format, &error, ended))?;
    let (width, height) = decoder.dimensions();
    let color = decoder.color_type();
    let held = match (outline, chunks) {
        (Some(outline), _) => outline.exif.map(Orientation::from_exif_block),
        (_, Some(chunks)) => chunks.exif.map(Orientation::from_exif_block),
        _ if format == ImageFormat::Tiff => Some(Orientation::from_exif_block(bytes)),
        _ => {
            let exif = decoder.exif_metadata().ok().flatten();
            exif.map(|exif| Orientation::from_exif_block(&exif))
        }
    };
    let orientation = held.unwrap_or_default();

    let pixels = check_size(width, height, room.options)?;
    let buffer = rgb::room(color, pixels);
    let copies = extra(format, pixels, orientation, outline.as_ref());
    let needed = buffer + copies + 2 * bytes.len() as u64;
    let _held = check_memory(needed, room)?;

    let mut buffer = vec![0; buffer as usize];
    let pixels = pixels as usize;
    let start = rgb::start(color, &buffer, pixels);
    decoder
        .read_image(&mut buffer[start..])
        .map_err(|error| failure(format, &error, ended))?;
    let rgb = rgb::convert(color, buffer, pixels)
        .ok_or_else(|| lasting(format!("{} of an unknown kind of pixel", name(format))))?;
    if let Some(reason) = outline.and_then(|outline| outline.missing(bytes, width, &rgb)) {
        return Err(lasting(reason));
    }
    let (width, height, rgb) = orientation.apply(width, height, rgb);
    let (kept_width, kept_height, rgb) = reduce(width, height, rgb, room.options.keep_pixels);
    let pixels = Pixels::new(kept_width, kept_height, rgb)
        .map_err(|error| lasting(format!("broken {}: {error}", name(format))))?;
    Ok(Decoded {
        pixels,
        width,
        height,
    })
}

/// Counts the pixels, if they may be decoded.
fn check_size(width: u32, height: u32, options: &DecodeOptions) -> Result<u64, DecodeError> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 {
        return Err(lasting(format!(
            "broken: a picture of {width} × {height} pixels"
        )));
    }
    if pixels > options.max_pixels {
        let limit = match (
            options.max_pixels / 1_000_000,
            options.max_pixels % 1_000_000,
        ) {
            (millions @ 1.., 0) => format!("{millions} million"),
            _ => options.max_pixels.to_string(),
        };
        return Err(passing(format!(
            "{width} × {height} pixels are over the limit of {limit}"
        )));
    }
    Ok(pixels)
}

/// Waits until so many bytes may be used.
fn check_memory<'a>(needed: u64, room: &Room<'a>) -> Result<Option<Held<'a>>, DecodeError> {
    if needed > room.largest {
        let (needed, largest) = (show_bytes(needed), show_bytes(room.largest));
        return Err(passing(format!(
            "decoding needs {needed} of memory, {largest} may be used"
        )));
    }
    Ok((!room.held).then(|| room.gate.enter(needed)))
}

/// Bytes that decoding needs besides the buffer of pixels: an upper estimate.
fn extra(
    format: ImageFormat,
    pixels: u64,
    orientation: Orientation,
    outline: Option<&Outline<'_>>,
) -> u64 {
    // 16-bit coefficients of every component; three components, rarely four.
    let coefficients = match outline {
        Some(outline) if outline.buffered() => pixels.saturating_mul(8),
        _ => 0,
    };
    let frame = match format {
        // A first frame of another size than the screen, or planes of YUV, are held aside.
        ImageFormat::Gif | ImageFormat::WebP => pixels.saturating_mul(4),
        ImageFormat::Tiff => pixels,
        _ => 0,
    };
    let turned = if orientation.turns() {
        pixels.saturating_mul(3)
    } else {
        0
    };
    // The coefficients are gone before the picture is turned.
    frame.saturating_add(coefficients.max(turned))
}

/// Tells whether a WebP is as long as its header says.
fn riff_is_whole(bytes: &[u8]) -> bool {
    let length = bytes.get(4..).and_then(<[u8]>::first_chunk::<4>);
    length.is_some_and(|length| bytes.len() as u64 >= 8 + u64::from(u32::from_le_bytes(*length)))
}

/// Tells a camera's RAW file from a picture kept as TIFF: its first directory is of DNG, or of a
/// small copy with the photo elsewhere.
fn is_raw(bytes: &[u8]) -> bool {
    const DNG_VERSION: u16 = 0xc612;
    const SUB_DIRECTORIES: u16 = 0x14a;
    const SUBFILE_TYPE: u16 = 0xfe;
    Ifd::first(bytes).is_some_and(|ifd| {
        let small_copy = ifd.integer(SUBFILE_TYPE).is_some_and(|kind| kind & 1 == 1);
        ifd.has(DNG_VERSION) || (small_copy && ifd.has(SUB_DIRECTORIES))
    })
}
