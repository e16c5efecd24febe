//! The product that decides: slow, exact to the last `f64` digits, and the same everywhere.

/// Lanes of the running sum. Fixed for ever: another number would give other last digits.
const LANES: usize = 8;

/// Computes the dot product of two rows in `f64`, always in the same order.
///
/// Lane `l` sums the products at positions `l`, `l + 8`, `l + 16` …; the lanes are then added
/// pairwise. No step may be reassociated or fused, so every machine gives the same bits.
/// Rows of different length are compared over the shorter one.
pub fn dot(a: &[f32], b: &[f32]) -> f64 {
    let mut sums = [0.0_f64; LANES];
    let (a_chunks, b_chunks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let tail = a_chunks.remainder().iter().zip(b_chunks.remainder());
    for (x, y) in a_chunks.clone().zip(b_chunks.clone()) {
        for lane in 0..LANES {
            sums[lane] += f64::from(x[lane]) * f64::from(y[lane]);
        }
    }
    for (lane, (x, y)) in tail.enumerate() {
        sums[lane] += f64::from(*x) * f64::from(*y);
    }
    add_lanes(sums)
}

/// Computes the squared Euclidean distance of two rows in `f64`, always in the same order.
///
/// Sums the squared differences themselves, not `|a|² + |b|² - 2ab`, so equal rows give exactly
/// zero and close rows lose no digits.
pub fn squared_distance(a: &[f32], b: &[f32]) -> f64 {
    let mut sums = [0.0_f64; LANES];
    let (a_chunks, b_chunks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let tail = a_chunks.remainder().iter().zip(b_chunks.remainder());
    for (x, y) in a_chunks.clone().zip(b_chunks.clone()) {
        for lane in 0..LANES {
            let difference = f64::from(x[lane]) - f64::from(y[lane]);
            sums[lane] += difference * difference;
        }
    }
    for (lane, (x, y)) in tail.enumerate() {
        let difference = f64::from(*x) - f64::from(*y);
        sums[lane] += difference * difference;
    }
    add_lanes(sums)
}

fn add_lanes(s: [f64; LANES]) -> f64 {
    ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rows_of_every_length_use_all_their_values() {
        for length in 0..40 {
            let row = vec![1.0_f32; length];
            assert_eq!(dot(&row, &row).to_bits(), (length as f64).to_bits());
            let other = vec![3.0_f32; length];
            assert_eq!(
                squared_distance(&row, &other).to_bits(),
                (4.0 * length as f64).to_bits()
            );
        }
    }

    proptest! {
        #[test]
        fn both_products_are_symmetric_to_the_last_bit(
            pairs in prop::collection::vec((-1e3_f32..1e3, -1e3_f32..1e3), 0..70),
        ) {
            let (a, b): (Vec<f32>, Vec<f32>) = pairs.into_iter().unzip();
            prop_assert_eq!(dot(&a, &b).to_bits(), dot(&b, &a).to_bits());
            prop_assert_eq!(squared_distance(&a, &b).to_bits(), squared_distance(&b, &a).to_bits());
        }

        #[test]
        fn the_distance_agrees_with_the_products(
            pairs in prop::collection::vec((-10.0_f32..10.0, -10.0_f32..10.0), 1..70),
        ) {
            let (a, b): (Vec<f32>, Vec<f32>) = pairs.into_iter().unzip();
            let expanded = dot(&a, &a) + dot(&b, &b) - 2.0 * dot(&a, &b);
            prop_assert!((squared_distance(&a, &b) - expanded).abs() < 1e-9 * (1.0 + dot(&a, &a) + dot(&b, &b)));
        }
    }
}
