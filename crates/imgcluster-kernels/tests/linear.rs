//! Linear layers of every instruction set that this processor has, beside plain sums in `f64`.

use imgcluster_kernels::{Activation, Finish, InstructionSet, Linear, Scratch};
use proptest::prelude::*;

const ACTIVATIONS: [Activation; 6] = [
    Activation::Identity,
    Activation::Relu,
    Activation::Relu6,
    Activation::QuickGelu,
    Activation::Gelu,
    Activation::GeluTanh,
];

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

/// The numbers of a layer and of a call.
#[derive(Debug)]
struct Case {
    in_dim: usize,
    out_dim: usize,
    weights: Vec<f32>,
    bias: Option<Vec<f32>>,
    input: Vec<f32>,
    residual: Option<Vec<f32>>,
}

impl Case {
    fn new(
        (rows, in_dim, out_dim): (usize, usize, usize),
        extras: (bool, bool),
        seed: u64,
    ) -> Self {
        Self {
            in_dim,
            out_dim,
            weights: random(out_dim * in_dim, seed),
            bias: extras.0.then(|| random(out_dim, seed + 1)),
            input: random(rows * in_dim, seed + 2),
            residual: extras.1.then(|| random(rows * out_dim, seed + 3)),
        }
    }

    fn rows(&self) -> usize {
        self.input.len() / self.in_dim
    }

    fn layer(&self, set: InstructionSet) -> Linear {
        let bias = self.bias.as_deref();
        Linear::with_instruction_set(&self.weights, self.in_dim, bias, set)
    }

    fn apply(
        &self,
        set: InstructionSet,
        activation: Activation,
        scratch: &mut Scratch,
    ) -> Vec<f32> {
        let finish = Finish {
            residual: self.residual.as_deref(),
            activation,
        };
        // What is not written shows.
        let mut output = vec![f32::NAN; self.rows() * self.out_dim];
        self.layer(set)
            .apply(&self.input, &mut output, &finish, scratch);
        output
    }

    /// Checks outputs without an activation.
    fn is_within_bound(&self, output: &[f32]) -> bool {
        let extra = |values: &Option<Vec<f32>>, place| {
            values
                .as_ref()
                .map_or(0.0, |values| f64::from(values[place]))
        };
        output.iter().enumerate().all(|(place, value)| {
            let (row, column) = (place / self.out_dim, place % self.out_dim);
            let input = &self.input[row * self.in_dim..][..self.in_dim];
            let weights = &self.weights[column * self.in_dim..][..self.in_dim];
            let terms = input.iter().zip(weights);
            let terms = terms.map(|(x, w)| f64::from(*x) * f64::from(*w));
            let terms = terms.chain([extra(&self.bias, column), extra(&self.residual, place)]);
            let (sum, size) = terms.fold((0.0, 0.0), |(sum, size), x| (sum + x, size + x.abs()));
            let bound = (self.in_dim + 4) as f64 * f64::from(f32::EPSILON) * size;
            (f64::from(*value) - sum).abs() <= bound
        })
    }
}

