//! Pictures brought to a model's size, beside what Pillow makes of the same files
//! (`golden/recipes/make_images.py`).
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use imgcluster_core::{CropRounding, Decoder, Filter, InputSpec, Pixels, Resize};
use imgcluster_embed::{DecodeOptions, FileDecoder, JpegDecoding, fit};

const SIDE: NonZeroU32 = NonZeroU32::new(224).unwrap();

/// A folder that is not part of the repository, or `None`, which is said on standard error.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn outside(variable: &str, name: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = std::env::var_os(variable).map_or(beside.join(name), PathBuf::from);
    if !folder.is_dir() {
        eprintln!("skipped: nothing at {}", folder.display());
        return None;
    }
    Some(folder)
}

/// The input of one kind of reference.
fn input(kind: &str) -> InputSpec {
    let shorter = NonZeroU32::new(232).unwrap();
    // As in the recipe; none of its pictures has half a pixel of margin.
    let crop = |shorter| Resize::Crop {
        shorter,
        rounding: CropRounding::Down,
    };
    let (resize, filter) = match kind {
        "clip224" => (crop(SIDE), Filter::Bicubic),
        "squash224" => (Resize::Squash, Filter::Bilinear),
        "tv232" => (crop(shorter), Filter::Bilinear),
        other => panic!("an unknown kind of reference: {other}"),
    };
    InputSpec {
        width: SIDE,
        height: SIDE,
        resize,
        filter,
    }
}

fn decoded(path: &Path, options: DecodeOptions) -> Pixels {
    let decoder = FileDecoder::new(options);
    let content = decoder.identify(path).unwrap();
    decoder.decode(path, &content).unwrap().pixels
}

/// The largest and the mean difference.
fn differences(a: &[u8], b: &[u8]) -> (u8, f64) {
    assert_eq!(a.len(), b.len());
    let all = || a.iter().zip(b).map(|(a, b)| a.abs_diff(*b));
    let sum: u64 = all().map(u64::from).sum();
    (all().max().unwrap_or(0), sum as f64 / a.len() as f64)
}

/// Calls with path, kind and pixels of every reference.
fn each_reference(mut check: impl FnMut(&Path, &str, &[u8])) {
    let folders = (
        outside("IMGCLUSTER_GOLDEN", "golden"),
        outside("IMGCLUSTER_DATA", "data"),
    );
    let (Some(golden), Some(data)) = folders else {
        return;
    };
    let images = golden.join("images");
    let list = std::fs::read(images.join("preprocess.json")).unwrap();
    let list: serde_json::Value = serde_json::from_slice(&list).unwrap();
    let items = list["items"].as_array().unwrap();
    assert!(!items.is_empty());
    for item in items {
        let text = |key: &str| item[key].as_str().unwrap();
        let array = std::fs::read(images.join(text("file"))).unwrap();
        // A header, then the bytes; what the header says is said by the kind as well.
        let pixels = &array[array.len() - 224 * 224 * 3..];
        check(&data.join(text("path")), text("kind"), pixels);
    }
}

#[test]
fn fitted_pictures_are_those_of_pillow_within_three_levels() {
    each_reference(|path, kind, wanted| {
        let options = DecodeOptions {
            jpeg: JpegDecoding::Faithful,
            ..DecodeOptions::default()
        };
        let pixels = decoded(path, options);
        let fitted = fit(&pixels, &input(kind)).unwrap();
        let (largest, mean) = differences(fitted.rgb(), wanted);
        let name = path.display();
        assert!(
            largest <= 3 && mean <= 0.5,
            "{name}, {kind}: {largest}, {mean}"
        );
    });
}

/// A JPEG with edges and fine waves, held as EXIF says.
fn jpeg(width: u32, height: u32, orientation: u8) -> Vec<u8> {
    let picture = image::RgbImage::from_fn(width, height, |x, y| {
        let wave = (f64::from(x) / 31.0).sin() * (f64::from(y) / 47.0).cos();
        let edge = if (x / 190 + y / 170) % 2 == 0 {
            40.0
        } else {
            0.0
        };
        let fine = f64::from((x * 7 + y * 3) % 16);
        [60.0, 90.0, 120.0]
            .map(|base| (base + 50.0 * wave + edge + fine) as u8)
            .into()
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture
        .write_to(&mut bytes, image::ImageFormat::Jpeg)
        .unwrap();
    let bytes = bytes.into_inner();
    let exif = b"\xff\xe1\0\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0";
    let exif = [&exif[..], &[orientation, 0, 0, 0, 0, 0, 0]].concat();
    [&bytes[..2], &exif, &bytes[2..]].concat()
}

#[test]
fn reduced_decoding_stays_within_eight_levels_however_the_picture_is_held() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("held.jpg");
    for orientation in 1..=8 {
        // Neither side is a whole number of blocks, so the grid begins or ends beyond the edge.
        std::fs::write(&path, jpeg(1501, 1399, orientation)).unwrap();
        let full = JpegDecoding::Faithful;
        let reduced = JpegDecoding::Reduced { shorter: SIDE };
        let [full, reduced] = [full, reduced].map(|jpeg| {
            let options = DecodeOptions {
                jpeg,
                ..DecodeOptions::default()
            };
            decoded(&path, options)
        });
        assert_eq!(reduced.width(), full.width().div_ceil(2));
        for kind in ["clip224", "squash224"] {
            let input = input(kind);
            let (full, reduced) = (fit(&full, &input).unwrap(), fit(&reduced, &input).unwrap());
            let (largest, mean) = differences(full.rgb(), reduced.rgb());
            assert!(
                largest <= 8 && mean <= 0.6,
                "{orientation}, {kind}: {largest}, {mean}"
            );
        }
    }
}
