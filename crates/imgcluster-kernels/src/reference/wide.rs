//! The lanes of the reference sums in AVX2: the same steps in the same order, four lanes at a time.
//!
//! Products are not fused with sums, so the bits are those of the plain code.
#![expect(unsafe_code, reason = "vector loads and stores take raw pointers")]

use std::arch::x86_64::{
    __m256d, _mm_loadu_ps, _mm256_add_pd, _mm256_cvtps_pd, _mm256_mul_pd, _mm256_setzero_pd,
    _mm256_storeu_pd, _mm256_sub_pd,
};

use super::LANES;

/// Four lanes.
const HALF: usize = LANES / 2;

/// Sums the products of each lane, or tells that the processor cannot.
pub(super) fn dot(a: &[[f32; LANES]], b: &[[f32; LANES]]) -> Option<[f64; LANES]> {
    // SAFETY: the processor has AVX2.
    is_x86_feature_detected!("avx2").then(|| unsafe { dot_lanes(a, b) })
}

/// Sums the squared differences of each lane, or tells that the processor cannot.
pub(super) fn squared_distance(a: &[[f32; LANES]], b: &[[f32; LANES]]) -> Option<[f64; LANES]> {
    // SAFETY: the processor has AVX2.
    is_x86_feature_detected!("avx2").then(|| unsafe { squared_distance_lanes(a, b) })
}

#[target_feature(enable = "avx2")]
fn dot_lanes(a: &[[f32; LANES]], b: &[[f32; LANES]]) -> [f64; LANES] {
    let mut sums = [_mm256_setzero_pd(); 2];
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (load(a), load(b));
        sums[0] = _mm256_add_pd(sums[0], _mm256_mul_pd(a[0], b[0]));
        sums[1] = _mm256_add_pd(sums[1], _mm256_mul_pd(a[1], b[1]));
    }
    store(sums)
}

#[target_feature(enable = "avx2")]
fn squared_distance_lanes(a: &[[f32; LANES]], b: &[[f32; LANES]]) -> [f64; LANES] {
    let mut sums = [_mm256_setzero_pd(); 2];
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (load(a), load(b));
        let differences = [_mm256_sub_pd(a[0], b[0]), _mm256_sub_pd(a[1], b[1])];
        for (sum, difference) in sums.iter_mut().zip(differences) {
            *sum = _mm256_add_pd(*sum, _mm256_mul_pd(difference, difference));
        }
    }
    store(sums)
}

/// Widens eight values.
#[inline]
#[target_feature(enable = "avx2")]
fn load(values: &[f32; LANES]) -> [__m256d; 2] {
    // SAFETY: each reads one half of the eight values, at any alignment.
    let halves = unsafe {
        [
            _mm_loadu_ps(values.as_ptr()),
            _mm_loadu_ps(values.as_ptr().add(HALF)),
        ]
    };
    [_mm256_cvtps_pd(halves[0]), _mm256_cvtps_pd(halves[1])]
}

#[inline]
#[target_feature(enable = "avx2")]
fn store(sums: [__m256d; 2]) -> [f64; LANES] {
    let mut lanes = [0.0; LANES];
    // SAFETY: each writes one half of the eight values, at any alignment.
    unsafe {
        _mm256_storeu_pd(lanes.as_mut_ptr(), sums[0]);
        _mm256_storeu_pd(lanes.as_mut_ptr().add(HALF), sums[1]);
    }
    lanes
}
