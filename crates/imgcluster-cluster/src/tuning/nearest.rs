//! How far the k-th nearest other of each row is.

/// The `k` smallest distances of each row, from distances in any order.
#[derive(Debug)]
pub(super) struct NearestDistances {
    k: usize,
    /// `k` a row, ascending; infinite where there were fewer.
    values: Vec<f32>,
}

impl NearestDistances {
    pub(super) fn new(count: usize, k: usize) -> Self {
        Self {
            k,
            values: vec![f32::INFINITY; count * k],
        }
    }

    /// Takes a distance of a row; gives the row's k-th smallest one so far.
    ///
    /// # Panics
    /// Panics if `k` is 0.
    pub(super) fn take(&mut self, row: u32, distance: f32) -> f32 {
        let start = row as usize * self.k;
        let values = &mut self.values[start..start + self.k];
        let place = values.partition_point(|value| *value <= distance);
        if place < values.len() {
            values[place..].rotate_right(1);
            values[place] = distance;
        }
        values[self.k - 1]
    }

    /// Gives the k-th smallest distance of each row that has so many, ascending.
    pub(super) fn finish(self, count: usize) -> Vec<f32> {
        if self.k == 0 {
            return vec![0.0; count];
        }
        let last = self.values.into_iter().skip(self.k - 1).step_by(self.k);
        let mut last: Vec<f32> = last.filter(|value| value.is_finite()).collect();
        last.sort_unstable_by(f32::total_cmp);
        last
    }
}
