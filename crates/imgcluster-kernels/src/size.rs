//! Sizes that do not wrap.

/// Multiplies lengths.
///
/// A product that wrapped would pass for a small one, and unsafe code goes by such products.
///
/// # Panics
/// Panics if the product is more than an address can be.
#[inline]
pub(crate) fn product<const N: usize>(lengths: [usize; N]) -> usize {
    let product = lengths.into_iter().try_fold(1_usize, usize::checked_mul);
    product.expect("sizes that fit in memory")
}

/// Adds lengths, as [`product`] multiplies them.
///
/// # Panics
/// Panics if the sum is more than an address can be.
#[inline]
pub(crate) fn sum<const N: usize>(lengths: [usize; N]) -> usize {
    let sum = lengths.into_iter().try_fold(0_usize, usize::checked_add);
    sum.expect("sizes that fit in memory")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_lengths_and_some_are_multiplied_and_added() {
        assert_eq!((product([]), product([3, 5, 7])), (1, 105));
        assert_eq!((sum([]), sum([3, 5, 7])), (0, 15));
    }

    #[test]
    #[should_panic(expected = "sizes that fit in memory")]
    fn a_product_that_would_wrap_to_one_is_refused() {
        product([3, 0xAAAA_AAAA_AAAA_AAAB_u64 as usize]);
    }
}
