//! Layer normalisation and attention of every instruction set that this processor has, beside the
//! definitions in `f64`.

use imgcluster_kernels::{Attention, AttentionScratch, InstructionSet, LayerNorm};

fn random_values(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1_u64 << 24) as f32 - 0.5
    };
    (0..count).map(|_| next()).collect()
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

fn widened(values: &[f32]) -> Vec<f64> {
    values.iter().map(|value| f64::from(*value)).collect()
}

const EPSILON: f32 = 1e-5;

fn normalised(row: &[f32], gain: &[f32], bias: &[f32]) -> Vec<f64> {
    let row = widened(row);
    let mean = row.iter().sum::<f64>() / row.len() as f64;
    let squares: f64 = row.iter().map(|x| (x - mean).powi(2)).sum();
    let deviation = (squares / row.len() as f64 + f64::from(EPSILON)).sqrt();
    let places = row.iter().zip(gain).zip(bias);
    places
        .map(|((x, gain), bias)| (x - mean) / deviation * f64::from(*gain) + f64::from(*bias))
        .collect()
}

#[test]
fn no_rows_are_normalised_to_no_rows() {
    for set in InstructionSet::available() {
        let layer = LayerNorm::with_instruction_set(&[1.0], &[0.0], EPSILON, set);
        assert!(layer.dim() == 1 && layer.instruction_set() == set);
        layer.apply(&[], &mut []);
    }
}

#[test]
fn a_constant_row_is_normalised_to_the_bias() {
    for dim in [1, 3, 64, 100] {
        let (gain, bias) = (vec![2.0; dim], random_values(dim, 1));
        for set in InstructionSet::available() {
            let layer = LayerNorm::with_instruction_set(&gain, &bias, EPSILON, set);
            let mut output = vec![f32::NAN; dim];
            layer.apply(&vec![0.25; dim], &mut output);
            assert_eq!(bits(&output), bits(&bias), "{set:?} {dim}");
        }
    }
}

#[test]
fn rows_of_every_dim_are_normalised_as_defined_each_for_itself() {
    for (dim, seed) in [1, 2, 7, 31, 32, 33, 64, 384, 768, 1000]
        .into_iter()
        .zip(2..)
    {
        let rows = 5;
        let mut input = random_values(rows * dim, seed);
        // A mean a hundred times the deviation costs two digits, not four.
        input[dim..2 * dim]
            .iter_mut()
            .for_each(|value| *value += 30.0);
        let (gain, bias) = (random_values(dim, seed + 20), random_values(dim, seed + 40));
        for set in InstructionSet::available() {
            let layer = LayerNorm::with_instruction_set(&gain, &bias, EPSILON, set);
            let mut output = vec![f32::NAN; rows * dim];
            layer.apply(&input, &mut output);
            let pairs = input.chunks(dim).zip(output.chunks(dim)).enumerate();
            for (place, (input, output)) in pairs {
                let limit = if place == 1 { 3e-5 } else { 2e-6 };
                for (y, expected) in output.iter().zip(normalised(input, &gain, &bias)) {
                    let error = (f64::from(*y) - expected).abs();
                    assert!(error < limit, "{set:?} {dim} row {place}: {error:e}");
                }
                let mut alone = vec![f32::NAN; dim];
                layer.apply(input, &mut alone);
                assert_eq!(bits(&alone), bits(output), "{set:?} {dim} row {place}");
            }
        }
    }
}

/// Attention as defined; `seen` tells how many tokens a query sees.
fn attended(
    attention: &Attention,
    [queries, keys, values]: [&[f32]; 3],
    seen: impl Fn(usize) -> usize,
) -> Vec<f64> {
    let dim = attention.heads * attention.head_dim;
    let [queries, keys, values] = [queries, keys, values].map(widened);
    let mut output = vec![0.0; queries.len()];
    for (query, row) in queries.chunks(dim).enumerate() {
        for first in (0..dim).step_by(attention.head_dim) {
            let columns = first..first + attention.head_dim;
            let scores: Vec<f64> = (0..seen(query))
                .map(|token| {
                    let key = &keys[token * dim..][columns.clone()];
                    let products = row[columns.clone()].iter().zip(key);
                    products.map(|(q, k)| q * k).sum::<f64>() * f64::from(attention.scale)
                })
                .collect();
            let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let weights: Vec<f64> = scores.iter().map(|score| (score - largest).exp()).collect();
            let sum: f64 = weights.iter().sum();
            for (token, weight) in weights.iter().enumerate() {
                for column in columns.clone() {
                    output[query * dim + column] += weight / sum * values[token * dim + column];
                }
            }
        }
    }
    output
}

/// Interleaves rows of the same dim.
fn side_by_side(parts: &[&[f32]], dim: usize) -> Vec<f32> {
    let rows = parts[0].len() / dim;
    let row = |row: usize| parts.iter().flat_map(move |part| &part[row * dim..][..dim]);
    (0..rows).flat_map(row).copied().collect()
}

fn largest_error(found: &[f32], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let errors = found.iter().zip(expected).map(|(y, expected)| {
        let error = (f64::from(*y) - expected).abs();
        if error.is_nan() { f64::INFINITY } else { error }
    });
    errors.fold(0.0, f64::max)
}

