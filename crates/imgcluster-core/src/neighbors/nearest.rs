//! The nearest others of rows, found over strips of products.

use std::num::NonZeroUsize;
use std::ops::Range;

use imgcluster_kernels::{Packed, Pairs, Strip, StripScratch};

use super::candidates::{Candidates, SiftScratch};
use super::{KnnGraph, Neighbors, RowNeighbors};
use crate::{Cancelled, Job};

/// Finds the nearest others; see [`Neighbors::knn`].
pub(super) fn knn(
    neighbors: &RowNeighbors<'_>,
    k: NonZeroUsize,
    job: &Job<'_>,
) -> Result<KnnGraph, Cancelled> {
    let count = neighbors.len();
    let wanted = k.get().min(count.saturating_sub(1));
    // Columns reach for no row; each row asks for as much as it still needs.
    let reaches = vec![f32::NEG_INFINITY; count];
    let (packed, block) = (neighbors.packed(job)?, neighbors.block(count, None, job));
    let scratch = NearestScratch::default;
    KnnGraph::build(count, k, job, block, scratch, |scratch, rows, sink| {
        if wanted == 0 {
            return;
        }
        neighbors.find_candidates(packed, rows.clone(), wanted, &reaches, scratch);
        for (row, candidates) in rows.zip(&scratch.rows) {
            let distance = |other| (other, neighbors.distance(row as u32, other));
            sink.put(row, candidates.others().map(distance));
        }
    })
}

impl RowNeighbors<'_> {
    /// Finds for each of `rows` the others that may be among its `k` nearest.
    fn find_candidates(
        &self,
        packed: &Packed,
        rows: Range<usize>,
        k: usize,
        reaches: &[f32],
        scratch: &mut NearestScratch,
    ) {
        let NearestScratch {
            strips,
            passed,
            sift,
            rows: found,
        } = scratch;
        if found.len() < rows.len() {
            found.resize_with(rows.len(), Candidates::default);
        }
        found.iter_mut().for_each(Candidates::clear);
        let sift = &mut |row: usize, candidates: &mut Candidates| {
            let distance = |other| self.distance(row as u32, other);
            candidates.sift(row, k, self.bounds(), sift, distance);
        };
        let look_at = |strip: &Strip<'_>| {
            for row in strip.rows() {
                let candidates = &mut found[row - rows.start];
                let (columns, products) = (strip.columns(), strip.products(row));
                let reach = candidates.reach();
                let screen = self.bounds().screen(row, reach, columns.clone(), reaches);
                strip.screen(row, &screen, passed);
                let others = passed.iter().map(|place| *place as usize);
                let others = others.map(|place| ((columns.start + place) as u32, products[place]));
                if candidates.extend(others.filter(|(other, _)| *other as usize != row)) {
                    sift(row, candidates);
                }
            }
        };
        let pairs = Pairs::All;
        packed.strips(rows.clone(), pairs, strips, look_at);
        for (row, candidates) in rows.zip(found) {
            sift(row, candidates);
        }
    }
}

/// What a thread needs to find the nearest others of a block of rows.
#[derive(Default)]
struct NearestScratch {
    strips: StripScratch,
    passed: Vec<u32>,
    sift: SiftScratch,
    rows: Vec<Candidates>,
}
