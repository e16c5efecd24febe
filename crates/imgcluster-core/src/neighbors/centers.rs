//! Exact search for the nearest of a few centers.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use imgcluster_kernels::{Finish, Linear, Scratch, error_bound, reference};

use crate::{Cancelled, Job, MatrixRef, for_each_block};

/// Rows a thread takes at a time: enough to pass each tile of centers by.
const BLOCK: NonZeroUsize = NonZeroUsize::new(192).expect("not zero");

/// Scores compared at a time; only where one is high are they looked at one by one.
const CHUNK: usize = 32;

/// Finds for many rows the nearest of a few centers that change from call to call.
///
/// Tiles rule out the centers that cannot be nearest, with a proven margin
/// ([`error_bound`](imgcluster_kernels::error_bound)); the squared Euclidean distance in `f64`
/// decides between the others. So the answer is the same on every machine and at any number of
/// threads. Memory: 8 bytes a row, and some hundred scores for each center a thread.
#[derive(Debug)]
pub struct CenterSearch<'a> {
    rows: MatrixRef<'a>,
    squared_lengths: Vec<f64>,
}

/// A row that is near a center, and their squared distance.
pub type NearRow = (u32, f64);

impl<'a> CenterSearch<'a> {
    /// Searches for these rows.
    pub fn new(rows: MatrixRef<'a>) -> Self {
        let squared_lengths = rows.iter().map(|row| reference::dot(row, row)).collect();
        Self {
            rows,
            squared_lengths,
        }
    }

    /// The rows.
    pub fn rows(&self) -> MatrixRef<'a> {
        self.rows
    }

    /// Finds the nearest center of each row; ties go to the smaller index.
    ///
    /// # Errors
    /// [`Cancelled`] if the job was cancelled on the way.
    ///
    /// # Panics
    /// Panics if there is no center, or centers and rows are not of the same length.
    pub fn nearest(&self, centers: MatrixRef<'_>, job: &Job<'_>) -> Result<Vec<u32>, Cancelled> {
        assert!(centers.rows() > 0, "a center to be nearest to");
        let scorer = Scorer::new(centers, self.rows.dim());
        let nearest = Mutex::new(vec![0; self.rows.rows()]);
        for_each_block(
            job,
            self.rows.rows(),
            BLOCK,
            Working::default,
            |on, rows| {
                scorer.score(self.values(rows.clone()), on);
                let mut found = Vec::with_capacity(rows.len());
                for (row, scores) in rows.clone().zip(on.scores.chunks_exact(centers.rows())) {
                    let margin = scorer.margin(self.squared_lengths[row]);
                    let lowest = highest(scores) - 2.0 * margin;
                    at_least(scores, lowest, &mut on.passed);
                    found.push(self.decide(row, centers, &on.passed));
                }
                let mut nearest = nearest.lock().unwrap_or_else(PoisonError::into_inner);
                nearest[rows].copy_from_slice(&found);
            },
        )?;
        Ok(nearest.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    /// Lists for each center the rows whose squared distance to it is below their own limit, in
    /// order.
    ///
    /// # Errors
    /// [`Cancelled`] if the job was cancelled on the way.
    ///
    /// # Panics
    /// Panics if there is not one limit a row, or centers and rows are not of the same length.
    pub fn nearer(
        &self,
        centers: MatrixRef<'_>,
        limits: &[f64],
        job: &Job<'_>,
    ) -> Result<Vec<Vec<NearRow>>, Cancelled> {
        assert_eq!(limits.len(), self.rows.rows(), "one limit a row");
        let scorer = Scorer::new(centers, self.rows.dim());
        let near = Mutex::new(vec![Vec::new(); centers.rows()]);
        for_each_block(
            job,
            self.rows.rows(),
            BLOCK,
            Working::default,
            |on, rows| {
                scorer.score(self.values(rows.clone()), on);
                let mut found = Vec::new();
                for (row, scores) in rows.zip(on.scores.chunks_exact(centers.rows())) {
                    let (squared, limit) = (self.squared_lengths[row], limits[row]);
                    let lowest = scorer.lowest(squared, limit);
                    at_least(scores, lowest, &mut on.passed);
                    for &center in &on.passed {
                        let distance = self.squared_distance(row, centers, center);
                        if distance < limit {
                            found.push((center, (row as u32, distance)));
                        }
                    }
                }
                let mut near = near.lock().unwrap_or_else(PoisonError::into_inner);
                for (center, row) in found {
                    near[center as usize].push(row);
                }
            },
        )?;
        let mut near = near.into_inner().unwrap_or_else(PoisonError::into_inner);
        // Blocks may have ended in another order.
        for rows in &mut near {
            rows.sort_unstable_by_key(|(row, _)| *row);
        }
        Ok(near)
    }

    /// Measures the squared distance of each row to the center of this index.
    ///
    /// # Errors
    /// [`Cancelled`] if the job was cancelled on the way.
    ///
    /// # Panics
    /// Panics if there is not one index a row, or an index is of no center.
    pub fn squared_distances(
        &self,
        centers: MatrixRef<'_>,
        of: &[u32],
        job: &Job<'_>,
    ) -> Result<Vec<f64>, Cancelled> {
        assert_eq!(of.len(), self.rows.rows(), "one center a row");
        let distances = Mutex::new(vec![0.0; of.len()]);
        for_each_block(job, of.len(), BLOCK, Vec::new, |found, rows| {
            let distance = |row: usize| self.squared_distance(row, centers, of[row]);
            found.clear();
            found.extend(rows.clone().map(distance));
            let mut distances = distances.lock().unwrap_or_else(PoisonError::into_inner);
            distances[rows].copy_from_slice(found);
        })?;
        Ok(distances
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner))
    }

    fn values(&self, rows: Range<usize>) -> &'a [f32] {
        let dim = self.rows.dim();
        &self.rows.values()[rows.start * dim..rows.end * dim]
    }

    fn squared_distance(&self, row: usize, centers: MatrixRef<'_>, center: u32) -> f64 {
        reference::squared_distance(self.rows.row(row), centers.row(center as usize))
    }

    /// Finds the nearest of a few centers; they come in order.
    fn decide(&self, row: usize, centers: MatrixRef<'_>, among: &[u32]) -> u32 {
        if let [only] = among {
            return *only;
        }
        let measured = among.iter();
        let measured =
            measured.map(|&center| (self.squared_distance(row, centers, center), center));
        let nearest = measured.min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        nearest.map_or(0, |(_, center)| center)
    }
}

