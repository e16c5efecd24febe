//! For tests: pictures by formula.

use imgcluster_core::Pixels;

/// A gray picture, each value by its column and row.
pub(super) fn gray(width: u32, height: u32, value: impl Fn(u32, u32) -> u8) -> Pixels {
    let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    let rgb = places.flat_map(|(x, y)| [value(x, y); 3]).collect();
    Pixels::new(width, height, rgb).unwrap()
}

/// Blocks of 24 × 24 pixels, each of a gray that a formula scatters.
pub(super) fn blocks(x: u32, y: u32, seed: u32) -> u8 {
    let mix = |value: u32| (value ^ (value >> 15)).wrapping_mul(0x2c1b_3c6d);
    let mixed = mix(mix(mix(x / 24 + 1) ^ (y / 24)) ^ seed);
    (mixed >> 24) as u8
}
