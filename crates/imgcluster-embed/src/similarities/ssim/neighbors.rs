//! Exact search over all pairs, block by block.

use std::num::NonZeroUsize;
use std::ops::Range;

use imgcluster_core::{Against, Cancelled, Job, Neighbors, for_each_block};
use imgcluster_kernels::{Pairs, SsimPicture, SsimScratch, StructuralSimilarity};

use super::{SsimSignature, likeness};

/// Pictures compared with each of a block of others: what is known of a few rows of each of them
/// stays in the second cache.
const ROWS: usize = 32;
/// Others compared with them at a time.
const COLUMNS: usize = 128;

/// Neighbours of pictures by structural similarity; the distance is `1 - similarity`.
///
/// A block of pairs takes far less time than each pair alone, because what depends on one picture is
/// computed once for the block. Every search gives the same bits.
#[derive(Debug)]
pub(super) struct SsimNeighbors<'a> {
    kernel: StructuralSimilarity,
    pictures: Vec<&'a SsimPicture>,
}

/// A block of pairs.
struct Tile {
    rows: Range<usize>,
    columns: Range<usize>,
}

impl<'a> SsimNeighbors<'a> {
    /// Searches over these signatures.
    pub(super) fn new(kernel: StructuralSimilarity, signatures: &'a [SsimSignature]) -> Self {
        let pictures = signatures.iter().map(|signature| &signature.0).collect();
        Self { kernel, pictures }
    }

    /// Cuts what is to be measured into blocks.
    fn tiles(&self, rows: Range<usize>, against: Against) -> Vec<Tile> {
        let count = self.pictures.len();
        let blocks = rows.clone().step_by(ROWS);
        let blocks = blocks.map(|first| first..rows.end.min(first + ROWS));
        let cut = |rows: Range<usize>| {
            let first = match against {
                Against::All => 0,
                Against::Later => rows.start,
            };
            (first..count).step_by(COLUMNS).map(move |first| Tile {
                rows: rows.clone(),
                columns: first..count.min(first + COLUMNS),
            })
        };
        blocks.flat_map(cut).collect()
    }

    /// Computes the distances of a tile, row by row; those of items to themselves and, where only
    /// later ones are wanted, to earlier ones are anything.
    fn tile(&self, tile: &Tile, against: Against, room: &mut Room) {
        let (rows, columns) = (tile.rows.clone(), tile.columns.clone());
        let pairs = match against {
            // The tile begins with the pairs of its rows among themselves.
            Against::Later if columns.start == rows.start => Pairs::Ascending,
            _ => Pairs::All,
        };
        room.distances.resize(rows.len() * columns.len(), 0.0);
        let (rows, columns) = (&self.pictures[rows], &self.pictures[columns]);
        let (scratch, distances) = (&mut room.scratch, &mut room.distances);
        self.kernel.means(rows, columns, pairs, scratch, distances);
        distances.iter_mut().for_each(to_distance);
    }
}

/// What a thread needs.
#[derive(Default)]
struct Room {
    scratch: SsimScratch,
    distances: Vec<f32>,
}

fn to_distance(mean: &mut f32) {
    *mean = 1.0 - likeness(*mean);
}

impl Neighbors for SsimNeighbors<'_> {
    fn len(&self) -> usize {
        self.pictures.len()
    }

    fn distance(&self, a: u32, b: u32) -> f32 {
        let mut distance = [0.0];
        self.distances(a, b, &mut distance);
        distance[0]
    }

    fn distances(&self, from: u32, first: u32, out: &mut [f32]) {
        let (from, first) = (&self.pictures[from as usize], first as usize);
        let (rows, columns) = (&[*from], &self.pictures[first..][..out.len()]);
        let scratch = &mut SsimScratch::default();
        self.kernel.means(rows, columns, Pairs::All, scratch, out);
        out.iter_mut().for_each(to_distance);
    }

    fn measure(
        &self,
        rows: Range<usize>,
        against: Against,
        job: &Job<'_>,
        visit: &(dyn Fn(u32, u32, &[f32]) + Sync),
    ) -> Result<(), Cancelled> {
        let tiles = self.tiles(rows, against);
        let each = NonZeroUsize::MIN;
        for_each_block(job, tiles.len(), each, Room::default, |room, range| {
            for tile in &tiles[range] {
                self.tile(tile, against, room);
                let rows = room.distances.chunks_exact(tile.columns.len());
                for (row, distances) in tile.rows.clone().zip(rows) {
                    let first = match against {
                        Against::All => tile.columns.start,
                        Against::Later => tile.columns.start.max(row + 1),
                    };
                    if first < tile.columns.end {
                        let distances = &distances[first - tile.columns.start..];
                        visit(row as u32, first as u32, distances);
                    }
                }
            }
        })
    }

    fn within_limits(
        &self,
        rows: Range<usize>,
        limit: &(dyn Fn(u32, u32) -> f32 + Sync),
        job: &Job<'_>,
        edge: &(dyn Fn(u32, u32, f32) + Sync),
    ) -> Result<(), Cancelled> {
        self.measure(rows, Against::Later, job, &|a, first, distances| {
            for (b, distance) in (first..).zip(distances) {
                if *distance <= limit(a, b) {
                    edge(a, b, *distance);
                }
            }
        })
    }
}
