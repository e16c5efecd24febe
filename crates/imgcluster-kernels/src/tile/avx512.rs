//! The tile in AVX-512: 28 of the 32 registers hold sums.
#![expect(unsafe_code, reason = "vector loads and stores take raw pointers")]

use std::arch::x86_64::{
    __m512, _CMP_NLT_UQ, _MM_HINT_T0, _mm_prefetch, _mm512_add_ps, _mm512_cmp_ps_mask,
    _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_max_ps, _mm512_set1_ps, _mm512_setzero_ps,
    _mm512_storeu_ps, _mm512_sub_ps,
};

use super::Screen;

pub(super) const ROWS: usize = 14;
pub(super) const COLUMNS: usize = 2 * LANES;

const LANES: usize = 16;
/// Steps that the right panel is asked for ahead: it streams from the second cache.
const AHEAD: usize = 8;

/// See [`super::Tiles::multiply`].
#[target_feature(enable = "avx512f")]
pub(super) fn multiply(left: &[f32], right: &[f32], out: &mut [f32], stride: usize, add: bool) {
    let mut sums = [[_mm512_setzero_ps(); 2]; ROWS];
    if add {
        for (row, sums) in sums.iter_mut().enumerate() {
            *sums = halves(&out[row * stride..][..COLUMNS]).map(|half| load(half));
        }
    }
    let steps = left.as_chunks::<ROWS>().0.iter();
    for (left, right) in steps.zip(right.as_chunks::<COLUMNS>().0) {
        for half in 0..2 {
            let ahead = right.as_ptr().wrapping_add(COLUMNS * AHEAD + half * LANES);
            _mm_prefetch::<_MM_HINT_T0>(ahead.cast());
        }
        let [first, second] = halves(right).map(|half| load(half));
        for (sums, value) in sums.iter_mut().zip(left) {
            let value = _mm512_set1_ps(*value);
            sums[0] = _mm512_fmadd_ps(value, first, sums[0]);
            sums[1] = _mm512_fmadd_ps(value, second, sums[1]);
        }
    }
    for (row, [first, second]) in sums.into_iter().enumerate() {
        let (halves, _) = out[row * stride..][..COLUMNS].as_chunks_mut();
        store(&mut halves[0], first);
        store(&mut halves[1], second);
    }
}

/// See [`super::Tiles::screen`].
#[target_feature(enable = "avx512f")]
pub(super) fn screen(screen: &Screen<'_>, products: &[f32], passed: &mut Vec<u32>) {
    passed.clear();
    let (chunks, rest) = products.as_chunks::<LANES>();
    let (offsets, _) = screen.offsets[..products.len()].as_chunks::<LANES>();
    let (reaches, _) = screen.reaches[..products.len()].as_chunks::<LANES>();
    let (offset, reach) = (_mm512_set1_ps(screen.offset), _mm512_set1_ps(screen.reach));
    let mut first = 0;
    for ((products, offsets), reaches) in chunks.iter().zip(offsets).zip(reaches) {
        // The second one where the first is NaN, as `Screen` says.
        let reach = _mm512_max_ps(load(reaches), reach);
        let least = _mm512_sub_ps(_mm512_add_ps(offset, load(offsets)), reach);
        let mut mask = _mm512_cmp_ps_mask::<_CMP_NLT_UQ>(load(products), least);
        while mask != 0 {
            passed.push(first + mask.trailing_zeros());
            mask &= mask - 1;
        }
        first += LANES as u32;
    }
    screen.collect(first as usize, rest, passed);
}

/// Halves one row of a tile.
#[inline]
fn halves(row: &[f32]) -> [&[f32; LANES]; 2] {
    let (halves, _) = row.as_chunks();
    [&halves[0], &halves[1]]
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load(values: &[f32; LANES]) -> __m512 {
    // SAFETY: reads the sixteen values of the array, at any alignment.
    unsafe { _mm512_loadu_ps(values.as_ptr()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn store(values: &mut [f32; LANES], sums: __m512) {
    // SAFETY: writes the sixteen values of the array, at any alignment.
    unsafe { _mm512_storeu_ps(values.as_mut_ptr(), sums) }
}
