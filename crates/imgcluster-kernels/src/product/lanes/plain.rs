//! Plain code for any processor.

use super::Lanes;

/// Four values in plain code, which the compiler keeps in a register of the plainest processor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Four([f32; 4]);

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
        Self::each(|lane| left.0[lane] * right.0[lane] + self.0[lane])
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
