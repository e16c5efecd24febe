//! The byte tiles in AVX-512: up to 28 of the 32 registers hold sums.
#![expect(unsafe_code, reason = "vector loads and stores take raw pointers")]

use std::arch::x86_64::{
    __m512i, _MM_HINT_T0, _mm_prefetch, _mm256_loadu_si256, _mm512_add_epi32, _mm512_cvtepi8_epi16,
    _mm512_dpbusd_epi32, _mm512_loadu_si512, _mm512_madd_epi16, _mm512_set1_epi32,
    _mm512_setzero_si512, _mm512_storeu_si512,
};

use super::{CHUNK, by_height, for_each_step};

pub(super) const ROWS: usize = 14;
pub(super) const COLUMNS: usize = 2 * LANES;

const LANES: usize = 16;
/// Steps that the right panel is asked for ahead: the weights of a network come from memory.
const AHEAD: usize = 32;

/// See [`super::Int8Tiles::multiply`]; words of four values.
#[target_feature(enable = "avx512f,avx512vnni")]
pub(super) fn multiply_vnni(left: &[u32], height: usize, right: &[i8], sums: &mut [i32]) {
    by_height!(tile_vnni: 2 4 6 8 10 12 14; height, (left, right, sums));
}

/// See [`super::Int8Tiles::multiply`]; words of two values.
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) fn multiply(left: &[u32], height: usize, right: &[i8], sums: &mut [i32]) {
    by_height!(tile: 2 4 6 8 10 12 14; height, (left, right, sums));
}

#[target_feature(enable = "avx512f,avx512vnni")]
fn tile_vnni<const ROWS: usize>(left: &[u32], right: &[i8], out: &mut [i32]) {
    let mut sums = [[_mm512_setzero_si512(); 2]; ROWS];
    let steps = right.as_chunks::<{ 4 * LANES }>().0.as_chunks::<2>().0;
    let multiply = |left: &[[u32; CHUNK]; ROWS], step: usize, right: &[[i8; 64]; 2]| {
        for half in right {
            let ahead = half.as_ptr().wrapping_add(AHEAD * COLUMNS * 4);
            _mm_prefetch::<_MM_HINT_T0>(ahead);
        }
        let [first, second] = [load(&right[0]), load(&right[1])];
        for (sums, left) in sums.iter_mut().zip(left) {
            let word = _mm512_set1_epi32(left[step].cast_signed());
            sums[0] = _mm512_dpbusd_epi32(sums[0], word, first);
            sums[1] = _mm512_dpbusd_epi32(sums[1], word, second);
        }
    };
    for_each_step(left, steps, multiply);
    store(&sums, out);
}

#[target_feature(enable = "avx512f,avx512bw")]
fn tile<const ROWS: usize>(left: &[u32], right: &[i8], out: &mut [i32]) {
    let mut sums = [[_mm512_setzero_si512(); 2]; ROWS];
    let steps = right.as_chunks::<{ 2 * LANES }>().0.as_chunks::<2>().0;
    let multiply = |left: &[[u32; CHUNK]; ROWS], step: usize, right: &[[i8; 32]; 2]| {
        let [first, second] = [widen(&right[0]), widen(&right[1])];
        for (sums, left) in sums.iter_mut().zip(left) {
            let word = _mm512_set1_epi32(left[step].cast_signed());
            sums[0] = _mm512_add_epi32(sums[0], _mm512_madd_epi16(word, first));
            sums[1] = _mm512_add_epi32(sums[1], _mm512_madd_epi16(word, second));
        }
    };
    for_each_step(left, steps, multiply);
    store(&sums, out);
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load(bytes: &[i8; 64]) -> __m512i {
    // SAFETY: reads the 64 bytes of the array, at any alignment.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

/// Loads bytes as 16-bit values.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn widen(bytes: &[i8; 32]) -> __m512i {
    // SAFETY: reads the 32 bytes of the array, at any alignment.
    let bytes = unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) };
    _mm512_cvtepi8_epi16(bytes)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn store<const ROWS: usize>(sums: &[[__m512i; 2]; ROWS], out: &mut [i32]) {
    let places = out.as_chunks_mut::<LANES>().0[..2 * ROWS].iter_mut();
    for (place, sums) in places.zip(sums.as_flattened()) {
        // SAFETY: writes the sixteen values of the array, at any alignment.
        unsafe { _mm512_storeu_si512(place.as_mut_ptr().cast(), *sums) };
    }
}
