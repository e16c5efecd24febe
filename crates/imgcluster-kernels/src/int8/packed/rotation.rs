//! A rotation that spreads what is in a few values of a row over all of them.
//!
//! A byte a value serves rows well whose values are of like size. Random signs and a Walsh–Hadamard
//! transform make any row so, with next to no exceptions, in `n log n` steps (Ailon and Chazelle,
//! *The fast Johnson–Lindenstrauss transform*, SIAM J. Comput. 2009, §2).

/// Signs and transforms, orthogonal as a whole up to rounding.
#[derive(Debug, Clone)]
pub(super) struct Rotation {
    /// The length of a transform: the largest power of two that the rows hold.
    len: usize,
    /// Random signs for the transform of the first values and for that of the last; the second are
    /// missing where the first reaches all values.
    signs: [Vec<f32>; 2],
    /// What makes a transform keep lengths: `1 / √len`, rounded.
    scale: f32,
}

impl Rotation {
    /// Makes the rotation for rows of `dim` values, always the same.
    pub(super) fn new(dim: usize) -> Self {
        let len = 1 << dim.ilog2();
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let mut sign = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            if state >> 63 == 0 { 1.0 } else { -1.0 }
        };
        let first = (0..len).map(|_| sign()).collect();
        let rest = if len < dim { len } else { 0 };
        let last = (0..rest).map(|_| sign()).collect();
        Self {
            len,
            signs: [first, last],
            scale: (1.0 / (len as f64).sqrt()) as f32,
        }
    }

    /// Rotates one row: the first values, and then the last ones with those that both share.
    #[expect(clippy::inline_always, reason = "else it loses the caller's features")]
    #[inline(always)]
    pub(super) fn apply(&self, row: &mut [f32]) {
        let [first, last] = &self.signs;
        self.transform(&mut row[..self.len], first);
        if !last.is_empty() {
            let start = row.len() - self.len;
            self.transform(&mut row[start..], last);
        }
    }

    /// Bounds the rounding error of a rotated row, relative to its length.
    ///
    /// Each level of a transform adds and subtracts pairs of values, which multiplies the row's
    /// length by `√2` and rounds each value once, that is, the row by a unit of its own length;
    /// the scale is rounded, and so is the product with it. Orthogonal steps carry errors along as
    /// they are. So there are no more units than steps, and a hundredth for units of units.
    pub(super) fn error(&self) -> f64 {
        let windows = self.signs.iter().filter(|signs| !signs.is_empty()).count();
        let steps = windows * (self.len.ilog2() as usize + 2);
        1.01 * steps as f64 * f64::from(f32::EPSILON / 2.0)
    }

    #[expect(clippy::inline_always, reason = "else it loses the caller's features")]
    #[inline(always)]
    fn transform(&self, values: &mut [f32], signs: &[f32]) {
        for (value, sign) in values.iter_mut().zip(signs) {
            *value *= sign;
        }
        let mut half = 1;
        while half < values.len() {
            // Of known length, short pieces become vectors, too.
            match half {
                1 => level::<1>(values),
                2 => level::<2>(values),
                4 => level::<4>(values),
                8 => level::<8>(values),
                _ => long_level(values, half),
            }
            half *= 2;
        }
        for value in values {
            *value *= self.scale;
        }
    }
}

#[expect(clippy::inline_always, reason = "else it loses the caller's features")]
#[inline(always)]
fn level<const HALF: usize>(values: &mut [f32]) {
    for pair in values.as_chunks_mut::<HALF>().0.as_chunks_mut::<2>().0 {
        let [first, second] = *pair;
        for place in 0..HALF {
            pair[0][place] = first[place] + second[place];
            pair[1][place] = first[place] - second[place];
        }
    }
}

#[expect(clippy::inline_always, reason = "else it loses the caller's features")]
#[inline(always)]
fn long_level(values: &mut [f32], half: usize) {
    for pair in values.chunks_exact_mut(2 * half) {
        let (first, second) = pair.split_at_mut(half);
        for (a, b) in first.iter_mut().zip(second) {
            (*a, *b) = (*a + *b, *a - *b);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same steps in `f64`.
    fn exact(rotation: &Rotation, row: &[f32]) -> Vec<f64> {
        let mut row: Vec<f64> = row.iter().map(|value| f64::from(*value)).collect();
        let dim = row.len();
        let starts = [0, dim - rotation.len];
        for (signs, start) in rotation.signs.iter().zip(starts) {
            let values = &mut row[start..][..signs.len()];
            let signed: Vec<f64> = values
                .iter()
                .zip(signs)
                .map(|(v, s)| v * f64::from(*s))
                .collect();
            for (to, value) in values.iter_mut().enumerate() {
                let term = |(from, value): (usize, &f64)| match (to & from).count_ones() % 2 {
                    0 => *value,
                    _ => -value,
                };
                *value = signed.iter().enumerate().map(term).sum::<f64>();
                *value /= (signs.len() as f64).sqrt();
            }
        }
        row
    }

    fn length(values: impl Iterator<Item = f64>) -> f64 {
        values.map(|value| value * value).sum::<f64>().sqrt()
    }

    #[test]
    fn rows_of_any_length_are_rotated_within_the_error_bound() {
        for dim in (1..70).chain([255, 256, 257, 300, 512, 768]) {
            let rotation = Rotation::new(dim);
            let row: Vec<f32> = (0..dim).map(|at| ((at * 37) % 19) as f32 - 7.3).collect();
            let mut rotated = row.clone();
            rotation.apply(&mut rotated);
            let exact = exact(&rotation, &row);
            let before = length(row.iter().map(|value| f64::from(*value)));
            let after = length(exact.iter().copied());
            assert!((before - after).abs() < 1e-9 * before, "{dim}");
            let rotated = rotated.iter().map(|value| f64::from(*value));
            let error = length(rotated.zip(exact).map(|(found, exact)| found - exact));
            assert!(error <= rotation.error() * before, "{dim} {error}");
        }
    }

    #[test]
    fn a_single_large_value_is_spread_over_all() {
        for dim in [512, 768] {
            for place in [0, dim / 2, dim - 1] {
                let mut row = vec![0.0; dim];
                row[place] = 1.0;
                Rotation::new(dim).apply(&mut row);
                assert!(row.iter().all(|value| value.abs() < 0.1), "{dim} {place}");
            }
        }
    }
}
