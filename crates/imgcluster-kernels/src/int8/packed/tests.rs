//! Products with every kind of tile, beside exact ones and the portable tile.

use super::*;
use proptest::prelude::*;

fn pack(values: &[f32], dim: usize, tiles: Int8Tiles) -> Int8Packed {
    let mut packed = Int8Packed::with_tiles(values, dim, tiles);
    let mut scratch = Int8PanelScratch::default();
    // In another order than the rows.
    let panels: Vec<_> = packed.panels_mut().collect();
    for panel in panels.into_iter().rev() {
        panel.pack(values, &mut scratch);
    }
    packed
}

/// All products of some rows, as (row, column, product), sorted.
fn products(
    packed: &Int8Packed,
    rows: Range<usize>,
    pairs: Pairs,
    scratch: &mut StripScratch,
) -> Vec<(usize, usize, f32)> {
    let mut found = Vec::new();
    packed.strips(rows, pairs, scratch, |strip| {
        for row in strip.rows() {
            let products = strip.products(row).iter().copied();
            let products = strip.columns().zip(products);
            found.extend(products.map(|(column, product)| (row, column, product)));
        }
    });
    found.retain(|(a, b, _)| pairs == Pairs::All || a < b);
    found.sort_by_key(|(a, b, _)| (*a, *b));
    found
}

/// The difference of two rows' product to what their distance in `f64` makes it, and how large it
/// may be.
fn error(packed: &Int8Packed, values: &[f32], (a, b, product): (usize, usize, f32)) -> (f64, f64) {
    let row = |row: usize| &values[row * packed.dim..][..packed.dim];
    let squared_distance = |a: &[f32], b: &[f32]| -> f64 {
        let differences = a.iter().zip(b).map(|(a, b)| f64::from(*a) - f64::from(*b));
        differences.map(|difference| difference * difference).sum()
    };
    let [half_a, half_b] = [a, b].map(|it| 0.5 * squared_distance(row(it), &packed.centre));
    let exact = half_a + half_b - 0.5 * squared_distance(row(a), row(b));
    let [length_a, length_b] = [half_a, half_b].map(|half| (2.0 * half).sqrt());
    let [error_a, error_b] = [a, b].map(|it| f64::from(packed.error(it)));
    let bound = error_a * (length_b + error_b) + length_a * error_b;
    // What the product's own rounding and, where all are tiny, underflow may do.
    let rounding = 1e-6 * (half_a + half_b) + 1e-34;
    ((f64::from(product) - exact).abs(), bound + rounding)
}

fn all_tiles() -> impl Iterator<Item = Int8Tiles> {
    Int8Tiles::available(InstructionSet::Avx512)
}

fn portable() -> Int8Tiles {
    Int8Tiles::new(InstructionSet::Portable).unwrap()
}

fn check(values: &[f32], dim: usize) {
    let count = values.len() / dim;
    let (mut scratch, all) = (StripScratch::default(), Pairs::All);
    let twin = pack(values, dim, portable());
    let expected = products(&twin, 0..count, all, &mut scratch);
    for found in &expected {
        let (error, bound) = error(&twin, values, *found);
        assert!(error <= bound, "{dim} {found:?}: {error} > {bound}");
    }
    for tiles in all_tiles() {
        let packed = pack(values, dim, tiles);
        let found = products(&packed, 0..count, all, &mut scratch);
        let bits = |(a, b, product): &(usize, usize, f32)| (*a, *b, product.to_bits());
        assert!(
            found.iter().map(bits).eq(expected.iter().map(bits)),
            "{tiles:?} {dim}"
        );
        for row in 0..count {
            assert_eq!(packed.error(row).to_bits(), twin.error(row).to_bits());
            assert_eq!(
                packed.half_square(row).to_bits(),
                twin.half_square(row).to_bits()
            );
        }
    }
}

fn random_values(len: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1_u64 << 24) as f32 - 0.3
    };
    (0..len).map(|_| next()).collect()
}

