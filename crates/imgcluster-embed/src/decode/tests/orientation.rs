//! That pictures of every format come out upright.

use super::*;

/// EXIF that holds nothing but an orientation.
fn exif(orientation: u8) -> Vec<u8> {
    let head = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0";
    [&head[..], &[orientation, 0, 0, 0, 0, 0, 0]].concat()
}

/// The EXIF put into a file, right after its header.
fn with_exif(bytes: &[u8], format: ImageFormat, exif: &[u8]) -> Vec<u8> {
    let length = exif.len() as u32;
    let (at, part) = if format == ImageFormat::Jpeg {
        let length = (length as u16 + 8).to_be_bytes();
        (2, [&[0xff, 0xe1][..], &length, b"Exif\0\0", exif].concat())
    } else {
        let checked = [b"eXIf", exif].concat();
        let length = length.to_be_bytes();
        let part = [&length[..], &checked, &crc(&checked).to_be_bytes()].concat();
        (33, part)
    };
    [&bytes[..at], &part, &bytes[at..]].concat()
}

pub(super) fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

#[test]
fn the_orientation_is_applied_and_an_invalid_one_is_upright() {
    let picture = scene(48, 32);
    for format in [ImageFormat::Jpeg, ImageFormat::Png] {
        let bytes = encoded(&picture, format);
        let upright = decoded(&bytes).unwrap();
        for value in [0, 1, 9, 255] {
            assert_eq!(
                decoded(&with_exif(&bytes, format, &exif(value))),
                Ok(upright.clone())
            );
        }
        let turned = decoded(&with_exif(&bytes, format, &exif(6))).unwrap();
        assert_eq!((turned.width, turned.height), (32, 48));
        // Turned clockwise, the lower left corner comes to the upper left.
        let corner = &upright.pixels.rgb()[31 * 48 * 3..][..3];
        assert_eq!(&turned.pixels.rgb()[..3], corner);
        let junk = with_exif(&bytes, format, b"II*\0\xff\xff\xff\xff");
        assert_eq!(decoded(&junk), Ok(upright));
    }
}

/// A picture that says how it was held, in the way of its format.
fn held(picture: &RgbImage, format: ImageFormat, orientation: u8) -> Vec<u8> {
    let bytes = encoded(picture, format);
    let exif = exif(orientation);
    match format {
        ImageFormat::WebP => {
            let mut header = [0; 10]; // what is there: EXIF; then width and height, less one
            header[0] = 8;
            header[4] = (picture.width() - 1) as u8;
            header[7] = (picture.height() - 1) as u8;
            let part = |name: &[u8; 4], content: &[u8]| {
                let length = (content.len() as u32).to_le_bytes();
                [&name[..], &length, content].concat()
            };
            let parts = [&part(b"VP8X", &header), &bytes[12..], &part(b"EXIF", &exif)].concat();
            part(b"RIFF", &[&b"WEBP"[..], &parts].concat())
        }
        ImageFormat::Tiff => tiff(picture, orientation),
        _ => with_exif(&bytes, format, &exif),
    }
}

/// A TIFF of one strip.
fn tiff(picture: &RgbImage, orientation: u8) -> Vec<u8> {
    const PIXELS: u16 = 8 + 2 + 10 * 12 + 4 + 6;
    let (width, height) = (picture.width() as u16, picture.height() as u16);
    let entries: [(u16, u16, u16); 10] = [
        (0x100, 1, width),
        (0x101, 1, height),
        (0x102, 3, 0), // bits, which lie before the pixels
        (0x103, 1, 1), // no compression
        (0x106, 1, 2), // RGB
        (0x111, 1, PIXELS),
        (0x112, 1, u16::from(orientation)),
        (0x115, 1, 3), // samples in a pixel
        (0x116, 1, height),
        (0x117, 1, width * height * 3),
    ];
    let mut bytes = b"MM\0*\0\0\0\x08\0\x0a".to_vec();
    for (tag, count, value) in entries {
        bytes.extend([tag, 3, 0, count].map(u16::to_be_bytes).concat());
        let value = if count == 1 {
            [value, 0]
        } else {
            [0, PIXELS - 6]
        };
        bytes.extend(value.map(u16::to_be_bytes).concat());
    }
    bytes.extend([0, 0, 0, 0, 0, 8, 0, 8, 0, 8]);
    [&bytes[..], picture.as_raw()].concat()
}

#[test]
fn all_eight_orientations_are_applied_in_png_webp_and_tiff() {
    let upright = scene(7, 5);
    for format in [ImageFormat::Png, ImageFormat::WebP, ImageFormat::Tiff] {
        for orientation in 1..=8 {
            // Stored so that `image`'s own turning brings it back.
            let stored = match orientation {
                2 => image::imageops::flip_horizontal(&upright),
                3 => image::imageops::rotate180(&upright),
                4 => image::imageops::flip_vertical(&upright),
                5 => image::imageops::rotate270(&image::imageops::flip_horizontal(&upright)),
                6 => image::imageops::rotate270(&upright),
                7 => image::imageops::rotate90(&image::imageops::flip_horizontal(&upright)),
                8 => image::imageops::rotate90(&upright),
                _ => upright.clone(),
            };
            let decoded = decoded(&held(&stored, format, orientation)).unwrap();
            assert_eq!((decoded.width, decoded.height), (7, 5));
            let shown = decoded.pixels.rgb();
            assert_eq!(
                shown,
                upright.as_raw(),
                "{format:?}, orientation {orientation}"
            );
        }
    }
}
