//! Registers of AVX-512, AVX2 and SSE2.

use std::arch::x86_64::{
    __m128, __m128i, __m256, __m256i, __m512, __m512i, _mm_add_epi32, _mm_add_ps, _mm_and_si128,
    _mm_castps_si128, _mm_cvtepi32_ps, _mm_cvtsi32_si128, _mm_div_ps, _mm_load_ps, _mm_load_si128,
    _mm_loadl_epi64, _mm_loadu_si128, _mm_madd_epi16, _mm_mul_ps, _mm_mullo_epi16, _mm_or_si128,
    _mm_set1_epi32, _mm_set1_ps, _mm_setr_epi32, _mm_setzero_si128, _mm_slli_epi32, _mm_store_ps,
    _mm_store_si128, _mm_sub_epi32, _mm_unpacklo_epi8, _mm_unpacklo_epi16, _mm256_add_epi32,
    _mm256_add_ps, _mm256_and_si256, _mm256_blend_epi32, _mm256_castps_si256, _mm256_cvtepi32_ps,
    _mm256_cvtepu8_epi32, _mm256_div_ps, _mm256_load_ps, _mm256_load_si256, _mm256_madd_epi16,
    _mm256_mul_ps, _mm256_mullo_epi16, _mm256_or_si256, _mm256_permutevar8x32_epi32,
    _mm256_set1_epi32, _mm256_set1_ps, _mm256_setr_epi32, _mm256_slli_epi32, _mm256_store_ps,
    _mm256_store_si256, _mm256_sub_epi32, _mm512_add_epi32, _mm512_add_ps, _mm512_alignr_epi32,
    _mm512_and_si512, _mm512_castps_si512, _mm512_cvtepi32_ps, _mm512_cvtepu8_epi32, _mm512_div_ps,
    _mm512_load_ps, _mm512_load_si512, _mm512_madd_epi16, _mm512_mul_ps, _mm512_mullo_epi16,
    _mm512_or_si512, _mm512_set1_epi32, _mm512_set1_ps, _mm512_slli_epi32, _mm512_store_ps,
    _mm512_store_si512, _mm512_sub_epi32,
};

use super::super::LANES;
use super::{Lanes, Sixteen};

/// Sixteen bytes.
#[target_feature(enable = "avx512f")]
#[inline]
fn bytes_of_sixteen(from: &[u8; LANES], _part: usize) -> __m512i {
    // SAFETY: reads sixteen bytes, at any alignment.
    let bytes = unsafe { _mm_loadu_si128(from.as_ptr().cast()) };
    _mm512_cvtepu8_epi32(bytes)
}

/// Eight bytes.
#[target_feature(enable = "avx2")]
#[inline]
fn bytes_of_eight(from: &[u8; LANES], part: usize) -> __m256i {
    let bytes = from.as_chunks::<8>().0[part].as_ptr();
    // SAFETY: reads eight bytes, at any alignment.
    let bytes = unsafe { _mm_loadl_epi64(bytes.cast()) };
    _mm256_cvtepu8_epi32(bytes)
}

/// Four bytes.
#[target_feature(enable = "sse2")]
#[inline]
fn bytes_of_four(from: &[u8; LANES], part: usize) -> __m128i {
    let bytes = from.as_chunks().0[part];
    let (bytes, zeros) = (
        _mm_cvtsi32_si128(i32::from_le_bytes(bytes)),
        _mm_setzero_si128(),
    );
    _mm_unpacklo_epi16(_mm_unpacklo_epi8(bytes, zeros), zeros)
}

/// The lanes of the only register.
#[target_feature(enable = "avx512f")]
#[inline]
fn next_of_sixteen(from: &Sixteen<i32>, _part: usize) -> __m512i {
    // SAFETY: sixteen numbers that start at a line.
    let all = unsafe { _mm512_load_si512(std::ptr::from_ref(from).cast()) };
    _mm512_alignr_epi32::<1>(all, all)
}

