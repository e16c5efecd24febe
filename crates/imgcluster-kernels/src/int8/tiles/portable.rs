//! The byte tile in plain code, small enough for the registers of any processor.
//!
//! It multiplies as `f32`, which compilers turn into vectors everywhere; bytes they do not. A few
//! hundred products are exact in it.

use super::CHUNK;

pub(super) const ROWS: usize = 4;
pub(super) const COLUMNS: usize = 8;

/// Chunks of words whose sums are exact: 32 × 16 × 255 × 127 < 2^24.
const EXACT: usize = 32;

/// Makes the word of a value.
pub(super) fn word(byte: u8) -> u32 {
    f32::from(byte).to_bits()
}

/// See [`super::Int8Tiles::multiply`]; words of one value.
pub(super) fn multiply(left: &[u32], height: usize, right: &[i8], sums: &mut [i32]) {
    match height {
        2 => tile::<2>(left, right, sums),
        _ => tile::<ROWS>(left, right, sums),
    }
}

fn tile<const ROWS: usize>(left: &[u32], right: &[i8], out: &mut [i32]) {
    let mut sums = [[0; COLUMNS]; ROWS];
    let chunks = left.as_chunks::<CHUNK>().0.as_chunks::<ROWS>().0;
    let steps = right.as_chunks::<COLUMNS>().0;
    for (left, right) in chunks.chunks(EXACT).zip(steps.chunks(EXACT * CHUNK)) {
        let mut exact = [[0.0_f32; COLUMNS]; ROWS];
        for (left, right) in left.iter().zip(right.chunks(CHUNK)) {
            multiply_chunk(left, right, &mut exact);
        }
        for (sums, exact) in sums.iter_mut().zip(exact) {
            for (sum, exact) in sums.iter_mut().zip(exact) {
                *sum += exact as i32;
            }
        }
    }
    let places = out.as_chunks_mut::<COLUMNS>().0[..ROWS].iter_mut();
    for (place, sums) in places.zip(sums) {
        *place = sums;
    }
}

#[expect(clippy::inline_always, reason = "sums are fast only in registers")]
#[inline(always)]
fn multiply_chunk<const ROWS: usize>(
    left: &[[u32; CHUNK]; ROWS],
    right: &[[i8; COLUMNS]],
    sums: &mut [[f32; COLUMNS]; ROWS],
) {
    for (step, right) in right.iter().enumerate() {
        let right = right.map(f32::from);
        for (sums, left) in sums.iter_mut().zip(left) {
            let value = f32::from_bits(left[step % CHUNK]);
            for (sum, byte) in sums.iter_mut().zip(right) {
                *sum += value * byte;
            }
        }
    }
}
