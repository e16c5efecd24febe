use super::*;
use crate::{HashKind, PerceptualHash, WalkOptions, fit, walk};
use image::{GrayImage, ImageFormat, RgbImage, RgbaImage};
use imgcluster_core::{Filter, InputSpec, Job, Resize, Similarity};
use orientation::crc;
use std::fs;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const FORMATS: [ImageFormat; 6] = [
    ImageFormat::Jpeg,
    ImageFormat::Png,
    ImageFormat::Gif,
    ImageFormat::WebP,
    ImageFormat::Bmp,
    ImageFormat::Tiff,
];

/// A picture without symmetry, with detail in every corner.
fn scene(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let wave = ((x * 5 + y * 3) % 64) as u8;
        image::Rgb([(x * 255 / width) as u8, (y * 255 / height) as u8, wave * 2])
    })
}

fn encoded(picture: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// Writes bytes under a name that says nothing true, and decodes them.
fn decoded_with(bytes: &[u8], options: DecodeOptions) -> Result<Decoded, DecodeError> {
    let folder = tempfile::tempdir().unwrap();
    let path = written(&folder, bytes);
    let decoder = FileDecoder::new(options);
    let content = decoder.identify(&path)?;
    assert_eq!(content.0, *blake3::hash(bytes).as_bytes());
    decoder.decode(&path, &content)
}

fn decoded(bytes: &[u8]) -> Result<Decoded, DecodeError> {
    decoded_with(bytes, DecodeOptions::default())
}

fn written(folder: &TempDir, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join("picture.txt");
    fs::write(&path, bytes).unwrap();
    path
}

fn mean_difference(a: &[u8], b: &[u8]) -> f64 {
    assert_eq!(a.len(), b.len());
    let sum: u64 = a
        .iter()
        .zip(b)
        .map(|(a, b)| u64::from(a.abs_diff(*b)))
        .sum();
    sum as f64 / a.len() as f64
}

#[test]
fn every_format_shows_the_same_picture_whatever_the_file_is_called() {
    let picture = scene(61, 43);
    for format in FORMATS {
        let decoded = decoded(&encoded(&picture, format)).unwrap();
        assert_eq!((decoded.width, decoded.height), (61, 43));
        let allowed = match format {
            ImageFormat::Jpeg => 8.0,
            ImageFormat::Gif => 16.0, // 256 colours
            _ => 0.0,
        };
        let difference = mean_difference(decoded.pixels.rgb(), &picture);
        assert!(difference <= allowed, "{format:?}: {difference}");
    }
}

#[test]
fn one_pixel_is_a_picture_in_every_format() {
    for format in FORMATS {
        let decoded = decoded(&encoded(&scene(1, 1), format)).unwrap();
        assert_eq!((decoded.pixels.width(), decoded.pixels.height()), (1, 1));
    }
}

#[test]
fn what_is_not_a_picture_is_said_to_be_what_it_is() {
    let reasons = [
        (&b""[..], "not a picture: empty file"),
        (b"\x89", "not a picture: unknown content"),
        (b"hello", "not a picture: text"),
        (b"<svg xmlns=''/>", "SVG is not read by this build"),
        (
            b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
            "HEIC is not read by this build",
        ),
        (b"%PDF-1.7", "not a picture: PDF"),
    ];
    for (bytes, reason) in reasons {
        assert_eq!(decoded(bytes).unwrap_err(), lasting(reason));
    }
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let picture = scene(96, 64);
    for format in FORMATS {
        let bytes = encoded(&picture, format);
        // What may be missing: end marks, and the unused end of the last byte of data.
        let spare = match format {
            ImageFormat::Jpeg => 4,
            ImageFormat::Png => 12,
            ImageFormat::Gif => 3,
            ImageFormat::Tiff => continue, // its directory is at the end; see the next test
            _ => 1,
        };
        for length in (0..bytes.len() - spare).step_by(bytes.len() / 40) {
            let error = decoded(&bytes[..length]).unwrap_err();
            assert!(
                error.lasting && !error.reason.is_empty(),
                "{format:?} cut to {length}"
            );
        }
        let error = decoded(&bytes[..bytes.len() / 2]).unwrap_err();
        assert!(
            error.reason.starts_with("truncated"),
            "{format:?}: {}",
            error.reason
        );
    }
}

#[test]
fn a_tiff_cut_anywhere_is_refused() {
    let bytes = encoded(&scene(96, 64), ImageFormat::Tiff);
    for length in (0..bytes.len() - 8).step_by(bytes.len() / 40) {
        assert!(decoded(&bytes[..length]).is_err(), "cut to {length}");
    }
}

#[test]
fn a_missing_end_mark_alone_is_forgiven_in_baseline_jpeg_and_in_png() {
    let picture = scene(96, 64);
    for (format, mark) in [(ImageFormat::Jpeg, 2), (ImageFormat::Png, 12)] {
        let bytes = encoded(&picture, format);
        let whole = decoded(&bytes).unwrap();
        assert_eq!(
            decoded(&bytes[..bytes.len() - mark]),
            Ok(whole),
            "{format:?}"
        );
    }
}

#[test]
fn a_changed_byte_is_a_picture_or_a_reason_and_never_a_panic() {
    for format in FORMATS {
        let bytes = encoded(&scene(16, 12), format);
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 0x55;
            if let Err(error) = decoded(&changed) {
                assert!(!error.reason.is_empty() && !error.reason.contains('\n'));
            }
        }
    }
}

