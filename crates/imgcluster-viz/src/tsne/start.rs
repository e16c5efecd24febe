//! Where points are before the first round.

use imgcluster_core::{Cancelled, Job, MatrixRef, Neighbors, Points};

use super::subspace::{Vectors, leading_pair};
use super::tasks::for_each_task;
use crate::random::Random;

/// The spread of a start, small against the distances of a finished map, as in scikit-learn.
const SPREAD: f64 = 1e-4;
/// How far equal points are set apart, as a share of the spread, so that they can part at all.
const JITTER: f64 = 0.01;
/// Rows a thread takes at a time.
const BLOCK: usize = 256;
/// Points whose distances stand for all others' where there are no rows.
const LANDMARKS: usize = 100;

/// Gives every point a start: its first two principal components where there are rows, classical
/// scaling to landmarks where there are only distances; and a little seeded noise.
///
/// Kobak and Linderman, *Initialization is critical for preserving global data structure in both
/// t-SNE and UMAP*, 2021.
pub(super) fn start(
    points: &Points<'_>,
    seed: u64,
    job: &Job<'_>,
) -> Result<Vec<[f32; 2]>, Cancelled> {
    let places = match points.rows() {
        Some(rows) => principal_components(rows, job)?,
        None => landmark_scaling(points.neighbors(), job)?,
    };
    Ok(scaled(&places, seed))
}

/// Scales the first component to the wanted spread and adds noise.
fn scaled(places: &[[f64; 2]], seed: u64) -> Vec<[f32; 2]> {
    let count = places.len().max(1) as f64;
    let mean = [0, 1].map(|axis| places.iter().map(|place| place[axis]).sum::<f64>() / count);
    let squares = places.iter().map(|place| (place[0] - mean[0]).powi(2));
    let deviation = (squares.sum::<f64>() / count).sqrt();
    let (scale, noise) = if deviation.is_finite() && deviation > 0.0 {
        (SPREAD / deviation, SPREAD * JITTER)
    } else {
        (0.0, SPREAD)
    };
    let mut random = Random::new(seed);
    let mut place = |place: &[f64; 2]| {
        [0, 1].map(|axis| ((place[axis] - mean[axis]) * scale + noise * random.symmetric()) as f32)
    };
    places.iter().map(&mut place).collect()
}

/// Projects rows on the two directions in which they vary most.
fn principal_components(rows: MatrixRef<'_>, job: &Job<'_>) -> Result<Vec<[f64; 2]>, Cancelled> {
    let (count, dim) = (rows.rows(), rows.dim());
    let mut mean = vec![0.0_f64; dim];
    for row in rows.iter() {
        let share = |value: &f32| f64::from(*value) / count as f64;
        mean.iter_mut()
            .zip(row)
            .for_each(|(m, value)| *m += share(value));
    }
    let directions = leading_pair(dim, |vectors| covariance(rows, &mean, vectors, job))?;
    let project = |row: &[f32]| {
        [0, 1].map(|axis| {
            let values = row.iter().zip(&mean).zip(&directions[axis]);
            values
                .map(|((value, mean), v)| (f64::from(*value) - mean) * v)
                .sum()
        })
    };
    Ok(rows.iter().map(project).collect())
}

/// Multiplies vectors by the scatter matrix of centred rows, which is never built.
fn covariance(
    rows: MatrixRef<'_>,
    mean: &[f64],
    vectors: &Vectors,
    job: &Job<'_>,
) -> Result<Vectors, Cancelled> {
    let nothing = vec![vec![0.0; rows.dim()]; vectors.len()];
    let blocks = rows.values().chunks(BLOCK * rows.dim());
    let mut parts = vec![nothing.clone(); blocks.len()];
    for_each_task(
        job,
        blocks.zip(&mut parts),
        || vec![0.0; rows.dim()],
        |centred, (block, sums)| {
            for row in block.chunks_exact(rows.dim()) {
                for ((to, value), mean) in centred.iter_mut().zip(row).zip(mean) {
                    *to = f64::from(*value) - mean;
                }
                for (vector, sum) in vectors.iter().zip(&mut *sums) {
                    let share = lane_dot(centred, vector);
                    sum.iter_mut()
                        .zip(&*centred)
                        .for_each(|(sum, value)| *sum += share * value);
                }
            }
        },
    )?;
    // Blocks are added in order, so that the threads that made them do not matter.
    let mut sums = nothing;
    for (sum, part) in parts.iter().flat_map(|part| (0..).zip(part)) {
        sums[sum]
            .iter_mut()
            .zip(part)
            .for_each(|(sum, value): (&mut f64, _)| *sum += value);
    }
    Ok(sums)
}

/// A product in eight sums side by side, which vector instructions can do.
fn lane_dot(a: &[f64], b: &[f64]) -> f64 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let mut sums = [0.0; 8];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..8 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f64>() + rest
}

/// Places points by their distances to some of them.
///
/// De Silva and Tenenbaum, *Sparse multidimensional scaling using landmark points*, 2004. A
/// distance is taken as a squared one, see `squared_distances`.
fn landmark_scaling(neighbors: &dyn Neighbors, job: &Job<'_>) -> Result<Vec<[f64; 2]>, Cancelled> {
    let count = neighbors.len();
    let landmarks: Vec<u32> = (0..count)
        .step_by(count.div_ceil(LANDMARKS).max(1))
        .map(|row| row as u32)
        .collect();
    let size = landmarks.len() as f64;
    let to_landmarks = |row: u32| -> Vec<f64> {
        let each = landmarks.iter();
        each.map(|landmark| f64::from(neighbors.distance(row, *landmark)))
            .collect()
    };
    let table: Vec<Vec<f64>> = landmarks.iter().map(|row| to_landmarks(*row)).collect();
    let means: Vec<f64> = table
        .iter()
        .map(|row| row.iter().sum::<f64>() / size)
        .collect();
    let centred = |vector: &Vec<f64>| {
        let mean = vector.iter().sum::<f64>() / size;
        vector
            .iter()
            .map(|value| value - mean)
            .collect::<Vec<f64>>()
    };
    let [first, second] = leading_pair(landmarks.len(), |vectors| {
        job.check()?;
        let image = |vector: &Vec<f64>| {
            let vector = centred(vector);
            let products = table.iter().map(|row| -0.5 * lane_dot(row, &vector));
            centred(&products.collect())
        };
        Ok::<_, Cancelled>(vectors.iter().map(image).collect())
    })?;
    let mut places = vec![[0.0; 2]; count];
    let blocks = places.chunks_mut(BLOCK).zip((0..).step_by(BLOCK));
    for_each_task(
        job,
        blocks,
        || (),
        |(), (places, from)| {
            for (place, row) in places.iter_mut().zip(from..) {
                let mut beyond = to_landmarks(row);
                beyond
                    .iter_mut()
                    .zip(&means)
                    .for_each(|(value, mean)| *value -= mean);
                *place = [&first, &second].map(|vector| -0.5 * lane_dot(&beyond, vector));
            }
        },
    )?;
    Ok(places)
}
