//! A formula evaluated at each pixel.

use image::{Rgb, RgbImage};

/// Red, green, blue in [0, 1].
pub type Colour = [f32; 3];

/// The colour at a place: x to the right in [0, 4/3], y downwards in [0, 1].
pub type Scene = Box<dyn Fn(f32, f32) -> Colour>;

/// Evaluates a scene at each pixel, nine times for smooth edges.
pub fn draw(width: u32, height: u32, scene: &Scene) -> RgbImage {
    const OFFSETS: [f32; 3] = [1.0 / 6.0, 0.5, 5.0 / 6.0];
    RgbImage::from_fn(width, height, |column, row| {
        let mut sum = [0.0_f32; 3];
        for dy in OFFSETS {
            for dx in OFFSETS {
                let x = (column as f32 + dx) / height as f32;
                let y = (row as f32 + dy) / height as f32;
                let colour = scene(x, y);
                sum.iter_mut()
                    .zip(colour)
                    .for_each(|(s, c)| *s += c.clamp(0.0, 1.0));
            }
        }
        Rgb(sum.map(|s| (s / 9.0 * 255.0).round() as u8))
    })
}

pub(super) fn mix(a: Colour, b: Colour, share: f32) -> Colour {
    let share = share.clamp(0.0, 1.0);
    std::array::from_fn(|i| a[i] * (1.0 - share) + b[i] * share)
}

pub(super) fn distance(x: f32, y: f32, to_x: f32, to_y: f32) -> f32 {
    ((x - to_x).powi(2) + (y - to_y).powi(2)).sqrt()
}

/// Distance to the nearest whole number, times two: 1 at whole numbers, 0 between.
pub(super) fn teeth(x: f32) -> f32 {
    (x - x.floor() - 0.5).abs() * 2.0
}

/// A fixed scrambling of a grid cell to [0, 1).
pub(super) fn scramble(x: f32, y: f32, seed: f32) -> f32 {
    let value = (x * 12.9898 + y * 78.233 + seed * 37.719).sin() * 43_758.547;
    value - value.floor()
}
