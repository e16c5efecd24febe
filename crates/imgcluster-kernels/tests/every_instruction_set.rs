//! The products of every instruction set that this processor has, beside the reference.

use std::ops::Range;

use imgcluster_kernels::{
    InstructionSet, Packed, Pairs, Screen, StripScratch, error_bound, reference,
};
use proptest::prelude::*;

fn random_rows(count: usize, dim: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1_u64 << 24) as f32 - 0.5
    };
    (0..count * dim).map(|_| next()).collect()
}

/// Checks one product against the reference.
fn is_within_bound(values: &[f32], dim: usize, (a, b): (usize, usize), product: f32) -> bool {
    let (a, b) = (&values[a * dim..][..dim], &values[b * dim..][..dim]);
    let lengths = (reference::dot(a, a) * reference::dot(b, b)).sqrt();
    let error = f64::from(product) - reference::dot(a, b);
    error.abs() <= f64::from(error_bound(dim)) * lengths + 1e-30
}

/// All products of some rows, as (row, column, product), in the order of the strips.
fn pairs_of(
    packed: &Packed,
    rows: Range<usize>,
    pairs: Pairs,
    scratch: &mut StripScratch,
) -> Vec<(usize, usize, f32)> {
    let mut found = Vec::new();
    packed.strips(rows, pairs, scratch, |strip| {
        for row in strip.rows() {
            let products = strip.products(row).iter().copied();
            found.extend(strip.columns().zip(products).map(|(c, p)| (row, c, p)));
        }
    });
    found
}

/// A number of rows, a dim, and some of the rows.
fn shape() -> impl Strategy<Value = (usize, usize, Range<usize>)> {
    (0_usize..70, 1_usize..300).prop_flat_map(|(count, dim)| {
        (0..=count).prop_flat_map(move |start| {
            (start..=count).prop_map(move |end| (count, dim, start..end))
        })
    })
}

proptest! {
    #[test]
    fn strips_hold_each_pair_asked_for_once_and_within_its_error_bound(
        (count, dim, rows) in shape(), seed in 0_u64..1000,
    ) {
        let values = random_rows(count, dim, seed);
        // Not zeroed between sets and searches: what is left in it must not show.
        let mut scratch = StripScratch::default();
        for set in InstructionSet::available() {
            let packed = Packed::with_instruction_set(&values, dim, set);
            for pairs in [Pairs::All, Pairs::Ascending] {
                let mut found = pairs_of(&packed, rows.clone(), pairs, &mut scratch);
                for (a, b, product) in &found {
                    prop_assert!(
                        is_within_bound(&values, dim, (*a, *b), *product),
                        "{set:?} {a} {b} {product}"
                    );
                }
                found.retain(|(a, b, _)| pairs == Pairs::All || a < b);
                found.sort_by_key(|(a, b, _)| (*a, *b));
                let first = |a| if pairs == Pairs::All { 0 } else { a + 1 };
                let expected = rows.clone().flat_map(|a| (first(a)..count).map(move |b| (a, b)));
                prop_assert!(found.iter().map(|(a, b, _)| (*a, *b)).eq(expected));
            }
        }
    }

    #[test]
    fn blocks_of_products_hold_what_the_strips_hold(
        (count, dim, rows) in shape(), seed in 0_u64..1000, cut in (0.0_f64..1.0, 0.0_f64..1.0),
    ) {
        let values = random_rows(count, dim, seed);
        let [one, other] = [cut.0, cut.1].map(|cut| (cut * (count + 1) as f64) as usize);
        let columns = one.min(other)..one.max(other);
        for set in InstructionSet::available() {
            let packed = Packed::with_instruction_set(&values, dim, set);
            let mut block = vec![f32::NAN];
            packed.products(rows.clone(), columns.clone(), &mut block);
            let mut found = pairs_of(&packed, rows.clone(), Pairs::All, &mut StripScratch::default());
            found.retain(|(_, b, _)| columns.contains(b));
            found.sort_by_key(|(a, b, _)| (*a, *b));
            prop_assert_eq!(block, found.iter().map(|(_, _, p)| *p).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_screen_passes_the_products_that_are_not_below(
        count in 0_usize..150, seed in 0_u64..1000, reach in -0.5_f32..0.5,
    ) {
        let values = random_rows(count, 3, seed);
        let offsets = random_rows(count, 1, seed + 1);
        let reaches = random_rows(count, 1, seed + 2);
        for set in InstructionSet::available() {
            let packed = Packed::with_instruction_set(&values, 3, set);
            let mut passed = vec![7];
            packed.strips(0..count, Pairs::All, &mut StripScratch::default(), |strip| {
                for row in strip.rows() {
                    let screen = Screen {
                        offset: offsets[row],
                        reach,
                        offsets: &offsets[strip.columns()],
                        reaches: &reaches[strip.columns()],
                    };
                    strip.screen(row, &screen, &mut passed);
                    let passes = |(place, product): (usize, &f32)| {
                        let column = strip.columns().start + place;
                        let reach = reach.max(reaches[column]);
                        let bar = offsets[row] + offsets[column] - reach;
                        (*product >= bar).then_some(place as u32)
                    };
                    let products = strip.products(row).iter().enumerate();
                    assert!(products.filter_map(passes).eq(passed.iter().copied()), "{set:?}");
                }
            });
        }
    }
}

#[test]
fn no_rows_give_no_products() {
    for set in InstructionSet::available() {
        let packed = Packed::with_instruction_set(&[], 3, set);
        assert!(packed.is_empty() && packed.instruction_set() == set);
        let mut out = vec![1.0];
        packed.products(0..0, 0..0, &mut out);
        assert!(out.is_empty());
        packed.strips(0..0, Pairs::All, &mut StripScratch::default(), |_| {
            panic!("no strip")
        });
    }
}

#[test]
fn rows_of_many_thousand_values_stay_within_the_error_bound() {
    let (count, dim) = (37, 8192);
    let values = random_rows(count, dim, 5);
    for set in InstructionSet::available() {
        let packed = Packed::with_instruction_set(&values, dim, set);
        let found = pairs_of(&packed, 0..count, Pairs::All, &mut StripScratch::default());
        assert_eq!(found.len(), count * count);
        for (a, b, product) in found {
            assert!(
                is_within_bound(&values, dim, (a, b), product),
                "{set:?} {a} {b}"
            );
        }
    }
}

#[test]
fn a_row_that_is_not_finite_spoils_only_its_own_products_and_always_passes() {
    let (count, dim, bad) = (70, 300, 33);
    let mut values = random_rows(count, dim, 9);
    values[bad * dim..][..dim].fill(f32::INFINITY);
    values[bad * dim + 1] = f32::NEG_INFINITY;
    let zeros = vec![0.0; count];
    for set in InstructionSet::available() {
        let packed = Packed::with_instruction_set(&values, dim, set);
        let mut passed = Vec::new();
        packed.strips(
            0..count,
            Pairs::All,
            &mut StripScratch::default(),
            |strip| {
                for row in strip.rows() {
                    for (column, product) in strip.columns().zip(strip.products(row)) {
                        assert_eq!(product.is_finite(), row != bad && column != bad, "{set:?}");
                    }
                }
                if strip.rows().contains(&bad) && strip.columns().contains(&bad) {
                    let screen = Screen {
                        offset: 1e9,
                        reach: 0.0,
                        offsets: &zeros[strip.columns()],
                        reaches: &zeros[strip.columns()],
                    };
                    strip.screen(bad, &screen, &mut passed);
                }
            },
        );
        assert!(passed.contains(&(bad as u32)), "{set:?}");
    }
}
