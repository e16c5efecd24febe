//! The activations of every instruction set that this processor has, beside the definitions.

use imgcluster_kernels::{Activation, InstructionSet};

const ALL: [Activation; 6] = [
    Activation::Identity,
    Activation::Relu,
    Activation::Relu6,
    Activation::QuickGelu,
    Activation::Gelu,
    Activation::GeluTanh,
];

/// The definition, in `f64`.
fn defined(activation: Activation, x: f64) -> f64 {
    match activation {
        Activation::Identity => x,
        Activation::Relu => x.max(0.0),
        Activation::Relu6 => x.clamp(0.0, 6.0),
        Activation::QuickGelu => x / (1.0 + (-1.702 * x).exp()),
        Activation::Gelu => x * normal_distribution(x),
        Activation::GeluTanh => {
            let u = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x.powi(3));
            0.5 * x * (1.0 + u.tanh())
        }
    }
}

/// The sum `1/2 + φ(x) (x + x³/3 + x⁵/(3·5) + …)`, whose terms have one sign.
fn normal_distribution(x: f64) -> f64 {
    if x.abs() > 12.0 {
        return f64::from(u8::from(x > 0.0));
    }
    let (mut term, mut sum) = (x, x);
    for odd in (3..1000).step_by(2) {
        term *= x * x / f64::from(odd);
        sum += term;
    }
    0.5 + sum * (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt()
}

/// Values of every size, dense where the functions bend.
fn arguments() -> Vec<f32> {
    let dense = (-20_000_i16..=20_000).map(|step| f32::from(step) / 1000.0);
    let sizes = (-126..=127).map(|power| 1.234 * 2.0_f32.powi(power));
    let sizes: Vec<f32> = sizes.flat_map(|size| [size, -size]).collect();
    dense.chain(sizes).chain([0.0, -0.0]).collect()
}

#[test]
fn no_values_stay_no_values() {
    for activation in ALL {
        for set in InstructionSet::available() {
            activation.apply(&mut [], set);
        }
    }
}

#[test]
fn every_set_is_within_two_ten_millionths_of_the_definition() {
    let arguments = arguments();
    for activation in ALL {
        for set in InstructionSet::available() {
            let mut values = arguments.clone();
            activation.apply(&mut values, set);
            for (x, y) in arguments.iter().map(|x| f64::from(*x)).zip(values) {
                let error = (f64::from(y) - defined(activation, x)).abs();
                assert!(
                    error <= 2e-7 * x.abs().max(1.0),
                    "{activation:?} {set:?} {x} {y} {error:e}"
                );
            }
        }
    }
}

#[test]
fn small_values_keep_their_digits() {
    let arguments: Vec<f32> = (-30..-3).map(|power| 0.9 * 10.0_f32.powi(power)).collect();
    for activation in ALL {
        for set in InstructionSet::available() {
            for sign in [1.0, -1.0] {
                let arguments: Vec<f32> = arguments.iter().map(|x| sign * x).collect();
                let mut values = arguments.clone();
                activation.apply(&mut values, set);
                for (x, y) in arguments.iter().map(|x| f64::from(*x)).zip(values) {
                    let error = (f64::from(y) - defined(activation, x)).abs();
                    assert!(
                        error <= 3e-7 * x.abs(),
                        "{activation:?} {set:?} {x:e} {y:e}"
                    );
                }
            }
        }
    }
}

#[test]
fn an_answer_does_not_depend_on_the_place_or_the_number_of_values() {
    let arguments = &arguments()[19_900..20_200];
    for activation in ALL {
        for set in InstructionSet::available() {
            let mut together = arguments.to_vec();
            activation.apply(&mut together, set);
            for length in [1, 7, 33] {
                let mut parts = arguments.to_vec();
                for part in parts.chunks_mut(length) {
                    activation.apply(part, set);
                }
                let bits = |values: &[f32]| values.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
                assert_eq!(bits(&parts), bits(&together), "{activation:?} {set:?}");
            }
        }
    }
}

#[test]
fn nan_stays_nan_and_infinities_give_limits() {
    for activation in ALL {
        for set in InstructionSet::available() {
            for length in [1, 40] {
                let mut values = vec![f32::NAN; length];
                activation.apply(&mut values, set);
                assert!(values.iter().all(|y| y.is_nan()), "{activation:?} {set:?}");

                let mut values = vec![f32::INFINITY; length];
                activation.apply(&mut values, set);
                let limit = if activation == Activation::Relu6 {
                    6.0
                } else {
                    f32::INFINITY
                };
                assert!(
                    values.iter().all(|y| y.to_bits() == limit.to_bits()),
                    "{activation:?} {set:?}"
                );

                if activation != Activation::Identity {
                    let mut values = vec![f32::NEG_INFINITY; length];
                    activation.apply(&mut values, set);
                    assert!(
                        values.iter().all(|y| y.abs() < 1e-30),
                        "{activation:?} {set:?}"
                    );
                }
            }
        }
    }
}
