//! A square in plain code.

use super::SIDE;

/// Writes each column of a square as a row; rows lie `strides` apart in the two.
#[inline]
pub(super) fn turn(from: &[f32], from_stride: usize, to: &mut [f32], to_stride: usize) {
    for row in 0..SIDE {
        for column in 0..SIDE {
            to[column * to_stride + row] = from[row * from_stride + column];
        }
    }
}
