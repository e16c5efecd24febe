//! The distances of all pairs, and the joins that follow from them.

use std::sync::{Mutex, PoisonError};

use imgcluster_core::{Against, Cancelled, Job, Neighbors};

use super::Join;

/// Distances within which neither squares nor sums of them leave the range of `f32` by far.
const SAFE: std::ops::RangeInclusive<f32> = 1e-6..=1e6;

/// The distances of each row to all later ones, row after row.
pub(crate) struct DistanceTable {
    values: Vec<f32>,
    count: usize,
}

impl DistanceTable {
    /// Makes room for the distances of `count` rows, if there is any.
    pub(crate) fn with_room(count: usize) -> Option<Self> {
        let mut values = Vec::new();
        let pairs = count * count.saturating_sub(1) / 2;
        values.try_reserve_exact(pairs).ok()?;
        values.resize(pairs, 0.0);
        Some(Self { values, count })
    }

    /// Measures all pairs.
    pub(crate) fn fill(
        mut self,
        neighbors: &dyn Neighbors,
        job: &Job<'_>,
    ) -> Result<Self, Cancelled> {
        let mut rest = &mut self.values[..];
        let mut rows = Vec::with_capacity(self.count);
        for row in 0..self.count {
            let (of_row, after) = rest.split_at_mut(self.count - 1 - row);
            rows.push(Mutex::new(of_row));
            rest = after;
        }
        let write = |row: u32, first: u32, distances: &[f32]| {
            let mut of_row = rows[row as usize]
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            let place = (first - row) as usize - 1;
            of_row[place..][..distances.len()].copy_from_slice(distances);
        };
        neighbors.measure(0..self.count, Against::Later, job, &write)?;
        drop(rows);
        Ok(self)
    }

    /// Lists the joins, the nearest first.
    pub(crate) fn joins(mut self, method: kodama::Method) -> Vec<Join> {
        let scale = self.scale_to_safe();
        let joined = kodama::linkage(&mut self.values, self.count, method);
        // Of each cluster, by its number in the dendrogram, one row.
        let mut row_of: Vec<u32> = (0..self.count as u32).collect();
        let mut joins = Vec::with_capacity(joined.len());
        for step in joined.steps() {
            let (a, b) = (row_of[step.cluster1], row_of[step.cluster2]);
            row_of.push(a);
            let distance = (f64::from(step.dissimilarity) / scale) as f32;
            joins.push(Join { a, b, distance });
        }
        joins
    }

    /// Multiplies all distances with a power of two, so that their squares can be added; tells it.
    fn scale_to_safe(&mut self) -> f64 {
        let largest = self.values.iter().copied().fold(0.0, f32::max);
        if largest == 0.0 || SAFE.contains(&largest) {
            return 1.0;
        }
        let scale = f64::from(largest).log2().floor().exp2().recip();
        for value in &mut self.values {
            *value = (f64::from(*value) * scale) as f32;
        }
        scale
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use imgcluster_core::{Matrix, RowNeighbors};

    #[test]
    fn distances_of_any_magnitude_join_as_those_near_one_do() {
        let joins = |scale: f32| {
            let values = [0.0_f32, 1.0, 3.0, 7.0, 7.5].map(|value| value * scale);
            let rows = Matrix::new(values.to_vec(), 1).unwrap();
            let table = DistanceTable::with_room(5).unwrap();
            let neighbors = RowNeighbors::euclidean(rows.view());
            let table = table.fill(&neighbors, &Job::quiet()).unwrap();
            table.joins(kodama::Method::Ward)
        };
        let plain = joins(1.0);
        for power in [-80, -40, 40, 100, 120] {
            let scale = f64::from(power).exp2() as f32;
            for (join, scaled) in plain.iter().zip(joins(scale)) {
                assert_eq!((join.a, join.b), (scaled.a, scaled.b));
                let ratio = scaled.distance / scale / join.distance;
                assert!((ratio - 1.0).abs() < 1e-6, "2^{power}: {ratio}");
            }
        }
    }
}
