//! The functions between the layers of a network, value by value.

use crate::InstructionSet;
use crate::exponential::exp;
use crate::routine::{self, Arithmetic, Routine};

/// A function applied to each value on its own.
///
/// The answer for a value does not depend on its place or its neighbours. NaN stays NaN; minus
/// infinity gives the limit, a number that is zero or too small to matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Activation {
    /// Leaves values as they are.
    #[default]
    Identity,
    /// `max(x, 0)`.
    Relu,
    /// `min(max(x, 0), 6)`.
    Relu6,
    /// `x / (1 + e^(-1.702 x))`, as in the first CLIP.
    QuickGelu,
    /// `x Φ(x)` with the normal distribution's own Φ: what is called GELU without an adjective
    /// (Hendrycks and Gimpel 2016, section 2).
    Gelu,
    /// The same by the hyperbolic tangent of a cubic, as in `SigLIP` (the same paper, section 2).
    GeluTanh,
}

impl Activation {
    /// Applies the function to each of `values`, to about 2e-7 of the larger of one and the value.
    ///
    /// # Panics
    /// Panics if the processor lacks the set.
    pub fn apply(self, values: &mut [f32], set: InstructionSet) {
        struct Apply<'a>(Activation, &'a mut [f32]);
        impl Routine for Apply<'_> {
            #[expect(clippy::inline_always, reason = "else it loses the caller's features")]
            #[inline(always)]
            fn run<A: Arithmetic>(self) {
                self.0.apply_here::<A>(self.1);
            }
        }
        if self != Self::Identity {
            routine::run(set, Apply(self, values));
        }
    }

    /// Applies the function with the features of the caller, for routines that end with it.
    #[expect(clippy::inline_always, reason = "else it loses the caller's features")]
    #[inline(always)]
    pub(crate) fn apply_here<A: Arithmetic>(self, values: &mut [f32]) {
        match self {
            Self::Identity => {}
            Self::Relu => each(values, relu),
            Self::Relu6 => each(values, |x| {
                let x = relu(x);
                if 6.0 < x { 6.0 } else { x }
            }),
            Self::QuickGelu => each(values, |x| times_logistic::<A>(x, 1.702)),
            Self::Gelu => each(values, gelu::<A>),
            Self::GeluTanh => each(values, gelu_tanh::<A>),
        }
    }
}

/// Where `x` times a function that falls like `e^x` has become too small to matter.
const LOWEST: f32 = -51.0;
/// 2 √(2/π).
const TWICE_ROOT: f32 = 2.0 * 0.797_884_6;

#[expect(clippy::inline_always, reason = "else it loses the caller's features")]
#[inline(always)]
fn each(values: &mut [f32], function: impl Fn(f32) -> f32) {
    for value in values {
        *value = function(*value);
    }
}

/// The larger of the two, in one instruction that keeps NaN.
#[expect(clippy::inline_always, reason = "else it loses the caller's features")]
#[inline(always)]
fn at_least(low: f32, x: f32) -> f32 {
    if low > x { low } else { x }
}

#[expect(clippy::inline_always, reason = "else it loses the caller's features")]
#[inline(always)]
fn relu(x: f32) -> f32 {
    at_least(0.0, x)
}

/// `x / (1 + e^(-slope x))`.
#[expect(clippy::inline_always, reason = "else it loses the caller's features")]
#[inline(always)]
fn times_logistic<A: Arithmetic>(x: f32, slope: f32) -> f32 {
    let x = at_least(LOWEST, x);
    x / (1.0 + exp::<A>(-slope * x))
}

/// By `1/2 (1 + tanh u) = 1 / (1 + e^(-2u))`, which keeps its digits where the tangent nears -1.
#[expect(clippy::inline_always, reason = "else it loses the caller's features")]
#[inline(always)]
fn gelu_tanh<A: Arithmetic>(x: f32) -> f32 {
    let x = at_least(LOWEST, x);
    let cubic = A::mul_add(x * x, 0.044_715 * TWICE_ROOT, TWICE_ROOT);
    x / (1.0 + exp::<A>(-cubic * x))
}

/// By `x Φ(x) = max(x, 0) - |x| Φ(-|x|)`, where the second term is small and precise.
///
/// `Φ(-z) = e^(-z²/2) R(z)`, with `R` a quotient of cubic and quartic fitted on [0, 14] for the
/// smallest error of `Φ` (9e-8 in `f32`).
#[expect(clippy::inline_always, reason = "else it loses the caller's features")]
#[inline(always)]
fn gelu<A: Arithmetic>(x: f32) -> f32 {
    let x = at_least(LOWEST, x);
    let z = x.abs();
    let z = if 14.0 < z { 14.0 } else { z };
    let above = A::mul_add(z, 1.341_874_2e-2, 0.103_543_26);
    let above = A::mul_add(z, above, 0.332_918_55);
    let above = A::mul_add(z, above, 0.499_999_97);
    let below = A::mul_add(z, 3.365_697_3e-2, 0.258_974_25);
    let below = A::mul_add(z, below, 0.874_993);
    let below = A::mul_add(z, below, 1.463_718_9);
    let below = A::mul_add(z, below, 1.0);
    let bell = exp::<A>(z * z * -0.5);
    relu(x) - z * bell * (above / below)
}
