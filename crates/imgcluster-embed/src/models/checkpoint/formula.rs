//! Weights and pictures by formula, for tests of full-size models without their files.
//!
//! The recipe is `procedural.py` beside the reference results: FNV-1a of the name seeds
//! `splitmix64`, whose top 24 bits become a number in [-1, 1) that is scaled by what the tensor is.

use imgcluster_core::Pixels;

use super::Weights;
use crate::models::ModelError;

/// Gives any tensor that is asked for.
pub(crate) struct FormulaWeights {
    /// How the names of tensors begin that are said to be there.
    pub(crate) prefixes: &'static [&'static str],
}

impl Weights for FormulaWeights {
    fn has(&self, name: &str) -> bool {
        self.prefixes.iter().any(|prefix| name.starts_with(prefix))
    }

    fn read(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, ModelError> {
        Ok(tensor(name, shape))
    }
}

/// Numbers in [-1, 1), a different sequence for every name.
pub(crate) fn uniform(name: &str, count: usize) -> impl Iterator<Item = f32> {
    let seed = name.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3)
    });
    (1..=count as u64).map(move |i| {
        let z = seed.wrapping_add(i.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 40) as f32 / 16_777_216.0 * 2.0 - 1.0
    })
}

/// The tensor of this name and shape.
pub(crate) fn tensor(name: &str, shape: &[usize]) -> Vec<f32> {
    let (scale, offset) = match shape {
        [] => return vec![2.6592],
        _ if name.ends_with("running_var") => (0.2, 1.0),
        _ if name.ends_with("running_mean") || name.contains("position_embedding") => (0.1, 0.0),
        [_] if name.ends_with("weight") => (0.1, 1.0),
        [_] => (0.05, 0.0),
        [_, rest @ ..] => {
            let fan_in: usize = rest.iter().product();
            ((3.0 / fan_in as f64).sqrt() as f32, 0.0)
        }
    };
    uniform(name, shape.iter().product())
        .map(|u| offset + scale * u)
        .collect()
}

/// The picture of this name and size: smooth areas, an edge and noise.
#[expect(clippy::approx_constant, reason = "the recipe has these digits")]
pub(crate) fn picture(name: &str, width: u32, height: u32) -> Pixels {
    let fields: Vec<f64> = uniform(&format!("{name}/fields"), 9)
        .map(f64::from)
        .collect();
    let count = width as usize * height as usize * 3;
    let mut noise = uniform(name, count);
    let (w, h) = (f64::from(width), f64::from(height));
    let mut rgb = Vec::with_capacity(count);
    for y in 0..height {
        for x in 0..width {
            let (x, y) = (f64::from(x), f64::from(y));
            let disc = (x - 0.6 * w).powi(2) + (y - 0.4 * h).powi(2) < (0.2 * w.min(h)).powi(2);
            for channel in 0..3 {
                let field = &fields[channel * 3..];
                let turns = 4.0 * field[0] * x / w + 4.0 * field[1] * y / h;
                let mut value = 127.5 + 90.0 * (6.283_185_3 * turns + 3.0 * field[2]).sin();
                if disc && channel == 0 {
                    value += 40.0;
                }
                value += 12.0 * f64::from(noise.next().unwrap());
                rgb.push(value.round_ties_even().clamp(0.0, 255.0) as u8);
            }
        }
    }
    Pixels::new(width, height, rgb).unwrap()
}
