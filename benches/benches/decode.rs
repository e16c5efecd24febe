//! A JPEG brought to 224 × 224 pixels: ours, reduced and at full size, beside the `image` crate with
//! its own resize. `pillow_decode.py` times Pillow on files given to both through
//! `IMGCLUSTER_BENCH_JPEGS` (a list as in `PATH`); without it, pictures made by formula are used.
//! With `--features turbojpeg` ours goes through libjpeg-turbo.

use std::hint::black_box;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use image::imageops::FilterType;
use image::{ImageFormat, RgbImage};
use imgcluster_core::{CropRounding, Decoder, Filter, InputSpec, Resize};
use imgcluster_embed::{DecodeOptions, FileDecoder, JpegDecoding, fit};

const SIDE: NonZeroU32 = NonZeroU32::new(224).unwrap();

/// The files to decode.
fn files(folder: &Path) -> Vec<PathBuf> {
    if let Some(list) = std::env::var_os("IMGCLUSTER_BENCH_JPEGS") {
        return std::env::split_paths(&list).collect();
    }
    let sizes = [(4000, 3000, "12-mp.jpg"), (640, 480, "640x480.jpg")];
    let written = sizes.map(|(width, height, name)| {
        let picture = RgbImage::from_fn(width, height, |x, y| {
            let wave = (f64::from(x) / 61.0).sin() * (f64::from(y) / 47.0).cos();
            let grain = f64::from(x.wrapping_mul(7919) ^ y.wrapping_mul(104_729)) % 9.0;
            [80.0, 110.0, 140.0]
                .map(|base| (base + 60.0 * wave + grain) as u8)
                .into()
        });
        let path = folder.join(name);
        picture
            .save_with_format(&path, ImageFormat::Jpeg)
            .expect("the folder can be written to");
        path
    });
    written.into()
}

fn jpeg_to_model_input(bench: &mut Criterion) {
    let folder = std::env::temp_dir().join(format!("imgcluster-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the temporary folder can be written to");
    let input = InputSpec {
        width: SIDE,
        height: SIDE,
        resize: Resize::Crop {
            shorter: SIDE,
            rounding: CropRounding::HalfToEven,
        },
        filter: Filter::Bicubic,
    };
    let ways = [
        (
            "imgcluster, reduced",
            JpegDecoding::Reduced { shorter: SIDE },
        ),
        ("imgcluster, full size", JpegDecoding::Faithful),
        ("imgcluster, as for hashes", JpegDecoding::Plain),
    ];
    for path in files(&folder) {
        let name = path.file_name().unwrap_or_default().display().to_string();
        let mut group = bench.benchmark_group("jpeg to 224");
        group.sample_size(10);
        for (way, jpeg) in ways {
            let decoder = FileDecoder::new(DecodeOptions {
                jpeg,
                ..DecodeOptions::default()
            });
            let content = decoder.identify(&path).expect("a JPEG");
            group.bench_function(BenchmarkId::new(way, &name), |bencher| {
                bencher.iter(|| {
                    let picture = decoder.decode(&path, &content).expect("a whole JPEG");
                    black_box(fit(&picture.pixels, &input).expect("pixels"))
                });
            });
        }
        group.bench_function(BenchmarkId::new("image, CatmullRom", &name), |bencher| {
            bencher.iter(|| {
                let picture = image::open(&path).expect("a whole JPEG");
                black_box(
                    picture
                        .resize_exact(224, 224, FilterType::CatmullRom)
                        .to_rgb8(),
                )
            });
        });
    }
    // What is left behind is in the temporary folder.
    let _ = std::fs::remove_dir_all(&folder);
}

criterion_group!(benches, jpeg_to_model_input);
criterion_main!(benches);