#[test]
fn a_panic_is_a_failure_of_its_file_and_known_to_be_caught() {
    let ran = guarded(ImageFormat::Gif, || {
        assert!(decoding());
        // As a panic would, but without its message on the terminal.
        std::panic::resume_unwind(Box::new("Oh no."))
    });
    let error: DecodeError = ran.map(|(): ()| ()).unwrap_err();
    assert_eq!(error, lasting("broken GIF: the decoder gave up (oh no)"));
    assert!(!decoding());
}

#[test]
fn limits_are_checked_by_the_header_and_are_not_lasting() {
    let bytes = encoded(&scene(40, 30), ImageFormat::Png);
    let tight = DecodeOptions {
        max_pixels: 1199,
        ..DecodeOptions::default()
    };
    let error = decoded_with(&bytes, tight).unwrap_err();
    assert_eq!(error, passing("40 × 30 pixels are over the limit of 1199"));
    let poor = DecodeOptions {
        largest: Some(2048),
        ..DecodeOptions::default()
    };
    let error = decoded_with(&bytes, poor).unwrap_err();
    assert!(
        error.reason.contains("memory") && !error.lasting,
        "{}",
        error.reason
    );
    let small = DecodeOptions {
        max_file_size: 10,
        ..DecodeOptions::default()
    };
    let error = decoded_with(&bytes, small).unwrap_err();
    assert!(error.reason.contains("limit of 10 bytes") && !error.lasting);
}

#[test]
fn too_many_pixels_are_told_of_in_the_words_of_the_decoder() {
    let options = DecodeOptions {
        max_pixels: 3_000_000,
        ..DecodeOptions::default()
    };
    assert_eq!(options.too_many_pixels(0, 0), None);
    assert_eq!(options.too_many_pixels(3000, 1000), None);
    let reason = options.too_many_pixels(u32::MAX, u32::MAX).unwrap();
    assert!(reason.ends_with("pixels are over the limit of 3 million"));
    let tight = DecodeOptions {
        max_pixels: 1199,
        ..options
    };
    let error = decoded_with(&encoded(&scene(40, 30), ImageFormat::Png), tight).unwrap_err();
    assert_eq!(Some(error.reason), tight.too_many_pixels(40, 30));
}

/// A zlib stream of as many zeros, without a library: one block of fixed codes that says "zero"
/// once, and then "the last byte, 258 times" again and again.
fn deflated_zeros(count: usize) -> Vec<u8> {
    let (mut bytes, mut held, mut length) = (vec![0x78, 0x01], 0_u32, 0);
    let mut put = |code: u32, bits: u32| {
        // Codes are written with their highest bit first.
        for bit in (0..bits).rev() {
            held |= (code >> bit & 1) << length;
            length += 1;
            if length == 8 {
                bytes.push(held as u8);
                (held, length) = (0, 0);
            }
        }
    };
    put(0b110, 3); // the last block; fixed codes
    put(0b0011_0000, 8); // zero
    for _ in 0..(count - 1).div_ceil(258) {
        put(0b1100_0101, 8); // 258 bytes
        put(0, 5); // from one byte back
    }
    put(0, 7 + 7); // the end, and to the end of the byte
    // Adler-32: the first sum stays 1, the second counts the bytes.
    let total = 1 + (count - 1).div_ceil(258) * 258;
    bytes.extend([(total % 65_521) as u16, 1].map(u16::to_be_bytes).concat());
    bytes
}

