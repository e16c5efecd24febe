//! Vector registers of each instruction set, as much of them as the comparison needs.
#![expect(unsafe_code, reason = "vector loads and stores take raw pointers")]

mod plain;
#[cfg(target_arch = "x86_64")]
mod x86;

use super::{LANES, Sixteen};

pub(super) use plain::Four;

/// A register of `i32` lanes.
///
/// Everything is exact or rounded once, to the nearest even, so that all registers give the same
/// bits.
///
/// # Safety
/// Every function may be called only where the processor has the instruction set, and wants to be
/// inlined into a function compiled for it. Loads and stores need a `part` below `PARTS`.
pub(super) trait Lanes: Copy {
    /// A register of as many `f32` lanes.
    type Values: Copy;

    /// How many registers hold sixteen values.
    const PARTS: usize;

    /// Gives every lane the same number.
    unsafe fn splat(number: i32) -> Self;
    /// Reads one of the registers that hold sixteen numbers.
    unsafe fn load(from: &Sixteen<i32>, part: usize) -> Self;
    /// Reads bytes as numbers.
    unsafe fn load_bytes(from: &[u8; LANES], part: usize) -> Self;
    /// Reads the numbers after those: each lane has that of the next one, the very last anything.
    unsafe fn load_next(from: &Sixteen<i32>, part: usize) -> Self;
    /// Writes a register to its place among sixteen numbers.
    unsafe fn store(self, to: &mut Sixteen<i32>, part: usize);
    /// Adds; overflow wraps around.
    unsafe fn add(self, other: Self) -> Self;
    /// Subtracts; overflow wraps around.
    unsafe fn sub(self, other: Self) -> Self;
    /// Keeps the bits that both have.
    unsafe fn and(self, other: Self) -> Self;
    /// Puts two numbers of 16 bits into each lane.
    unsafe fn pair(low: Self, high: Self) -> Self;
    /// Takes each lane for two numbers of 16 bits and multiplies each; products keep their lowest 16.
    unsafe fn mul_pairs(self, other: Self) -> Self;
    /// Takes each lane for two numbers of 16 bits and adds the products of both.
    unsafe fn pair_products(self, other: Self) -> Self;
    /// The nearest values.
    unsafe fn to_values(self) -> Self::Values;

    /// Gives every lane the same value.
    unsafe fn splat_value(value: f32) -> Self::Values;
    /// Reads one of the registers that hold sixteen values.
    unsafe fn load_values(from: &Sixteen<f32>, part: usize) -> Self::Values;
    /// Writes a register to its place among sixteen values.
    unsafe fn store_values(values: Self::Values, to: &mut Sixteen<f32>, part: usize);
    /// Adds.
    unsafe fn add_values(left: Self::Values, right: Self::Values) -> Self::Values;
    /// Multiplies.
    unsafe fn mul_values(left: Self::Values, right: Self::Values) -> Self::Values;
    /// Divides.
    unsafe fn div_values(left: Self::Values, right: Self::Values) -> Self::Values;
    /// The bits of the values.
    unsafe fn bits(values: Self::Values) -> Self;
}