proptest! {
    #[test]
    fn products_of_every_tile_have_the_same_bits_within_the_bound(
        (count, dim) in (1_usize..50, 1_usize..70), seed in 0_u64..1000, power in -18_i32..17,
        (spike, at) in (0.0_f32..50.0, 0.0_f64..1.0),
    ) {
        let mut values = random_values(count * dim, seed);
        let at = (at * dim as f64) as usize;
        values.chunks_exact_mut(dim).for_each(|row| row[at] += spike);
        for value in &mut values {
            *value *= 10_f32.powi(power);
        }
        check(&values, dim);
    }

    #[test]
    fn rows_of_different_magnitudes_stay_within_the_bound(
        values in prop::collection::vec((-1.0_f32..1.0, -44_i32..18), 1..200), dim in 1_usize..9,
    ) {
        let values = values.chunks_exact(dim).flatten();
        let values: Vec<f32> = values.map(|(value, power)| value * 10_f32.powi(*power)).collect();
        check(&values, dim);
    }

    #[test]
    fn strips_hold_each_pair_asked_for_once(
        (count, dim) in (0_usize..80, 1_usize..40), cut in (0.0_f64..1.0, 0.0_f64..1.0),
    ) {
        let values = random_values(count * dim, 3);
        let [one, other] = [cut.0, cut.1].map(|cut| (cut * (count + 1) as f64) as usize);
        let rows = one.min(other)..one.max(other);
        // Not zeroed between tiles: what is left in it must not show.
        let mut scratch = StripScratch::default();
        for tiles in all_tiles() {
            let packed = pack(&values, dim, tiles);
            for pairs in [Pairs::All, Pairs::Ascending] {
                let found = products(&packed, rows.clone(), pairs, &mut scratch);
                let first = |a| if pairs == Pairs::All { 0 } else { a + 1 };
                let expected = rows.clone().flat_map(|a| (first(a)..count).map(move |b| (a, b)));
                prop_assert!(found.iter().map(|(a, b, _)| (*a, *b)).eq(expected));
            }
        }
    }
}

#[test]
fn rows_of_many_values_stay_within_the_bound_and_close() {
    for (count, dim) in [(3, 8192), (20, 768), (40, 512), (2, LONGEST_ROW)] {
        let values = random_values(count * dim, dim as u64);
        check(&values, dim);
        let packed = pack(&values, dim, portable());
        for row in 0..count {
            let length = (2.0 * packed.half_square(row)).sqrt();
            assert!(packed.error(row) < 0.02 * length, "{count} {dim} {row}");
        }
    }
}

#[test]
fn a_few_large_values_in_a_row_cost_little() {
    let dim = 512;
    let mut values = random_values(30 * dim, 5);
    for (row, values) in values.chunks_exact_mut(dim).enumerate() {
        values[17] += 40.0;
        values[400] -= 3.0 * row as f32;
    }
    check(&values, dim);
    let packed = pack(&values, dim, portable());
    for row in 0..30 {
        let length = (2.0 * packed.half_square(row)).sqrt();
        assert!(packed.error(row) < 0.02 * length, "{row}");
    }
}

#[test]
fn rows_too_long_for_bytes_have_no_bound_and_harm_no_others() {
    let values = [3e38, -3e38, 1.0, 2.0, 0.0, 0.0, -3e38, 3e38];
    let packed = pack(&values, 2, portable());
    for row in [0, 3] {
        assert!(packed.error(row).is_infinite() && packed.half_square(row).is_infinite());
    }
    let others = [1e17, 0.0, 1.0, 2.0, -1e17, 5.0];
    check(&others, 2);
}

#[test]
fn equal_rows_have_the_product_of_their_own_length() {
    let values = [0.25_f32, 3.0, -0.125, 1e-3].repeat(40);
    check(&values, 4);
    check(&[0.0; 12], 3);
    check(&[], 3);
}

#[test]
fn the_memory_told_is_not_exceeded() {
    for (count, dim) in [(0, 3), (1, 1), (33, 511), (1000, 64)] {
        for tiles in all_tiles() {
            let packed = pack(&vec![1.0; count * dim], dim, tiles);
            let rows = packed.steps.len() * 16;
            let taken = packed.panels.as_slice().len() + rows;
            assert!(taken as u64 <= Int8Packed::bytes(count, dim));
        }
    }
}
