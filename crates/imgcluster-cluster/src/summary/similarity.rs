//! Sums and extremes over the pairs of a cluster.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use imgcluster_core::{Cancelled, Job, MatrixRef, Neighbors, Points, for_each_block};

/// Members a thread takes at a time.
const BLOCK: NonZeroUsize = NonZeroUsize::new(32).expect("thirty-two is not zero");

/// Mean similarities this close count as equal: `f32` rounds them that coarsely.
const TIE: f64 = 1e-6;

/// The middle of a cluster.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Middle {
    /// The place of the most typical member.
    pub(crate) medoid: usize,
    /// The mean similarity over all pairs.
    pub(crate) mean: f32,
}

/// The rows behind the points if they are all of length one, so that a product is a similarity.
pub(crate) fn unit_rows<'a>(points: &Points<'a>) -> Option<MatrixRef<'a>> {
    let square = |row: &[f32]| row.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>();
    let is_unit = |row: &[f32]| (square(row) - 1.0).abs() < 1e-4;
    points.rows().filter(|rows| rows.iter().all(is_unit))
}

/// Finds the member with the largest mean similarity, and the mean over all pairs: from the sum of
/// rows where there are rows, else by measuring every member against the stand-ins.
pub(crate) fn middle(
    neighbors: &dyn Neighbors,
    rows: Option<MatrixRef<'_>>,
    members: &[u32],
    stand_ins: &[u32],
    job: &Job<'_>,
) -> Result<Middle, Cancelled> {
    let means = match rows {
        Some(rows) => means_by_row_sum(rows, members),
        None => means_by_pairs(neighbors, members, stand_ins, job)?,
    };
    let largest = means.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let medoid = means.iter().position(|mean| *mean >= largest - TIE);
    Ok(Middle {
        medoid: medoid.expect("a cluster has members, and one of them the largest mean"),
        mean: (means.iter().sum::<f64>() / means.len() as f64) as f32,
    })
}

/// Each member's mean similarity to the other members: its product with the sum of all rows, less
/// that with itself.
fn means_by_row_sum(rows: MatrixRef<'_>, members: &[u32]) -> Vec<f64> {
    if members.len() < 2 {
        return vec![1.0; members.len()];
    }
    let mut sum = vec![0.0_f64; rows.dim()];
    for &member in members {
        for (total, value) in sum.iter_mut().zip(rows.row(member as usize)) {
            *total += f64::from(*value);
        }
    }
    let mean = |&member: &u32| {
        let values = rows.row(member as usize).iter().map(|x| f64::from(*x));
        let others: f64 = values.zip(&sum).map(|(x, total)| x * (total - x)).sum();
        others / (members.len() - 1) as f64
    };
    members.iter().map(mean).collect()
}

/// Each member's mean similarity to the stand-ins other than itself, measured pair by pair.
fn means_by_pairs(
    neighbors: &dyn Neighbors,
    members: &[u32],
    stand_ins: &[u32],
    job: &Job<'_>,
) -> Result<Vec<f64>, Cancelled> {
    let means = Mutex::new(vec![1.0; members.len()]);
    let mean = |member: u32| {
        let others = stand_ins.iter().filter(|other| **other != member);
        let (sum, count) = others.fold((0.0, 0_u32), |(sum, count), other| {
            let similarity = 1.0 - f64::from(neighbors.distance(member, *other));
            (sum + similarity, count + 1)
        });
        if count == 0 {
            1.0
        } else {
            sum / f64::from(count)
        }
    };
    for_each_block(job, members.len(), BLOCK, Vec::new, |block, places| {
        block.clear();
        block.extend(members[places.clone()].iter().map(|&member| mean(member)));
        let mut means = means.lock().unwrap_or_else(PoisonError::into_inner);
        means[places].copy_from_slice(block);
    })?;
    Ok(means.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// Finds the similarity of the pair least alike; 1 where there is no pair.
pub(crate) fn worst_pair(
    neighbors: &dyn Neighbors,
    members: &[u32],
    job: &Job<'_>,
) -> Result<f32, Cancelled> {
    let worst = Mutex::new(1.0_f32);
    for_each_block(
        job,
        members.len(),
        BLOCK,
        || (),
        |(), places| {
            let mut of_block = 1.0_f32;
            for place in places {
                for &other in &members[place + 1..] {
                    of_block = of_block.min(1.0 - neighbors.distance(members[place], other));
                }
            }
            let mut worst = worst.lock().unwrap_or_else(PoisonError::into_inner);
            *worst = worst.min(of_block);
        },
    )?;
    Ok(worst.into_inner().unwrap_or_else(PoisonError::into_inner))
}

#[cfg(test)]
mod tests {
    use super::*;
    use imgcluster_core::{Matrix, RowNeighbors, UnitMatrix};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_row_sum_gives_the_means_of_measuring_every_pair(
            values in prop::collection::vec(-1.0_f32..1.0, 3..150), seed in 0_u32..5,
        ) {
            let count = values.len() / 3;
            let mut values = values[..count * 3].to_vec();
            values.chunks_exact_mut(3).for_each(|row| row[0] += 1.5);
            let unit = UnitMatrix::normalize(Matrix::new(values, 3).unwrap()).unwrap();
            let neighbors = RowNeighbors::cosine(&unit);
            let members: Vec<u32> = (0..count as u32).filter(|row| row % 5 != seed).collect();
            let fast = means_by_row_sum(unit.view(), &members);
            let slow = means_by_pairs(&neighbors, &members, &members, &Job::quiet()).unwrap();
            for (fast, slow) in fast.iter().zip(slow) {
                prop_assert!((fast - slow).abs() < TIE / 2.0);
            }
        }
    }

    #[test]
    fn rows_that_are_not_of_length_one_are_measured_pair_by_pair() {
        let rows = Matrix::new(vec![1.0, 0.0, 5.0, 5.0], 2).unwrap();
        let neighbors = RowNeighbors::euclidean(rows.view());
        assert!(unit_rows(&Points::with_rows(&neighbors, rows.view())).is_none());
    }
}
