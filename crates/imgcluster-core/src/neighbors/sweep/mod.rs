//! All pairs of rows, most of which tiles rule out.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use imgcluster_kernels::{InstructionSet, Packed, Pairs, Screen, Strip, StripScratch};

use super::bounds::Bounds;
use super::byte_rows::ByteRows;
use super::{Neighbors, Radius, RowNeighbors};
use crate::{Cancelled, ConcurrentUnionFind, Job, for_each_block};

/// Rows a thread takes at a time are a multiple of this, so that they fill the tiles of any
/// instruction set, and no more than `MOST_ROWS`: each such block walks over all columns once.
const ROWS: usize = 42;
const MOST_ROWS: usize = 12 * ROWS;

/// Multiplications of a thread at most before it asks whether to go on, if `ROWS` rows allow it: a
/// tenth of a second or two.
fn multiplications(set: InstructionSet, bytes: bool) -> usize {
    match (set, bytes) {
        // Walks over very many rows of bytes come from memory, and should be few.
        (InstructionSet::Avx512, true) => 1 << 36,
        (InstructionSet::Avx2, true) => 1 << 34,
        (InstructionSet::Avx512, false) => 1 << 33,
        (InstructionSet::Avx2, false) => 1 << 32,
        (InstructionSet::Portable, _) => 1 << 30,
    }
}

/// Bytes no longer pay where more than one pair of this many needs an exact distance that values
/// would have spared: what they save on a pair is an estimated fiftieth of what that costs.
const PAIRS_A_DISTANCE: u64 = 64;

/// What bounds of a distance say of a reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The pair is surely no farther apart.
    Near,
    /// The pair is surely farther apart.
    Far,
    /// The exact distance must decide.
    Open,
}

impl Verdict {
    /// Slack for the roundings of the exact distance and its reach.
    const ROUNDING: f32 = 4e-6;

    /// Compares a lower and an upper bound with a reach; NaN decides nothing.
    pub(super) fn new(lower: f32, upper: f32, reach: f32) -> Self {
        if lower > reach {
            Self::Far
        } else if upper <= reach * (1.0 - Self::ROUNDING) && reach.is_finite() {
            Self::Near
        } else {
            Self::Open
        }
    }
}

/// Packed rows whose products bound distances.
#[derive(Clone, Copy)]
pub(super) enum Tiled<'a> {
    /// Narrow bounds.
    Values(&'a Packed, &'a Bounds),
    /// Wide bounds, up to three times as fast.
    Bytes(&'a ByteRows),
}

impl<'a> Tiled<'a> {
    pub(super) fn verdict(self, a: usize, b: usize, product: f32, reach: f32) -> Verdict {
        match self {
            Self::Values(_, bounds) => bounds.verdict(a, b, product, reach),
            Self::Bytes(rows) => rows.verdict(a, b, product, reach),
        }
    }

    fn screen(
        self,
        row: usize,
        reach: f32,
        columns: Range<usize>,
        reaches: &'a [f32],
    ) -> Screen<'a> {
        match self {
            Self::Values(_, bounds) => bounds.screen(row, reach, columns, reaches),
            Self::Bytes(rows) => rows.screen(row, reach, columns, reaches),
        }
    }

    fn strips(self, rows: Range<usize>, scratch: &mut StripScratch, visit: impl FnMut(&Strip<'_>)) {
        let pairs = Pairs::Ascending;
        match self {
            Self::Values(packed, _) => packed.strips(rows, pairs, scratch, visit),
            Self::Bytes(bytes) => bytes.packed().strips(rows, pairs, scratch, visit),
        }
    }
}

/// The later rows that passed the screen of one.
pub(super) struct Passed<'a> {
    tiled: Tiled<'a>,
    row: usize,
    /// The column of the first product.
    first: usize,
    places: &'a [u32],
    products: &'a [f32],
}

impl Passed<'_> {
    /// Lists the columns and their products.
    fn columns(&self) -> impl Iterator<Item = (usize, f32)> {
        let places = self.places.iter().map(|place| *place as usize);
        let columns = places.map(|place| (self.first + place, self.products[place]));
        columns.filter(|(column, _)| *column > self.row)
    }

    fn verdict(&self, column: usize, product: f32, reach: f32) -> Verdict {
        self.tiled.verdict(self.row, column, product, reach)
    }
}

/// How many pairs were compared, and how many exact distances that took which values would have
/// spared.
#[derive(Default)]
struct Tally {
    pairs: AtomicU64,
    spared: AtomicU64,
}

impl Tally {
    fn bytes_pay(&self) -> bool {
        let [pairs, spared] = [&self.pairs, &self.spared].map(|it| it.load(Ordering::Relaxed));
        spared <= pairs / PAIRS_A_DISTANCE
    }

