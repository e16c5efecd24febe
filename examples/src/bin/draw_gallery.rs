//! Draws `examples/gallery` by formula: seven kinds of pictures, some near-duplicates, two that
//! resemble nothing, and one broken file.
//!
//! ```text
//! cargo run --release -p imgcluster-examples --bin draw_gallery -- examples/gallery
//! ```

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use image::codecs::jpeg::JpegEncoder;
use image::imageops::{FilterType, resize};
use image::{ImageFormat, RgbImage};
use imgcluster_examples::{KINDS, ODD, Random, draw};

const WIDTH: u32 = 288;
const HEIGHT: u32 = 216;
const PICTURES_PER_KIND: u64 = 8;

fn main() -> Result<()> {
    let folder = std::env::args_os()
        .nth(1)
        .map_or_else(|| "examples/gallery".into(), PathBuf::from);
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    for (kind_number, (name, scene)) in (0..).zip(KINDS) {
        for number in 0..PICTURES_PER_KIND {
            let mut random = Random::new(kind_number * 1000 + number);
            let picture = draw(WIDTH, HEIGHT, &scene(&mut random));
            let stem = format!("{name}-{}", number + 1);
            match number {
                0 => save_with_copies(&folder, &stem, &picture)?,
                1 => picture.save_with_format(folder.join(stem + ".png"), ImageFormat::Png)?,
                _ => save_jpeg(&folder.join(stem + ".jpg"), &picture, 88)?,
            }
        }
    }
    for (number, (name, scene)) in (0..).zip(ODD) {
        let picture = draw(WIDTH, HEIGHT, &scene(&mut Random::new(900_000 + number)));
        save_jpeg(&folder.join(format!("{name}.jpg")), &picture, 88)?;
    }
    save_broken(&folder)
}

/// An original, and what becomes of it: a smaller one, a brighter one.
fn save_with_copies(folder: &Path, stem: &str, picture: &RgbImage) -> Result<()> {
    save_jpeg(&folder.join(format!("{stem}.jpg")), picture, 92)?;
    let small = resize(picture, WIDTH * 2 / 3, HEIGHT * 2 / 3, FilterType::Triangle);
    save_jpeg(&folder.join(format!("{stem} (small).jpg")), &small, 55)
}

fn save_jpeg(path: &Path, picture: &RgbImage, quality: u8) -> Result<()> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(picture)?;
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

/// The first half of a picture file, as a broken download leaves it.
fn save_broken(folder: &Path) -> Result<()> {
    let picture = draw(WIDTH, HEIGHT, &(KINDS[0].1)(&mut Random::new(7)));
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 88).encode_image(&picture)?;
    bytes.truncate(bytes.len() / 2);
    fs::write(folder.join("broken.jpg"), bytes).context("cannot write broken.jpg")
}
