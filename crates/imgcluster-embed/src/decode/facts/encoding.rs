//! What storing a picture has cost.

use image::ImageFormat;

use super::super::ifd::Ifd;
use super::super::jpeg::segments;

/// What storing a picture has cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Nothing: every pixel is as it was given.
    Lossless,
    /// Detail, as a quality of 1 to 100 in the usual terms of its format (libjpeg's, libwebp's), if
    /// the file tells: 100 is the least loss.
    Lossy {
        /// The quality that its tables come nearest to.
        quality: Option<u8>,
    },
    /// Colours: at most 256 are left.
    Palette,
}

impl Encoding {
    /// Reads it from a file.
    pub(super) fn of(bytes: &[u8], format: ImageFormat) -> Self {
        match format {
            ImageFormat::Jpeg => Self::Lossy {
                quality: jpeg_quality(bytes),
            },
            ImageFormat::WebP => webp(bytes),
            ImageFormat::Gif => Self::Palette,
            ImageFormat::Tiff if tiff_holds_jpeg(bytes) => Self::Lossy { quality: None },
            _ => Self::Lossless,
        }
    }

    /// Ranks by loss, the higher the less: lossless is 101, lossy its quality (50 where it does not
    /// tell), a palette 0.
    pub fn rank(self) -> u8 {
        match self {
            Self::Lossless => 101,
            Self::Lossy { quality } => quality.unwrap_or(50),
            Self::Palette => 0,
        }
    }
}

/// The quality at which libjpeg would come nearest to a file's first table: it scales the table of
/// the standard's annex K, whose steps sum to 3688.
fn jpeg_quality(bytes: &[u8]) -> Option<u8> {
    const TABLES: u8 = 0xdb;
    const STANDARD: f64 = 3688.0;
    let segment = segments(bytes).find(|segment| segment.mark == TABLES)?;
    let (kind, steps) = segment.content.split_first()?;
    let sum: u64 = if kind >> 4 == 0 {
        steps.get(..64)?.iter().map(|step| u64::from(*step)).sum()
    } else {
        let steps = steps.get(..128)?.as_chunks::<2>().0;
        steps
            .iter()
            .map(|step| u64::from(u16::from_be_bytes(*step)))
            .sum()
    };
    let percent = 100.0 * sum as f64 / STANDARD;
    let quality = if percent >= 100.0 {
        5000.0 / percent
    } else {
        100.0 - percent / 2.0
    };
    Some(quality.round().clamp(1.0, 100.0) as u8)
}

fn tiff_holds_jpeg(bytes: &[u8]) -> bool {
    const COMPRESSION: u16 = 0x103;
    let compression = Ifd::first(bytes).and_then(|ifd| ifd.integer(COMPRESSION));
    matches!(compression, Some(6 | 7))
}

/// Walks over the parts of a WebP: the first frame says it.
fn webp(bytes: &[u8]) -> Encoding {
    let mut at = 12;
    while let Some((name, content)) = chunk(bytes, at) {
        match name {
            b"VP8L" => return Encoding::Lossless,
            b"VP8 " => {
                let quality = vp8_quality(content);
                return Encoding::Lossy { quality };
            }
            // A frame of a moving picture has parts of its own after 16 bytes.
            b"ANMF" => at += 8 + 16,
            _ => at += 8 + content.len() + content.len() % 2,
        }
    }
    Encoding::Lossy { quality: None }
}

/// One part of a WebP: its name and what there is of its content.
pub(super) fn chunk(bytes: &[u8], at: usize) -> Option<(&[u8; 4], &[u8])> {
    let name = bytes.get(at..)?.first_chunk()?;
    let length: [u8; 4] = *bytes.get(at + 4..)?.first_chunk()?;
    let end = (at + 8).saturating_add(u32::from_le_bytes(length) as usize);
    Some((name, &bytes[at + 8..end.min(bytes.len())]))
}

/// The quality at which libwebp would choose the quantiser of a frame (`VP8SetSegmentParams`):
/// RFC 6386, 9.2 to 9.6.
fn vp8_quality(frame: &[u8]) -> Option<u8> {
    let mut read = Boolean::new(frame.get(10..)?);
    read.bits(2); // colours, clamping
    if read.bits(1) == 1 {
        let map = read.bits(1);
        if read.bits(1) == 1 {
            read.bits(1);
            (0..4).for_each(|_| read.optional(8));
            (0..4).for_each(|_| read.optional(7));
        }
        if map == 1 {
            (0..3).for_each(|_| read.optional(8));
        }
    }
    read.bits(10); // the filter
    if read.bits(1) == 1 && read.bits(1) == 1 {
        (0..8).for_each(|_| read.optional(7));
    }
    read.bits(2); // partitions
    let index = f64::from(read.bits(7));
    let linear = (1.0 - index / 127.0).powi(3);
    let quality = if linear < 0.5 {
        linear * 1.5
    } else {
        f64::midpoint(linear, 1.0)
    };
    Some((100.0 * quality).round().clamp(1.0, 100.0) as u8)
}

/// Reads even bits of a VP8 header (RFC 6386, 7.3); zeros after the end.
struct Boolean<'a> {
    bytes: std::slice::Iter<'a, u8>,
    value: u32,
    range: u32,
    shifted: u32,
}

impl<'a> Boolean<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        let mut bytes = bytes.iter();
        let mut next = || u32::from(bytes.next().copied().unwrap_or(0));
        Self {
            value: next() << 8 | next(),
            bytes,
            range: 255,
            shifted: 0,
        }
    }

    fn bit(&mut self) -> u32 {
        let split = 1 + (((self.range - 1) * 128) >> 8);
        let bit = u32::from(self.value >= split << 8);
        if bit == 1 {
            self.range -= split;
            self.value -= split << 8;
        } else {
            self.range = split;
        }
        while self.range < 128 {
            self.value <<= 1;
            self.range <<= 1;
            self.shifted += 1;
            if self.shifted == 8 {
                self.shifted = 0;
                self.value |= u32::from(self.bytes.next().copied().unwrap_or(0));
            }
        }
        bit
    }

    fn bits(&mut self, count: u32) -> u32 {
        (0..count).fold(0, |bits, _| bits << 1 | self.bit())
    }

    /// Passes over a number that may be left out; its sign is one of its bits.
    fn optional(&mut self, bits: u32) {
        if self.bits(1) == 1 {
            self.bits(bits);
        }
    }
}