/// The lanes of the first register with one of the second, or the rest of the second.
#[target_feature(enable = "avx2")]
#[inline]
fn next_of_eight(from: &Sixteen<i32>, part: usize) -> __m256i {
    let order = _mm256_setr_epi32(1, 2, 3, 4, 5, 6, 7, 0);
    let first = std::ptr::from_ref(from).cast::<__m256i>();
    // SAFETY: sixteen numbers are two registers, and start at a line.
    let (low, high) = unsafe { (_mm256_load_si256(first), _mm256_load_si256(first.add(1))) };
    let next = _mm256_permutevar8x32_epi32(if part == 0 { low } else { high }, order);
    if part == 0 {
        let high = _mm256_permutevar8x32_epi32(high, order);
        _mm256_blend_epi32::<0b1000_0000>(next, high)
    } else {
        next
    }
}

/// The lanes of a register with the first of the next one.
#[target_feature(enable = "sse2")]
#[inline]
fn next_of_four(from: &Sixteen<i32>, part: usize) -> __m128i {
    let lane = |lane: usize| from.0[(part * 4 + lane) % LANES];
    _mm_setr_epi32(lane(1), lane(2), lane(3), lane(4))
}

#[target_feature(enable = "sse2")]
#[inline]
fn pair_128(low: __m128i, high: __m128i) -> __m128i {
    _mm_or_si128(low, _mm_slli_epi32::<16>(high))
}

#[target_feature(enable = "avx512f")]
#[inline]
fn pair_512(low: __m512i, high: __m512i) -> __m512i {
    _mm512_or_si512(low, _mm512_slli_epi32::<16>(high))
}

#[target_feature(enable = "avx2")]
#[inline]
fn pair_256(low: __m256i, high: __m256i) -> __m256i {
    _mm256_or_si256(low, _mm256_slli_epi32::<16>(high))
}

macro_rules! lanes {
    ($register:ty, $values:ty, $parts:literal, $splat:ident, $load:ident, $bytes_of:ident, $next:ident, $store:ident, $add:ident,
     $sub:ident, $and:ident, $pair:ident, $mul_pairs:ident, $pair_products:ident, $to_values:ident, $splat_value:ident,
     $load_values:ident, $store_values:ident, $add_values:ident, $mul_values:ident,
     $div_values:ident, $bits:ident) => {
        impl Lanes for $register {
            type Values = $values;

            const PARTS: usize = $parts;

            #[inline(always)]
            unsafe fn splat(number: i32) -> Self {
                // SAFETY: the caller knows that the processor has the set.
                unsafe { $splat(number) }
            }

            #[inline(always)]
            unsafe fn load(from: &Sixteen<i32>, part: usize) -> Self {
                let from = std::ptr::from_ref(from).cast::<Self>();
                // SAFETY: as above; sixteen numbers are so many registers, and start at a line.
                unsafe { $load(from.add(part).cast()) }
            }

            #[inline(always)]
            unsafe fn load_bytes(from: &[u8; LANES], part: usize) -> Self {
                // SAFETY: the caller knows that the processor has the set.
                unsafe { $bytes_of(from, part) }
            }

            #[inline(always)]
            unsafe fn load_next(from: &Sixteen<i32>, part: usize) -> Self {
                // SAFETY: the caller knows that the processor has the set.
                unsafe { $next(from, part) }
            }

            #[inline(always)]
            unsafe fn store(self, to: &mut Sixteen<i32>, part: usize) {
                let to = std::ptr::from_mut(to).cast::<Self>();
                // SAFETY: as above.
                unsafe { $store(to.add(part).cast(), self) }
            }

            #[inline(always)]
            unsafe fn add(self, other: Self) -> Self {
                // SAFETY: the caller knows that the processor has the set.
                unsafe { $add(self, other) }
            }

            #[inline(always)]
            unsafe fn sub(self, other: Self) -> Self {
                // SAFETY: as above.
                unsafe { $sub(self, other) }
            }

            #[inline(always)]
            unsafe fn and(self, other: Self) -> Self {
                // SAFETY: as above.
                unsafe { $and(self, other) }
            }

            #[inline(always)]
            unsafe fn pair(low: Self, high: Self) -> Self {
                // SAFETY: as above.
                unsafe { $pair(low, high) }
            }

            #[inline(always)]
            unsafe fn mul_pairs(self, other: Self) -> Self {
                // SAFETY: as above.
                unsafe { $mul_pairs(self, other) }
            }

            #[inline(always)]
            unsafe fn pair_products(self, other: Self) -> Self {
                // SAFETY: as above.
                unsafe { $pair_products(self, other) }
            }

            #[inline(always)]
            unsafe fn to_values(self) -> $values {
                // SAFETY: as above.
                unsafe { $to_values(self) }
            }

            #[inline(always)]
            unsafe fn splat_value(value: f32) -> $values {
                // SAFETY: as above.
                unsafe { $splat_value(value) }
            }

            #[inline(always)]
            unsafe fn load_values(from: &Sixteen<f32>, part: usize) -> $values {
                let from = std::ptr::from_ref(from).cast::<$values>();
                // SAFETY: as above; sixteen values are so many registers.
                unsafe { $load_values(from.add(part).cast()) }
            }

            #[inline(always)]
            unsafe fn store_values(values: $values, to: &mut Sixteen<f32>, part: usize) {
                let to = std::ptr::from_mut(to).cast::<$values>();
                // SAFETY: as above.
                unsafe { $store_values(to.add(part).cast(), values) }
            }

            #[inline(always)]
            unsafe fn add_values(left: $values, right: $values) -> $values {
                // SAFETY: the caller knows that the processor has the set.
                unsafe { $add_values(left, right) }
            }

            #[inline(always)]
            unsafe fn mul_values(left: $values, right: $values) -> $values {
                // SAFETY: as above.
                unsafe { $mul_values(left, right) }
            }

            #[inline(always)]
            unsafe fn div_values(left: $values, right: $values) -> $values {
                // SAFETY: as above.
                unsafe { $div_values(left, right) }
            }

            #[inline(always)]
            unsafe fn bits(values: $values) -> Self {
                // SAFETY: as above.
                unsafe { $bits(values) }
            }
        }
    };
}

