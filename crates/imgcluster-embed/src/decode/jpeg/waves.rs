//! From coefficients to the values of a block of reduced size.
//!
//! Most coefficients of a block are zero, so each that is not adds its wave to the block, instead
//! of a transform of all. A smaller block holds the means of the values of the full one, so its
//! waves are those of the full size averaged.

/// cos(kπ/16) for k from 0 to 8. Constants, so that the waves are the same on every machine.
const COSINES: [f64; 9] = [
    1.0,
    0.980_785_280_403_230_4,
    0.923_879_532_511_286_7,
    0.831_469_612_302_545_2,
    std::f64::consts::FRAC_1_SQRT_2,
    0.555_570_233_019_602_2,
    0.382_683_432_365_089_8,
    0.195_090_322_016_128_27,
    0.0,
];

/// Where the coefficients stand in a block of eight rows (ITU-T T.81, figure A.6).
pub(super) const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20,
    13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59,
    52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// The waves of a block of `width × height` values, each times its step, in zigzag order.
pub(super) fn waves(width: usize, height: usize, steps: &[u16; 64]) -> Vec<f32> {
    let (across, down) = (means(width), means(height));
    let mut waves = Vec::with_capacity(64 * width * height);
    for (place, step) in ZIGZAG.iter().zip(steps) {
        let (u, v) = (usize::from(place % 8), usize::from(place / 8));
        for tall in &down[v][..height] {
            for wide in &across[u][..width] {
                waves.push((wide * tall * f64::from(*step)) as f32);
            }
        }
    }
    waves
}

/// For each of the eight waves of a line: its means over `count` equal parts.
fn means(count: usize) -> [[f64; 8]; 8] {
    let part = 8 / count;
    std::array::from_fn(|u| {
        let scale = if u == 0 { COSINES[4] / 2.0 } else { 0.5 };
        std::array::from_fn(|x| {
            let values = x * part..(x + 1) * part;
            let sum: f64 = values.map(|x| cosine((2 * x + 1) * u)).sum();
            scale * sum / part as f64
        })
    })
}

/// cos(kπ/16) for any k.
fn cosine(k: usize) -> f64 {
    match k % 32 {
        k @ 0..=8 => COSINES[k],
        k @ 9..=16 => -COSINES[16 - k],
        k @ 17..=24 => -COSINES[k - 16],
        k => COSINES[32 - k],
    }
}

/// The nearest byte.
#[inline]
pub(super) fn nearest(value: f32) -> u8 {
    // Adding 1.5 · 2²³ leaves the rounded value in the lowest bits; unlike a cast it is done to
    // many values at once.
    (value.clamp(0.0, 255.0) + 12_582_912.0).to_bits() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_waves_are_those_of_the_cosine_transform_and_its_means() {
        let steps: [u16; 64] = std::array::from_fn(|k| k as u16 + 1);
        let wave = |u: usize, x: usize| {
            let scale = if u == 0 { 0.125_f64.sqrt() } else { 0.5 };
            scale * ((2 * x + 1) as f64 * u as f64 * std::f64::consts::PI / 16.0).cos()
        };
        for (width, height) in [(8, 8), (4, 8), (4, 4), (2, 2), (1, 2), (1, 1)] {
            let got = waves(width, height, &steps);
            assert_eq!(got.len(), 64 * width * height);
            for (index, got) in got.iter().enumerate() {
                let (k, y, x) = (
                    index / (width * height),
                    index % (width * height) / width,
                    index % width,
                );
                let place = usize::from(ZIGZAG[k]);
                let (wide, high) = (8 / width, 8 / height);
                let line = |u: usize, from: usize, count: usize| {
                    let values = from * count..(from + 1) * count;
                    values.map(|x| wave(u, x)).sum::<f64>() / count as f64
                };
                let mean = line(place % 8, x, wide) * line(place / 8, y, high);
                let wanted = mean * f64::from(steps[k]);
                assert!((f64::from(*got) - wanted).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn the_zigzag_passes_every_place_once() {
        let mut places = ZIGZAG;
        places.sort_unstable();
        assert!(
            places
                .iter()
                .enumerate()
                .all(|(i, place)| usize::from(*place) == i)
        );
    }

    #[test]
    fn values_are_rounded_and_kept_within_a_byte() {
        let values = [-1e9, -0.6, 0.4, 0.6, 127.4, 254.6, 255.4, 1e9];
        assert_eq!(values.map(nearest), [0, 0, 0, 1, 127, 255, 255, 255]);
    }
}
