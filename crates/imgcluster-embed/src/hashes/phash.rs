//! phash: the coarse waves of a picture against their median.

use std::f64::consts::{FRAC_PI_2, PI};

use super::Small;
use super::bits::{median, pack};
use crate::gray::Gray;

/// Side of the small picture that is transformed.
const SIDE: usize = 32;

/// 32 × 32, discrete cosine transform (type II), the 8 × 8 coarsest values above their median.
pub(super) fn small(gray: &Gray) -> Small {
    let values = gray.resized(SIDE as u32, SIDE as u32);
    let coarse = transform(&values);
    let median = median(coarse);
    Small {
        bits: pack(coarse.map(|value| value > median)),
        values,
    }
}

/// The 8 × 8 coarsest values of the transform, rows first; columns are transformed before rows.
fn transform(values: &[u8]) -> [f64; 64] {
    let cosines = cosines();
    // Sums over one row or column; by wave and place.
    let mut columns = [[0.0; SIDE]; 8];
    for (wave, column) in columns.iter_mut().enumerate() {
        for (y, row) in values.chunks_exact(SIDE).enumerate() {
            for (sum, value) in column.iter_mut().zip(row) {
                *sum += f64::from(*value) * cosines[wave][y];
            }
        }
    }
    std::array::from_fn(|place| {
        let (down, across) = (place / 8, place % 8);
        let terms = columns[down].iter().zip(&cosines[across]);
        terms.map(|(value, cosine)| value * cosine).sum()
    })
}

/// cos(π · wave · (2 · place + 1) / 64).
fn cosines() -> [[f64; SIDE]; 8] {
    std::array::from_fn(|wave| std::array::from_fn(|place| cosine(wave * (2 * place + 1))))
}

/// cos(π · step / 64) by its series: only additions and multiplications, which are the same on
/// every machine, where the system's cosine is not.
fn cosine(step: usize) -> f64 {
    let step = step % 128;
    let (step, sign) = if step > 64 {
        (128 - step, 1.0)
    } else {
        (step, 1.0)
    };
    let (step, sign) = if step > 32 {
        (64 - step, -sign)
    } else {
        (step, sign)
    };
    if step == 32 {
        return 0.0;
    }
    let angle = step as f64 * PI / 64.0;
    debug_assert!(angle < FRAC_PI_2);
    let (mut term, mut sum) = (1.0, 1.0);
    for n in 1..12 {
        let n = f64::from(2 * n);
        term *= -angle * angle / (n * (n - 1.0));
        sum += term;
    }
    sign * sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_series_is_the_cosine() {
        for step in 0..600 {
            let angle = step as f64 * PI / 64.0;
            assert!((cosine(step) - angle.cos()).abs() < 1e-12, "step {step}");
        }
    }

    #[test]
    fn one_wave_is_one_value() {
        // A cosine of three half waves across, none down.
        let wave = |x: usize| (128.0 + 100.0 * cosine(3 * (2 * x + 1))).round() as u8;
        let values: Vec<u8> = (0..SIDE * SIDE).map(|place| wave(place % SIDE)).collect();
        let coarse = transform(&values);
        for (place, value) in coarse.iter().enumerate() {
            let expected = match place {
                0 => 128.0 * 1024.0,
                3 => 100.0 * 512.0,
                _ => 0.0,
            };
            assert!((value - expected).abs() < 600.0, "place {place}: {value}");
        }
    }
}