lanes!(
    __m512i,
    __m512,
    1,
    _mm512_set1_epi32,
    _mm512_load_si512,
    bytes_of_sixteen,
    next_of_sixteen,
    _mm512_store_si512,
    _mm512_add_epi32,
    _mm512_sub_epi32,
    _mm512_and_si512,
    pair_512,
    _mm512_mullo_epi16,
    _mm512_madd_epi16,
    _mm512_cvtepi32_ps,
    _mm512_set1_ps,
    _mm512_load_ps,
    _mm512_store_ps,
    _mm512_add_ps,
    _mm512_mul_ps,
    _mm512_div_ps,
    _mm512_castps_si512
);
lanes!(
    __m256i,
    __m256,
    2,
    _mm256_set1_epi32,
    _mm256_load_si256,
    bytes_of_eight,
    next_of_eight,
    _mm256_store_si256,
    _mm256_add_epi32,
    _mm256_sub_epi32,
    _mm256_and_si256,
    pair_256,
    _mm256_mullo_epi16,
    _mm256_madd_epi16,
    _mm256_cvtepi32_ps,
    _mm256_set1_ps,
    _mm256_load_ps,
    _mm256_store_ps,
    _mm256_add_ps,
    _mm256_mul_ps,
    _mm256_div_ps,
    _mm256_castps_si256
);
lanes!(
    __m128i,
    __m128,
    4,
    _mm_set1_epi32,
    _mm_load_si128,
    bytes_of_four,
    next_of_four,
    _mm_store_si128,
    _mm_add_epi32,
    _mm_sub_epi32,
    _mm_and_si128,
    pair_128,
    _mm_mullo_epi16,
    _mm_madd_epi16,
    _mm_cvtepi32_ps,
    _mm_set1_ps,
    _mm_load_ps,
    _mm_store_ps,
    _mm_add_ps,
    _mm_mul_ps,
    _mm_div_ps,
    _mm_castps_si128
);
