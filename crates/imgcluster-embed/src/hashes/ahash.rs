//! ahash: where a picture is lighter than its mean.

use super::Small;
use super::bits::pack;
use crate::gray::Gray;

/// 8 × 8, each value against the mean.
pub(super) fn small(gray: &Gray) -> Small {
    let values = gray.resized(8, 8);
    let sum: u32 = values.iter().map(|value| u32::from(*value)).sum();
    Small {
        bits: pack(std::array::from_fn(|place| {
            u32::from(values[place]) * 64 > sum
        })),
        values,
    }
}
