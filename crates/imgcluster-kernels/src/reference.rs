//! The product that decides: slow, exact to the last `f64` digits, and the same everywhere.

#[cfg(target_arch = "x86_64")]
mod wide;

/// Lanes of the running sum. Fixed for ever: another number would give other last digits.
const LANES: usize = 8;

/// Computes the dot product of two rows in `f64`, always in the same order.
///
/// Lane `l` sums the products at positions `l`, `l + 8`, `l + 16` …; the lanes are then added
/// pairwise. No step may be reassociated or fused, so every machine gives the same bits.
/// Rows of different length are compared over the shorter one.
pub fn dot(a: &[f32], b: &[f32]) -> f64 {
    let steps = Steps::of(a, b);
    #[cfg(target_arch = "x86_64")]
    if let Some(sums) = wide::dot(steps.a, steps.b) {
        return steps.finish(sums, product);
    }
    steps.finish(steps.sum(product), product)
}

/// Computes the squared Euclidean distance of two rows in `f64`, always in the same order.
///
/// Sums the squared differences themselves, not `|a|² + |b|² - 2ab`, so equal rows give exactly
/// zero and close rows lose no digits.
pub fn squared_distance(a: &[f32], b: &[f32]) -> f64 {
    let steps = Steps::of(a, b);
    #[cfg(target_arch = "x86_64")]
    if let Some(sums) = wide::squared_distance(steps.a, steps.b) {
        return steps.finish(sums, squared_difference);
    }
    steps.finish(steps.sum(squared_difference), squared_difference)
}

/// Two rows cut into steps of one value a lane, and what is left.
struct Steps<'a> {
    a: &'a [[f32; LANES]],
    b: &'a [[f32; LANES]],
    rest: (&'a [f32], &'a [f32]),
}

impl<'a> Steps<'a> {
    fn of(a: &'a [f32], b: &'a [f32]) -> Self {
        let len = a.len().min(b.len());
        let ((a, a_rest), (b, b_rest)) = (a[..len].as_chunks(), b[..len].as_chunks());
        let rest = (a_rest, b_rest);
        Self { a, b, rest }
    }

    /// Sums up a term of each lane over all whole steps.
    fn sum(&self, term: impl Fn(f32, f32) -> f64) -> [f64; LANES] {
        let mut sums = [0.0; LANES];
        for (a, b) in self.a.iter().zip(self.b) {
            for lane in 0..LANES {
                sums[lane] += term(a[lane], b[lane]);
            }
        }
        sums
    }

    /// Adds the terms of what is left, and then the lanes.
    fn finish(&self, mut sums: [f64; LANES], term: impl Fn(f32, f32) -> f64) -> f64 {
        let rest = self.rest.0.iter().zip(self.rest.1);
        for (sum, (a, b)) in sums.iter_mut().zip(rest) {
            *sum += term(*a, *b);
        }
        add_lanes(sums)
    }
}

fn product(x: f32, y: f32) -> f64 {
    f64::from(x) * f64::from(y)
}

fn squared_difference(x: f32, y: f32) -> f64 {
    let difference = f64::from(x) - f64::from(y);
    difference * difference
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

    #[test]
    fn rows_of_different_length_are_compared_over_the_shorter_one() {
        let row: Vec<f32> = (0_u8..21).map(f32::from).collect();
        for length in 0..20 {
            let (whole, short) = (&row[..], &row[..length]);
            assert_eq!(dot(whole, short).to_bits(), dot(short, short).to_bits());
            assert_eq!(squared_distance(short, whole).to_bits(), 0);
        }
    }

    proptest! {
        #[test]
        fn wide_lanes_give_the_bits_of_the_plain_code(
            pairs in prop::collection::vec((-1e3_f32..1e3, -1e3_f32..1e3), 0..300),
        ) {
            let (a, b): (Vec<f32>, Vec<f32>) = pairs.into_iter().unzip();
            let steps = Steps::of(&a, &b);
            let plain = steps.finish(steps.sum(product), product);
            prop_assert_eq!(dot(&a, &b).to_bits(), plain.to_bits());
            let plain = steps.finish(steps.sum(squared_difference), squared_difference);
            prop_assert_eq!(squared_distance(&a, &b).to_bits(), plain.to_bits());
        }

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
