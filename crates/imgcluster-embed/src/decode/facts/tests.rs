use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::codecs::jpeg::JpegEncoder;
use image::imageops::{FilterType, resize};
use image::{DynamicImage, Rgb, RgbImage};
use imgcluster_core::Decoder;

use super::super::FileDecoder;
use super::*;

/// A picture with detail at every scale, and no line alike: noise by formula, from coarse to fine.
fn scene(width: u32, height: u32) -> RgbImage {
    let noise = |x: u32, y: u32, scale: u32| {
        let mixed =
            (x / scale).wrapping_mul(2_654_435_761) ^ (y / scale).wrapping_mul(2_246_822_519);
        f64::from(mixed.wrapping_mul(3_266_489_917) >> 24)
    };
    RgbImage::from_fn(width, height, |x, y| {
        let value = 0.4 * noise(x, y, 32) + 0.3 * noise(x, y, 8) + 0.2 * noise(x, y, 2);
        let value = value as u8;
        Rgb([value, value / 2 + 60, 255 - value])
    })
}

fn encoded(picture: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn jpeg(picture: &RgbImage, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
    DynamicImage::from(picture.clone())
        .write_with_encoder(encoder)
        .unwrap();
    bytes
}

fn facts(bytes: &[u8]) -> PictureFacts {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("picture");
    std::fs::write(&path, bytes).unwrap();
    let decoder = FileDecoder::default();
    decoder
        .facts(&path, &decoder.identify(&path).unwrap())
        .unwrap()
}

fn png(picture: &RgbImage) -> PictureFacts {
    facts(&encoded(picture, ImageFormat::Png))
}

fn framed(picture: &RgbImage, by: u32, colour: [u8; 3]) -> RgbImage {
    let (width, height) = picture.dimensions();
    let mut framed = RgbImage::from_pixel(width + 2 * by, height + 2 * by, Rgb(colour));
    image::imageops::replace(&mut framed, picture, by.into(), by.into());
    framed
}

#[test]
fn pictures_of_a_pixel_or_a_line_and_flat_ones_have_facts_too() {
    for (width, height) in [(1, 1), (1, 40), (40, 1), (2, 3), (31, 33), (64, 64)] {
        let flat = RgbImage::from_pixel(width, height, Rgb([9, 9, 9]));
        let facts = png(&flat);
        assert_eq!((facts.width, facts.height), (width, height));
        assert_eq!((facts.inner.width, facts.inner.height), (width, height));
        assert!(facts.sharpness.abs() < 1e-6);
        assert_eq!(facts.detail.is_some(), width.min(height) >= 32);
        assert_eq!(effective_sizes(&[&facts, &facts]), [(width, height); 2]);
    }
    assert!(effective_sizes(&[]).is_empty());
}

#[test]
fn a_picture_that_was_enlarged_counts_as_large_as_the_copy_it_was_made_from() {
    let picture = scene(240, 180);
    let original = facts(&jpeg(&picture, 90));
    for factor in [1.2, 1.5, 2.0, 3.0] {
        for filter in [
            FilterType::Triangle,
            FilterType::CatmullRom,
            FilterType::Lanczos3,
        ] {
            let (width, height) = ((240.0 * factor) as u32, (180.0 * factor) as u32);
            let enlarged = facts(&jpeg(&resize(&picture, width, height, filter), 85));
            let sizes = effective_sizes(&[&enlarged, &original]);
            assert_eq!(sizes, [(240, 180); 2], "{factor} {filter:?}");
            let said = enlarged.describe_size(sizes[0]);
            assert!(
                said.ends_with("but enlarged: detail of about 240 × 180"),
                "{said}"
            );
            // Alone it is what it seems: a soft picture is no proof.
            assert_eq!(effective_sizes(&[&enlarged]), [(width, height)]);
        }
    }
}

#[test]
fn a_picture_that_was_stretched_counts_as_wide_as_its_copy() {
    let picture = scene(300, 200);
    let stretched = resize(&picture, 345, 200, FilterType::CatmullRom);
    let sizes = effective_sizes(&[&png(&stretched), &png(&picture)]);
    assert_eq!(sizes, [(300, 200); 2]);
}

#[test]
fn a_picture_keeps_its_size_beside_copies_that_were_made_smaller() {
    let picture = scene(480, 360);
    let original = facts(&jpeg(&picture, 80));
    for percent in [90, 75, 50, 33] {
        let (width, height) = (480 * percent / 100, 360 * percent / 100);
        let smaller = png(&resize(&picture, width, height, FilterType::Lanczos3));
        let sizes = effective_sizes(&[&smaller, &original]);
        assert_eq!(sizes, [(width, height), (480, 360)]);
        assert_eq!(original.describe_size(sizes[1]), "480 × 360");
    }
}

#[test]
fn a_border_is_left_out_where_a_copy_shows_the_picture_without() {
    let picture = scene(240, 160);
    let plain = png(&picture);
    for colour in [[0, 0, 0], [255, 255, 255], [250, 20, 20]] {
        for by in [4, 20] {
            let framed = framed(&picture, by, colour);
            // JPEG smears an edge over its blocks of 8 pixels, or 16 of colour.
            for (framed, off) in [(png(&framed), 0), (facts(&jpeg(&framed, 85)), 4)] {
                let sizes = effective_sizes(&[&framed, &plain]);
                let (width, height) = sizes[0];
                assert!(
                    width.abs_diff(240) <= off && height.abs_diff(160) <= off,
                    "{sizes:?}"
                );
                assert_eq!(sizes[1], (240, 160));
                assert!(
                    framed
                        .describe_size(sizes[0])
                        .contains("without its border")
                );
                // No copy says that the border is none of the picture.
                let whole = (framed.width, framed.height);
                assert_eq!(effective_sizes(&[&framed, &framed]), [whole; 2]);
            }
        }
    }
}

#[test]
fn what_fades_into_the_picture_is_no_border() {
    let mut picture = scene(200, 200);
    for (_, y, pixel) in picture.enumerate_pixels_mut().filter(|(_, y, _)| *y < 100) {
        *pixel = Rgb([y as u8, y as u8, y as u8]);
    }
    let inner = png(&picture).inner;
    assert_eq!((inner.width, inner.height), (200, 200));
}

#[test]
fn the_quality_of_a_jpeg_is_the_one_it_was_stored_with() {
    for quality in [20, 50, 75, 85, 92, 98] {
        let facts = facts(&jpeg(&scene(40, 40), quality));
        let Encoding::Lossy {
            quality: Some(read),
        } = facts.encoding
        else {
            panic!("{:?}", facts.encoding);
        };
        assert!(read.abs_diff(quality) <= 1, "{read} for {quality}");
    }
}

#[test]
fn each_format_loses_what_it_loses() {
    let picture = scene(40, 40);
    let of = |format| facts(&encoded(&picture, format));
    for format in [
        ImageFormat::Png,
        ImageFormat::Bmp,
        ImageFormat::Tiff,
        ImageFormat::WebP,
    ] {
        assert_eq!(of(format).encoding, Encoding::Lossless, "{format:?}");
    }
    assert_eq!(of(ImageFormat::Gif).encoding, Encoding::Palette);
    assert_eq!(of(ImageFormat::Tiff).format, "TIFF");
    let ranks = [
        Encoding::Lossless,
        Encoding::Lossy { quality: Some(100) },
        Encoding::Lossy { quality: Some(51) },
        Encoding::Lossy { quality: None },
        Encoding::Palette,
    ];
    assert!(ranks.map(Encoding::rank).is_sorted_by(|a, b| a > b));
}

#[test]
fn any_bytes_have_some_encoding_and_metadata() {
    let whole = jpeg(&scene(16, 16), 80);
    let webp = b"RIFF\x20\0\0\0WEBPVP8 \x0a\0\0\0\0\0\0\x9d\x01\x2a\x10\0\x10\0";
    for bytes in [
        &whole[..],
        webp,
        b"II*\0\x08\0\0\0\x01\0\x69\x87\x04\0\x01\0\0\0\xff\xff\xff\xff",
    ] {
        for length in 0..bytes.len() {
            for format in [
                ImageFormat::Jpeg,
                ImageFormat::Png,
                ImageFormat::WebP,
                ImageFormat::Tiff,
            ] {
                Encoding::of(&bytes[..length], format);
                Metadata::of(&bytes[..length], format);
            }
        }
    }
}

/// An EXIF block: make and orientation, and the time of exposure in the camera's directory.
const EXIF: &[u8] = b"Exif\0\0MM\0*\0\0\0\x08\0\x03\
    \x01\x0f\0\x02\0\0\0\x02A\0\0\0\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\x87\x69\0\x04\0\0\0\x01\0\0\0\x32\
    \0\0\0\0\0\x01\x82\x9a\0\x05\0\0\0\x01\0\0\0\0\0\0\0\0";

#[test]
fn what_the_camera_wrote_is_counted_and_a_turned_picture_is_known() {
    let picture = scene(40, 30);
    let plain = jpeg(&picture, 90);
    let mut bytes = plain[..2].to_vec();
    bytes.extend(b"\xff\xe1");
    bytes.extend((EXIF.len() as u16 + 2).to_be_bytes());
    bytes.extend(EXIF);
    bytes.extend(&plain[2..]);
    let tagged = facts(&bytes);
    assert_eq!((tagged.width, tagged.height), (30, 40));
    assert_eq!(tagged.metadata.fields, ["make", "exposure time"]);
    assert!(tagged.metadata.turned);
    assert_eq!(facts(&plain).metadata, Metadata::default());
}

#[test]
fn a_blurred_copy_is_less_sharp() {
    let picture = scene(100, 100);
    let blurred = image::imageops::blur(&picture, 1.5);
    assert!(png(&blurred).sharpness < 0.5 * png(&picture).sharpness);
}

#[test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn of_real_photos_no_original_counts_as_enlarged_and_every_enlarged_copy_does() {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let data = std::env::var_os("IMGCLUSTER_DATA").map_or(beside, PathBuf::from);
    let folder = data.join("near-duplicates");
    let Ok(truth) = std::fs::read_to_string(folder.join("groups.csv")) else {
        return eprintln!("skipped: no pictures at {}", folder.display());
    };
    let rows = truth
        .lines()
        .skip(1)
        .map(|line| line.splitn(4, ',').collect::<Vec<_>>());
    let wanted = [
        "original",
        "upscale_150%",
        "resize_75%",
        "resize_33%",
        "aspect_stretch_110%",
    ];
    let rows: Vec<Vec<&str>> = rows.filter(|row| wanted.contains(&row[2])).collect();
    let decoder = FileDecoder::default();
    let mut enlarged = 0;
    for original in rows.iter().filter(|row| row[2] == "original") {
        let group = rows.iter().filter(|row| row[1] == original[1]);
        let group = group.map(|row| {
            let path = folder.join(row[0]);
            let content = decoder.identify(&path).unwrap();
            (row[2], decoder.facts(&path, &content).unwrap())
        });
        let group: Vec<(&str, PictureFacts)> = group.collect();
        let copies: Vec<&PictureFacts> = group.iter().map(|(_, facts)| facts).collect();
        let sizes = effective_sizes(&copies);
        let whole = group
            .iter()
            .position(|(transform, _)| *transform == "original")
            .unwrap();
        let whole = (group[whole].1.width, group[whole].1.height);
        for ((transform, _), size) in group.iter().zip(sizes) {
            match *transform {
                "original" => assert_eq!(size, whole, "{original:?}"),
                "upscale_150%" | "aspect_stretch_110%" => {
                    enlarged += 1;
                    assert!(size.0 <= whole.0 && size.1 <= whole.1, "{original:?}");
                }
                _ => {}
            }
        }
    }
    assert!(enlarged >= 8, "{enlarged} enlarged copies");
}
