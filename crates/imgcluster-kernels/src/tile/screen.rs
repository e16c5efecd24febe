//! Which products of a row are worth a second look.

/// Products compared at a time; only where one passes are they looked at one by one.
const CHUNK: usize = 32;

/// What the products of one row with many columns must reach.
///
/// The product with column `c` passes unless it is below
/// `offset + offsets[c] - max(reach, reaches[c])`; so NaN passes. Offsets are commonly half the
/// squared lengths of rows, and reaches half the squared distances at which they want to find
/// others: by `|a - b|² = |a|² + |b|² - 2ab` a product is below exactly where the two rows are
/// farther apart than the larger of both.
#[derive(Debug, Clone, Copy)]
pub struct Screen<'a> {
    /// The row's own offset.
    pub offset: f32,
    /// The row's own reach.
    pub reach: f32,
    /// The offset of each column.
    pub offsets: &'a [f32],
    /// The reach of each column.
    pub reaches: &'a [f32],
}

impl Screen<'_> {
    /// Puts the places of the products that pass into `passed`.
    // Always inlined: every instruction set compiles its own.
    #[expect(
        clippy::inline_always,
        reason = "else it loses the caller's target features"
    )]
    #[inline(always)]
    pub(super) fn scan(&self, products: &[f32], passed: &mut Vec<u32>) {
        passed.clear();
        let (chunks, rest) = products.as_chunks::<CHUNK>();
        let (offsets, _) = self.offsets[..products.len()].as_chunks::<CHUNK>();
        let (reaches, _) = self.reaches[..products.len()].as_chunks::<CHUNK>();
        let mut first = 0;
        for ((chunk, offsets), reaches) in chunks.iter().zip(offsets).zip(reaches) {
            let mut any = false;
            for place in 0..CHUNK {
                any |= self.passes(chunk[place], offsets[place], reaches[place]);
            }
            if any {
                self.collect(first, chunk, passed);
            }
            first += CHUNK;
        }
        self.collect(first, rest, passed);
    }

    /// Looks at each of a few products, the first of them at place `first`.
    pub(super) fn collect(&self, first: usize, products: &[f32], passed: &mut Vec<u32>) {
        for (place, product) in (first..).zip(products) {
            if self.passes(*product, self.offsets[place], self.reaches[place]) {
                passed.push(place as u32);
            }
        }
    }

    #[expect(
        clippy::inline_always,
        reason = "else it loses the caller's target features"
    )]
    #[inline(always)]
    fn passes(&self, product: f32, offset: f32, reach: f32) -> bool {
        // Not `f32::max`, which takes twice the instructions to handle NaN.
        let reach = if reach > self.reach {
            reach
        } else {
            self.reach
        };
        let is_below = product < self.offset + offset - reach;
        !is_below
    }
}
