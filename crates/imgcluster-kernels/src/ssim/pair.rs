//! The similarity of two pictures in a few rows of windows.
#![expect(
    unsafe_code,
    reason = "registers are used only where the processor has them"
)]

use super::band::{Band, C1, C2, Room, Windows};
use super::columns::{Sliding, add_to_columns};
use super::lanes::Lanes;
use super::picture::SHARED;
use super::{LANES, Sixteen, WINDOW};

/// What a similarity of 1 counts.
pub(super) const ONE: i64 = 1 << 20;
/// Added to a value of up to 2^42 it leaves the number of whole 2^20 in the lowest bits, rounded to
/// the nearest even one.
const ROUND: f32 = (3_u64 << 42) as f32;

/// Numerator and denominator; denominators are smaller by 2^40.
#[derive(Clone, Copy)]
struct Fraction<F>(F, F);

/// Adds up the similarities of the windows of two bands, in units of 1 / [`ONE`]. Windows beyond the
/// canvas count one each.
///
/// # Safety
/// The processor must have the instruction set of `V`.
#[expect(clippy::inline_always, reason = "else it loses the caller's features")]
#[inline(always)]
pub(super) unsafe fn similarity<V: Lanes>(
    left: &Band,
    right: &Band,
    rows: usize,
    room: &mut Room,
) -> i64 {
    let Room { columns, masks, .. } = room;
    let steps = masks.len();
    let mut total = Sixteen([0; LANES]);
    for row in 0..rows {
        let own = row * steps..(row + 1) * steps;
        let windows = (&left.windows[own.clone()], &right.windows[own]);
        // SAFETY: by the contract.
        unsafe {
            add_to_columns::<V>(columns, row, &left.factors, &right.factors);
            for part in 0..V::PARTS {
                let sum = add_up::<V>(windows, columns, masks, part);
                sum.add(V::load(&total, part)).store(&mut total, part);
            }
        }
    }
    let added = (rows * steps / SHARED) as u32;
    let rounding = added.wrapping_mul(ROUND.to_bits()).cast_signed();
    let Sixteen(total) = total;
    let sums = total.iter().map(|sum| sum.wrapping_sub(rounding));
    sums.map(i64::from).sum()
}

/// Adds up the bits of the rounded similarities of a row of windows.
///
/// # Safety
/// The processor must have the instruction set of `V`, and `part` be below its `PARTS`.
#[expect(clippy::inline_always, reason = "else it loses the caller's features")]
#[inline(always)]
unsafe fn add_up<V: Lanes>(
    (left, right): (&[Windows], &[Windows]),
    columns: &[Sixteen<i32>],
    masks: &[Sixteen<i32>],
    part: usize,
) -> V {
    let (left, right) = (left.as_chunks::<SHARED>().0, right.as_chunks::<SHARED>().0);
    let (first, last) = (
        columns.as_chunks::<SHARED>().0,
        columns[WINDOW - 1..].as_chunks::<SHARED>().0,
    );
    let windows = left.iter().zip(right).zip(masks.as_chunks::<SHARED>().0);
    // SAFETY: by the contract.
    unsafe {
        let mut total = V::splat(0);
        let mut products = Sliding::<V>::new(columns, part);
        for (((left, right), masks), (first, last)) in windows.zip(first.iter().zip(last)) {
            let mut fractions = [Fraction(V::splat_value(0.0), V::splat_value(0.0)); SHARED];
            for step in 0..SHARED {
                let sum = products.sums((&first[step], &last[step]), part);
                let windows = (&left[step], &right[step]);
                fractions[step] = fraction::<V>(windows, sum, &masks[step], part);
            }
            let [a, b, c, d] = fractions;
            let (first, second) = (plus::<V>(a, b), plus::<V>(c, d));
            let Fraction(above, below) = plus::<V>(first, second);
            let quotient = V::div_values(above, below);
            let rounded = V::add_values(quotient, V::splat_value(ROUND));
            total = total.add(V::bits(rounded));
        }
        total
    }
}

/// The similarity of windows with these sums of products.
///
/// # Safety
/// As for [`add_up`].
#[expect(clippy::inline_always, reason = "else it loses the caller's features")]
#[inline(always)]
unsafe fn fraction<V: Lanes>(
    (left, right): (&Windows, &Windows),
    sum: V,
    mask: &Sixteen<i32>,
    part: usize,
) -> Fraction<V::Values> {
    // SAFETY: by the contract.
    unsafe {
        let product = V::load(&left.sum, part).pair_products(V::load(&right.sum, part));
        let covariance = sum.sub(product).and(V::load(mask, part));
        let product = V::add_values(product.to_values(), V::splat_value(C1));
        let covariance = V::add_values(covariance.to_values(), V::splat_value(C2));
        let square = V::load_values(&left.square, part);
        let square = V::add_values(square, V::load_values(&right.square, part));
        let variance = V::load_values(&left.variance, part);
        let variance = V::add_values(variance, V::load_values(&right.variance, part));
        let above = V::mul_values(product, covariance);
        Fraction(above, V::mul_values(square, variance))
    }
}

/// Adds two fractions; the order of the two changes nothing.
///
/// # Safety
/// The processor must have the instruction set of `V`.
#[expect(clippy::inline_always, reason = "else it loses the caller's features")]
#[inline(always)]
unsafe fn plus<V: Lanes>(
    Fraction(above, below): Fraction<V::Values>,
    other: Fraction<V::Values>,
) -> Fraction<V::Values> {
    // SAFETY: by the contract.
    unsafe {
        let left = V::mul_values(above, other.1);
        let right = V::mul_values(other.0, below);
        Fraction(V::add_values(left, right), V::mul_values(below, other.1))
    }
}
