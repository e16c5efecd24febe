//! whash: the coarse part of a Haar wavelet transform against its median.

use super::Small;
use super::bits::{median, pack};
use crate::gray::Gray;

/// The largest power of two that fits into the shorter side (at least 8), squared; the means of
/// 8 × 8 blocks against their median.
///
/// The coarse part of the transform is the means of blocks times a constant, and taking out the
/// coarsest value takes the same from all of them: neither changes which are above the median.
pub(super) fn small(gray: &Gray) -> Small {
    let scale = 1 << gray.shorter_side().max(8).ilog2();
    let values = gray.resized(scale, scale);
    let (wide, side) = (scale as usize, scale as usize / 8);
    let mut sums = [0_u64; 64];
    for (y, row) in values.chunks_exact(wide).enumerate() {
        for (x, part) in row.chunks_exact(side).enumerate() {
            let sum: u32 = part.iter().map(|value| u32::from(*value)).sum();
            sums[y / side * 8 + x] += u64::from(sum);
        }
    }
    let pixels = (side * side) as f64;
    let means = sums.map(|sum| sum as f64 / pixels); // exact: `pixels` is a power of two
    let median = median(means);
    Small {
        bits: pack(means.map(|mean| mean > median)),
        values: means.map(|mean| mean.round() as u8).to_vec(),
    }
}
