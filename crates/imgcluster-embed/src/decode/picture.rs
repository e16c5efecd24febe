//! From the bytes of a file to an upright RGB picture.

use std::borrow::Cow;
use std::io::Cursor;
use std::num::NonZeroU32;

use image::{ImageDecoder, ImageFormat, ImageReader, Limits};
use imgcluster_core::ingest::{DecodeError, Decoded};
use imgcluster_core::{Pixels, PixelsError, Span};

use super::jpeg::{Outline, Plan};
use super::memory::{Gate, Held};
use super::orientation::Orientation;
use super::png::Chunks;
use super::reason::{failure, header_failure, lasting, name, passing};
use super::reduce::{self, reduce};
use super::tiff::{Palette, is_raw};
use super::{DecodeOptions, JpegDecoding, rgb};
use crate::text::bytes as show_bytes;

/// Bytes that profiles, texts and the like may take before it is known whether the picture fits.
const METADATA: u64 = 32 << 20;

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
    let told = Told::of(bytes, format);
    if format == ImageFormat::Tiff && is_raw(bytes) {
        return Err(lasting("RAW is not read by this build"));
    }
    if let Some((width, height)) = told.chunks.and_then(|chunks| chunks.size) {
        check_size(width, height, room.options)?;
    }
    // Before the decoder reads the head, which may be what takes so long.
    told.check_labour(0)?;
    if let Some(decoded) = decode_jpeg(bytes, &told, room)? {
        return Ok(decoded);
    }
    let whole = told.whole(bytes);
    let mut reader = ImageReader::with_format(Cursor::new(&whole[..]), format);
    reader.limits(allowed(told.header_room()));
    let mut decoder = reader
        .into_decoder()
        .map_err(|error| header_failure(format, &error, told.ended))?;
    let (width, height) = decoder.dimensions();
    let color = decoder.color_type();
    let orientation = told.orientation(bytes, format, &mut decoder);

    let pixels = check_size(width, height, room.options)?;
    told.check_labour(pixels)?;
    let buffer = rgb::room(color, pixels);
    let needed = buffer
        .saturating_add(extra(format, pixels, orientation, told.outline.as_ref()))
        .saturating_add(told.rows_aside())
        .saturating_add(2 * bytes.len() as u64);
    let _held = check_memory(needed, room)?;
    decoder
        .set_limits(allowed(room.largest))
        .map_err(|error| failure(format, &error, told.ended))?;

    let mut buffer = vec![0; buffer as usize];
    let pixels = pixels as usize;
    let start = rgb::start(color, &buffer, pixels);
    decoder
        .read_image(&mut buffer[start..])
        .map_err(|error| failure(format, &error, told.ended))?;
    let mut rgb = rgb::convert(color, buffer, pixels)
        .ok_or_else(|| lasting(format!("{} of an unknown kind of pixel", name(format))))?;
    if let Some(palette) = &told.palette {
        palette.paint(&mut rgb);
    }
    let missing = |outline: Outline<'_>| outline.missing(bytes, width, &rgb);
    if let Some(reason) = told.outline.and_then(missing) {
        return Err(lasting(reason));
    }
    finished(
        width,
        height,
        NonZeroU32::MIN,
        rgb,
        orientation,
        room.options,
    )
    .map_err(|error| lasting(format!("broken {}: {error}", name(format))))
}

/// Decodes a JPEG of a usual kind ourselves, if the options ask for that and it is whole.
fn decode_jpeg(
    bytes: &[u8],
    told: &Told<'_>,
    room: &Room<'_>,
) -> Result<Option<Decoded>, DecodeError> {
    let shorter = match room.options.jpeg {
        JpegDecoding::Plain => return Ok(None),
        JpegDecoding::Faithful => None,
        JpegDecoding::Reduced { shorter } => Some(shorter),
    };
    let outline = told.outline.as_ref();
    let Some((outline, plan)) = outline.and_then(|o| Some((o, Plan::of(bytes, o, shorter)?)))
    else {
        return Ok(None);
    };
    let block = outline.exif.map(Orientation::from_exif_block);
    let orientation = block.unwrap_or_default();
    let (width, height) = (plan.width.get(), plan.height.get());
    told.check_labour(check_size(width, height, room.options)?)?;
    let needed = plan.bytes().saturating_add(bytes.len() as u64);
    if needed > room.largest {
        // The other way may take less.
        return Ok(None);
    }
    let _held = check_memory(needed, room)?;
    let Some(rgb) = plan.decode(bytes) else {
        return Ok(None);
    };
    let decoded = finished(width, height, plan.block, rgb, orientation, room.options);
    decoded
        .map(Some)
        .map_err(|error| lasting(format!("broken JPEG: {error}")))
}

