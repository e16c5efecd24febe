//! Values as bytes: the nearest steps of a grid that spans them.
//!
//! Every step rounds the same way on every processor, so the bytes do not depend on it.

/// Values looked at side by side for the span.
const LANES: usize = 16;
/// Values that are asked for ahead of their turn: those of a large layer come from memory, and the
/// next row follows this one.
const AHEAD: usize = 1024;
/// The highest byte.
const HIGHEST: f32 = 255.0;
/// Adding it to a number of moderate size leaves that number rounded in the lowest bits, which are
/// zero in it.
const ROUND: f32 = 12_582_912.0; // 1.5 × 2^23

/// How bytes stand for values: `value = step × (byte - zero)`.
///
/// Zero itself is on the grid, so that the zeros of padding and of rectified layers stay exact.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Grid {
    /// Distance of neighbouring values; NaN if one of them is not finite.
    pub(crate) step: f32,
    /// The byte that stands for zero.
    pub(crate) zero: u8,
}

impl Grid {
    /// Finds the narrowest grid for values between two.
    fn spanning(low: f32, high: f32) -> Self {
        let (low, high) = (low.min(0.0), high.max(0.0));
        // The difference of the two could be too large, and a step below that has no reciprocal.
        let step = (high / HIGHEST - low / HIGHEST).max(f32::MIN_POSITIVE);
        let zero = (-low / step).round_ties_even().min(HIGHEST) as u8;
        Self { step, zero }
    }

    /// Finds the narrowest grid that spans values, with the features of the caller.
    #[expect(clippy::inline_always, reason = "else it loses the caller's features")]
    #[inline(always)]
    pub(crate) fn of(values: &[f32]) -> Self {
        match span(values) {
            Some((low, high)) => Self::spanning(low, high),
            None => Self {
                step: f32::NAN,
                zero: 0,
            },
        }
    }

    /// Rounds values to as many bytes, with the features of the caller: the error of each that the
    /// grid spans is at most half a step, and rounding.
    ///
    /// If the grid's values were not all finite the bytes are zero, so that the same sums come out
    /// everywhere, to be multiplied by NaN.
    #[expect(clippy::inline_always, reason = "else it loses the caller's features")]
    #[inline(always)]
    pub(crate) fn quantise(self, values: &[f32], bytes: &mut [u8]) {
        if self.step.is_nan() {
            bytes.fill(self.zero);
            return;
        }
        let (scale, zero) = (1.0 / self.step, ROUND + f32::from(self.zero));
        for (byte, value) in bytes.iter_mut().zip(values) {
            let rounded = value * scale + zero;
            // Not `clamp`, which takes more instructions to handle NaN.
            let rounded = if rounded < ROUND { ROUND } else { rounded };
            let rounded = if rounded > ROUND + HIGHEST {
                ROUND + HIGHEST
            } else {
                rounded
            };
            *byte = rounded.to_bits() as u8;
        }
    }
}

/// Finds the lowest and highest value, or nothing if one is not finite.
#[expect(clippy::inline_always, reason = "else it loses the caller's features")]
#[inline(always)]
fn span(values: &[f32]) -> Option<(f32, f32)> {
    let mut span = ([0.0; LANES], [0.0; LANES], [0; LANES]);
    let (whole, rest) = values.as_chunks::<LANES>();
    for values in whole {
        prefetch(values.as_ptr().wrapping_add(AHEAD));
        widen(&mut span, values);
    }
    if !rest.is_empty() {
        let mut padded = [0.0; LANES];
        padded[..rest.len()].copy_from_slice(rest);
        widen(&mut span, &padded);
    }
    let (mut low, mut high, mut magnitude) = span;
    let mut half = LANES;
    while half > 1 {
        half /= 2;
        for lane in 0..half {
            low[lane] = low[lane].min(low[lane + half]);
            high[lane] = high[lane].max(high[lane + half]);
            magnitude[lane] = magnitude[lane].max(magnitude[lane + half]);
        }
    }
    (magnitude[0] < f32::INFINITY.to_bits()).then_some((low[0], high[0]))
}

/// Takes as many values as lanes into the lowest, the highest, and the largest bits but the sign:
/// no comparison shows NaN, but its bits are above infinity's.
#[expect(clippy::inline_always, reason = "else it loses the caller's features")]
#[inline(always)]
fn widen(
    (low, high, magnitude): &mut ([f32; LANES], [f32; LANES], [u32; LANES]),
    values: &[f32; LANES],
) {
    for lane in 0..LANES {
        let value = values[lane];
        low[lane] = if value < low[lane] { value } else { low[lane] };
        high[lane] = if value > high[lane] {
            value
        } else {
            high[lane]
        };
        magnitude[lane] = magnitude[lane].max(value.abs().to_bits());
    }
}

/// Asks for the cache line of a value, which need not exist.
#[cfg_attr(
    target_arch = "x86_64",
    expect(unsafe_code, reason = "hints are instructions")
)]
#[inline]
fn prefetch(value: *const f32) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: every `x86_64` processor has SSE, and a hint reads nothing.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(value.cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = value;
}
