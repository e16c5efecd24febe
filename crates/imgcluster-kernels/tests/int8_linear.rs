//! Linear layers on bytes, of every instruction set that this processor has, beside plain sums in
//! `f64`.

use imgcluster_kernels::{Activation, Finish, InstructionSet, Int8Linear, Linear, Scratch};
use proptest::prelude::*;

fn random(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1_u64 << 24) as f32 - 0.5
    };
    (0..count).map(|_| next()).collect()
}

/// Half the distance of two bytes' values: what rounding a value to the nearest may add.
fn half_step_of_row(row: &[f32]) -> f64 {
    let low = row.iter().fold(0.0_f32, |low, x| low.min(*x));
    let high = row.iter().fold(0.0_f32, |high, x| high.max(*x));
    ((f64::from(high) - f64::from(low)) / 255.0).max(f64::from(f32::MIN_POSITIVE)) / 2.0
}

fn half_step_of_weights(weights: &[f32]) -> f64 {
    let largest = weights
        .iter()
        .fold(0.0_f32, |largest, x| largest.max(x.abs()));
    (f64::from(largest) / 127.0).max(f64::from(f32::MIN_POSITIVE)) / 2.0
}

/// The product of a row with an output's weights, and the largest error that bytes may bring.
fn product(row: &[f32], weights: &[f32]) -> (f64, f64) {
    let (row_error, weight_error) = (half_step_of_row(row), half_step_of_weights(weights));
    let pairs = || {
        row.iter()
            .zip(weights)
            .map(|(x, w)| (f64::from(*x), f64::from(*w)))
    };
    let exact: f64 = pairs().map(|(x, w)| x * w).sum();
    let bound = |(x, w): (f64, f64)| {
        x.abs() * weight_error + w.abs() * row_error + row_error * weight_error
    };
    let error: f64 = pairs().map(bound).sum();
    // Steps, scaled values and the output itself are rounded to `f32`.
    let size: f64 = pairs().map(|(x, w)| (x * w).abs()).sum();
    (exact, error * 1.0001 + size * 1e-6 + 1e-37)
}

fn apply(
    layer: &Int8Linear,
    input: &[f32],
    finish: &Finish<'_>,
    scratch: &mut Scratch,
) -> Vec<f32> {
    let mut output = vec![f32::NAN; input.len() / layer.in_dim() * layer.out_dim()];
    layer.apply(input, &mut output, finish, scratch);
    output
}

fn layers(weights: &[f32], in_dim: usize, bias: Option<&[f32]>) -> Vec<Int8Linear> {
    let layer = |set| Int8Linear::with_instruction_set(weights, in_dim, bias, set);
    InstructionSet::available().map(layer).collect()
}

/// Asserts that an output without bias lies within the bound of each product.
fn assert_near_exact(input: &[f32], weights: &[f32], in_dim: usize) {
    for layer in layers(weights, in_dim, None) {
        let output = apply(&layer, input, &Finish::default(), &mut Scratch::default());
        let rows = input.chunks(in_dim);
        let pairs = rows.flat_map(|row| weights.chunks(in_dim).map(move |it| (row, it)));
        for (found, (row, weights)) in output.iter().zip(pairs) {
            let (exact, bound) = product(row, weights);
            let error = (f64::from(*found) - exact).abs();
            assert!(
                error <= bound,
                "{:?} {found} {exact} {bound}",
                layer.instruction_set()
            );
        }
    }
}

#[test]
fn no_rows_give_no_output_and_no_outputs_none_for_any_rows() {
    let finish = Finish {
        residual: Some(&[]),
        activation: Activation::Gelu,
    };
    for layer in layers(&[1.0, 2.0, 3.0], 3, Some(&[4.0])) {
        assert!(apply(&layer, &[], &finish, &mut Scratch::default()).is_empty());
    }
    for layer in layers(&[], 3, Some(&[])) {
        assert_eq!((layer.in_dim(), layer.out_dim()), (3, 0));
        assert!(apply(&layer, &[1.0; 6], &finish, &mut Scratch::default()).is_empty());
    }
}

