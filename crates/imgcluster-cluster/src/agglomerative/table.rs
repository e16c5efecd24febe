//! The distances of all pairs, and the joins that follow from them.

use std::sync::{Mutex, PoisonError};

use imgcluster_core::{Against, Cancelled, Job, Neighbors};

use super::{Join, Linkage, chain};

/// Distances within which neither squares nor sums of them leave the range of `f32` by far.
const SAFE: std::ops::RangeInclusive<f32> = 1e-6..=1e6;

/// Distances that are gone over before it is asked whether to stop.
const PIECE: usize = 1 << 22;

/// The distances of each row to all later ones, row after row.
pub(crate) struct DistanceTable {
    values: Vec<f32>,
    /// Where the distance of each row to row 1 would stand, were it there.
    origins: Vec<usize>,
    count: usize,
}

impl DistanceTable {
    /// Makes room for the distances of `count` rows, if there is any.
    pub(crate) fn with_room(count: usize) -> Option<Self> {
        let mut values = Vec::new();
        let pairs = count * count.saturating_sub(1) / 2;
        values.try_reserve_exact(pairs).ok()?;
        // Row `r` has `count - 1 - r` places, the first of them for row `r + 1`.
        let start = |row: usize| row * count - row * (row + 1) / 2;
        let origins = (0..count).map(|row| start(row) - row);
        Some(Self {
            values,
            origins: origins.collect(),
            count,
        })
    }

    /// Measures all pairs.
    pub(crate) fn fill(
        mut self,
        neighbors: &dyn Neighbors,
        job: &Job<'_>,
    ) -> Result<Self, Cancelled> {
        let pairs = self.count * self.count.saturating_sub(1) / 2;
        while self.values.len() < pairs {
            job.check()?;
            self.values
                .resize(pairs.min(self.values.len() + PIECE), 0.0);
        }
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

    /// Counts the rows.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Tells the distance of two different rows.
    pub(super) fn distance(&self, a: u32, b: u32) -> f32 {
        self.values[self.origins[a.min(b) as usize] + a.max(b) as usize - 1]
    }

    /// Writes down the distances of `row` to each of `others`, which ascend; to itself it is
    /// infinitely far.
    pub(super) fn distances(&self, row: u32, others: &[u32], out: &mut Vec<f32>) {
        let (earlier, rest) = others.split_at(others.partition_point(|other| *other < row));
        let itself = usize::from(rest.first() == Some(&row));
        let to_earlier = earlier
            .iter()
            .map(|other| self.origins[*other as usize] + row as usize - 1);
        let origin = self.origins[row as usize];
        out.clear();
        out.extend(to_earlier.map(|place| self.values[place]));
        out.extend(std::iter::repeat_n(f32::INFINITY, itself));
        let later = rest[itself..]
            .iter()
            .map(|other| origin + *other as usize - 1);
        out.extend(later.map(|place| self.values[place]));
    }

    /// Sets the distance of `kept` to each of `others`, which ascend, to `joined(other, distance to
    /// kept, distance to gone)`; `kept` comes before `gone`, and only `kept` may be among them.
    pub(super) fn join(
        &mut self,
        kept: u32,
        gone: u32,
        others: &[u32],
        joined: impl Fn(u32, f32, f32) -> f32,
    ) {
        let Self {
            values, origins, ..
        } = self;
        let (of_kept, of_gone) = (origins[kept as usize], origins[gone as usize]);
        let (before, rest) = others.split_at(others.partition_point(|other| *other < kept));
        let rest = &rest[usize::from(rest.first() == Some(&kept))..];
        let (between, after) = rest.split_at(rest.partition_point(|other| *other < gone));
        for &other in before {
            let origin = origins[other as usize];
            let place = origin + kept as usize - 1;
            let to_gone = values[origin + gone as usize - 1];
            values[place] = joined(other, values[place], to_gone);
        }
        for &other in between {
            let place = of_kept + other as usize - 1;
            let to_gone = values[origins[other as usize] + gone as usize - 1];
            values[place] = joined(other, values[place], to_gone);
        }
        for &other in after {
            let place = of_kept + other as usize - 1;
            let to_gone = values[of_gone + other as usize - 1];
            values[place] = joined(other, values[place], to_gone);
        }
    }

    /// Lists the joins, the nearest first.
    pub(crate) fn joins(mut self, linkage: Linkage, job: &Job<'_>) -> Result<Vec<Join>, Cancelled> {
        let scale = self.scale_to_safe(job)?;
        let is_ward = linkage == Linkage::Ward;
        if is_ward {
            self.each(job, |value| *value *= *value)?;
        }
        let mut joins = chain::joins(&mut self, linkage, job)?;
        for join in &mut joins {
            let distance = f64::from(join.distance);
            let distance = if is_ward { distance.sqrt() } else { distance };
            join.distance = (distance / scale) as f32;
        }
        Ok(joins)
    }

    /// Multiplies all distances with a power of two, so that their squares can be added; tells it.
    fn scale_to_safe(&mut self, job: &Job<'_>) -> Result<f64, Cancelled> {
        let mut largest = 0.0_f32;
        self.each(job, |value| largest = largest.max(*value))?;
        if largest == 0.0 || SAFE.contains(&largest) {
            return Ok(1.0);
        }
        let scale = f64::from(largest).log2().floor().exp2().recip();
        self.each(job, |value| *value = (f64::from(*value) * scale) as f32)?;
        Ok(scale)
    }

    /// Goes over all distances.
    fn each(&mut self, job: &Job<'_>, mut change: impl FnMut(&mut f32)) -> Result<(), Cancelled> {
        for piece in self.values.chunks_mut(PIECE) {
            job.check()?;
            piece.iter_mut().for_each(&mut change);
        }
        Ok(())
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
            table.joins(Linkage::Ward, &Job::quiet()).unwrap()
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

    #[test]
    fn joins_are_as_far_apart_as_those_of_kodama() {
        // A few distances tie only by chance: 300 rows round 20 middles.
        let mut state = 7_u32;
        let mut random = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 16_777_216.0
        };
        let middles: Vec<[f32; 4]> = (0..20).map(|_| [(); 4].map(|()| 9.0 * random())).collect();
        let rows = (0..300).flat_map(|row| middles[row % 20]);
        let values: Vec<f32> = rows.map(|middle| middle + random()).collect();
        let rows = Matrix::new(values, 4).unwrap();
        let neighbors = RowNeighbors::euclidean(rows.view());
        for (linkage, method) in [
            (Linkage::Ward, kodama::Method::Ward),
            (Linkage::Average, kodama::Method::Average),
            (Linkage::Complete, kodama::Method::Complete),
        ] {
            let table = || {
                let table = DistanceTable::with_room(300).unwrap();
                table.fill(&neighbors, &Job::quiet()).unwrap()
            };
            let theirs = kodama::linkage(&mut table().values, 300, method);
            let ours = table().joins(linkage, &Job::quiet()).unwrap();
            assert_eq!(ours.len(), 299);
            for (our, their) in ours.iter().zip(theirs.steps()) {
                let ratio = our.distance / their.dissimilarity;
                assert!((ratio - 1.0).abs() < 1e-5, "{linkage:?}: {ratio}");
            }
        }
    }
}