/// Rows, inputs and outputs, mostly small but at times more than a tile or a part holds.
fn shape() -> impl Strategy<Value = (usize, usize, usize)> {
    let in_dim = prop_oneof![4 => 1_usize..90, 1 => 1000_usize..2100];
    (0_usize..20, in_dim, 0_usize..150)
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

proptest! {
    #[test]
    fn outputs_are_within_the_error_of_a_sum_in_order(
        shape in shape(), extras in any::<(bool, bool)>(), seed in 0_u64..1000,
    ) {
        let case = Case::new(shape, extras, seed);
        // Not renewed between sets: what is left in it must not show.
        let mut scratch = Scratch::default();
        for set in InstructionSet::available() {
            let output = case.apply(set, Activation::Identity, &mut scratch);
            prop_assert!(case.is_within_bound(&output), "{set:?}");
        }
    }

    #[test]
    fn an_activation_in_the_layer_is_the_same_as_after_it(
        shape in shape(), extras in any::<(bool, bool)>(), seed in 0_u64..1000,
    ) {
        let case = Case::new(shape, extras, seed);
        let mut scratch = Scratch::default();
        for set in InstructionSet::available() {
            for activation in ACTIVATIONS {
                let mut expected = case.apply(set, Activation::Identity, &mut scratch);
                activation.apply(&mut expected, set);
                let output = case.apply(set, activation, &mut scratch);
                prop_assert_eq!(bits(&output), bits(&expected), "{:?} {:?}", set, activation);
            }
        }
    }

    #[test]
    fn a_row_has_the_same_bits_wherever_it_stands(
        shape in shape(), extras in any::<(bool, bool)>(), seed in 0_u64..1000,
    ) {
        let case = Case::new(shape, extras, seed);
        let (in_dim, out_dim) = (case.in_dim, case.out_dim);
        let mut scratch = Scratch::default();
        for set in InstructionSet::available() {
            for activation in [Activation::Relu, Activation::Gelu] {
                let together = case.apply(set, activation, &mut scratch);
                let layer = case.layer(set);
                for row in 0..case.rows() {
                    let residual = case.residual.as_ref();
                    let finish = Finish {
                        residual: residual.map(|values| &values[row * out_dim..][..out_dim]),
                        activation,
                    };
                    let mut alone = vec![f32::NAN; out_dim];
                    let input = &case.input[row * in_dim..][..in_dim];
                    layer.apply(input, &mut alone, &finish, &mut scratch);
                    let together = &together[row * out_dim..][..out_dim];
                    prop_assert_eq!(bits(&alone), bits(together), "{:?} {}", set, row);
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn an_output_that_is_its_own_residual_is_within_the_error_of_a_sum_in_order(
        shape in shape(), has_bias in any::<bool>(), seed in 0_u64..1000,
    ) {
        let case = Case::new(shape, (has_bias, true), seed);
        let mut scratch = Scratch::default();
        for set in InstructionSet::available() {
            let apply = |activation, scratch: &mut Scratch| {
                let mut output = case.residual.clone().unwrap_or_default();
                case.layer(set).apply_onto(&case.input, &mut output, activation, scratch);
                output
            };
            let mut output = apply(Activation::Identity, &mut scratch);
            prop_assert!(case.is_within_bound(&output), "{set:?}");
            for activation in [Activation::Relu, Activation::Gelu] {
                output = apply(Activation::Identity, &mut scratch);
                activation.apply(&mut output, set);
                prop_assert_eq!(bits(&output), bits(&apply(activation, &mut scratch)), "{:?}", set);
            }
        }
    }
}

#[test]
fn no_rows_and_no_outputs_are_nothing() {
    for set in InstructionSet::available() {
        for shape in [(0, 3, 5), (2, 3, 0)] {
            let case = Case::new(shape, (true, true), 1);
            let output = case.apply(set, Activation::Gelu, &mut Scratch::default());
            assert!(output.is_empty(), "{set:?}");
            let layer = case.layer(set);
            assert_eq!((layer.in_dim(), layer.out_dim()), (shape.1, shape.2));
            assert_eq!(layer.instruction_set(), set);
        }
    }
}

#[test]
fn hundreds_of_rows_in_several_blocks_are_within_the_error_of_a_sum_in_order() {
    for set in InstructionSet::available() {
        for shape in [(1300, 3, 70), (230, 2500, 17)] {
            let case = Case::new(shape, (true, true), 3);
            let output = case.apply(set, Activation::Identity, &mut Scratch::default());
            assert!(case.is_within_bound(&output), "{set:?} {shape:?}");
        }
    }
}

#[test]
fn a_row_that_is_not_finite_spoils_only_itself() {
    let (rows, bad) = (17, 8);
    let mut case = Case::new((rows, 40, 75), (true, false), 4);
    case.input[bad * 40..][..40].fill(f32::INFINITY);
    case.input[bad * 40] = f32::NAN;
    for set in InstructionSet::available() {
        for activation in ACTIVATIONS {
            let output = case.apply(set, activation, &mut Scratch::default());
            for (row, values) in output.chunks_exact(75).enumerate() {
                let expected = row != bad;
                let found = values.iter().all(|x| x.is_finite() == expected);
                assert!(found, "{set:?} {activation:?} {row}");
            }
        }
    }
}

#[test]
#[should_panic(expected = "whole rows of input")]
fn a_part_of_a_row_is_refused() {
    let layer = Linear::new(&[1.0; 6], 3, None);
    layer.apply(
        &[1.0; 4],
        &mut [0.0; 2],
        &Finish::default(),
        &mut Scratch::default(),
    );
}

#[test]
#[should_panic(expected = "a residual for each value")]
fn a_residual_of_another_shape_is_refused() {
    let layer = Linear::new(&[1.0; 6], 3, None);
    let finish = Finish {
        residual: Some(&[1.0]),
        ..Finish::default()
    };
    layer.apply(&[1.0; 3], &mut [0.0; 2], &finish, &mut Scratch::default());
}