#[test]
fn a_profile_that_unpacks_to_much_takes_neither_memory_nor_the_picture() {
    let bytes = encoded(&scene(4, 3), ImageFormat::Png);
    let upright = decoded(&bytes).unwrap();
    for (unpacked, longest) in [(1000, 1.0), (2_usize << 30, 2.0)] {
        let content = [&b"iCCPx\0\0"[..], &deflated_zeros(unpacked)].concat();
        let length = (content.len() as u32 - 4).to_be_bytes();
        let part = [&length[..], &content, &crc(&content).to_be_bytes()].concat();
        let started = Instant::now();
        let with_profile = [&bytes[..33], &part, &bytes[33..]].concat();
        assert_eq!(decoded(&with_profile), Ok(upright.clone()));
        let took = started.elapsed().as_secs_f64();
        assert!(took < longest, "{unpacked} bytes took {took} seconds");
    }
}

#[test]
fn a_file_that_alone_takes_too_much_memory_is_refused_unread() {
    let picture = encoded(&scene(8, 8), ImageFormat::Jpeg);
    let options = DecodeOptions {
        largest: Some(2 << 20),
        ..DecodeOptions::default()
    };
    let folder = tempfile::tempdir().unwrap();
    let path = written(&folder, &picture);
    let decoder = FileDecoder::new(options);
    let content = decoder.identify(&path).unwrap();
    let file = File::options().write(true).open(&path).unwrap();
    file.set_len((1 << 20) + 1).unwrap();
    // Had it been read, it would be known to have changed.
    let error = decoder.decode(&path, &content).unwrap_err();
    assert_eq!(
        error,
        passing("decoding needs 2.0 MiB of memory, 2 MiB may be used")
    );
    file.set_len(1 << 19).unwrap();
    let content = decoder.identify(&path).unwrap();
    let padded = decoder.decode(&path, &content).unwrap();
    assert_eq!(
        Ok(padded),
        decoded(&picture),
        "what follows the end mark is nothing"
    );
}

#[test]
fn a_header_that_claims_a_huge_picture_costs_nothing() {
    let mut bytes = encoded(&scene(40, 30), ImageFormat::Png);
    bytes[16..24].fill(0x7f);
    let started = Instant::now();
    let error = decoded(&bytes).unwrap_err();
    assert!(
        error.reason.contains("over the limit of 250 million"),
        "{}",
        error.reason
    );
    assert!(started.elapsed() < Duration::from_secs(1));
}

#[test]
fn a_file_that_changed_since_it_was_hashed_is_refused_for_now() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(&folder, &encoded(&scene(8, 8), ImageFormat::Png));
    let decoder = FileDecoder::default();
    let content = decoder.identify(&path).unwrap();
    fs::write(&path, encoded(&scene(9, 8), ImageFormat::Png)).unwrap();
    let error = decoder.decode(&path, &content).unwrap_err();
    assert_eq!(error, passing("changed while it was read"));
    fs::remove_file(&path).unwrap();
    assert!(!decoder.decode(&path, &content).unwrap_err().lasting);
    assert!(
        !decoder.identify(folder.path()).unwrap_err().lasting,
        "a folder"
    );
}

#[test]
fn what_is_transparent_lies_over_white() {
    let mut picture = RgbaImage::from_pixel(2, 1, image::Rgba([200, 0, 100, 0]));
    picture.put_pixel(1, 0, image::Rgba([200, 0, 100, 51]));
    let mut bytes = io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
    let decoded = decoded(&bytes.into_inner()).unwrap();
    assert_eq!(decoded.pixels.rgb(), [255, 255, 255, 244, 204, 224]);
}

#[test]
fn a_very_large_picture_is_kept_small_and_tells_its_true_size() {
    let options = DecodeOptions {
        keep_pixels: 1000,
        ..DecodeOptions::default()
    };
    let bytes = encoded(&scene(90, 60), ImageFormat::Png);
    let decoded = decoded_with(&bytes, options).unwrap();
    assert_eq!((decoded.width, decoded.height), (90, 60));
    assert_eq!((decoded.pixels.width(), decoded.pixels.height()), (30, 20));
}

