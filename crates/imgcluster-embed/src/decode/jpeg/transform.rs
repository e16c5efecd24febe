//! From coefficients to the values of a block at full size: libjpeg's accurate transform in
//! integers (`jidctint.c`, after Loeffler, Ligtenberg and Moschytz 1989), rounded as it rounds, so
//! that the values are its own. Only at reduced sizes are waves added up instead.

/// Bits behind the point of the constants.
const POINT: u32 = 13;

/// Bits behind the point of what the first pass gives.
const BETWEEN: u32 = 2;

/// The 64 values of a block whose coefficients are given in rows, times their steps. `flat` tells
/// that all but the first are zero.
pub(super) fn values(coefficients: &[i32; 64], flat: bool) -> [u8; 64] {
    if flat {
        let value = coefficients[0].wrapping_add(4) >> 3;
        return [byte(value); 64];
    }
    let columns = turned(&eight::<{ POINT - BETWEEN }>(coefficients));
    turned(&eight::<{ POINT + BETWEEN + 3 }>(&columns)).map(byte)
}

#[inline]
fn byte(value: i32) -> u8 {
    value.saturating_add(128).clamp(0, 255) as u8
}

/// Rows become columns.
fn turned(values: &[i32; 64]) -> [i32; 64] {
    let mut turned = [0; 64];
    for (row, line) in values.as_chunks::<8>().0.iter().enumerate() {
        for (column, value) in line.iter().enumerate() {
            turned[column * 8 + row] = *value;
        }
    }
    turned
}

/// Transforms all eight columns, and rounds off so many bits. Sums wrap where a broken file has
/// coefficients that no picture has.
fn eight<const OFF: u32>(values: &[i32; 64]) -> [i32; 64] {
    let mut done = [0; 64];
    for column in 0..8 {
        let at = |row: usize| values[row * 8 + column];
        let line = line([at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7)]);
        for (row, value) in line.iter().enumerate() {
            done[row * 8 + column] = value.wrapping_add(1 << (OFF - 1)) >> OFF;
        }
    }
    done
}

/// Transforms one column; the values have [`POINT`] more bits behind the point.
#[inline]
fn line([c0, c1, c2, c3, c4, c5, c6, c7]: [i32; 8]) -> [i32; 8] {
    let times = |value: i32, constant: i32| value.wrapping_mul(constant);
    let sum = |a: i32, b: i32| a.wrapping_add(b);
    // The even coefficients.
    let turn = times(sum(c2, c6), 4433);
    let (low, high) = (sum(turn, times(c6, -15137)), sum(turn, times(c2, 6270)));
    let (plus, minus) = (sum(c0, c4) << POINT, c0.wrapping_sub(c4) << POINT);
    let even = [
        sum(plus, high),
        sum(minus, low),
        minus.wrapping_sub(low),
        plus.wrapping_sub(high),
    ];
    // The odd ones.
    let shared = times(sum(sum(c7, c3), sum(c5, c1)), 9633);
    let a = times(sum(c7, c1), -7373);
    let b = times(sum(c5, c3), -20995);
    let c = sum(times(sum(c7, c3), -16069), shared);
    let d = sum(times(sum(c5, c1), -3196), shared);
    let odd = [
        sum(times(c1, 12299), sum(a, d)),
        sum(times(c3, 25172), sum(b, c)),
        sum(times(c5, 16819), sum(b, d)),
        sum(times(c7, 2446), sum(a, c)),
    ];
    [
        sum(even[0], odd[0]),
        sum(even[1], odd[1]),
        sum(even[2], odd[2]),
        sum(even[3], odd[3]),
        even[3].wrapping_sub(odd[3]),
        even[2].wrapping_sub(odd[2]),
        even[1].wrapping_sub(odd[1]),
        even[0].wrapping_sub(odd[0]),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::waves::waves;
    use super::*;

    /// The same from waves, in the order in which coefficients are stored.
    fn by_waves(zigzag: &[i32; 64]) -> Vec<f32> {
        let waves = waves(8, 8, &[1; 64]);
        let mut sums = vec![128.0; 64];
        for (value, wave) in zigzag.iter().zip(waves.as_chunks::<64>().0) {
            for (sum, wave) in sums.iter_mut().zip(wave) {
                *sum += *value as f32 * wave;
            }
        }
        sums
    }

    #[test]
    fn the_values_are_those_of_the_waves_up_to_rounding() {
        for seed in 0..200_u32 {
            // Fewer and smaller coefficients towards the end, as in pictures.
            let zigzag: [i32; 64] = std::array::from_fn(|place| {
                let draw = (seed * 64 + place as u32).wrapping_mul(2_654_435_761) >> 16;
                let span = 600 / (place as u32 + 1);
                (draw % (2 * span + 1)).cast_signed() - span.cast_signed()
            });
            let mut rows = [0; 64];
            for (place, value) in super::super::waves::ZIGZAG.iter().zip(zigzag) {
                rows[usize::from(*place)] = value;
            }
            for (value, exact) in values(&rows, false).iter().zip(by_waves(&zigzag)) {
                let exact = exact.clamp(0.0, 255.0);
                assert!(
                    (f32::from(*value) - exact).abs() < 0.75,
                    "{value} for {exact}"
                );
            }
        }
    }

    #[test]
    fn a_flat_block_needs_no_transform_and_no_coefficient_is_too_large() {
        for first in (-1100..1100).chain([i32::MIN, i32::MAX]) {
            let mut rows = [0; 64];
            rows[0] = first;
            if first.abs_diff(0) < 2000 {
                assert_eq!(values(&rows, true), values(&rows, false), "{first}");
            }
            let _ = values(&[first; 64], false);
        }
    }
}
