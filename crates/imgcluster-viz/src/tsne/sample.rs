//! Maps of very many points: some are laid out, the others placed among them.

use imgcluster_core::{Cancelled, Job, Matrix, MatrixRef, Neighbors, Points, RowNeighbors};

use super::TSne;
use super::tasks::for_each_task;
use crate::random::Random;

/// Nearest sampled points that decide a place.
const NEAREST: usize = 5;
/// Points a thread takes at a time.
const BLOCK: usize = 64;

/// Lays a sample out and places every other point at the mean of its nearest ones there, weighted
/// by the inverse of its distance to them.
pub(super) fn lay_out(
    options: &TSne,
    points: &Points<'_>,
    job: &Job<'_>,
) -> Result<Vec<[f32; 2]>, Cancelled> {
    let chosen = choose(points.len(), options.sample.get(), options.seed);
    let rows = points.rows().and_then(|rows| gather(rows, &chosen));
    let map = match &rows {
        Some(rows) => {
            let search = RowNeighbors::euclidean(rows.view());
            options.lay_out(&Points::with_rows(&search, rows.view()), job)?
        }
        None => options.lay_out(
            &Points::pairwise(&Part {
                whole: points,
                chosen: &chosen,
            }),
            job,
        )?,
    };
    place_all(points, &chosen, &map, job)
}

/// Chooses `count` of `0..len`, each set equally likely, in order (Floyd).
fn choose(len: usize, count: usize, seed: u64) -> Vec<u32> {
    let mut random = Random::new(seed);
    let mut chosen = std::collections::BTreeSet::new();
    for last in len - count..len {
        let candidate = random.below(last + 1) as u32;
        if !chosen.insert(candidate) {
            chosen.insert(last as u32);
        }
    }
    chosen.into_iter().collect()
}

/// Copies some rows.
fn gather(rows: MatrixRef<'_>, chosen: &[u32]) -> Option<Matrix> {
    let values = chosen.iter().flat_map(|row| rows.row(*row as usize));
    Matrix::new(values.copied().collect(), rows.dim()).ok()
}

/// Some of the points, numbered anew.
struct Part<'a> {
    whole: &'a Points<'a>,
    chosen: &'a [u32],
}

impl Neighbors for Part<'_> {
    fn len(&self) -> usize {
        self.chosen.len()
    }

    fn distance(&self, a: u32, b: u32) -> f32 {
        let (a, b) = (self.chosen[a as usize], self.chosen[b as usize]);
        self.whole.neighbors().distance(a, b)
    }
}

fn place_all(
    points: &Points<'_>,
    chosen: &[u32],
    map: &[[f32; 2]],
    job: &Job<'_>,
) -> Result<Vec<[f32; 2]>, Cancelled> {
    let mut places = vec![[0.0; 2]; points.len()];
    for_each_task(
        job,
        places.chunks_mut(BLOCK).zip((0..).step_by(BLOCK)),
        || vec![(0.0_f32, 0_u32); chosen.len()],
        |distances, (places, first)| {
            for (place, row) in places.iter_mut().zip(first..) {
                measure(points, row, chosen, distances);
                *place = among(distances, map);
            }
        },
    )?;
    for (row, place) in chosen.iter().zip(map) {
        places[*row as usize] = *place;
    }
    Ok(places)
}

/// Measures how far a point is from each chosen one.
fn measure(points: &Points<'_>, row: u32, chosen: &[u32], distances: &mut [(f32, u32)]) {
    for ((to, other), index) in distances.iter_mut().zip(chosen).zip(0..) {
        let distance = match points.rows() {
            Some(rows) => quick_distance(rows.row(row as usize), rows.row(*other as usize)),
            None => points.neighbors().distance(row, *other),
        };
        *to = (distance, index);
    }
}

/// The distance of two rows in `f32`: a place on a map needs no more.
fn quick_distance(a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<16>(), b.as_chunks::<16>());
    let mut sums = [0.0_f32; 16];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..16 {
            sums[lane] += (a[lane] - b[lane]) * (a[lane] - b[lane]);
        }
    }
    let rest: f32 = a_rest
        .iter()
        .zip(b_rest)
        .map(|(a, b)| (a - b) * (a - b))
        .sum();
    (sums.iter().sum::<f32>() + rest).sqrt()
}

/// The weighted mean of the places of the nearest.
fn among(distances: &mut [(f32, u32)], map: &[[f32; 2]]) -> [f32; 2] {
    let order = |a: &(f32, u32), b: &(f32, u32)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
    let count = NEAREST.min(distances.len());
    distances.select_nth_unstable_by(count - 1, order);
    let nearest = &mut distances[..count];
    nearest.sort_unstable_by(order);
    let (mut sum, mut total) = ([0.0_f64; 2], 0.0_f64);
    for (distance, index) in nearest {
        let weight = 1.0 / f64::from(distance.clamp(1e-6, 1e30));
        let place = map[*index as usize];
        sum = [0, 1].map(|axis| sum[axis] + weight * f64::from(place[axis]));
        total += weight;
    }
    sum.map(|value| (value / total) as f32)
}
