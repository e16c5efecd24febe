//! Plain loops, each written once and compiled for every instruction set.

use crate::InstructionSet;

/// How an instruction set multiplies and adds.
pub(crate) trait Arithmetic {
    /// Computes `a * b + c`, rounded once where the processor does so as fast as twice.
    fn mul_add(a: f32, b: f32, c: f32) -> f32;
}

/// Rounds once.
pub(crate) enum Fused {}

impl Arithmetic for Fused {
    #[expect(clippy::inline_always, reason = "else it loses the caller's features")]
    #[inline(always)]
    fn mul_add(a: f32, b: f32, c: f32) -> f32 {
        a.mul_add(b, c)
    }
}

/// Rounds the product, then the sum: a fused step is a slow library call where the compiler may
/// not assume the instruction.
#[cfg(not(target_arch = "aarch64"))]
pub(crate) enum Separate {}

#[cfg(not(target_arch = "aarch64"))]
impl Arithmetic for Separate {
    #[expect(clippy::inline_always, reason = "else it loses the caller's features")]
    #[inline(always)]
    fn mul_add(a: f32, b: f32, c: f32) -> f32 {
        a * b + c
    }
}

#[cfg(target_arch = "aarch64")]
pub(crate) type Plain = Fused;
#[cfg(not(target_arch = "aarch64"))]
pub(crate) type Plain = Separate;

/// A loop that the compiler turns into vectors.
pub(crate) trait Routine {
    /// Runs the loop; always inlined, so that it is compiled with the features of [`run`]'s arms.
    fn run<A: Arithmetic>(self);
}

/// Runs a routine with the vectors of an instruction set.
///
/// # Panics
/// Panics if the processor lacks the set.
#[cfg_attr(
    target_arch = "x86_64",
    expect(unsafe_code, reason = "the processor's features are known only here")
)]
pub(crate) fn run(set: InstructionSet, routine: impl Routine) {
    assert!(set.is_available(), "an instruction set of this processor");
    match set {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: AVX-512F is available, as was just asserted.
        InstructionSet::Avx512 => unsafe { avx512(routine) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: AVX2 and FMA are available, as was just asserted.
        InstructionSet::Avx2 => unsafe { avx2(routine) },
        _ => routine.run::<Plain>(),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn avx512(routine: impl Routine) {
    routine.run::<Fused>();
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn avx2(routine: impl Routine) {
    routine.run::<Fused>();
}
