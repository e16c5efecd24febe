//! What a file is, by its first bytes; its name is never asked.

use image::ImageFormat;

/// The picture formats that are read, by their usual names.
pub const FORMATS: [&str; 6] = ["JPEG", "PNG", "WebP", "BMP", "TIFF", "GIF"];

/// How many bytes of a file are looked at.
pub(super) const HEAD: usize = 4096;

/// What the first bytes of a file say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A picture in a format that is read.
    Picture(ImageFormat),
    /// A picture in a format that is not read, by its name.
    Foreign(&'static str),
    /// Something else, as it is called.
    Other(&'static str),
}

/// One signature: these bytes at this place.
type Signature = (usize, &'static [u8], Kind);

use Kind::{Foreign, Other, Picture};

/// Tried in order; the more specific first.
const SIGNATURES: &[Signature] = &[
    (0, b"\xff\xd8\xff", Picture(ImageFormat::Jpeg)),
    (0, b"\x89PNG\r\n\x1a\n", Picture(ImageFormat::Png)),
    (0, b"GIF87a", Picture(ImageFormat::Gif)),
    (0, b"GIF89a", Picture(ImageFormat::Gif)),
    (8, b"CR\x02", Foreign("RAW (CR2)")),
    (0, b"II*\0", Picture(ImageFormat::Tiff)),
    (0, b"MM\0*", Picture(ImageFormat::Tiff)),
    (0, b"II+\0", Picture(ImageFormat::Tiff)),
    (0, b"MM\0+", Picture(ImageFormat::Tiff)),
    (0, b"IIRO", Foreign("RAW (ORF)")),
    (0, b"IIRS", Foreign("RAW (ORF)")),
    (0, b"IIU\0", Foreign("RAW (RW2)")),
    (0, b"FUJIFILMCCD-RAW", Foreign("RAW (RAF)")),
    (0, b"\x8aMNG", Foreign("MNG")),
    (0, b"\x8bJNG", Foreign("JNG")),
    (0, b"\0\0\0\x0cJXL \r\n", Foreign("JPEG XL")),
    (0, b"\xff\x0a", Foreign("JPEG XL")),
    (0, b"\0\0\0\x0cjP  \r\n", Foreign("JPEG 2000")),
    (0, b"\xff\x4f\xff\x51", Foreign("JPEG 2000")),
    (0, b"8BPS", Foreign("PSD")),
    (0, b"DDS ", Foreign("DDS")),
    (0, b"\0\0\x01\0", Foreign("ICO")),
    (0, b"\0\0\x02\0", Foreign("CUR")),
    (0, b"icns", Foreign("ICNS")),
    (0, b"qoif", Foreign("QOI")),
    (0, b"farbfeld", Foreign("farbfeld")),
    (0, b"#?RADIANCE", Foreign("Radiance HDR")),
    (0, b"v/1\x01", Foreign("OpenEXR")),
    (0, b"gimp xcf", Foreign("XCF")),
    (0, b"\x01\xda", Foreign("SGI")),
    (0, b"SIMPLE  =", Foreign("FITS")),
    (0, b"\xd7\xcd\xc6\x9a", Foreign("WMF")),
    (0, b"%PDF-", Other("PDF")),
    (0, b"%!PS", Other("PostScript")),
    (0, b"\xc5\xd0\xd3\xc6", Other("PostScript")),
    (0, b"PK\x03\x04", Other("ZIP archive")),
    (0, b"PK\x05\x06", Other("ZIP archive")),
    (0, b"Rar!\x1a\x07", Other("RAR archive")),
    (0, b"7z\xbc\xaf\x27\x1c", Other("7z archive")),
    (0, b"\x1f\x8b", Other("gzip archive")),
    (0, b"BZh", Other("bzip2 archive")),
    (0, b"\xfd7zXZ\0", Other("xz archive")),
    (0, b"\x28\xb5\x2f\xfd", Other("zstd archive")),
    (257, b"ustar", Other("tar archive")),
    (0, b"\x7fELF", Other("program")),
    (0, b"MZ", Other("program")),
    (0, b"SQLite format 3\0", Other("SQLite database")),
    (
        0,
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        Other("OLE document (Thumbs.db, Office)"),
    ),
    (0, b"\0\0\0\x01Bud1", Other("folder settings (.DS_Store)")),
    (0, b"\x1a\x45\xdf\xa3", Other("Matroska video")),
    (0, b"OggS", Other("Ogg media")),
    (0, b"ID3", Other("MP3 audio")),
    (0, b"fLaC", Other("FLAC audio")),
    (0, b"\0\0\x01\xba", Other("MPEG video")),
];

/// Brands of the ISO media container, and what they stand for.
const BRANDS: &[(&[u8], Kind)] = &[
    (b"avif", Foreign("AVIF")),
    (b"avis", Foreign("AVIF")),
    (b"crx ", Foreign("RAW (CR3)")),
    (b"heic", Foreign("HEIC")),
    (b"heix", Foreign("HEIC")),
    (b"heim", Foreign("HEIC")),
    (b"heis", Foreign("HEIC")),
    (b"hevc", Foreign("HEIC")),
    (b"hevx", Foreign("HEIC")),
    (b"mif1", Foreign("HEIF")),
    (b"msf1", Foreign("HEIF")),
    (b"qt  ", Other("QuickTime video")),
    (b"M4A ", Other("MP4 audio")),
];

/// Tells what the beginning of a file is.
pub(super) fn sniff(head: &[u8]) -> Kind {
    if head.is_empty() {
        return Other("empty file");
    }
    let starts = |at: usize, with: &[u8]| head.get(at..).is_some_and(|rest| rest.starts_with(with));
    let found = SIGNATURES.iter().find(|(at, with, _)| starts(*at, with));
    if let Some((_, _, kind)) = found {
        return *kind;
    }
    if starts(0, b"RIFF") {
        return match head.get(8..12) {
            Some(b"WEBP") => Picture(ImageFormat::WebP),
            Some(b"AVI ") => Other("AVI video"),
            Some(b"WAVE") => Other("WAV audio"),
            _ => Other("RIFF media"),
        };
    }
    if starts(4, b"ftyp") {
        return brand(head);
    }
    if let Some(kind) = text(head) {
        return kind;
    }
    if starts(0, b"BM") && head.len() >= 6 {
        return Picture(ImageFormat::Bmp);
    }
    if head.iter().all(|&byte| byte == 0) {
        return Other("zeros");
    }
    Other("unknown content")
}

/// Tells one ISO media file from another: by its main brand, else by one it is compatible with.
fn brand(head: &[u8]) -> Kind {
    let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
    let brands = &head[8..length.clamp(12, HEAD).min(head.len()).max(8)];
    let named = |name: &[u8]| BRANDS.iter().find(|(brand, _)| *brand == name);
    let generic = |name: &[u8]| matches!(name, b"mif1" | b"msf1");
    // A HEIF container may say only in its compatible brands that it is AVIF or HEIC.
    let mut listed = brands.chunks_exact(4).enumerate();
    let specific = listed.find_map(|(at, name)| {
        let known = named(name).filter(|_| at != 1 && !generic(name));
        known.map(|(_, kind)| *kind)
    });
    let main = brands.get(..4).and_then(named).map(|(_, kind)| *kind);
    specific.or(main).unwrap_or(Other("MP4 video"))
}

/// Recognises text, and what it is written in.
fn text(head: &[u8]) -> Option<Kind> {
    let utf16 = head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff");
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // The end of the head may cut a character in two.
        Err(error) if error.valid_up_to() + 4 > head.len() && error.valid_up_to() > 0 => {
            std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) if utf16 => return Some(Other("text")),
        Err(_) => return None,
    };
    let printable = |c: char| !c.is_control() || matches!(c, '\t' | '\n' | '\r' | '\x0c');
    if !text.chars().all(printable) {
        return None;
    }
    let lower = text
        .trim_start_matches('\u{feff}')
        .trim_start()
        .to_ascii_lowercase();
    let netpbm =
        matches!(lower.as_bytes(), [b'p', b'1'..=b'6', space, ..] if space.is_ascii_whitespace());
    Some(if netpbm {
        Foreign("PNM")
    } else if lower.starts_with("<!doctype html") || lower.starts_with("<html") {
        Other("HTML")
    } else if lower.starts_with('<') && lower.contains("<svg") {
        Foreign("SVG")
    } else if lower.starts_with("<?xml") {
        Other("XML")
    } else {
        Other("text")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_and_one_byte_are_not_pictures() {
        assert_eq!(sniff(b""), Other("empty file"));
        assert_eq!(sniff(b"\xff"), Other("unknown content"));
        assert_eq!(sniff(b"x"), Other("text"));
        assert_eq!(sniff(&[0; 64]), Other("zeros"));
    }

    #[test]
    fn text_is_called_what_it_is() {
        assert_eq!(sniff(b"  <!DOCTYPE html><p>"), Other("HTML"));
        assert_eq!(
            sniff(b"<?xml version='1.0'?><!-- --><svg/>"),
            Foreign("SVG")
        );
        assert_eq!(sniff(b"<?xml version='1.0'?><a/>"), Other("XML"));
        assert_eq!(sniff(b"BM is how this text begins"), Other("text"));
        assert_eq!(sniff("grüße".as_bytes()), Other("text"));
        assert_eq!(
            sniff(&"ü".as_bytes().repeat(HEAD)[..HEAD - 1]),
            Other("text")
        );
        assert_eq!(sniff(b"P3\n1 1"), Foreign("PNM"));
    }

    #[test]
    fn the_container_of_iso_media_is_told_by_its_brand() {
        let file = |brands: &str| {
            let mut bytes = vec![0, 0, 0, 8 + brands.len() as u8];
            bytes.extend_from_slice(b"ftyp");
            bytes.extend_from_slice(brands.as_bytes());
            bytes
        };
        assert_eq!(sniff(&file("heic\0\0\0\0mif1heic")), Foreign("HEIC"));
        assert_eq!(sniff(&file("mif1\0\0\0\0mif1avif")), Foreign("AVIF"));
        assert_eq!(sniff(&file("mif1\0\0\0\0")), Foreign("HEIF"));
        assert_eq!(sniff(&file("isom\0\0\0\0isommp42")), Other("MP4 video"));
        assert_eq!(sniff(b"\0\0\0\0ftyp"), Other("MP4 video"));
    }
}
