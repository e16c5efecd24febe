//! Plain code for any processor.

use super::super::LANES;
use super::{Lanes, Sixteen};

/// Four numbers in plain code, which the compiler keeps in a register of the plainest processor.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Four([i32; 4]);

/// Four values.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct FourValues([f32; 4]);

impl Four {
    const COUNT: usize = 4;

    #[expect(clippy::inline_always, reason = "fast only in registers")]
    #[inline(always)]
    fn each(lane: impl Fn(usize) -> i32) -> Self {
        Self(std::array::from_fn(lane))
    }
}

impl FourValues {
    #[expect(clippy::inline_always, reason = "fast only in registers")]
    #[inline(always)]
    fn each(lane: impl Fn(usize) -> f32) -> Self {
        Self(std::array::from_fn(lane))
    }
}

#[expect(clippy::inline_always, reason = "fast only in registers")]
impl Lanes for Four {
    type Values = FourValues;

    const PARTS: usize = 4;

    #[inline(always)]
    unsafe fn splat(number: i32) -> Self {
        Self([number; 4])
    }

    #[inline(always)]
    unsafe fn load(from: &Sixteen<i32>, part: usize) -> Self {
        Self(from.0.as_chunks().0[part])
    }

    #[inline(always)]
    unsafe fn load_bytes(from: &[u8; LANES], part: usize) -> Self {
        let bytes: [u8; Self::COUNT] = from.as_chunks().0[part];
        Self::each(|lane| i32::from(bytes[lane]))
    }

    #[inline(always)]
    unsafe fn load_next(from: &Sixteen<i32>, part: usize) -> Self {
        let first = part * Self::COUNT + 1;
        Self::each(|lane| from.0[(first + lane) % LANES])
    }

    #[inline(always)]
    unsafe fn store(self, to: &mut Sixteen<i32>, part: usize) {
        to.0.as_chunks_mut().0[part] = self.0;
    }

    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        Self::each(|lane| self.0[lane].wrapping_add(other.0[lane]))
    }

    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        Self::each(|lane| self.0[lane].wrapping_sub(other.0[lane]))
    }

    #[inline(always)]
    unsafe fn and(self, other: Self) -> Self {
        Self::each(|lane| self.0[lane] & other.0[lane])
    }

    #[inline(always)]
    unsafe fn pair(low: Self, high: Self) -> Self {
        Self::each(|lane| low.0[lane] | high.0[lane] << 16)
    }

    #[inline(always)]
    unsafe fn mul_pairs(self, other: Self) -> Self {
        Self::each(|lane| {
            let (a, b) = (self.0[lane], other.0[lane]);
            let low = a.wrapping_mul(b) & 0xffff;
            low | (a >> 16).wrapping_mul(b >> 16) << 16
        })
    }

    #[inline(always)]
    unsafe fn pair_products(self, other: Self) -> Self {
        let low = |number: i32| i32::from(number as i16);
        let high = |number: i32| number >> 16;
        Self::each(|lane| {
            let (a, b) = (self.0[lane], other.0[lane]);
            low(a) * low(b) + high(a) * high(b)
        })
    }

    #[inline(always)]
    unsafe fn to_values(self) -> FourValues {
        FourValues::each(|lane| self.0[lane] as f32)
    }

    #[inline(always)]
    unsafe fn splat_value(value: f32) -> FourValues {
        FourValues([value; 4])
    }

    #[inline(always)]
    unsafe fn load_values(from: &Sixteen<f32>, part: usize) -> FourValues {
        FourValues(from.0.as_chunks().0[part])
    }

    #[inline(always)]
    unsafe fn store_values(values: FourValues, to: &mut Sixteen<f32>, part: usize) {
        to.0.as_chunks_mut().0[part] = values.0;
    }

    #[inline(always)]
    unsafe fn add_values(left: FourValues, right: FourValues) -> FourValues {
        FourValues::each(|lane| left.0[lane] + right.0[lane])
    }

    #[inline(always)]
    unsafe fn mul_values(left: FourValues, right: FourValues) -> FourValues {
        FourValues::each(|lane| left.0[lane] * right.0[lane])
    }

    #[inline(always)]
    unsafe fn div_values(left: FourValues, right: FourValues) -> FourValues {
        FourValues::each(|lane| left.0[lane] / right.0[lane])
    }

    #[inline(always)]
    unsafe fn bits(values: FourValues) -> Self {
        Self::each(|lane| values.0[lane].to_bits().cast_signed())
    }
}