/// Turns stored pixels upright and makes a very large picture smaller. Each pixel stands for
/// `block × block` of the `width × height` stored ones.
fn finished(
    width: u32,
    height: u32,
    block: NonZeroU32,
    rgb: Vec<u8>,
    orientation: Orientation,
    options: &DecodeOptions,
) -> Result<Decoded, PixelsError> {
    let span = |length: u32| Span {
        original: NonZeroU32::new(length).unwrap_or(NonZeroU32::MIN),
        block,
        outside: 0,
    };
    let stored = (width.div_ceil(block.get()), height.div_ceil(block.get()));
    let (mut across, mut down) = orientation.spans(span(width), span(height));
    let (width, height, rgb) = orientation.apply(stored.0, stored.1, rgb);
    let (wider, higher) = reduce::block(width, height, options.keep_pixels);
    let (kept_width, kept_height, rgb) = reduce(width, height, rgb, options.keep_pixels);
    let original = (across.original.get(), down.original.get());
    let pixels = if options.jpeg == JpegDecoding::Plain {
        // What is made of these pixels was defined before they told of their blocks.
        Pixels::new(kept_width, kept_height, rgb)?
    } else {
        let times = |block: NonZeroU32, by: u32| {
            NonZeroU32::new(by).map_or(block, |by| block.saturating_mul(by))
        };
        across.block = times(across.block, wider);
        down.block = times(down.block, higher);
        Pixels::reduced(across, down, rgb)?
    };
    Ok(Decoded {
        pixels,
        width: original.0,
        height: original.1,
    })
}

/// What a file tells besides what the decoder reads of it.
struct Told<'a> {
    outline: Option<Outline<'a>>,
    chunks: Option<Chunks<'a>>,
    palette: Option<Palette>,
    /// False if the file is known to lack its end.
    ended: bool,
}

impl<'a> Told<'a> {
    fn of(bytes: &'a [u8], format: ImageFormat) -> Self {
        let mut told = Self {
            outline: None,
            chunks: None,
            palette: None,
            ended: true,
        };
        match format {
            ImageFormat::Jpeg => {
                let outline = Outline::of(bytes);
                told.ended = outline.ended;
                told.outline = Some(outline);
            }
            ImageFormat::Png => told.chunks = Some(Chunks::of(bytes)),
            ImageFormat::Tiff => told.palette = Palette::of(bytes),
            ImageFormat::WebP => told.ended = riff_is_whole(bytes),
            _ => {}
        }
        told
    }

    /// Refuses a JPEG of so many pixels that was made to take very long.
    fn check_labour(&self, pixels: u64) -> Result<(), DecodeError> {
        let reason = self.outline.and_then(|outline| outline.laborious(pixels));
        reason.map_or(Ok(()), |reason| {
            Err(lasting(format!("broken JPEG: {reason}")))
        })
    }

    /// The bytes that the decoder is given; that of JPEG copies them all.
    fn whole<'b>(&'b self, bytes: &'b [u8]) -> Cow<'b, [u8]> {
        match (&self.outline, &self.chunks, &self.palette) {
            (Some(outline), _, _) => Cow::Borrowed(&bytes[..outline.end.unwrap_or(bytes.len())]),
            (_, Some(chunks), _) => chunks.with_end(bytes),
            (_, _, Some(palette)) => Cow::Borrowed(&palette.as_gray),
            _ => Cow::Borrowed(bytes),
        }
    }

    /// Bytes that reading the header may take.
    fn header_room(&self) -> u64 {
        METADATA.saturating_add(self.row())
    }

    /// Bytes that the decoder holds aside: of PNG the row, the one before, and data for more.
    fn rows_aside(&self) -> u64 {
        self.row().saturating_mul(3)
    }

    /// Bytes of a row of a PNG, at most; its decoder takes them with the header.
    fn row(&self) -> u64 {
        const WIDEST_PIXEL: u64 = 8;
        let size = self.chunks.and_then(|chunks| chunks.size);
        size.map_or(0, |(width, _)| u64::from(width) * WIDEST_PIXEL)
    }

    fn orientation(
        &self,
        bytes: &[u8],
        format: ImageFormat,
        decoder: &mut impl ImageDecoder,
    ) -> Orientation {
        let block = match (self.outline, self.chunks) {
            (Some(outline), _) => outline.exif.map(Cow::Borrowed),
            (_, Some(chunks)) => chunks.exif.map(Cow::Borrowed),
            // A TIFF is what EXIF is made of.
            _ if format == ImageFormat::Tiff => Some(Cow::Borrowed(bytes)),
            _ => decoder.exif_metadata().ok().flatten().map(Cow::Owned),
        };
        block.map_or_else(Orientation::default, |block| {
            Orientation::from_exif_block(&block)
        })
    }
}

/// Limits of nothing but memory.
fn allowed(bytes: u64) -> Limits {
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(bytes);
    limits
}

/// Counts the pixels, if they may be decoded.
fn check_size(width: u32, height: u32, options: &DecodeOptions) -> Result<u64, DecodeError> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 {
        return Err(lasting(format!(
            "broken: a picture of {width} × {height} pixels"
        )));
    }
    match options.too_many_pixels(width, height) {
        Some(reason) => Err(passing(reason)),
        None => Ok(pixels),
    }
}

/// Waits until so many bytes may be used.
fn check_memory<'a>(needed: u64, room: &Room<'a>) -> Result<Option<Held<'a>>, DecodeError> {
    check_room(needed, room.largest)?;
    Ok((!room.held).then(|| room.gate.enter(needed)))
}

/// Refuses what needs more memory than one picture may take.
pub(super) fn check_room(needed: u64, largest: u64) -> Result<(), DecodeError> {
    if needed > largest {
        let (needed, largest) = (show_bytes(needed), show_bytes(largest));
        return Err(passing(format!(
            "decoding needs {needed} of memory, {largest} may be used"
        )));
    }
    Ok(())
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
