//! The exponential function in plain steps that vectorise.

use crate::routine::Arithmetic;

/// Adding it to a number of moderate size leaves that number rounded in the lowest bits.
const ROUND: f32 = 12_582_912.0; // 1.5 × 2^23
/// ln 2 in two parts: the first has so few bits that its multiples up to 128 are exact.
const LN_2_HIGH: f32 = 0.693_359_4;
const LN_2_LOW: f32 = -2.121_944_4e-4;
/// Where results start to leave the normal numbers, with a little room.
const LOWEST: f32 = -87.0;
const HIGHEST: f32 = 88.3;

/// Computes `e^x` to about 1e-7 of itself, for `x` clamped to [-87, 88.3]; NaN stays NaN.
///
/// So the smallest result is 1.6e-38 and not zero: beside a one it makes no difference.
#[expect(clippy::inline_always, reason = "else it loses the caller's features")]
#[inline(always)]
pub(crate) fn exp<A: Arithmetic>(x: f32) -> f32 {
    // Not `clamp` or `max`: these comparisons are one instruction each and keep NaN.
    let x = if LOWEST > x { LOWEST } else { x };
    let x = if HIGHEST < x { HIGHEST } else { x };
    let rounded = A::mul_add(x, std::f32::consts::LOG2_E, ROUND);
    let power = rounded - ROUND;
    let rest = A::mul_add(power, -LN_2_HIGH, x);
    let rest = A::mul_add(power, -LN_2_LOW, rest);
    // (e^r - 1 - r) / r² on |r| ≤ ln 2 / 2, fitted for the smallest relative error of e^r (3e-9).
    let tail = A::mul_add(rest, 1.381_446_7e-3, 8.368_78e-3);
    let tail = A::mul_add(rest, tail, 4.166_839_4e-2);
    let tail = A::mul_add(rest, tail, 0.166_665_2);
    let tail = A::mul_add(rest, tail, 0.499_999_94);
    let mantissa = A::mul_add(rest * rest, tail, rest) + 1.0;
    // The rounded power sits in the lowest bits; moved into the exponent it multiplies by 2^power.
    let scale = f32::from_bits((rounded.to_bits() << 23).wrapping_add(1.0_f32.to_bits()));
    mantissa * scale
}
