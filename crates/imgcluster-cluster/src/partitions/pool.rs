//! The noise of all partitions, to be clustered together.

use imgcluster_core::{Neighbors, RememberedNeighbors};

use super::Partition;

/// The search over the noise of partitions, numbered anew from 0. What was measured within
/// partitions is not measured again.
pub(super) struct Pool<'a> {
    neighbors: &'a dyn Neighbors,
    /// All noise, in order; that of one partition in a row.
    members: Vec<u32>,
    /// The partition of each, and its place among the noise there.
    homes: Vec<(usize, usize)>,
    partitions: &'a [Partition],
    /// How much noise each of them has.
    counts: Vec<usize>,
}

impl<'a> Pool<'a> {
    /// Pools the noise of partitions that have kept how far it is apart; the items of each are before
    /// those of the next.
    pub(super) fn new(neighbors: &'a dyn Neighbors, partitions: &'a [Partition]) -> Self {
        let noise = partitions
            .iter()
            .enumerate()
            .flat_map(|(number, partition)| {
                let items = partition.noise().enumerate();
                items.map(move |(place, item)| (item, (number, place)))
            });
        let (members, homes) = noise.unzip();
        let counts = partitions
            .iter()
            .map(|partition| partition.clustering.noise());
        Self {
            neighbors,
            members,
            homes,
            partitions,
            counts: counts.collect(),
        }
    }

    /// The items, in order.
    pub(super) fn members(&self) -> &[u32] {
        &self.members
    }
}

impl Neighbors for Pool<'_> {
    fn len(&self) -> usize {
        self.members.len()
    }

    fn distance(&self, a: u32, b: u32) -> f32 {
        let ((one, row), (other, column)) = (self.homes[a as usize], self.homes[b as usize]);
        if one == other {
            return look_up(&self.partitions[one].apart, self.counts[one], row, column);
        }
        let (a, b) = (self.members[a as usize], self.members[b as usize]);
        self.neighbors.distance(a, b)
    }

    fn distances(&self, from: u32, first: u32, out: &mut [f32]) {
        let (home, _) = self.homes[from as usize];
        let mut rest = out;
        let mut to = first;
        let asked = &self.members[first as usize..][..rest.len()];
        for run in asked.chunk_by(|a, b| b.checked_sub(1) == Some(*a)) {
            let (of_run, after) = rest.split_at_mut(run.len());
            rest = after;
            // A run may go on in the next partition.
            let homes = &self.homes[to as usize..][..run.len()];
            if homes.iter().any(|(partition, _)| *partition == home) {
                for (to, distance) in (to..).zip(of_run) {
                    *distance = self.distance(from, to);
                }
            } else {
                let from = self.members[from as usize];
                self.neighbors.distances(from, run[0], of_run);
            }
            to += run.len() as u32;
        }
    }
}

/// Measures how far items are apart: of each the distances to all later ones, item after item.
pub(super) fn all_apart(neighbors: &dyn Neighbors, items: &[u32]) -> Vec<f32> {
    let mut apart = Vec::with_capacity(pairs(items.len()));
    for (place, a) in items.iter().enumerate() {
        let later = items[place + 1..].iter();
        apart.extend(later.map(|b| neighbors.distance(*a, *b)));
    }
    apart
}

/// Counts the pairs of items.
pub(super) fn pairs(items: usize) -> usize {
    // They were measured, so they fit.
    RememberedNeighbors::pairs(items) as usize
}

/// Looks up how far two of `count` items are apart, by their places.
fn look_up(apart: &[f32], count: usize, a: usize, b: usize) -> f32 {
    let (a, b) = (a.min(b), a.max(b));
    if a == b {
        return 0.0;
    }
    // Before those of `a` are all pairs but those among it and the later ones.
    apart[pairs(count) - pairs(count - a) + b - a - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_has_its_place() {
        for count in 2..40 {
            let all: Vec<f32> = (0..pairs(count)).map(|pair| pair as f32).collect();
            let mut pair = 0;
            for a in 0..count {
                for b in a + 1..count {
                    assert_eq!(
                        look_up(&all, count, a, b).to_bits(),
                        (pair as f32).to_bits()
                    );
                    assert_eq!(
                        look_up(&all, count, b, a).to_bits(),
                        (pair as f32).to_bits()
                    );
                    pair += 1;
                }
            }
        }
    }
}
