//! Sixteen descriptors at a time, in AVX-512 with VPOPCNTDQ; four queries share what is loaded.
#![expect(unsafe_code, reason = "vector loads and stores take raw pointers")]

use std::arch::x86_64::{
    __m512i, _mm512_add_epi32, _mm512_loadu_si512, _mm512_max_epu32, _mm512_min_epu32,
    _mm512_or_si512, _mm512_popcnt_epi32, _mm512_set1_epi32, _mm512_setzero_si512,
    _mm512_slli_epi32, _mm512_storeu_si512, _mm512_xor_si512,
};

use super::{Block, Descriptor, DescriptorSet, Keys, LANES, TwoNearest, Words, words_of};

/// Queries that go through the set together.
const TOGETHER: usize = 4;

/// The nearest two of each lane so far.
#[derive(Clone, Copy)]
struct Near {
    best: __m512i,
    second: __m512i,
}

/// See [`super::DescriptorSearch::two_nearest`].
#[target_feature(enable = "avx512f,avx512vpopcntdq")]
pub(super) fn two_nearest(
    queries: &[Descriptor],
    set: &DescriptorSet,
    nearest: &mut Vec<TwoNearest>,
) {
    let (fours, rest) = queries.as_chunks::<TOGETHER>();
    for four in fours {
        several(four, set, nearest);
    }
    for query in rest {
        several(&[*query], set, nearest);
    }
}

/// Takes some queries through the set.
#[inline]
#[target_feature(enable = "avx512f,avx512vpopcntdq")]
fn several<const N: usize>(
    queries: &[Descriptor; N],
    set: &DescriptorSet,
    nearest: &mut Vec<TwoNearest>,
) {
    let queries: [Words; N] = std::array::from_fn(|query| words_of(&queries[query]));
    let none = _mm512_set1_epi32(-1);
    let mut near = [Near {
        best: none,
        second: none,
    }; N];
    let mut places = load(&std::array::from_fn(|lane| lane as u32));
    let step = _mm512_set1_epi32((LANES as u32).cast_signed());
    if let Some((last, blocks)) = set.blocks.split_last() {
        for block in blocks {
            look(&queries, block, places, &mut near);
            places = _mm512_add_epi32(places, step);
        }
        let places = _mm512_or_si512(places, load(&set.vacant()));
        look(&queries, last, places, &mut near);
    }
    for near in near {
        nearest.push(Keys::of_lanes(store(near.best), store(near.second)).into());
    }
}

/// Compares a block with each query.
#[inline]
#[target_feature(enable = "avx512f,avx512vpopcntdq")]
fn look<const N: usize>(
    queries: &[Words; N],
    block: &Block,
    places: __m512i,
    near: &mut [Near; N],
) {
    for (query, near) in queries.iter().zip(near) {
        let mut differing = _mm512_setzero_si512();
        for (word, words) in query.iter().zip(block) {
            let word = _mm512_set1_epi32(word.cast_signed());
            let bits = _mm512_popcnt_epi32(_mm512_xor_si512(word, load(words)));
            differing = _mm512_add_epi32(differing, bits);
        }
        let key = _mm512_or_si512(_mm512_slli_epi32::<16>(differing), places);
        near.second = _mm512_min_epu32(near.second, _mm512_max_epu32(near.best, key));
        near.best = _mm512_min_epu32(near.best, key);
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load(words: &[u32; LANES]) -> __m512i {
    // SAFETY: reads sixteen words, at any alignment.
    unsafe { _mm512_loadu_si512(words.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn store(lanes: __m512i) -> [u32; LANES] {
    let mut words = [0; LANES];
    // SAFETY: writes sixteen words, at any alignment.
    unsafe { _mm512_storeu_si512(words.as_mut_ptr().cast(), lanes) };
    words
}
