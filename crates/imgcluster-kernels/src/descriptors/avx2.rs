//! Eight descriptors at a time, in AVX2: how many of four bits are set is looked up.
#![expect(unsafe_code, reason = "vector loads and stores take raw pointers")]

use std::arch::x86_64::{
    __m256i, _mm256_add_epi8, _mm256_add_epi32, _mm256_and_si256, _mm256_loadu_si256,
    _mm256_madd_epi16, _mm256_maddubs_epi16, _mm256_max_epu32, _mm256_min_epu32, _mm256_or_si256,
    _mm256_set1_epi8, _mm256_set1_epi16, _mm256_set1_epi32, _mm256_setr_epi8, _mm256_setzero_si256,
    _mm256_shuffle_epi8, _mm256_slli_epi32, _mm256_srli_epi16, _mm256_storeu_si256,
    _mm256_xor_si256,
};

use super::{Block, Descriptor, DescriptorSet, Keys, LANES, TwoNearest, Words, words_of};

/// Descriptors in a register.
const HALF: usize = LANES / 2;

/// The nearest two of each lane so far.
#[derive(Clone, Copy)]
struct Near {
    best: __m256i,
    second: __m256i,
}

/// See [`super::DescriptorSearch::two_nearest`].
#[target_feature(enable = "avx2")]
pub(super) fn two_nearest(
    queries: &[Descriptor],
    set: &DescriptorSet,
    nearest: &mut Vec<TwoNearest>,
) {
    let none = _mm256_set1_epi32(-1);
    let step = _mm256_set1_epi32((HALF as u32).cast_signed());
    let first = load(&std::array::from_fn(|lane| lane as u32));
    let vacant = set.vacant();
    for query in queries {
        let query = words_of(query);
        let mut near = Near {
            best: none,
            second: none,
        };
        let mut places = first;
        if let Some((last, blocks)) = set.blocks.split_last() {
            for block in blocks {
                look(&query, block, 0, places, &mut near);
                places = _mm256_add_epi32(places, step);
                look(&query, block, 1, places, &mut near);
                places = _mm256_add_epi32(places, step);
            }
            let lower = _mm256_or_si256(places, load(half(&vacant, 0)));
            look(&query, last, 0, lower, &mut near);
            places = _mm256_add_epi32(places, step);
            let upper = _mm256_or_si256(places, load(half(&vacant, 1)));
            look(&query, last, 1, upper, &mut near);
        }
        nearest.push(Keys::of_lanes(store(near.best), store(near.second)).into());
    }
}

/// Compares half a block with a query.
#[inline]
#[target_feature(enable = "avx2")]
fn look(query: &Words, block: &Block, which: usize, places: __m256i, near: &mut Near) {
    let mut differing = _mm256_setzero_si256();
    for (word, words) in query.iter().zip(block) {
        let word = _mm256_set1_epi32(word.cast_signed());
        let bits = bits_of_bytes(_mm256_xor_si256(word, load(half(words, which))));
        // At most 8 × 8 bits a byte: no carry.
        differing = _mm256_add_epi8(differing, bits);
    }
    let pairs = _mm256_maddubs_epi16(differing, _mm256_set1_epi8(1));
    let differing = _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
    let key = _mm256_or_si256(_mm256_slli_epi32::<16>(differing), places);
    near.second = _mm256_min_epu32(near.second, _mm256_max_epu32(near.best, key));
    near.best = _mm256_min_epu32(near.best, key);
}

/// Counts the bits that are set in each byte.
#[inline]
#[target_feature(enable = "avx2")]
fn bits_of_bytes(bytes: __m256i) -> __m256i {
    let counts = _mm256_setr_epi8(
        0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, //
        0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,
    );
    let four = _mm256_set1_epi8(0x0f);
    let lower = _mm256_and_si256(bytes, four);
    let upper = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), four);
    let lower = _mm256_shuffle_epi8(counts, lower);
    _mm256_add_epi8(lower, _mm256_shuffle_epi8(counts, upper))
}

/// The lower or the upper half.
#[inline]
fn half(words: &[u32; LANES], which: usize) -> &[u32; HALF] {
    &words.as_chunks::<HALF>().0[which]
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(words: &[u32; HALF]) -> __m256i {
    // SAFETY: reads eight words, at any alignment.
    unsafe { _mm256_loadu_si256(words.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn store(lanes: __m256i) -> [u32; HALF] {
    let mut words = [0; HALF];
    // SAFETY: writes eight words, at any alignment.
    unsafe { _mm256_storeu_si256(words.as_mut_ptr().cast(), lanes) };
    words
}
