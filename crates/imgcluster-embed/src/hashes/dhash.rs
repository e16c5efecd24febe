//! dhash: where a picture gets lighter from left to right.

use super::Small;
use super::bits::pack;
use crate::gray::Gray;

/// 9 × 8, each value against the one to its left.
pub(super) fn small(gray: &Gray) -> Small {
    let values = gray.resized(9, 8);
    Small {
        bits: pack(std::array::from_fn(|place| {
            let at = place / 8 * 9 + place % 8;
            values[at + 1] > values[at]
        })),
        values,
    }
}
