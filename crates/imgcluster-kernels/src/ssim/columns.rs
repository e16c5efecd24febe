//! Sums over windows: first down the columns, then along the rows.
#![expect(
    unsafe_code,
    reason = "registers are used only where the processor has them"
)]

use super::lanes::Lanes;
use super::{Sixteen, WINDOW};

/// Pairs of rows of pixels that make up the first row of windows.
pub(super) const FIRST: usize = WINDOW.div_ceil(2);

/// Adds up the products of factors for the pairs of rows of the first row of windows, or adds those
/// of the pair of rows that enter and leave the next.
///
/// No closures here and elsewhere: they would lose the features of their caller.
///
/// # Safety
/// The processor must have the instruction set of `V`.
#[expect(clippy::inline_always, reason = "else it loses the caller's features")]
#[inline(always)]
pub(super) unsafe fn add_to_columns<V: Lanes>(
    columns: &mut [Sixteen<i32>],
    row: usize,
    left: &[Sixteen<i32>],
    right: &[Sixteen<i32>],
) {
    let steps = columns.len() - (WINDOW - 1);
    let pairs = if row == 0 { FIRST } else { 1 };
    for pair in 0..pairs {
        let first = if row == 0 { pair } else { FIRST + row - 1 } * steps;
        let factors = left[first..].iter().zip(&right[first..]);
        for (column, (left, right)) in columns[..steps].iter_mut().zip(factors) {
            for part in 0..V::PARTS {
                // SAFETY: by the contract.
                unsafe {
                    let mut sum = V::load(left, part).pair_products(V::load(right, part));
                    if row > 0 || pair > 0 {
                        sum = sum.add(V::load(column, part));
                    }
                    sum.store(column, part);
                }
            }
        }
    }
    // After the last column of a segment comes the first of the next. No window on the canvas begins
    // so far in the last segment that it would need more.
    for step in 0..WINDOW - 1 {
        for part in 0..V::PARTS {
            // SAFETY: by the contract.
            unsafe { V::load_next(&columns[step], part).store(&mut columns[steps + step], part) };
        }
    }
}

/// The sums of windows, step by step along the segments.
pub(super) struct Sliding<V> {
    /// The sum of all columns of the next window but the last.
    beginning: V,
}

impl<V: Lanes> Sliding<V> {
    /// Begins with the first step.
    ///
    /// # Safety
    /// The processor must have the instruction set of `V`, and `part` be below its `PARTS`.
    #[expect(clippy::inline_always, reason = "else it loses the caller's features")]
    #[inline(always)]
    pub(super) unsafe fn new(columns: &[Sixteen<i32>], part: usize) -> Self {
        // SAFETY: by the contract.
        unsafe {
            let mut beginning = V::load(&columns[0], part);
            for column in &columns[1..WINDOW - 1] {
                beginning = beginning.add(V::load(column, part));
            }
            Self { beginning }
        }
    }

    /// The sums at the next step, of which these are the first and the last columns.
    ///
    /// # Safety
    /// As for [`Sliding::new`].
    #[expect(clippy::inline_always, reason = "else it loses the caller's features")]
    #[inline(always)]
    pub(super) unsafe fn sums(
        &mut self,
        (first, last): (&Sixteen<i32>, &Sixteen<i32>),
        part: usize,
    ) -> V {
        // SAFETY: by the contract.
        unsafe {
            let sums = self.beginning.add(V::load(last, part));
            self.beginning = sums.sub(V::load(first, part));
            sums
        }
    }
}
