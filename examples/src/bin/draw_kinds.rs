//! Draws small square pictures of six kinds by formula, a folder for each kind: something to learn
//! from, and to see what was learnt. Every picture is taken in another light and with the noise of a
//! dark room, so that what kind it is of is not told by its colours alone.
//!
//! ```text
//! cargo run --release -p imgcluster-examples --bin draw_kinds -- kinds 100
//! ```
//!
//! With a last word `plain` all are in the same light, without noise.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use image::RgbImage;
use imgcluster_examples::{KINDS, Random, draw};

/// Pixels a side.
const SIDE: u32 = 64;

/// How much brighter or darker a picture is, in powers of e.
const EXPOSURE: f32 = 0.5;

/// The same for each colour alone, as of lamps and of daylight.
const CAST: f32 = 0.2;

/// The standard deviation of the noise, where white is 1.
const NOISE: f32 = 0.1;

fn main() -> Result<()> {
    let mut words = std::env::args_os().skip(1);
    let folder = words.next().map_or_else(|| "kinds".into(), PathBuf::from);
    let count = words.next().map_or(Ok(100), |word| {
        let word = word.to_string_lossy();
        let wrong = || format!("`{word}` is no number of pictures");
        word.parse::<u64>().with_context(wrong)
    })?;
    let is_plain = words.next().is_some_and(|word| word == "plain");
    for (kind, (name, scene)) in (0..).zip(&KINDS[..6]) {
        let folder = folder.join(name);
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
        for number in 0..count {
            // Other numbers than the gallery's, so that none of its pictures comes again.
            let mut random = Random::new(10_000_000 + kind * 1_000_000 + number);
            let path = folder.join(format!("{name}-{:04}.png", number + 1));
            let mut picture = draw(SIDE, SIDE, &scene(&mut random));
            if !is_plain {
                take(&mut picture, &mut random);
            }
            picture
                .save(&path)
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
    }
    Ok(())
}

/// Changes the light, and adds noise.
fn take(picture: &mut RgbImage, random: &mut Random) {
    let exposure = random.between(-EXPOSURE, EXPOSURE);
    let light: [f32; 3] = std::array::from_fn(|_| (exposure + random.between(-CAST, CAST)).exp());
    for pixel in picture.pixels_mut() {
        for (value, light) in pixel.0.iter_mut().zip(light) {
            // The sum of twelve even numbers is nearly normal, with a variance of 1.
            let noise: f32 = (0..12).map(|_| random.unit()).sum::<f32>() - 6.0;
            let taken = f32::from(*value) / 255.0 * light + NOISE * noise;
            *value = (taken * 255.0).round().clamp(0.0, 255.0) as u8;
        }
    }
}
