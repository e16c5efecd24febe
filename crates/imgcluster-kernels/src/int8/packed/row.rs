//! One row as bytes, and how far they are off.

use super::rotation::Rotation;

/// The highest byte; the lowest is its negative.
const HIGHEST: f32 = 127.0;
/// Adding it to a number of moderate size leaves that number rounded in the lowest bits.
const ROUND: f32 = 12_582_912.0; // 1.5 × 2^23
/// A row whose largest value is below it becomes zeros: its step would have no reciprocal.
const SMALLEST: f32 = 1e-35;
/// Half the squared length above which a row becomes zeros that stand for nothing: nothing below
/// it overflows on the way.
const LONGEST: f64 = 1e36;
/// What roundings in `f64` and to `f32` may take away from a bound, and more.
const UP: f64 = 1.0 + 1e-6;
/// More than the error of a row so short that its values underflow.
const UNDERFLOW: f64 = 1e-40;
/// Lanes of sums, which the compiler turns into vectors.
const LANES: usize = 8;

/// What is known of a row that has become bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ByteRow {
    /// The rotated row is nearly `step × bytes`.
    pub(super) step: f32,
    /// The sum of the bytes.
    pub(super) sum: i32,
    /// Bounds the length of the difference; infinite if the row is too long for bytes.
    pub(super) error: f32,
    /// Half the squared length of the row less the centre.
    pub(super) half_square: f32,
}

/// Rotates a row less a centre and rounds it to bytes, with the features of the caller. `rotated`
/// is memory for it.
#[expect(clippy::inline_always, reason = "else it loses the caller's features")]
#[inline(always)]
pub(super) fn quantise(
    row: &[f32],
    centre: &[f32],
    rotation: &Rotation,
    rotated: &mut [f32],
    bytes: &mut [i8],
) -> ByteRow {
    let half_square = 0.5 * squared_distance(row, centre);
    if half_square > LONGEST {
        bytes.fill(0);
        return ByteRow {
            step: 0.0,
            sum: 0,
            error: f32::INFINITY,
            half_square: f32::INFINITY,
        };
    }
    for (place, (value, centre)) in rotated.iter_mut().zip(row.iter().zip(centre)) {
        *place = value - centre;
    }
    rotation.apply(rotated);
    let (step, sum) = round(rotated, bytes);
    let difference = squared_difference(rotated, step, bytes).sqrt();
    // The difference from the centre was rounded, too.
    let rotation = rotation.error() + f64::from(f32::EPSILON);
    let error = difference + rotation * (2.0 * half_square).sqrt();
    ByteRow {
        step,
        sum,
        error: (error * UP + UNDERFLOW) as f32,
        half_square: half_square as f32,
    }
}

/// Rounds values to the nearest of 255 steps around zero; tells the step and the sum of the bytes.
#[expect(clippy::inline_always, reason = "else it loses the caller's features")]
#[inline(always)]
fn round(values: &[f32], bytes: &mut [i8]) -> (f32, i32) {
    let mut largest = [0.0_f32; 2 * LANES];
    let (whole, rest) = values.as_chunks::<{ 2 * LANES }>();
    for values in whole {
        for (largest, value) in largest.iter_mut().zip(values) {
            let value = value.abs();
            *largest = if value > *largest { value } else { *largest };
        }
    }
    let largest = largest.iter().copied();
    let largest = largest.chain(rest.iter().map(|value| value.abs()));
    let largest = largest.fold(0.0, f32::max);
    if largest < SMALLEST {
        bytes.fill(0);
        return (0.0, 0);
    }
    let scale = HIGHEST / largest;
    let mut sum = 0;
    for (byte, value) in bytes.iter_mut().zip(values) {
        let rounded = (value * scale + ROUND).to_bits() as i8;
        *byte = rounded;
        sum += i32::from(rounded);
    }
    (largest / HIGHEST, sum)
}

/// Sums up the squared distances of values from the bytes that stand for them.
#[expect(clippy::inline_always, reason = "else it loses the caller's features")]
#[inline(always)]
fn squared_difference(values: &[f32], step: f32, bytes: &[i8]) -> f64 {
    let term = |value: f32, byte: i8| {
        // Exact: a byte has few digits.
        let difference = f64::from(value) - f64::from(step) * f64::from(byte);
        difference * difference
    };
    let mut sums = [0.0; LANES];
    let (values, value_rest) = values.as_chunks::<LANES>();
    let (bytes, byte_rest) = bytes.as_chunks::<LANES>();
    for (values, bytes) in values.iter().zip(bytes) {
        for lane in 0..LANES {
            sums[lane] += term(values[lane], bytes[lane]);
        }
    }
    let rest = value_rest.iter().zip(byte_rest);
    sums.iter().sum::<f64>() + rest.map(|(value, byte)| term(*value, *byte)).sum::<f64>()
}

#[expect(clippy::inline_always, reason = "else it loses the caller's features")]
#[inline(always)]
fn squared_distance(a: &[f32], b: &[f32]) -> f64 {
    let term = |a: f32, b: f32| {
        let difference = f64::from(a) - f64::from(b);
        difference * difference
    };
    let mut sums = [0.0; LANES];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            sums[lane] += term(a[lane], b[lane]);
        }
    }
    let rest = a_rest.iter().zip(b_rest);
    sums.iter().sum::<f64>() + rest.map(|(a, b)| term(*a, *b)).sum::<f64>()
}
