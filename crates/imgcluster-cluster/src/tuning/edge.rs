//! A pair and how far it is apart.

/// Two rows `a < b` and their distance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Edge {
    pub(super) distance: f32,
    pub(super) a: u32,
    pub(super) b: u32,
}

impl Edge {
    /// Gives what orders edges: their distance, then their rows. No two are equal.
    pub(super) fn key(&self) -> (u32, u32, u32) {
        // The bits of numbers of at least 0 are in the order of the numbers.
        (self.distance.to_bits(), self.a, self.b)
    }
}
