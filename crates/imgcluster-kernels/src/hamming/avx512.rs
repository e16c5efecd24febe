//! Eight hashes at a time, in AVX-512 with VPOPCNTDQ.
#![expect(unsafe_code, reason = "vector loads take raw pointers")]

use std::arch::x86_64::{
    __m512i, _mm_loadl_epi64, _mm512_cmple_epu64_mask, _mm512_cvtepu8_epi64, _mm512_loadu_si512,
    _mm512_max_epu64, _mm512_popcnt_epi64, _mm512_set1_epi64, _mm512_xor_si512,
};

/// Hashes in a register.
const LANES: usize = 8;
/// Hashes looked at between two questions whether any is near.
const STEP: usize = 4 * LANES;

/// See [`super::BitCount::near`].
#[target_feature(enable = "avx512f,avx512vpopcntdq")]
pub(super) fn near(hash: u64, others: &[u64], most: u32, near: &mut Vec<u32>) {
    let (hash, most) = (hash.cast_signed(), i64::from(most));
    let (wide, limit) = (_mm512_set1_epi64(hash), _mm512_set1_epi64(most));
    let (steps, rest) = others.as_chunks::<STEP>();
    let mut start = 0;
    for step in steps {
        let mut found = 0_u32;
        for (eighth, eight) in step.as_chunks::<LANES>().0.iter().enumerate() {
            let is_near = _mm512_cmple_epu64_mask(differing(wide, eight), limit);
            found |= u32::from(is_near) << (eighth * LANES);
        }
        push(found, start, near);
        start += STEP as u32;
    }
    let (eights, rest) = rest.as_chunks::<LANES>();
    for eight in eights {
        let is_near = _mm512_cmple_epu64_mask(differing(wide, eight), limit);
        push(is_near.into(), start, near);
        start += LANES as u32;
    }
    let mut eight = [0; LANES];
    eight[..rest.len()].copy_from_slice(rest);
    let is_near = _mm512_cmple_epu64_mask(differing(wide, &eight), limit);
    push(u32::from(is_near) & first(rest.len()), start, near);
}

/// See [`super::BitCount::near_each`].
#[target_feature(enable = "avx512f,avx512vpopcntdq")]
pub(super) fn near_each(hash: u64, others: &[u64], most: u8, mosts: &[u8], near: &mut Vec<u32>) {
    let wide = _mm512_set1_epi64(hash.cast_signed());
    let least = _mm512_set1_epi64(most.into());
    let ((steps, rest), (limits, limits_rest)) =
        (others.as_chunks::<STEP>(), mosts.as_chunks::<STEP>());
    let mut start = 0;
    for (step, limits) in steps.iter().zip(limits) {
        let mut found = 0_u32;
        let eights = step.as_chunks::<LANES>().0.iter();
        let eights = eights.zip(limits.as_chunks::<LANES>().0);
        for (eighth, (eight, limits)) in eights.enumerate() {
            let limit = _mm512_max_epu64(least, widen(limits));
            let is_near = _mm512_cmple_epu64_mask(differing(wide, eight), limit);
            found |= u32::from(is_near) << (eighth * LANES);
        }
        push(found, start, near);
        start += STEP as u32;
    }
    for (eight, limits) in rest.chunks(LANES).zip(limits_rest.chunks(LANES)) {
        let (mut padded, mut padded_limits) = ([0; LANES], [0; LANES]);
        padded[..eight.len()].copy_from_slice(eight);
        padded_limits[..eight.len()].copy_from_slice(limits);
        let limit = _mm512_max_epu64(least, widen(&padded_limits));
        let is_near = _mm512_cmple_epu64_mask(differing(wide, &padded), limit);
        push(u32::from(is_near) & first(eight.len()), start, near);
        start += LANES as u32;
    }
}

/// Counts the bits in which eight hashes differ from one.
#[inline]
#[target_feature(enable = "avx512f,avx512vpopcntdq")]
fn differing(hash: __m512i, eight: &[u64; LANES]) -> __m512i {
    // SAFETY: reads eight hashes, at any alignment.
    let eight = unsafe { _mm512_loadu_si512(eight.as_ptr().cast()) };
    _mm512_popcnt_epi64(_mm512_xor_si512(hash, eight))
}

/// Widens eight bytes.
#[inline]
#[target_feature(enable = "avx512f")]
fn widen(bytes: &[u8; LANES]) -> __m512i {
    // SAFETY: reads eight bytes, at any alignment.
    let bytes = unsafe { _mm_loadl_epi64(bytes.as_ptr().cast()) };
    _mm512_cvtepu8_epi64(bytes)
}

/// The lowest bits, up to eight.
fn first(count: usize) -> u32 {
    (1 << count) - 1
}

/// Puts the places of the bits that are set.
#[inline]
fn push(mut found: u32, start: u32, near: &mut Vec<u32>) {
    while found != 0 {
        near.push(start + found.trailing_zeros());
        found &= found - 1;
    }
}