#[test]
fn tokens_attend_to_each_other_as_defined() {
    // Not cleared between shapes and sets: what is left in it must not show.
    let mut scratch = AttentionScratch::default();
    let shapes = [
        (0, 2, 3),
        (1, 1, 1),
        (1, 3, 64),
        (2, 2, 5),
        (7, 1, 2),
        (50, 3, 64),
        (77, 2, 64),
        (197, 1, 16),
        (257, 2, 80),
        (33, 2, 72),
        (577, 1, 64),
    ];
    for ((tokens, heads, head_dim), seed) in shapes.into_iter().zip(1..) {
        let dim = heads * head_dim;
        let mut parts = [0, 1, 2].map(|part| random_values(tokens * dim, 3 * seed + part));
        parts[0].iter_mut().for_each(|query| *query *= 8.0);
        let [queries, keys, values] = parts.each_ref().map(Vec::as_slice);
        let qkv = side_by_side(&[queries, keys, values], dim);
        for causal in [false, true] {
            let scale = (head_dim as f32).powf(-0.5);
            let attention = Attention {
                heads,
                head_dim,
                scale,
                causal,
            };
            let seen = |query| if causal { query + 1 } else { tokens };
            let expected = attended(&attention, [queries, keys, values], seen);
            for set in InstructionSet::available() {
                let mut output = vec![f32::NAN; tokens * dim];
                attention.among(&qkv, &mut output, &mut scratch, set);
                let error = largest_error(&output, &expected);
                assert!(error < 1e-6, "{set:?} {attention:?} {tokens}: {error:e}");
            }
        }
    }
}

#[test]
fn queries_of_another_origin_attend_to_tokens_as_defined() {
    let mut scratch = AttentionScratch::default();
    let (heads, head_dim) = (3, 24);
    let dim = heads * head_dim;
    let attention = Attention {
        heads,
        head_dim,
        scale: 0.5,
        causal: false,
    };
    for (count, tokens) in [(0, 0), (0, 4), (1, 1), (1, 49), (35, 3), (2, 196)] {
        let queries = random_values(count * dim, 1);
        let (keys, values) = (
            random_values(tokens * dim, 2),
            random_values(tokens * dim, 3),
        );
        let keys_values = side_by_side(&[&keys, &values], dim);
        let expected = attended(&attention, [&queries, &keys, &values], |_| tokens);
        for set in InstructionSet::available() {
            let mut output = vec![f32::NAN; count * dim];
            attention.across(&queries, &keys_values, &mut output, &mut scratch, set);
            let error = largest_error(&output, &expected);
            assert!(error < 1e-6, "{set:?} {count} {tokens}: {error:e}");
        }
    }
}

#[test]
fn scores_far_beyond_the_exponential_choose_the_largest() {
    let attention = Attention {
        heads: 1,
        head_dim: 1,
        scale: 1.0,
        causal: false,
    };
    // Three tokens of query, key, value: scores of 0, ±1e30 and ±3e30.
    let qkv = [1e15, 0.0, 5.0, -1e15, 1e15, 6.0, 1.0, -3e15, 7.0];
    for set in InstructionSet::available() {
        let mut output = [f32::NAN; 3];
        attention.among(&qkv, &mut output, &mut AttentionScratch::default(), set);
        assert_eq!(bits(&output), bits(&[6.0, 7.0, 6.0]), "{set:?}");
    }
}

#[test]
fn what_a_causal_query_does_not_see_does_not_change_a_bit() {
    let (heads, head_dim, tokens) = (2, 16, 77);
    let dim = heads * head_dim;
    let attention = Attention {
        heads,
        head_dim,
        scale: 0.25,
        causal: true,
    };
    let qkv = random_values(tokens * 3 * dim, 4);
    for set in InstructionSet::available() {
        let mut scratch = AttentionScratch::default();
        let mut whole = vec![f32::NAN; tokens * dim];
        attention.among(&qkv, &mut whole, &mut scratch, set);
        for first in [1, 6, 31, 32, 40, 76] {
            let mut changed = qkv.clone();
            changed[first * 3 * dim..].fill(1e20);
            let mut output = vec![f32::NAN; tokens * dim];
            attention.among(&changed, &mut output, &mut scratch, set);
            let (found, expected) = (&output[..first * dim], &whole[..first * dim]);
            assert_eq!(bits(found), bits(expected), "{set:?} {first}");
        }
    }
}

#[test]
fn a_value_that_is_not_a_number_spoils_only_its_own_head() {
    let (heads, head_dim, tokens) = (3, 20, 40);
    let dim = heads * head_dim;
    let attention = Attention {
        heads,
        head_dim,
        scale: 0.25,
        causal: false,
    };
    let mut qkv = random_values(tokens * 3 * dim, 4);
    // A key of the second head.
    qkv[5 * 3 * dim + dim + head_dim] = f32::NAN;
    for set in InstructionSet::available() {
        let mut scratch = AttentionScratch::default();
        let mut output = vec![0.0; tokens * dim];
        attention.among(&qkv, &mut output, &mut scratch, set);
        for (place, value) in output.iter().enumerate() {
            assert_eq!(
                value.is_nan(),
                place % dim / head_dim == 1,
                "{set:?} {place}"
            );
        }
        // What it left in the memory does not spoil the next picture.
        let clean = random_values(tokens * 3 * dim, 5);
        attention.among(&clean, &mut output, &mut scratch, set);
        assert!(output.iter().all(|value| value.is_finite()), "{set:?}");
    }
}
