//! Vector registers of each instruction set, as much of them as a tile needs.
#![expect(unsafe_code, reason = "vector loads and stores take raw pointers")]

use crate::routine::{Arithmetic, Plain};

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{
    __m256, __m512, _MM_HINT_ET0, _MM_HINT_T0, _mm_prefetch, _mm256_add_ps, _mm256_fmadd_ps,
    _mm256_loadu_ps, _mm256_max_ps, _mm256_set1_ps, _mm256_storeu_ps, _mm512_add_ps,
    _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_max_ps, _mm512_set1_ps, _mm512_storeu_ps,
};

/// A register of `f32` lanes.
///
/// # Safety
/// Every function may be called only where the processor has the instruction set, and wants to be
/// inlined into a function compiled for it. Loads and stores need `COUNT` values at the pointer, at
/// any alignment.
pub(super) trait Lanes: Copy {
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

#[cfg(target_arch = "x86_64")]
macro_rules! lanes {
    ($register:ty, $count:literal, $splat:ident, $load:ident, $store:ident, $add:ident,
     $fmadd:ident, $max:ident) => {
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
            unsafe fn add_product(self, left: Self, right: Self) -> Self {
                // SAFETY: the caller knows that the processor has the set.
                unsafe { $fmadd(left, right, self) }
            }

            #[inline(always)]
            unsafe fn relu(self) -> Self {
                // The instruction gives its second operand where one is NaN.
                // SAFETY: the caller knows that the processor has the set.
                unsafe { $max($splat(0.0), self) }
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
lanes!(
    __m512,
    16,
    _mm512_set1_ps,
    _mm512_loadu_ps,
    _mm512_storeu_ps,
    _mm512_add_ps,
    _mm512_fmadd_ps,
    _mm512_max_ps
);
#[cfg(target_arch = "x86_64")]
lanes!(
    __m256,
    8,
    _mm256_set1_ps,
    _mm256_loadu_ps,
    _mm256_storeu_ps,
    _mm256_add_ps,
    _mm256_fmadd_ps,
    _mm256_max_ps
);

/// Four values in plain code, which the compiler keeps in a register of the plainest processor.
#[derive(Debug, Clone, Copy)]
pub(super) struct Four([f32; 4]);

impl Four {
    #[expect(clippy::inline_always, reason = "a tile is fast only in registers")]
    #[inline(always)]
    fn each(lane: impl Fn(usize) -> f32) -> Self {
        Self(std::array::from_fn(lane))
    }
}

#[expect(clippy::inline_always, reason = "a tile is fast only in registers")]
impl Lanes for Four {
    const COUNT: usize = 4;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        Self([value; 4])
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller gives a pointer to four values; an array of them aligns as one.
        Self(unsafe { from.cast::<[f32; 4]>().read() })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller gives a pointer to four values; an array of them aligns as one.
        unsafe { to.cast::<[f32; 4]>().write(self.0) }
    }

    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        Self::each(|lane| self.0[lane] + other.0[lane])
    }

    #[inline(always)]
    unsafe fn add_product(self, left: Self, right: Self) -> Self {
        Self::each(|lane| Plain::mul_add(left.0[lane], right.0[lane], self.0[lane]))
    }

    #[inline(always)]
    unsafe fn relu(self) -> Self {
        Self::each(|lane| {
            if 0.0 > self.0[lane] {
                0.0
            } else {
                self.0[lane]
            }
        })
    }
}