/// What a thread works with.
#[derive(Default)]
struct Working {
    scores: Vec<f32>,
    passed: Vec<u32>,
    scratch: Scratch,
}

/// Scores centers for rows: `x·c - |c|²/2`, the higher the nearer, as `|x|² - 2 · score` is the
/// squared distance.
struct Scorer {
    layer: Linear,
    longest: f64,
    error: f64,
    /// How far the squared distance that decides may itself be off, relative to the squared
    /// lengths: rows that it cannot tell apart tie.
    tie: f64,
    tiny: f64,
}

impl Scorer {
    fn new(centers: MatrixRef<'_>, dim: usize) -> Self {
        assert_eq!(centers.dim(), dim, "centers as long as rows");
        let squared_lengths: Vec<f64> = centers.iter().map(|c| reference::dot(c, c)).collect();
        let bias: Vec<f32> = squared_lengths.iter().map(|s| (-0.5 * s) as f32).collect();
        Self {
            layer: Linear::new(centers.values(), dim, Some(&bias)),
            longest: squared_lengths.into_iter().fold(0.0, f64::max).sqrt(),
            // Beyond the product: the rounding of the bias, of its addition, and of what is
            // compared with the score.
            error: f64::from(error_bound(dim + 4)),
            tie: (dim + 4) as f64 * f64::EPSILON,
            tiny: dim as f64 * f64::from(f32::MIN_POSITIVE),
        }
    }

    fn score(&self, rows: &[f32], on: &mut Working) {
        let count = rows.len() / self.layer.in_dim() * self.layer.out_dim();
        on.scores.resize(count, 0.0);
        let finish = Finish::default();
        self.layer
            .apply(rows, &mut on.scores, &finish, &mut on.scratch);
    }

    /// Bounds how far the scores of a row with this squared length may be from what decides;
    /// infinite where they may have overflowed.
    fn margin(&self, squared_length: f64) -> f32 {
        let largest = (squared_length.sqrt() + 0.5 * self.longest) * self.longest;
        if largest < f64::from(f32::MAX) / 4.0 {
            // Rounded up.
            let squares = squared_length + self.longest * self.longest;
            let margin = self.error * largest + self.tie * squares + self.tiny;
            (margin * (1.0 + 1e-6)) as f32
        } else {
            f32::INFINITY
        }
    }

    /// Tells what a score must reach so that the squared distance can be below the limit.
    fn lowest(&self, squared_length: f64, limit: f64) -> f32 {
        let margin = self.margin(squared_length);
        let score = 0.5 * (squared_length - limit);
        let rounding = f64::from(f32::EPSILON) * (score.abs() + squared_length);
        (score - rounding - f64::from(margin)) as f32
    }
}

/// The highest score; NaN is passed over.
fn highest(scores: &[f32]) -> f32 {
    // Not `f32::max`, which takes twice the instructions to handle NaN.
    let larger = |a: f32, b: f32| if b > a { b } else { a };
    let (chunks, rest) = scores.as_chunks::<CHUNK>();
    let mut lanes = [f32::NEG_INFINITY; CHUNK];
    for chunk in chunks {
        for (lane, score) in lanes.iter_mut().zip(chunk) {
            *lane = larger(*lane, *score);
        }
    }
    let all = lanes.iter().chain(rest);
    all.fold(f32::NEG_INFINITY, |a, b| larger(a, *b))
}

