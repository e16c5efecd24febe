//! Vector registers of each instruction set, as much of them as a tile needs.
#![expect(unsafe_code, reason = "vector loads and stores take raw pointers")]

#[cfg(target_arch = "aarch64")]
#[path = "neon.rs"]
mod four;
#[cfg(not(target_arch = "aarch64"))]
#[path = "plain.rs"]
mod four;
#[cfg(target_arch = "x86_64")]
mod x86;

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{_MM_HINT_ET0, _MM_HINT_T0, _mm_prefetch};

pub(crate) use four::Four;

/// A register of `f32` lanes.
///
/// # Safety
/// Every function may be called only where the processor has the instruction set, and wants to be
/// inlined into a function compiled for it. Loads and stores need `COUNT` values at the pointer, at
/// any alignment.
pub(crate) trait Lanes: Copy {
    /// How many values a register holds.
    const COUNT: usize;

    /// Gives every lane the same value.
    unsafe fn splat(value: f32) -> Self;
    /// Reads a register from memory.
    unsafe fn load(from: *const f32) -> Self;
    /// Writes a register to memory.
    unsafe fn store(self, to: *mut f32);
    /// Adds lane by lane.
    unsafe fn add(self, other: Self) -> Self;
    /// Adds the products of two other registers.
    unsafe fn add_product(self, left: Self, right: Self) -> Self;
    /// Takes the larger of zero and each lane; NaN stays NaN.
    unsafe fn relu(self) -> Self;

    /// Asks for a cache line that will be read, or that may not exist.
    #[expect(clippy::inline_always, reason = "it is one instruction or none")]
    #[inline(always)]
    fn expect_read(at: *const f32) {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: a hint, at any address.
        unsafe {
            _mm_prefetch::<_MM_HINT_T0>(at.cast());
        }
        let _ = at;
    }

    /// Asks for a cache line that will be written.
    #[expect(clippy::inline_always, reason = "it is one instruction or none")]
    #[inline(always)]
    fn expect_write(at: *const f32) {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: a hint, at any address.
        unsafe {
            _mm_prefetch::<_MM_HINT_ET0>(at.cast());
        }
        let _ = at;
    }
}

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
macro_rules! lanes {
    ($register:ty, $count:literal, $splat:ident, $load:ident, $store:ident, $add:ident,
     $max:ident, |$sum:ident, $left:ident, $right:ident| $fmadd:expr) => {
        impl Lanes for $register {
            const COUNT: usize = $count;

            #[inline(always)]
            unsafe fn splat(value: f32) -> Self {
                // SAFETY: the caller knows that the processor has the set.
                unsafe { $splat(value) }
            }

            #[inline(always)]
            unsafe fn load(from: *const f32) -> Self {
                // SAFETY: as above, and the caller gives a pointer to a whole register.
                unsafe { $load(from) }
            }

            #[inline(always)]
            unsafe fn store(self, to: *mut f32) {
                // SAFETY: as above, and the caller gives a pointer to a whole register.
                unsafe { $store(to, self) }
            }

            #[inline(always)]
            unsafe fn add(self, other: Self) -> Self {
                // SAFETY: the caller knows that the processor has the set.
                unsafe { $add(self, other) }
            }

            #[inline(always)]
            unsafe fn add_product(self, $left: Self, $right: Self) -> Self {
                let $sum = self;
                // SAFETY: the caller knows that the processor has the set.
                unsafe { $fmadd }
            }

            #[inline(always)]
            unsafe fn relu(self) -> Self {
                // On `x86_64` the instruction gives its second operand where one is NaN, elsewhere NaN.
                // SAFETY: the caller knows that the processor has the set.
                unsafe { $max($splat(0.0), self) }
            }
        }
    };
}
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use lanes;
