//! How much each point wants to be near each other.

use imgcluster_core::{Cancelled, Job, KnnGraph, MatrixRef};

use super::tasks::for_each_task;

/// Rows a thread takes at a time.
const BLOCK: usize = 64;
/// Halvings of the interval that holds a bandwidth; more than `f64` can tell apart.
const HALVINGS: usize = 100;
/// How near the entropy must come to the wanted one.
const TOLERANCE: f64 = 1e-5;

/// A sparse symmetric matrix of joint probabilities that sum to one, row after row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Affinities {
    starts: Vec<usize>,
    others: Vec<u32>,
    values: Vec<f32>,
}

impl Affinities {
    /// Turns squared distances to neighbours into joint probabilities.
    ///
    /// Each row's Gaussian is as wide as gives it the entropy `ln(perplexity)`; then
    /// `p_ij = (p_j|i + p_i|j) / 2n`. van der Maaten and Hinton, *Visualizing Data using t-SNE*,
    /// 2008, section 2 and equation 1.
    pub(super) fn new(
        graph: &KnnGraph,
        squared: &[f64],
        perplexity: f64,
        job: &Job<'_>,
    ) -> Result<Self, Cancelled> {
        let (len, k) = (graph.len(), graph.k());
        let mut conditional = vec![0.0_f64; len * k];
        let tasks = conditional
            .chunks_mut(BLOCK * k)
            .zip(squared.chunks(BLOCK * k));
        for_each_task(
            job,
            tasks,
            || (),
            |(), (values, squared)| {
                for (values, squared) in values.chunks_mut(k).zip(squared.chunks(k)) {
                    spread(squared, perplexity, values);
                }
            },
        )?;
        Ok(Self::symmetric(graph, &conditional))
    }

    /// Joins each entry with its mirror image.
    fn symmetric(graph: &KnnGraph, conditional: &[f64]) -> Self {
        let (len, k) = (graph.len(), graph.k());
        let mut rows: Vec<Vec<(u32, f64)>> = vec![Vec::with_capacity(2 * k); len];
        for row in 0..len {
            for (other, value) in graph.others(row).iter().zip(&conditional[row * k..]) {
                rows[row].push((*other, *value));
                rows[*other as usize].push((row as u32, *value));
            }
        }
        let (mut starts, mut others, mut values) = (vec![0], Vec::new(), Vec::new());
        let scale = 1.0 / (2.0 * len as f64);
        for row in &mut rows {
            // Stable, so that the two halves of an entry are added in a fixed order.
            row.sort_by_key(|(other, _)| *other);
            for same in row.chunk_by(|a, b| a.0 == b.0) {
                others.push(same[0].0);
                values.push((same.iter().map(|(_, value)| value).sum::<f64>() * scale) as f32);
            }
            starts.push(others.len());
        }
        Self {
            starts,
            others,
            values,
        }
    }

    /// Lists the others that a point is drawn to, and how much.
    pub(super) fn row(&self, row: usize) -> impl Iterator<Item = (u32, f32)> {
        let range = self.starts[row]..self.starts[row + 1];
        let others = self.others[range.clone()].iter().copied();
        others.zip(self.values[range].iter().copied())
    }
}

/// Squares the distance from each point to each of its neighbours, in order.
///
/// With rows it is the squared length of their difference. Without, the distance itself: one minus
/// a similarity is proportional to a squared Euclidean distance, both for the cosine of unit
/// vectors and for the share of bits in which two hashes differ.
pub(super) fn squared_distances(graph: &KnnGraph, rows: Option<MatrixRef<'_>>) -> Vec<f64> {
    let each = 0..graph.len();
    match rows {
        None => each
            .flat_map(|row| graph.distances(row).iter().map(|d| f64::from(*d)))
            .collect(),
        Some(rows) => each
            .flat_map(|row| {
                let others = graph.others(row).iter();
                others
                    .map(move |other| squared_difference(rows.row(row), rows.row(*other as usize)))
            })
            .collect(),
    }
}

fn squared_difference(a: &[f32], b: &[f32]) -> f64 {
    a.iter()
        .zip(b)
        .map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2))
        .sum()
}

/// Fills in the probabilities of one row's neighbours, which sum to one.
fn spread(squared: &[f64], perplexity: f64, values: &mut [f64]) {
    let nearest = squared.iter().copied().fold(f64::INFINITY, f64::min);
    let mean = squared.iter().map(|d| d - nearest).sum::<f64>() / squared.len() as f64;
    // All neighbours equally far: every width gives the same answer.
    let mut beta = if mean > 0.0 { 1.0 / mean } else { 1.0 };
    let (mut low, mut high) = (0.0_f64, f64::INFINITY);
    let wanted = perplexity.ln();
    for _ in 0..HALVINGS {
        let excess = entropy(squared, nearest, beta, values) - wanted;
        if excess.abs() < TOLERANCE {
            break;
        }
        if excess > 0.0 {
            low = beta;
            beta = if high.is_finite() {
                f64::midpoint(low, high)
            } else {
                beta * 2.0
            };
        } else {
            high = beta;
            beta = f64::midpoint(low, high);
        }
    }
}

/// Fills in the row's probabilities at one precision `beta` and tells their entropy.
fn entropy(squared: &[f64], nearest: f64, beta: f64, values: &mut [f64]) -> f64 {
    let (mut sum, mut weighted) = (0.0, 0.0);
    for (value, squared) in values.iter_mut().zip(squared) {
        // Measured from the nearest neighbour, or a far row's weights would all vanish.
        let beyond = squared - nearest;
        *value = (-beta * beyond).exp();
        sum += *value;
        weighted += *value * beyond;
    }
    for value in values {
        *value /= sum;
    }
    sum.ln() + beta * weighted / sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use imgcluster_core::{Matrix, Neighbors, RowNeighbors};
    use std::num::NonZeroUsize;

    fn perplexity_of(values: &[f64]) -> f64 {
        let logs = values.iter().filter(|p| **p > 0.0).map(|p| -p * p.ln());
        logs.sum::<f64>().exp()
    }

    #[test]
    fn each_row_gets_the_perplexity_asked_for() {
        let squared: Vec<f64> = (1..=90).map(|d| f64::from(d).sqrt() * 1e4).collect();
        let mut values = vec![0.0; 90];
        spread(&squared, 30.0, &mut values);
        assert!((perplexity_of(&values) - 30.0).abs() < 1e-2);
        assert!((values.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn equally_far_neighbors_share_equally() {
        for distance in [0.0, 1e-300, 1e30] {
            let mut values = [0.0; 4];
            spread(&[distance; 4], 1.0, &mut values);
            assert!(values.iter().all(|value| (value - 0.25).abs() < 1e-12));
        }
    }

    #[test]
    fn joint_probabilities_are_symmetric_and_sum_to_one() {
        let values = (0..60).map(|i| ((i * i) % 17) as f32).collect();
        let rows = Matrix::new(values, 2).unwrap();
        let job = Job::quiet();
        let search = RowNeighbors::euclidean(rows.view());
        let graph = search.knn(NonZeroUsize::new(6).unwrap(), &job).unwrap();
        let squared = squared_distances(&graph, Some(rows.view()));
        let joint = Affinities::new(&graph, &squared, 2.0, &job).unwrap();
        let mut sum = 0.0;
        for row in 0..30 {
            for (other, value) in joint.row(row) {
                let mirror = joint
                    .row(other as usize)
                    .find(|(back, _)| *back == row as u32);
                assert_eq!(mirror, Some((row as u32, value)));
                sum += value;
            }
        }
        assert!((sum - 1.0).abs() < 1e-5, "{sum}");
    }
}