/// Lists the places of the scores that are not below the lowest, so also of NaN.
fn at_least(scores: &[f32], lowest: f32, passed: &mut Vec<u32>) {
    passed.clear();
    for (first, chunk) in (0..).step_by(CHUNK).zip(scores.chunks(CHUNK)) {
        let clears =
            |score: &f32| !matches!(score.partial_cmp(&lowest), Some(std::cmp::Ordering::Less));
        let count: u32 = chunk.iter().map(|score| u32::from(clears(score))).sum();
        if count > 0 {
            let places = (first..).zip(chunk).filter(|(_, score)| clears(score));
            passed.extend(places.map(|(place, _)| place));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CancelToken, Matrix, Quiet};
    use proptest::prelude::*;

    fn job(threads: usize) -> Job<'static> {
        let threads = NonZeroUsize::new(threads).unwrap();
        Job::new(&Quiet, CancelToken::default(), threads)
    }

    /// The slow twin of both searches.
    fn distances(rows: &Matrix, centers: &Matrix) -> Vec<Vec<f64>> {
        let of = |row| {
            let centers = centers.view();
            let distances = centers.iter().map(|c| reference::squared_distance(row, c));
            distances.collect()
        };
        rows.view().iter().map(of).collect()
    }

    fn compare(rows: &Matrix, centers: &Matrix, limit: impl Fn(usize) -> f64, threads: usize) {
        let search = CenterSearch::new(rows.view());
        let slow = distances(rows, centers);
        let nearest = search.nearest(centers.view(), &job(threads)).unwrap();
        let first_smallest = |distances: &Vec<f64>| {
            let places = 0..distances.len() as u32;
            let smaller =
                |a: &u32, b: &u32| distances[*a as usize].total_cmp(&distances[*b as usize]);
            places.min_by(smaller).unwrap()
        };
        assert_eq!(nearest, slow.iter().map(first_smallest).collect::<Vec<_>>());
        let limits: Vec<f64> = (0..rows.rows()).map(limit).collect();
        let near = search.nearer(centers.view(), &limits, &job(threads));
        for (center, near) in near.unwrap().into_iter().enumerate() {
            let below = (0..rows.rows()).filter(|row| slow[*row][center] < limits[*row]);
            let below: Vec<NearRow> = below.map(|row| (row as u32, slow[row][center])).collect();
            assert_eq!(near, below);
        }
    }

    fn few_values() -> impl Strategy<Value = (Matrix, Matrix)> {
        let value = || prop::sample::select(vec![-1.0_f32, 0.0, 0.5, 1.0, 1.000_000_1]);
        (1_usize..40, 1_usize..90, 1_usize..20).prop_flat_map(move |(count, centers, dim)| {
            let matrix = move |count| {
                let values = prop::collection::vec(value(), count * dim);
                values.prop_map(move |values| Matrix::new(values, dim).unwrap())
            };
            (matrix(count), matrix(centers))
        })
    }

    proptest! {
        #[test]
        fn tiles_find_what_every_pair_finds_among_copies_and_ties(
            (rows, centers) in few_values(), limit in 0.0_f64..20.0, threads in 1_usize..4,
        ) {
            compare(&rows, &centers, |row| limit * (row % 3) as f64, threads);
        }

        #[test]
        fn rows_and_centers_of_any_magnitude_find_their_nearest(
            values in prop::collection::vec((-1.0_f32..1.0, -30_i32..38), 2..60),
            limit in (0.0_f64..2.0, -60_i32..76),
        ) {
            let values = values.into_iter().map(|(value, power)| value * 10_f32.powi(power));
            let all: Vec<f32> = values.collect();
            let (rows, centers) = all.split_at(all.len() / 2);
            let rows = Matrix::new(rows.to_vec(), 1).unwrap();
            let centers = Matrix::new(centers.to_vec(), 1).unwrap();
            compare(&rows, &centers, |_| limit.0 * 10_f64.powi(limit.1), 2);
        }
    }

    #[test]
    fn many_rows_and_no_limit_are_compared_in_order() {
        let value = |at: usize| ((at * 7919 + at / 11) % 23) as f32 - 9.5;
        let rows = Matrix::new((0..3 * 1500).map(value).collect(), 3).unwrap();
        let centers = Matrix::new((0..3 * 41).map(value).collect(), 3).unwrap();
        for threads in 1..4 {
            compare(&rows, &centers, |_| f64::INFINITY, threads);
        }
    }

    #[test]
    fn no_row_has_no_nearest_and_one_center_is_nearest_to_all() {
        let none = Matrix::new(vec![], 2).unwrap();
        let one = Matrix::new(vec![0.5, 0.5], 2).unwrap();
        compare(&none, &one, |_| 1.0, 1);
        compare(&one, &one, |_| 1.0, 1);
        let search = CenterSearch::new(one.view());
        let distances = search.squared_distances(one.view(), &[0], &job(1));
        assert_eq!(distances, Ok(vec![0.0]));
    }
}
