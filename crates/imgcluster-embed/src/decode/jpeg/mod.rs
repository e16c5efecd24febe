//! What the JPEG decoder does not say: whether the whole picture is there.
//!
//! Decoders fill what is missing with gray or repetition and call it success. A picture is taken
//! for whole if its end marker is there and its last blocks are not all the same, which is what
//! missing data decodes to; only the others pay for counting their blocks ([`entropy`]).

mod bits;
mod colour;
mod engine;
mod entropy;
mod frame;
mod order;
mod own;
mod plan;
mod planes;
mod progressive;
mod transform;
mod waves;

use entropy::Extent;
pub(super) use plan::Plan;

/// What decodes JPEGs for models; a part of the cache key.
pub(super) const DECODED_BY: &str = engine::NAME;

/// Encoders make about ten passes.
const MOST_PASSES: u32 = 64;

/// Pixels of all passes together, each of which may go over them all and take only bytes.
const MOST_PASSED: u64 = 1 << 32;

/// Parts before the first pass: the other decoder goes over some of them again with each other one.
const MOST_PARTS: u32 = 4096;

/// The marks between the parts of a JPEG.
mod mark {
    pub(super) const SOF_BASELINE: u8 = 0xc0;
    pub(super) const SOF_EXTENDED: u8 = 0xc1;
    pub(super) const SOF_PROGRESSIVE: u8 = 0xc2;
    pub(super) const DHT: u8 = 0xc4;
    pub(super) const RST: std::ops::RangeInclusive<u8> = 0xd0..=0xd7;
    pub(super) const EOI: u8 = 0xd9;
    pub(super) const SOS: u8 = 0xda;
    pub(super) const DQT: u8 = 0xdb;
    pub(super) const DRI: u8 = 0xdd;
    pub(super) const APP1: u8 = 0xe1;
    pub(super) const APP14: u8 = 0xee;
    pub(super) const COM: u8 = 0xfe;
}

/// One part of a JPEG: its mark, its content, and where the next begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Segment<'a> {
    pub(super) mark: u8,
    pub(super) content: &'a [u8],
    end: usize,
}

/// Walks over the parts; entropy-coded data between them is passed over. Ends after the end mark,
/// or where the file is cut.
pub(super) fn segments(bytes: &[u8]) -> impl Iterator<Item = Segment<'_>> {
    let mut at = 2;
    let mut ended = false;
    std::iter::from_fn(move || {
        if ended {
            return None;
        }
        let (mark, after) = next_mark(bytes, at)?;
        let lone = matches!(mark, mark::EOI | 0x01 | 0xd8);
        let content = if lone { &[] } else { content_at(bytes, after)? };
        let end = if lone {
            after
        } else {
            after + 2 + content.len()
        };
        ended = mark == mark::EOI;
        at = end;
        Some(Segment { mark, content, end })
    })
}

/// The next mark that is neither stuffing nor a restart, and where it ends.
fn next_mark(bytes: &[u8], mut at: usize) -> Option<(u8, usize)> {
    loop {
        at += bytes.get(at..)?.iter().position(|byte| *byte == 0xff)? + 1;
        match *bytes.get(at)? {
            0xff => {}
            0x00 => at += 1,
            mark if mark::RST.contains(&mark) => at += 1,
            mark => return Some((mark, at + 1)),
        }
    }
}

fn content_at(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let length: [u8; 2] = bytes.get(at..)?.first_chunk().copied()?;
    bytes.get(at + 2..at + usize::from(u16::from_be_bytes(length)).max(2))
}

/// What the parts of a JPEG say, before anything is decoded.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Outline<'a> {
    /// The EXIF block, if there is one.
    pub(super) exif: Option<&'a [u8]>,
    /// Whether the end mark was found after picture data.
    pub(super) ended: bool,
    /// Where the end mark ends, if it was found; what follows is no part of the picture.
    pub(super) end: Option<usize>,
    progressive: bool,
    passes: u32,
    /// Parts before the first pass.
    parts: u32,
    /// What Adobe's mark says the components are: 1 is luma and chroma.
    adobe: Option<u8>,
}

impl<'a> Outline<'a> {
    /// Reads the parts of a JPEG.
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        let mut outline = Self::default();
        for segment in segments(bytes) {
            outline.parts += u32::from(outline.passes == 0);
            match segment.mark {
                mark::APP1 if segment.content.starts_with(b"Exif\0\0") => {
                    outline.exif = outline.exif.or(Some(segment.content));
                }
                mark::APP14 if segment.content.starts_with(b"Adobe") => {
                    outline.adobe = Some(segment.content.get(11).copied().unwrap_or(0));
                }
                mark::SOF_PROGRESSIVE => outline.progressive = true,
                mark::SOS => outline.passes += 1,
                mark::EOI if outline.passes > 0 => {
                    (outline.ended, outline.end) = (true, Some(segment.end));
                }
                _ => {}
            }
        }
        outline
    }

    /// Whether the decoder has to keep the whole picture in another form too.
    pub(super) fn buffered(&self) -> bool {
        self.progressive || self.passes > 1
    }

    /// Says why a picture is not decoded although it may be whole: a small file can be made to take
    /// any amount of time.
    pub(super) fn laborious(&self, pixels: u64) -> Option<String> {
        let passes = u64::from(self.passes);
        if passes > u64::from(MOST_PASSES) || passes > 4 && passes * pixels > MOST_PASSED {
            return Some(format!("{passes} passes over the picture are too many"));
        }
        let parts = self.parts;
        (parts > MOST_PARTS).then(|| format!("{parts} parts before the picture are too many"))
    }

    /// Whether nothing says that three components are anything but luma and chroma.
    fn is_luma_and_chroma(&self) -> bool {
        self.adobe.is_none_or(|kind| kind == 1)
    }

    /// Says what is missing of a picture that was decoded from `bytes`, if anything is.
    pub(super) fn missing(&self, bytes: &[u8], width: u32, rgb: &[u8]) -> Option<String> {
        if self.progressive && !self.ended {
            let reason = "truncated: without its end mark, passes over the picture may be missing";
            return Some(reason.to_owned());
        }
        if self.ended && !ends_alike(width as usize, rgb) {
            return None;
        }
        match entropy::extent(bytes) {
            Extent::Whole | Extent::Unknown => None,
            Extent::Cut { blocks, of } => {
                let percent = blocks * 100 / of.max(1);
                Some(format!("truncated: {percent} % of the picture is there"))
            }
            Extent::Damaged { blocks, of } => {
                let percent = blocks * 100 / of.max(1);
                Some(format!(
                    "damaged: unreadable after {percent} % of the picture"
                ))
            }
        }
    }
}

/// Tells whether the last blocks of a picture repeat each other, as missing data does.
fn ends_alike(width: usize, rgb: &[u8]) -> bool {
    const STEP: usize = 16; // the usual width of a block group; a multiple of the others
    const ROWS: usize = 8;
    if width < 2 * STEP {
        return true;
    }
    rgb.rchunks_exact(width * 3).take(ROWS).all(|row| {
        let (before, last) = row[(width - 2 * STEP) * 3..].split_at(STEP * 3);
        before == last
    })
}

#[cfg(test)]
mod tests;