#[test]
fn rows_of_zeros_give_the_bias_exactly_and_so_do_weights_of_zeros() {
    let (in_dim, bias) = (70, random(45, 1));
    let (values, zeros) = (random(45 * in_dim, 2), vec![0.0; 45 * in_dim]);
    for (weights, input) in [(&values, &zeros), (&zeros, &values), (&zeros, &zeros)] {
        for layer in layers(weights, in_dim, Some(&bias)) {
            let output = apply(&layer, input, &Finish::default(), &mut Scratch::default());
            assert_eq!(output, bias.repeat(45));
        }
    }
}

#[test]
fn values_on_the_grid_give_exact_products() {
    // Bytes 0 to 255 around a zero of 100, and weights of 127 steps of one.
    let input: Vec<f32> = (0..256).map(|byte| byte as f32 - 100.0).collect();
    let weights: Vec<f32> = (0..256)
        .map(|place| (place * 7 % 255) as f32 - 127.0)
        .collect();
    let exact: f32 = input.iter().zip(&weights).map(|(x, w)| x * w).sum();
    for layer in layers(&weights, 256, None) {
        let output = apply(&layer, &input, &Finish::default(), &mut Scratch::default());
        assert_eq!(output, [exact]);
    }
}

proptest! {
    #[test]
    fn outputs_lie_within_the_error_of_bytes(
        rows in 1_usize..40, in_dim in 1_usize..200, out_dim in 1_usize..80, seed in 0_u64..1000,
        offset in -1.0_f32..1.0,
    ) {
        let input: Vec<f32> = random(rows * in_dim, seed).iter().map(|x| x + offset).collect();
        assert_near_exact(&input, &random(out_dim * in_dim, seed + 1), in_dim);
    }

    #[test]
    fn a_row_has_the_same_bits_alone_as_among_others(
        rows in 1_usize..200, in_dim in 1_usize..100, out_dim in 1_usize..80, seed in 0_u64..1000,
    ) {
        let (input, weights) = (random(rows * in_dim, seed), random(out_dim * in_dim, seed + 1));
        let residual = random(rows * out_dim, seed + 2);
        // Not zeroed between layers: what is left in it must not show.
        let mut scratch = Scratch::default();
        for layer in layers(&weights, in_dim, None) {
            let finish = Finish { residual: Some(&residual), activation: Activation::QuickGelu };
            let together = apply(&layer, &input, &finish, &mut scratch);
            for (row, input) in input.chunks(in_dim).enumerate() {
                let part = row * out_dim..(row + 1) * out_dim;
                let finish = Finish { residual: Some(&residual[part.clone()]), ..finish };
                let alone = apply(&layer, input, &finish, &mut scratch);
                prop_assert_eq!(&together[part], &alone[..], "{:?}", layer.instruction_set());
            }
        }
    }
}

#[test]
fn the_residual_is_added_before_the_activation() {
    let (rows, in_dim, out_dim) = (17, 40, 35);
    let (input, weights) = (random(rows * in_dim, 1), random(out_dim * in_dim, 2));
    let residual = random(rows * out_dim, 3);
    for layer in layers(&weights, in_dim, Some(&random(out_dim, 4))) {
        let mut expected = apply(&layer, &input, &Finish::default(), &mut Scratch::default());
        for (value, residual) in expected.iter_mut().zip(&residual) {
            *value += residual;
        }
        Activation::Relu.apply(&mut expected, layer.instruction_set());
        let finish = Finish {
            residual: Some(&residual),
            activation: Activation::Relu,
        };
        assert_eq!(
            apply(&layer, &input, &finish, &mut Scratch::default()),
            expected
        );
    }
}

#[test]
fn huge_and_tiny_values_stay_within_the_error_of_bytes() {
    let (in_dim, rows) = (50, 3);
    for scale in [1e-45_f32, 1e-40, 1e-38, 1e-30, 1e30, 1e37] {
        let input: Vec<f32> = random(rows * in_dim, 5).iter().map(|x| x * scale).collect();
        assert_near_exact(&input, &random(9 * in_dim, 6), in_dim);
        let weights: Vec<f32> = random(9 * in_dim, 7).iter().map(|x| x * scale).collect();
        assert_near_exact(&random(rows * in_dim, 8), &weights, in_dim);
    }
}

