//! The byte tiles in AVX2: up to 12 of the 16 registers hold sums.
#![expect(unsafe_code, reason = "vector loads and stores take raw pointers")]

use std::arch::x86_64::{
    __m256i, _mm_loadu_si128, _mm256_add_epi32, _mm256_cvtepi8_epi16, _mm256_dpbusd_avx_epi32,
    _mm256_loadu_si256, _mm256_madd_epi16, _mm256_set1_epi32, _mm256_setzero_si256,
    _mm256_storeu_si256,
};

use super::{CHUNK, by_height, for_each_step};

pub(super) const ROWS: usize = 6;
pub(super) const COLUMNS: usize = 2 * LANES;

const LANES: usize = 8;

/// See [`super::Int8Tiles::multiply`]; words of four values.
#[target_feature(enable = "avx2,avxvnni")]
pub(super) fn multiply_vnni(left: &[u32], height: usize, right: &[i8], sums: &mut [i32]) {
    by_height!(tile_vnni: 2 4 6; height, (left, right, sums));
}

/// See [`super::Int8Tiles::multiply`]; words of two values.
#[target_feature(enable = "avx2")]
pub(super) fn multiply(left: &[u32], height: usize, right: &[i8], sums: &mut [i32]) {
    by_height!(tile: 2 4 6; height, (left, right, sums));
}

#[target_feature(enable = "avx2,avxvnni")]
fn tile_vnni<const ROWS: usize>(left: &[u32], right: &[i8], out: &mut [i32]) {
    let mut sums = [[_mm256_setzero_si256(); 2]; ROWS];
    let steps = right.as_chunks::<{ 4 * LANES }>().0.as_chunks::<2>().0;
    let multiply = |left: &[[u32; CHUNK]; ROWS], step: usize, right: &[[i8; 32]; 2]| {
        let [first, second] = [load(&right[0]), load(&right[1])];
        for (sums, left) in sums.iter_mut().zip(left) {
            let word = _mm256_set1_epi32(left[step].cast_signed());
            sums[0] = _mm256_dpbusd_avx_epi32(sums[0], word, first);
            sums[1] = _mm256_dpbusd_avx_epi32(sums[1], word, second);
        }
    };
    for_each_step(left, steps, multiply);
    store(&sums, out);
}

#[target_feature(enable = "avx2")]
fn tile<const ROWS: usize>(left: &[u32], right: &[i8], out: &mut [i32]) {
    let mut sums = [[_mm256_setzero_si256(); 2]; ROWS];
    let steps = right.as_chunks::<{ 2 * LANES }>().0.as_chunks::<2>().0;
    let multiply = |left: &[[u32; CHUNK]; ROWS], step: usize, right: &[[i8; 16]; 2]| {
        let [first, second] = [widen(&right[0]), widen(&right[1])];
        for (sums, left) in sums.iter_mut().zip(left) {
            let word = _mm256_set1_epi32(left[step].cast_signed());
            sums[0] = _mm256_add_epi32(sums[0], _mm256_madd_epi16(word, first));
            sums[1] = _mm256_add_epi32(sums[1], _mm256_madd_epi16(word, second));
        }
    };
    for_each_step(left, steps, multiply);
    store(&sums, out);
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(bytes: &[i8; 32]) -> __m256i {
    // SAFETY: reads the 32 bytes of the array, at any alignment.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

/// Loads bytes as 16-bit values.
#[inline]
#[target_feature(enable = "avx2")]
fn widen(bytes: &[i8; 16]) -> __m256i {
    // SAFETY: reads the 16 bytes of the array, at any alignment.
    let bytes = unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) };
    _mm256_cvtepi8_epi16(bytes)
}

#[inline]
#[target_feature(enable = "avx2")]
fn store<const ROWS: usize>(sums: &[[__m256i; 2]; ROWS], out: &mut [i32]) {
    let places = out.as_chunks_mut::<LANES>().0[..2 * ROWS].iter_mut();
    for (place, sums) in places.zip(sums.as_flattened()) {
        // SAFETY: writes the eight values of the array, at any alignment.
        unsafe { _mm256_storeu_si256(place.as_mut_ptr().cast(), *sums) };
    }
}
