//! The natural logarithm, the same on every machine.

use std::f64::consts::{LN_2, SQRT_2};

/// Terms of the series; what is left out is below 2⁻⁵³.
const TERMS: u32 = 12;

/// Computes the logarithm of a number of at least the smallest normal one, by basic arithmetic
/// alone: system libraries differ in the last digit, and a suggestion must not.
pub(super) fn ln(number: f64) -> f64 {
    debug_assert!(number.is_normal() && number > 0.0, "{number} is in range");
    let bits = number.to_bits();
    let exponent = (bits >> 52) as i32 - 1023;
    let mantissa = f64::from_bits((bits & ((1 << 52) - 1)) | (1023 << 52));
    let (mantissa, exponent) = if mantissa > SQRT_2 {
        (0.5 * mantissa, exponent + 1)
    } else {
        (mantissa, exponent)
    };
    // ln m = 2 artanh((m - 1) / (m + 1)).
    let root = (mantissa - 1.0) / (mantissa + 1.0);
    let square = root * root;
    let terms = (0..TERMS).rev();
    let series = terms.fold(0.0, |sum, term| {
        sum * square + 1.0 / f64::from(2 * term + 1)
    });
    2.0 * root * series + f64::from(exponent) * LN_2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_logarithm() {
        for number in [
            1e-300, 1e-9, 0.5, 0.707, 0.999, 1.0, 1.415, 2.0, 3.0, 10.0, 1e15, 1e300,
        ] {
            let expected = f64::ln(number);
            assert!(
                (ln(number) - expected).abs() <= 4e-16 * expected.abs().max(1.0),
                "{number}"
            );
        }
    }
}
