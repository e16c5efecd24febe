//! What a file says of how its picture was taken.

use image::ImageFormat;

use super::super::ifd::Ifd;
use super::super::jpeg::segments;
use super::super::png::Chunks;
use super::encoding::chunk;

/// The directory of what the camera did, and that of where it was.
const CAMERA: u16 = 0x8769;
const PLACE: u16 = 0x8825;

/// The fields that count: what a camera or a person wrote, and no program can make up. Neither
/// what editors write of themselves nor the thumbnail is here.
const FIELDS: [(Option<u16>, u16, &str); 17] = [
    (None, 0x010e, "description"),
    (None, 0x010f, "make"),
    (None, 0x0110, "model"),
    (None, 0x013b, "artist"),
    (None, 0x4746, "rating"),
    (None, 0x8298, "copyright"),
    (Some(CAMERA), 0x829a, "exposure time"),
    (Some(CAMERA), 0x829d, "aperture"),
    (Some(CAMERA), 0x8827, "sensitivity"),
    (Some(CAMERA), 0x9003, "date taken"),
    (Some(CAMERA), 0x9209, "flash"),
    (Some(CAMERA), 0x920a, "focal length"),
    (Some(CAMERA), 0x927c, "maker's note"),
    (Some(CAMERA), 0x9286, "comment"),
    (Some(CAMERA), 0xa434, "lens"),
    (Some(PLACE), 0x0002, "latitude"),
    (Some(PLACE), 0x0004, "longitude"),
];

/// What a file says of how its picture was taken.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Metadata {
    /// The names of the fields it has, of 17 that count: what a camera or a person wrote.
    pub fields: Vec<&'static str>,
    /// Whether the pixels are stored turned, and only a field says how to see them upright. Of two
    /// files that are equal otherwise, the one that every program shows upright is the better one.
    pub turned: bool,
}

impl Metadata {
    /// Reads it from a file.
    pub(super) fn of(bytes: &[u8], format: ImageFormat) -> Self {
        const ORIENTATION: u16 = 0x0112;
        let block = exif(bytes, format).unwrap_or_default();
        let block = block.strip_prefix(b"Exif\0\0").unwrap_or(block);
        let Some(first) = Ifd::first(block) else {
            return Self::default();
        };
        let has = |(directory, tag, _): &&(Option<u16>, u16, &str)| match directory {
            None => first.has(*tag),
            Some(directory) => first.directory(*directory).is_some_and(|d| d.has(*tag)),
        };
        let fields = FIELDS.iter().filter(has).map(|(_, _, name)| *name);
        Self {
            fields: fields.collect(),
            turned: matches!(first.integer(ORIENTATION), Some(2..=8)),
        }
    }
}

fn exif(bytes: &[u8], format: ImageFormat) -> Option<&[u8]> {
    const APP1: u8 = 0xe1;
    match format {
        ImageFormat::Jpeg => segments(bytes)
            .find(|segment| segment.mark == APP1 && segment.content.starts_with(b"Exif\0\0"))
            .map(|segment| segment.content),
        ImageFormat::Png => Chunks::of(bytes).exif,
        ImageFormat::Tiff => Some(bytes),
        ImageFormat::WebP => {
            let mut at = 12;
            while let Some((name, content)) = chunk(bytes, at) {
                if name == b"EXIF" {
                    return Some(content);
                }
                at += 8 + content.len() + content.len() % 2;
            }
            None
        }
        _ => None,
    }
}
