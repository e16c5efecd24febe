//! A square in the vectors that every `x86_64` has.
#![expect(unsafe_code, reason = "vector loads and stores take raw pointers")]

use std::arch::x86_64::{
    __m128, _mm_loadu_ps, _mm_movehl_ps, _mm_movelh_ps, _mm_storeu_ps, _mm_unpackhi_ps,
    _mm_unpacklo_ps,
};

use super::SIDE;

/// Writes each column of a square as a row of `to`.
///
/// # Panics
/// Panics if either slice is too short.
#[inline]
pub(super) fn turn(from: &[f32], from_stride: usize, to: &mut [f32], to_stride: usize) {
    // SAFETY: every `x86_64` has SSE.
    unsafe { turn_vectors(from, from_stride, to, to_stride) }
}

#[inline]
#[target_feature(enable = "sse")]
fn turn_vectors(from: &[f32], from_stride: usize, to: &mut [f32], to_stride: usize) {
    let within = |len: usize, stride: usize| stride < len && (SIDE - 1) * stride + SIDE <= len;
    assert!(
        within(from.len(), from_stride) && within(to.len(), to_stride),
        "four rows of four values"
    );
    let load = |row: usize| -> __m128 {
        // SAFETY: the fourth row's four values end within the slice, as was just asserted, and the
        // rows before it end earlier.
        unsafe { _mm_loadu_ps(from.as_ptr().add(row * from_stride)) }
    };
    let [a, b, c, d] = [load(0), load(1), load(2), load(3)];
    let (low, next_low) = (_mm_unpacklo_ps(a, b), _mm_unpacklo_ps(c, d));
    let (high, next_high) = (_mm_unpackhi_ps(a, b), _mm_unpackhi_ps(c, d));
    let columns = [
        _mm_movelh_ps(low, next_low),
        _mm_movehl_ps(next_low, low),
        _mm_movelh_ps(high, next_high),
        _mm_movehl_ps(next_high, high),
    ];
    for (row, column) in columns.into_iter().enumerate() {
        // SAFETY: as for the loads, with the rows written.
        unsafe { _mm_storeu_ps(to.as_mut_ptr().add(row * to_stride), column) };
    }
}
