//! Exact search over rows: tiles find candidates, the reference product decides.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::OnceLock;

use imgcluster_kernels::{Packed, Panel, reference};

use super::bounds::Bounds;
use super::byte_rows::ByteRows;
use super::taken::for_each_taken;
use super::{Against, KnnGraph, Neighbors, Radius, Tiling, measured, nearest};
use crate::{Cancelled, ConcurrentUnionFind, Job, MatrixRef, UnitMatrix};

/// How the distance of two rows is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Metric {
    /// `1 - cosine similarity`, in [0, 2].
    Cosine,
    /// The length of the difference.
    Euclidean,
}

/// Exact neighbours of rows.
///
/// Distances come from products in `f64` in a fixed order, rounded to `f32` once; blocked products
/// of `f32` or of bytes only rule pairs out, or in where a distance is not asked for, with a proven
/// margin ([`error_bound`](imgcluster_kernels::error_bound),
/// [`Int8Packed`](imgcluster_kernels::Int8Packed)).
///
/// Memory: the rows packed once more at the first search, to a quarter as bytes ([`Tiling`] tells
/// how much that is), and no table of pairs.
#[derive(Debug)]
pub struct RowNeighbors<'a> {
    pub(super) rows: MatrixRef<'a>,
    pub(super) metric: Metric,
    tiling: Tiling,
    pub(super) squared_lengths: Vec<f64>,
    bounds: Bounds,
    packed: OnceLock<Packed>,
    bytes: OnceLock<ByteRows>,
}

impl<'a> RowNeighbors<'a> {
    /// Searches by cosine distance over rows of length one.
    pub fn cosine(rows: &'a UnitMatrix) -> Self {
        Self::new(rows.view(), Metric::Cosine)
    }

    /// Searches by Euclidean distance.
    pub fn euclidean(rows: MatrixRef<'a>) -> Self {
        Self::new(rows, Metric::Euclidean)
    }

    /// Not public: under the cosine metric the rows must be of length one.
    fn new(rows: MatrixRef<'a>, metric: Metric) -> Self {
        let squared_lengths: Vec<_> = rows.iter().map(|row| reference::dot(row, row)).collect();
        let bounds = Bounds::new(metric, rows.dim(), &squared_lengths);
        Self {
            rows,
            metric,
            tiling: Tiling::default(),
            squared_lengths,
            bounds,
            packed: OnceLock::new(),
            bytes: OnceLock::new(),
        }
    }

    /// Computes products as told, which changes the speed and the memory but no answer.
    ///
    /// # Panics
    /// Panics if the processor lacks the instruction set.
    #[must_use]
    pub fn with_tiling(self, tiling: Tiling) -> Self {
        let set = tiling.instruction_set;
        assert!(set.is_available(), "an instruction set of this processor");
        Self {
            tiling,
            packed: OnceLock::new(),
            bytes: OnceLock::new(),
            ..self
        }
    }

    pub(super) fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// The rows packed as values, now or before, on the job's threads.
    pub(super) fn packed(&self, job: &Job<'_>) -> Result<&Packed, Cancelled> {
        if self.packed.get().is_none() {
            let (values, dim) = (self.rows.values(), self.rows.dim());
            let mut packed = Packed::unpacked(values, dim, self.tiling.instruction_set);
            let pack = |(): &mut (), panel: Panel<'_>| panel.pack(values);
            for_each_taken(job, packed.panels_mut(), || (), pack)?;
            // Where two searches pack at once, the second copy is dropped.
            self.packed.get_or_init(|| packed);
        }
        Ok(self.packed_here())
    }

    /// The rows packed as values, now or before, on this thread; others that want them wait.
    pub(super) fn packed_here(&self) -> &Packed {
        let set = self.tiling.instruction_set;
        let pack = || Packed::with_instruction_set(self.rows.values(), self.rows.dim(), set);
        self.packed.get_or_init(pack)
    }