#[test]
fn values_up_to_the_largest_there_are_do_not_overflow_on_the_way() {
    let input: Vec<f32> = random(3 * 50, 5)
        .iter()
        .map(|x| x * 2.0 * f32::MAX)
        .collect();
    let weights: Vec<f32> = random(9 * 50, 6).iter().map(|x| x * 1e-6).collect();
    assert_near_exact(&input, &weights, 50);
}

#[test]
fn a_row_with_a_value_that_is_not_finite_gives_nan_and_leaves_the_others_alone() {
    let (in_dim, out_dim, bad) = (70, 33, 9);
    let (input, weights) = (random(20 * in_dim, 1), random(out_dim * in_dim, 2));
    let mut scratch = Scratch::default();
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        for place in [0, 31, 32, 69] {
            let mut spoilt = input.clone();
            spoilt[bad * in_dim + place] = value;
            for layer in layers(&weights, in_dim, None) {
                let finish = Finish {
                    activation: Activation::Relu,
                    ..Finish::default()
                };
                let good = apply(&layer, &input, &finish, &mut scratch);
                let found = apply(&layer, &spoilt, &finish, &mut scratch);
                let rows = found.chunks(out_dim).zip(good.chunks(out_dim));
                for (row, (found, good)) in rows.enumerate() {
                    let is_nan = found.iter().all(|value| value.is_nan());
                    assert!(
                        if row == bad { is_nan } else { found == good },
                        "{value} {row}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_weight_that_is_not_finite_gives_nan_in_its_own_output_only() {
    let (in_dim, bad) = (20, 5);
    let mut weights = random(40 * in_dim, 1);
    weights[bad * in_dim + 3] = f32::INFINITY;
    for layer in layers(&weights, in_dim, None) {
        let output = apply(
            &layer,
            &random(in_dim, 2),
            &Finish::default(),
            &mut Scratch::default(),
        );
        for (place, value) in output.iter().enumerate() {
            assert_eq!(value.is_nan(), place == bad, "{place}");
        }
    }
}

#[test]
fn many_layers_one_after_the_other_keep_the_direction_of_a_row() {
    let (rows, dim, hidden) = (5, 128, 512);
    let input = random(rows * dim, 1);
    let (mut exact, mut bytes) = (input.clone(), input);
    let mut scratch = Scratch::default();
    for depth in 0..12 {
        // As in the second half of a transformer's block, with steps that keep the size.
        let (up, down) = (
            random(hidden * dim, 10 + depth),
            random(dim * hidden, 50 + depth),
        );
        let up: Vec<f32> = up.iter().map(|x| x * 0.4).collect();
        let down: Vec<f32> = down.iter().map(|x| x * 0.3).collect();
        let bend = Finish {
            activation: Activation::QuickGelu,
            ..Finish::default()
        };
        let (mut wide, mut next) = (vec![0.0; rows * hidden], vec![0.0; rows * dim]);
        Linear::new(&up, dim, None).apply(&exact, &mut wide, &bend, &mut scratch);
        let add = Finish {
            residual: Some(&exact),
            ..Finish::default()
        };
        Linear::new(&down, hidden, None).apply(&wide, &mut next, &add, &mut scratch);
        exact = next;
        let wide = apply(
            &Int8Linear::new(&up, dim, None),
            &bytes,
            &bend,
            &mut scratch,
        );
        let add = Finish {
            residual: Some(&bytes),
            ..Finish::default()
        };
        bytes = apply(
            &Int8Linear::new(&down, hidden, None),
            &wide,
            &add,
            &mut scratch,
        );
    }
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        a.iter()
            .zip(b)
            .map(|(a, b)| f64::from(*a) * f64::from(*b))
            .sum()
    };
    for (exact, bytes) in exact.chunks(dim).zip(bytes.chunks(dim)) {
        assert!(exact != bytes);
        let cosine = dot(exact, bytes) / (dot(exact, exact) * dot(bytes, bytes)).sqrt();
        assert!(cosine > 0.999, "{cosine}");
    }
}