#[test]
fn a_strip_of_millions_of_pixels_is_kept_short_so_that_fitting_and_hashing_it_is_quick() {
    let side = NonZeroU32::new(128).unwrap();
    let input = InputSpec {
        width: side,
        height: side,
        resize: Resize::Squash,
        filter: Filter::Bilinear,
    };
    for (width, height) in [(5_000_000, 1), (1, 5_000_000)] {
        let strip = GrayImage::from_fn(width, height, |x, y| {
            image::Luma([if x + y < 2_500_000 { 60 } else { 180 }])
        });
        let mut bytes = io::Cursor::new(Vec::new());
        strip.write_to(&mut bytes, ImageFormat::Png).unwrap();
        let decoded = decoded(&bytes.into_inner()).unwrap();
        assert_eq!((decoded.width, decoded.height), (width, height));
        let pixels = decoded.pixels;
        assert!(pixels.width().max(pixels.height()) <= reduce::LONGEST_SIDE);
        assert_eq!(pixels.rgb()[..3], [60; 3]);
        assert_eq!(pixels.rgb()[pixels.rgb().len() - 3..], [180; 3]);

        let started = Instant::now();
        let fitted = fit(&pixels, &input).unwrap();
        let sum: u64 = fitted.rgb().iter().map(|value| u64::from(*value)).sum();
        assert_eq!(sum / fitted.rgb().len() as u64, 120);
        for kind in HashKind::ALL {
            PerceptualHash::new(kind).signature(&pixels, &ContentHash([0; 32]));
        }
        assert!(started.elapsed() < Duration::from_secs(1));
    }
}

#[test]
fn a_gate_for_one_byte_still_lets_every_picture_through() {
    let decoder = FileDecoder::new(DecodeOptions {
        memory: Some(1),
        ..DecodeOptions::default()
    });
    let folder = tempfile::tempdir().unwrap();
    let path = written(&folder, &encoded(&scene(64, 64), ImageFormat::Jpeg));
    let content = decoder.identify(&path).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert!(decoder.decode(&path, &content).is_ok()));
        }
    });
}

#[test]
fn thumbnails_are_made_when_they_are_wanted() {
    let pixels = Pixels::new(2, 2, vec![9; 12]).unwrap();
    assert!(FileDecoder::default().thumbnail(&pixels).is_some());
    let none = DecodeOptions {
        thumbnail: None,
        ..DecodeOptions::default()
    };
    assert_eq!(FileDecoder::new(none).thumbnail(&pixels), None);
}

#[test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn nine_orientations_of_one_photo_are_one_scene() {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let data = std::env::var_os("IMGCLUSTER_DATA").map_or(beside, PathBuf::from);
    let folder = data.join("exif-orientation");
    if !folder.is_dir() {
        return eprintln!("skipped: no pictures at {}", folder.display());
    }
    let hash = PerceptualHash::new(HashKind::Phash);
    let files = FileDecoder::default();
    let walked = walk(&[folder], &WalkOptions::default(), &Job::quiet()).unwrap();
    let decoded = walked.candidates.iter().filter_map(|candidate| {
        let content = files.identify(&candidate.path).ok()?;
        let decoded = files.decode(&candidate.path, &content).unwrap();
        let signature = hash.signature(&decoded.pixels, &content);
        Some(((decoded.width, decoded.height), signature.bits))
    });
    let decoded: Vec<_> = decoded.collect();
    assert_eq!(decoded.len(), 9);
    for (size, bits) in &decoded {
        assert_eq!(*size, decoded[0].0);
        assert!((bits ^ decoded[0].1).count_ones() <= 4);
    }
}

#[test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn a_corpus_of_hostile_files_is_survived() {
    let Some(corpus) = std::env::var_os("IMGCLUSTER_CORPUS").map(PathBuf::from) else {
        return eprintln!("skipped: IMGCLUSTER_CORPUS names no folder of hostile files");
    };
    let walked = walk(&[corpus], &WalkOptions::default(), &Job::quiet()).unwrap();
    assert!(!walked.candidates.is_empty(), "the corpus is empty");
    let files = FileDecoder::default();
    let shorter = NonZeroU32::new(64).unwrap();
    let for_models = FileDecoder::new(DecodeOptions {
        jpeg: JpegDecoding::Reduced { shorter },
        ..DecodeOptions::default()
    });
    for candidate in &walked.candidates {
        let started = Instant::now();
        let decoded = files
            .identify(&candidate.path)
            .and_then(|content| files.decode(&candidate.path, &content));
        let (took, name) = (started.elapsed(), candidate.path.display());
        assert!(took < Duration::from_secs(20), "{name} took {took:?}");
        let again = files.identify(&candidate.path);
        let again = again.and_then(|content| for_models.decode(&candidate.path, &content));
        let size = |decoded: &Decoded| (decoded.width, decoded.height);
        assert_eq!(
            decoded.as_ref().map(size),
            again.as_ref().map(size),
            "{name}"
        );
        match decoded {
            Ok(decoded) => assert!(files.thumbnail(&decoded.pixels).is_some(), "{name}"),
            Err(error) => assert!(!error.reason.contains('\n'), "{name}: {}", error.reason),
        }
    }
}

mod orientation;