    /// The rows packed as bytes, now or before, if a search for pairs within one radius is to use
    /// them.
    fn bytes(&self, job: &Job<'_>) -> Result<Option<&ByteRows>, Cancelled> {
        if !self.tiling.tries_bytes(self.len(), self.rows.dim()) {
            return Ok(None);
        }
        if self.bytes.get().is_none() {
            let set = self.tiling.instruction_set;
            let rows = ByteRows::pack(self.rows, self.metric, set, job)?;
            self.bytes.get_or_init(|| rows);
        }
        Ok(self.bytes.get())
    }

    #[cfg(test)]
    pub(super) fn has_packed_values(&self) -> bool {
        self.packed.get().is_some()
    }

    pub(super) fn dim(&self) -> usize {
        self.rows.dim()
    }

    pub(super) fn tiling(&self) -> Tiling {
        self.tiling
    }

    /// Tells whether bytes are used even where they do not pay.
    pub(super) fn must_be_bytes(&self) -> bool {
        self.tiling.bytes == Some(true)
    }
}

impl Neighbors for RowNeighbors<'_> {
    fn len(&self) -> usize {
        self.rows.rows()
    }

    fn distance(&self, a: u32, b: u32) -> f32 {
        let (i, j) = (a as usize, b as usize);
        let (a, b) = (self.rows.row(i), self.rows.row(j));
        match self.metric {
            Metric::Cosine => {
                // √(x·x) is exactly x, so equal rows are at exactly zero.
                let lengths = (self.squared_lengths[i] * self.squared_lengths[j]).sqrt();
                (1.0 - reference::dot(a, b) / lengths).max(0.0) as f32
            }
            // The largest f32 stands in where two finite rows are too far apart for one.
            Metric::Euclidean => (reference::squared_distance(a, b).sqrt() as f32).min(f32::MAX),
        }
    }

    fn measure(
        &self,
        rows: Range<usize>,
        against: Against,
        job: &Job<'_>,
        visit: &(dyn Fn(u32, u32, &[f32]) + Sync),
    ) -> Result<(), Cancelled> {
        measured::measure(self, rows, against, job, visit)
    }

    fn within(
        &self,
        radius: Radius,
        job: &Job<'_>,
        edge: &(dyn Fn(u32, u32, f32) + Sync),
    ) -> Result<(), Cancelled> {
        let reaches = vec![self.bounds.reach(radius.get()); self.len()];
        let (rows, bytes) = (0..self.len(), self.bytes(job)?);
        self.edges(rows, bytes, &reaches, |_, _| radius.get(), job, edge)
    }

    fn links(
        &self,
        radius: Radius,
        groups: &ConcurrentUnionFind,
        job: &Job<'_>,
        found: &(dyn Fn(u32, &[u32]) + Sync),
    ) -> Result<(), Cancelled> {
        self.open_links(radius, self.bytes(job)?, groups, job, found)
    }

    fn within_limits(
        &self,
        rows: Range<usize>,
        limit: &(dyn Fn(u32, u32) -> f32 + Sync),
        job: &Job<'_>,
        edge: &(dyn Fn(u32, u32, f32) + Sync),
    ) -> Result<(), Cancelled> {
        let reaches = vec![f32::INFINITY; self.len()];
        self.edges(rows, None, &reaches, limit, job, edge)
    }

    fn within_ceilings(
        &self,
        rows: Range<usize>,
        ceilings: &[f32],
        limit: &(dyn Fn(u32, u32) -> f32 + Sync),
        job: &Job<'_>,
        edge: &(dyn Fn(u32, u32, f32) + Sync),
    ) -> Result<(), Cancelled> {
        let ceilings = ceilings.iter();
        let reaches: Vec<_> = ceilings
            .map(|&ceiling| self.bounds.reach(ceiling))
            .collect();
        self.edges(rows, None, &reaches, limit, job, edge)
    }

    fn knn(&self, k: NonZeroUsize, job: &Job<'_>) -> Result<KnnGraph, Cancelled> {
        nearest::knn(self, k, job)
    }
}

#[cfg(test)]
mod tests;
