//! The tile in plain code, small enough for the registers of any processor.

pub(super) const ROWS: usize = 4;
pub(super) const COLUMNS: usize = 8;

/// See [`super::Tiles::multiply`].
pub(super) fn multiply(left: &[f32], right: &[f32], out: &mut [f32], stride: usize, add: bool) {
    let mut sums = [[0.0_f32; COLUMNS]; ROWS];
    if add {
        for (row, sums) in sums.iter_mut().enumerate() {
            sums.copy_from_slice(&out[row * stride..][..COLUMNS]);
        }
    }
    let steps = left.as_chunks::<ROWS>().0.iter();
    for (left, right) in steps.zip(right.as_chunks::<COLUMNS>().0) {
        for (sums, x) in sums.iter_mut().zip(left) {
            for (sum, y) in sums.iter_mut().zip(right) {
                *sum += x * y;
            }
        }
    }
    for (row, sums) in sums.iter().enumerate() {
        out[row * stride..][..COLUMNS].copy_from_slice(sums);
    }
}