    fn add(&self, pairs: usize, spared: usize) {
        self.pairs.fetch_add(pairs as u64, Ordering::Relaxed);
        self.spared.fetch_add(spared as u64, Ordering::Relaxed);
    }
}

impl RowNeighbors<'_> {
    /// Tells how many of some rows a thread should take at a time.
    pub(super) fn block(
        &self,
        rows: usize,
        bytes: Option<&ByteRows>,
        job: &Job<'_>,
    ) -> NonZeroUsize {
        let most = multiplications(self.tiling().instruction_set, bytes.is_some());
        let most = (most / self.len().max(1) / self.dim()).clamp(ROWS, MOST_ROWS);
        let blocks = rows.div_ceil(most).max(2 * job.threads().get());
        let block = rows.div_ceil(blocks).next_multiple_of(ROWS);
        NonZeroUsize::new(block.max(ROWS)).expect("at least ROWS")
    }

    /// Compares each of `rows` with all rows after it, by bytes where they are given and pay. Calls
    /// `visit` with those that may be no farther apart than the larger of both reaches; it tells how
    /// many exact distances it took which values would have spared.
    fn sweep(
        &self,
        rows: Range<usize>,
        bytes: Option<&ByteRows>,
        reaches: &[f32],
        job: &Job<'_>,
        visit: impl Fn(&Passed<'_>) -> usize + Sync,
    ) -> Result<(), Cancelled> {
        let tally = Tally::default();
        if bytes.is_none() {
            self.packed(job)?;
        }
        let (count, block) = (rows.len(), self.block(rows.len(), bytes, job));
        let scratch = || (StripScratch::default(), Vec::new());
        for_each_block(job, count, block, scratch, |(strips, places), block| {
            let tiled = match bytes {
                Some(bytes) if self.must_be_bytes() || tally.bytes_pay() => Tiled::Bytes(bytes),
                _ => Tiled::Values(self.packed_here(), self.bounds()),
            };
            let rows = rows.start + block.start..rows.start + block.end;
            let pairs = rows.clone().map(|row| self.len() - row - 1).sum();
            let mut spared = 0;
            tiled.strips(rows, strips, |strip| {
                for row in strip.rows() {
                    let columns = strip.columns();
                    let screen = tiled.screen(row, reaches[row], columns.clone(), reaches);
                    strip.screen(row, &screen, places);
                    if !places.is_empty() {
                        spared += visit(&Passed {
                            tiled,
                            row,
                            first: columns.start,
                            places,
                            products: strip.products(row),
                        });
                    }
                }
            });
            if matches!(tiled, Tiled::Values(..)) {
                spared = 0;
            }
            tally.add(pairs, spared);
        })
    }

    /// Finds pairs within their own limits and their distances; see [`Neighbors::within_limits`].
    pub(super) fn edges(
        &self,
        rows: Range<usize>,
        bytes: Option<&ByteRows>,
        reaches: &[f32],
        limit: impl Fn(u32, u32) -> f32 + Sync,
        job: &Job<'_>,
        edge: &(dyn Fn(u32, u32, f32) + Sync),
    ) -> Result<(), Cancelled> {
        self.sweep(rows, bytes, reaches, job, |passed| {
            let mut spared = 0;
            for (column, product) in passed.columns() {
                let (from, to) = (passed.row as u32, column as u32);
                let limit = limit(from, to);
                let reach = self.bounds().reach(limit);
                if passed.verdict(column, product, reach) == Verdict::Far {
                    continue;
                }
                let distance = self.distance(from, to);
                if distance <= limit {
                    edge(from, to, distance);
                } else {
                    spared += 1;
                }
            }
            spared
        })
    }

    /// Finds pairs within a radius that are not in one group yet; see [`Neighbors::links`].
    pub(super) fn open_links(
        &self,
        radius: Radius,
        bytes: Option<&ByteRows>,
        groups: &ConcurrentUnionFind,
        job: &Job<'_>,
        found: &(dyn Fn(u32, &[u32]) + Sync),
    ) -> Result<(), Cancelled> {
        let reach = self.bounds().reach(radius.get());
        let reaches = vec![reach; self.len()];
        self.sweep(0..self.len(), bytes, &reaches, job, |passed| {
            let row = passed.row as u32;
            let group = groups.find(row);
            let mut spared = 0;
            let mut others = Vec::new();
            for (column, product) in passed.columns() {
                let other = column as u32;
                if groups.is_under(other, group) {
                    continue;
                }
                let is_near = match passed.verdict(column, product, reach) {
                    Verdict::Near => true,
                    Verdict::Far => false,
                    Verdict::Open => {
                        spared += 1;
                        self.distance(row, other) <= radius.get()
                    }
                };
                if is_near {
                    others.push(other);
                }
            }
            if !others.is_empty() {
                found(row, &others);
            }
            spared
        })
    }
}

#[cfg(test)]
mod tests;
