//! Positions learnt for one size of pictures, brought to another.

/// Resizes a grid of rows of `width` numbers bicubically, as `PyTorch`'s
/// `interpolate(mode="bicubic", align_corners=False)` does and transformers with it: a = -0.75, no
/// antialias, the border repeated.
pub(super) fn resized(
    rows: &[f32],
    width: usize,
    from: (usize, usize),
    to: (usize, usize),
) -> Vec<f32> {
    if from == to {
        return rows.to_vec();
    }
    let (down, across) = (taps(from.0, to.0), taps(from.1, to.1));
    let mut out = Vec::with_capacity(to.0 * to.1 * width);
    for vertical in &down {
        for horizontal in &across {
            let mut sum = vec![0.0; width];
            for (row, a) in vertical {
                for (column, b) in horizontal {
                    let values = &rows[(row * from.1 + column) * width..][..width];
                    let weight = a * b;
                    for (sum, value) in sum.iter_mut().zip(values) {
                        *sum += weight * f64::from(*value);
                    }
                }
            }
            out.extend(sum.iter().map(|value| *value as f32));
        }
    }
    out
}

/// For every new place the four old ones it is made of, and their weights.
fn taps(from: usize, to: usize) -> Vec<[(usize, f64); 4]> {
    let scale = from as f64 / to as f64;
    (0..to)
        .map(|place| {
            let source = (place as f64 + 0.5) * scale - 0.5;
            let (start, part) = (source.floor(), source - source.floor());
            let weights = [
                far(part + 1.0),
                near(part),
                near(1.0 - part),
                far(2.0 - part),
            ];
            std::array::from_fn(|tap| {
                let at = (start + tap as f64 - 1.0).clamp(0.0, (from - 1) as f64);
                (at as usize, weights[tap])
            })
        })
        .collect()
}

const A: f64 = -0.75;

/// The weight of a place less than one step away.
fn near(x: f64) -> f64 {
    ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0
}

/// The weight of a place one to two steps away.
fn far(x: f64) -> f64 {
    ((A * x - 5.0 * A) * x + 8.0 * A) * x - 4.0 * A
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_size_is_left_alone_and_a_constant_stays_one() {
        let rows: Vec<f32> = (0..12).map(|i| i as f32).collect();
        assert_eq!(resized(&rows, 2, (2, 3), (2, 3)), rows);
        let flat = resized(&[0.3; 75], 3, (5, 5), (7, 2));
        assert_eq!(flat.len(), 42);
        assert!(flat.iter().all(|value| (value - 0.3).abs() < 1e-6));
    }

    #[test]
    fn a_ramp_stays_a_ramp_away_from_the_border() {
        // Twice as many places: new place j lies at (j + 0.5) / 2 - 0.5 of the old ones.
        let rows: Vec<f32> = (0..8).map(|i| i as f32).collect();
        let fine = resized(&rows, 1, (1, 8), (1, 16));
        for (j, value) in fine.iter().enumerate().skip(4).take(8) {
            // Cubic convolution with a = -0.75 is exact for constants only; on a ramp it is off by
            // less than a tenth of a step.
            assert!((value - (j as f32 * 0.5 - 0.25)).abs() < 0.1);
        }
    }

    #[test]
    fn the_weights_are_those_of_pytorch() {
        // Cubic convolution with a = -0.75 weighs the four places around a middle by (-3, 19, 19, -3)
        // / 32 (Keys 1981, equation 4 in the form that `PyTorch`'s `cubic_convolution` functions have).
        let weights = taps(4, 8)[3].map(|(_, weight)| weight);
        assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert!((weights[1] - near(0.25)).abs() < 1e-12);
        assert!((near(0.5) - 19.0 / 32.0).abs() < 1e-12);
        assert!((far(1.5) + 3.0 / 32.0).abs() < 1e-12);
    }
}
