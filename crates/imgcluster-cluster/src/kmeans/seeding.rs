//! Where centers start.

use std::num::NonZeroUsize;

use imgcluster_core::{Cancelled, CenterSearch, Job, Matrix, MatrixRef, NearRow};

use crate::seeded::SplitMix64;

/// Chooses rows far from each other: greedy k-means++.
///
/// Each next center is a row drawn in proportion to its squared distance from the centers so far;
/// of `2 + ln clusters` such rows, the one that brings all rows nearest (ties: drawn earlier).
/// Fewer where there are fewer different rows.
pub(super) fn spread(
    search: &CenterSearch<'_>,
    clusters: NonZeroUsize,
    random: &mut SplitMix64,
    job: &Job<'_>,
) -> Result<Matrix, Cancelled> {
    let rows = search.rows();
    let clusters = clusters.get().min(rows.rows());
    let trials = 2 + (clusters.max(1) as f64).ln() as usize;
    let mut centers = Vec::with_capacity(clusters * rows.dim());
    let mut squared = vec![f64::INFINITY; rows.rows()];
    let mut sums = Vec::new();
    while centers.len() < clusters * rows.dim() {
        let drawn = if centers.is_empty() {
            vec![random.below(rows.rows())]
        } else {
            running_sums(&squared, &mut sums);
            let total = sums.last().copied().unwrap_or(0.0);
            // Every row lies on a center already.
            if total <= 0.0 {
                break;
            }
            let draw = |_| draw(&sums, random.unit() * total);
            (0..trials).map(draw).collect()
        };
        let (best, nearer) = nearest_to_all(search, &drawn, &squared, job)?;
        centers.extend_from_slice(rows.row(best));
        for (row, distance) in nearer {
            squared[row as usize] = distance;
        }
    }
    Ok(Matrix::new(centers, rows.dim()).expect("rows are finite"))
}

fn running_sums(squared: &[f64], sums: &mut Vec<f64>) {
    sums.clear();
    sums.extend(squared.iter().scan(0.0, |sum, squared| {
        *sum += squared;
        Some(*sum)
    }));
}

/// The first row whose running sum is above a number below the last.
fn draw(sums: &[f64], number: f64) -> usize {
    sums.partition_point(|sum| *sum <= number)
        .min(sums.len() - 1)
}

/// Finds the drawn row that brings all rows nearest, and the rows that it brings nearer.
fn nearest_to_all(
    search: &CenterSearch<'_>,
    drawn: &[usize],
    squared: &[f64],
    job: &Job<'_>,
) -> Result<(usize, Vec<NearRow>), Cancelled> {
    let candidates = gather(search.rows(), drawn);
    let nearer = search.nearer(candidates.view(), squared, job)?;
    let gain = |nearer: &Vec<NearRow>| -> f64 {
        let gains = nearer.iter();
        gains
            .map(|(row, distance)| squared[*row as usize] - distance)
            .sum()
    };
    let gains: Vec<f64> = nearer.iter().map(gain).collect();
    let largest = gains.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let best = gains.iter().position(|gain| *gain >= largest).unwrap_or(0);
    let nearer = nearer.into_iter().nth(best).unwrap_or_default();
    Ok((drawn[best], nearer))
}

fn gather(rows: MatrixRef<'_>, which: &[usize]) -> Matrix {
    let values = which.iter().flat_map(|row| rows.row(*row)).copied();
    Matrix::new(values.collect(), rows.dim()).expect("rows are finite")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread_of(values: Vec<f32>, clusters: usize, seed: u64) -> Vec<f32> {
        let rows = Matrix::new(values, 1).unwrap();
        let search = CenterSearch::new(rows.view());
        let clusters = NonZeroUsize::new(clusters).unwrap();
        let random = &mut SplitMix64::new(seed);
        let centers = spread(&search, clusters, random, &Job::quiet()).unwrap();
        let mut centers = centers.into_values();
        centers.sort_unstable_by(f32::total_cmp);
        centers
    }

    #[test]
    fn no_row_and_equal_rows_have_no_and_one_center() {
        assert!(spread_of(vec![], 3, 0).is_empty());
        assert_eq!(spread_of(vec![0.7; 50], 3, 0), [0.7]);
    }

    #[test]
    fn different_rows_each_become_a_center_where_there_are_not_more() {
        for seed in 0..20 {
            let rows = [3.0, 1.0, 2.0, 1.0, 3.0].to_vec();
            assert_eq!(spread_of(rows, 4, seed), [1.0, 2.0, 3.0]);
        }
    }

    #[test]
    fn far_groups_get_a_center_each() {
        let rows: Vec<f32> = (0..400)
            .map(|row| 1000.0 * (row % 4) as f32 + (row / 4) as f32 / 100.0)
            .collect();
        for seed in 0..50 {
            let centers = spread_of(rows.clone(), 4, seed);
            let groups: Vec<i32> = centers.iter().map(|c| (c / 1000.0) as i32).collect();
            assert_eq!(groups, [0, 1, 2, 3], "seed {seed}");
        }
    }

    #[test]
    fn numbers_are_drawn_in_proportion() {
        let mut sums = Vec::new();
        running_sums(&[0.0, 1.0, 0.0, 2.0, 0.0], &mut sums);
        let drawn = [0.0, 0.5, 0.999, 1.0, 2.9, 3.0].map(|number| draw(&sums, number));
        assert_eq!(drawn, [1, 1, 1, 3, 3, 4]);
    }
}
