//! Which products rule pairs out, and what memory they take.

use std::num::NonZeroUsize;

use imgcluster_kernels::{InstructionSet, Int8Packed};

use super::byte_rows::ByteRows;

/// Rows from which packing bytes costs less than it saves, by measurement.
const FEWEST_ROWS: usize = 1000;

/// Memory of one thread: packed rows of its own, products, and what passed a screen.
const THREAD_BYTES: u64 = 4 << 20;

/// How a search over rows computes the products that rule pairs out. The answers are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tiling {
    /// Which instructions; the processor must have them. Default: the fastest it has.
    pub instruction_set: InstructionSet,
    /// Whether searches for pairs within one radius use bytes, up to three times as fast where the
    /// processor has instructions for them, with wider bounds. `None`: where they are faster, and
    /// only as long as few pairs need an exact distance that values would have spared; from then on
    /// values, which are packed as well. Default: `None`.
    pub bytes: Option<bool>,
}

impl Default for Tiling {
    fn default() -> Self {
        Self {
            instruction_set: InstructionSet::detect(),
            bytes: None,
        }
    }
}

/// What is asked of a search; see [`Tiling::memory`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Searched {
    /// Pairs within one radius: [`Neighbors::links`](super::Neighbors::links) and
    /// [`Neighbors::within`](super::Neighbors::within).
    Radius,
    /// Nearest others, pairs within limits of their own, or all distances.
    Others,
}

impl Tiling {
    /// Tells how many bytes of memory a [`RowNeighbors`](super::RowNeighbors) over `count` rows of
    /// `dim` values and a search on some threads take at most, the rows themselves and the answer
    /// not included.
    ///
    /// Both copies of the rows are counted where bytes may turn out not to pay; with
    /// `bytes: Some(true)` there is only that of a byte a value.
    pub fn memory(
        self,
        searched: Searched,
        count: usize,
        dim: usize,
        threads: NonZeroUsize,
    ) -> u64 {
        let [uses_bytes, uses_values] = match searched {
            Searched::Radius => [self.tries_bytes(count, dim), self.bytes != Some(true)],
            Searched::Others => [false, true],
        };
        // Squared lengths, and a bound above, a bound below and a reach.
        let row = size_of::<f64>() + 3 * size_of::<f32>();
        let values = (count.next_multiple_of(LARGEST_PANEL) * dim * size_of::<f32>()) as u64;
        let mut bytes = (count * row) as u64 + threads.get() as u64 * THREAD_BYTES;
        if uses_bytes {
            bytes += ByteRows::bytes(count, dim);
        }
        if uses_values || !uses_bytes {
            bytes += values;
        }
        bytes
    }

    /// Tells whether a search for pairs within one radius starts with bytes.
    pub(super) fn tries_bytes(self, count: usize, dim: usize) -> bool {
        let is_fast = || count >= FEWEST_ROWS && Int8Packed::is_fast(dim, self.instruction_set);
        Int8Packed::is_possible(dim) && self.bytes.unwrap_or_else(is_fast)
    }
}

/// Columns of the widest panel, which the last one fills.
const LARGEST_PANEL: usize = 32;
