//! Distances of all pairs, as precise as tiles are.

use std::num::NonZeroUsize;
use std::ops::Range;

use imgcluster_kernels::{Pairs, Strip, StripScratch};

use super::{Metric, Neighbors, RowNeighbors};
use crate::{Cancelled, Job, for_each_block};

/// Which items a row is measured against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Against {
    /// All items, itself included.
    All,
    /// The items after it.
    Later,
}

/// Rows nearer than this, relative to the sum of their squared lengths, are measured by the
/// reference product: there the difference of squares and products loses too many digits.
const NEAR: f32 = 1.0 / 16.0;

/// Squared distances within which squares neither overflow nor lose digits to underflow.
const SAFE: std::ops::RangeInclusive<f32> = 1e-30..=1e38;

/// Rows a thread takes at a time; a multiple of the rows of every tile.
const BLOCK: NonZeroUsize = NonZeroUsize::new(84).expect("not zero");

/// Measures rows by tiles; see [`Neighbors::measure`].
pub(super) fn measure(
    neighbors: &RowNeighbors<'_>,
    rows: Range<usize>,
    against: Against,
    job: &Job<'_>,
    visit: &(dyn Fn(u32, u32, &[f32]) + Sync),
) -> Result<(), Cancelled> {
    let squares: Vec<f32> = match neighbors.metric {
        // Rows of length one.
        Metric::Cosine => vec![1.0; neighbors.len()],
        Metric::Euclidean => neighbors
            .squared_lengths
            .iter()
            .map(|s| *s as f32)
            .collect(),
    };
    let pairs = match against {
        Against::All => Pairs::All,
        Against::Later => Pairs::Ascending,
    };
    let look_at = |strip: &Strip<'_>, distances: &mut Vec<f32>| {
        for row in strip.rows() {
            // Where all rows are near, exact distances take seconds a block.
            if job.check().is_err() {
                return;
            }
            let columns = strip.columns();
            let first = match against {
                Against::All => columns.start,
                Against::Later => columns.start.max(row + 1),
            };
            if first >= columns.end {
                continue;
            }
            let products = &strip.products(row)[first - columns.start..];
            distances.resize(products.len(), 0.0);
            let of_columns = &squares[first..columns.end];
            let near = from_products(
                neighbors.metric,
                squares[row],
                of_columns,
                products,
                distances,
            );
            if near > 0 {
                for (column, distance) in (first..).zip(distances.iter_mut()) {
                    if distance.is_nan() {
                        *distance = neighbors.distance(row as u32, column as u32);
                    }
                }
            }
            visit(row as u32, first as u32, distances);
        }
    };
    let packed = neighbors.packed(job)?;
    let scratch = || (StripScratch::default(), Vec::new());
    for_each_block(
        job,
        rows.len(),
        BLOCK,
        scratch,
        |(strips, distances), block| {
            let rows = rows.start + block.start..rows.start + block.end;
            let look_at = |strip: &Strip<'_>| look_at(strip, distances);
            packed.strips(rows, pairs, strips, look_at);
        },
    )
}

/// Turns products into distances; NaN where the rows are too near for that, or too long. Counts
/// those.
fn from_products(
    metric: Metric,
    square: f32,
    squares: &[f32],
    products: &[f32],
    distances: &mut [f32],
) -> u32 {
    let mut near = 0;
    for ((product, other), distance) in products.iter().zip(squares).zip(distances) {
        let sum = square + other;
        let gap = sum - 2.0 * product;
        let is_far = gap >= NEAR * sum && SAFE.contains(&gap);
        near += u32::from(!is_far);
        let measured = match metric {
            Metric::Cosine => 0.5 * gap,
            Metric::Euclidean => gap.sqrt(),
        };
        *distance = if is_far { measured } else { f32::NAN };
    }
    near
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CancelToken, Matrix, Quiet, UnitMatrix};
    use proptest::prelude::*;
    use std::sync::Mutex;

    type Found = Vec<(u32, u32, f32)>;

    fn found(
        neighbors: &dyn Neighbors,
        rows: Range<usize>,
        against: Against,
        threads: usize,
    ) -> Found {
        let threads = NonZeroUsize::new(threads).unwrap();
        let job = Job::new(&Quiet, CancelToken::default(), threads);
        let found = Mutex::new(Vec::new());
        let visit = |row: u32, first: u32, distances: &[f32]| {
            let distances = (first..).zip(distances.iter().copied());
            let mut found = found.lock().unwrap();
            found.extend(distances.map(|(other, distance)| (row, other, distance)));
        };
        neighbors.measure(rows, against, &job, &visit).unwrap();
        let mut found = found.into_inner().unwrap();
        found.sort_by_key(|(a, b, _)| (*a, *b));
        found
    }

    fn compare(neighbors: &RowNeighbors<'_>, rows: &Range<usize>, threads: usize) {
        struct EveryPair<'a>(&'a RowNeighbors<'a>);
        impl Neighbors for EveryPair<'_> {
            fn len(&self) -> usize {
                self.0.len()
            }
            fn distance(&self, a: u32, b: u32) -> f32 {
                self.0.distance(a, b)
            }
        }
        for against in [Against::All, Against::Later] {
            let fast = found(neighbors, rows.clone(), against, threads);
            let slow = found(&EveryPair(neighbors), rows.clone(), against, 1);
            assert_eq!(fast.len(), slow.len());
            for (fast, slow) in fast.into_iter().zip(slow) {
                assert_eq!((fast.0, fast.1), (slow.0, slow.1));
                assert!(
                    (fast.2 - slow.2).abs() <= 1e-5 * slow.2,
                    "{fast:?} is not {slow:?}"
                );
            }
        }
    }

    proptest! {
        #[test]
        fn tiles_measure_what_every_pair_measures(
            values in prop::collection::vec((-1.0_f32..1.0, -1_i32..2), 1..400),
            dim in 1_usize..9, cut in 0.0_f64..1.0, threads in 1_usize..4,
        ) {
            let values = values.chunks_exact(dim).flatten();
            let values: Vec<f32> = values.map(|(value, power)| value * 10_f32.powi(*power)).collect();
            let mut copies = values.clone();
            copies.extend(&values);
            copies.chunks_exact_mut(dim).for_each(|row| row[0] += 0.01);
            let rows = Matrix::new(copies, dim).unwrap();
            let unit = UnitMatrix::normalize(rows.clone()).unwrap();
            let range = (cut * rows.rows() as f64) as usize..rows.rows();
            compare(&RowNeighbors::euclidean(rows.view()), &range, threads);
            compare(&RowNeighbors::cosine(&unit), &range, threads);
        }
    }

    #[test]
    fn rows_too_long_or_short_for_squares_are_measured_all_the_same() {
        let rows = Matrix::new(vec![3e38, -3e38, 1e20, 0.0, 1e-30, 1e-30, 2e-30], 1).unwrap();
        compare(&RowNeighbors::euclidean(rows.view()), &(0..7), 2);
    }

    #[test]
    fn many_rows_are_measured_in_blocks() {
        let value = |at: usize| ((at * 7919 + at / 11) % 23) as f32 - 9.5;
        let rows = Matrix::new((0..700 * 3).map(value).collect(), 3).unwrap();
        for threads in 1..4 {
            compare(&RowNeighbors::euclidean(rows.view()), &(13..699), threads);
        }
    }
}
