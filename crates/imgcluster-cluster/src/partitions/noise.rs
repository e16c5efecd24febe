//! Noise, compared with the medoids of other partitions.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use imgcluster_core::{Cancelled, Event, Job, Neighbors, Radius, Stage, for_each_block};

use super::merge::{Homes, Medoid};
use super::outcome::{JoinedNoise, PairsCompared};
use super::words::{Reader, write};
use super::{Joining, PartitionsError, Place, Run, log};

/// Items that are compared with the medoids before that is saved.
const ITEMS: usize = 256;
/// What is kept of noise begins with this.
const LINE: &[u8] = b"imgcluster noise 1\n";
/// Where there is no medoid.
const NONE: u32 = u32::MAX;

/// An item that joins a cluster.
pub(super) struct Joined {
    pub(super) noise: JoinedNoise,
    /// The place of the medoid.
    pub(super) medoid: usize,
}

impl Run<'_> {
    /// Compares noise with the medoids of other partitions, and finds what joins them, in order.
    /// `joinings` is how that of each partition does; what never does is not compared.
    pub(super) fn join_noise(
        &self,
        homes: &Homes,
        medoids: &[Medoid],
        joinings: &[Joining],
        pairs: &mut PairsCompared,
    ) -> Result<Vec<Joined>, PartitionsError> {
        let mut joined = Vec::new();
        let joining = |item: u32| joinings[homes.partition(item)];
        let mut noise = homes.noise();
        noise.retain(|item| joining(*item) != Joining::AsClustered);
        let comparison = Comparison {
            neighbors: self.neighbors,
            homes,
            medoids,
            radius: self.log.near_radius(),
        };
        for (piece, noise) in noise.chunks(ITEMS).enumerate() {
            pairs.noise += comparison.pairs(noise);
            for beside in self.compare(Place::Noise(piece), noise, &comparison)? {
                joined.extend(beside.joined(joining(beside.item), medoids));
            }
        }
        Ok(joined)
    }

    /// Loads how near some items are to medoids, or finds and saves it.
    fn compare(
        &self,
        place: Place,
        noise: &[u32],
        comparison: &Comparison<'_>,
    ) -> Result<Vec<Beside>, PartitionsError> {
        if let Some(found) = self.load(place, |bytes| comparison.read(bytes, noise)) {
            self.advance(comparison.pairs(noise));
            return Ok(found);
        }
        let (mut found, mut near) = (Vec::new(), Vec::new());
        for (beside, pairs) in comparison.of_all(noise, self.job)? {
            found.push(beside);
            near.extend(pairs);
            if near.len() >= log::ENOUGH {
                self.near(place, &mut near)?;
            }
        }
        self.near(place, &mut near)?;
        self.save(place, &comparison.written(&found))?;
        Ok(found)
    }
}

/// What is compared with what.
struct Comparison<'a> {
    neighbors: &'a dyn Neighbors,
    homes: &'a Homes,
    medoids: &'a [Medoid],
    /// How near pairs are to be noted.
    radius: Option<Radius>,
}

/// An item of noise beside the medoids.
struct Beside {
    item: u32,
    /// The distance and place of the nearest medoid, ties by the smaller item.
    nearest: Option<(f32, usize)>,
}

type Pairs = Vec<(u32, u32, f32)>;

impl Comparison<'_> {
    /// Counts the pairs that are compared for some items.
    fn pairs(&self, noise: &[u32]) -> u64 {
        let of_one = |item: &u32| self.unmet(*item).count() as u64;
        noise.iter().map(of_one).sum()
    }

    /// The medoids that an item was in no partition with, and their places.
    fn unmet(&self, item: u32) -> impl Iterator<Item = (usize, &Medoid)> {
        let medoids = self.medoids.iter().enumerate();
        medoids.filter(move |(_, medoid)| !self.homes.has_met(item, medoid))
    }

    /// Compares some items, on the job's threads; in their order, with the near pairs of each.
    fn of_all(&self, noise: &[u32], job: &Job<'_>) -> Result<Vec<(Beside, Pairs)>, Cancelled> {
        let found = Mutex::new(Vec::with_capacity(noise.len()));
        let compare = |place: usize| {
            let compared = self.of_one(noise[place]);
            job.report(&Event::Advanced {
                stage: Stage::Compare,
                by: self.pairs(&noise[place..=place]),
            });
            let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
            found.push(compared);
        };
        let (one, state) = (NonZeroUsize::MIN, || ());
        for_each_block(job, noise.len(), one, state, |(), places| {
            places.for_each(compare);
        })?;
        let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
        found.sort_unstable_by_key(|(beside, _): &(Beside, _)| beside.item);
        Ok(found)
    }

    fn of_one(&self, item: u32) -> (Beside, Pairs) {
        let mut near = Vec::new();
        let mut nearest = None;
        for (place, medoid) in self.unmet(item) {
            let distance = self.neighbors.distance(item, medoid.item);
            let is_nearer = |(nearest, known): (f32, usize)| {
                (distance, medoid.item) < (nearest, self.medoids[known].item)
            };
            if nearest.is_none_or(is_nearer) {
                nearest = Some((distance, place));
            }
            if self.radius.is_some_and(|radius| distance <= radius.get()) {
                let (a, b) = (item.min(medoid.item), item.max(medoid.item));
                near.push((a, b, distance));
            }
        }
        (Beside { item, nearest }, near)
    }

    /// Writes down what is nearest to items.
    fn written(&self, found: &[Beside]) -> Vec<u8> {
        let mut bytes = LINE.to_vec();
        write(&mut bytes, self.medoids.iter().map(|medoid| medoid.item));
        write(&mut bytes, found.iter().map(|beside| beside.item));
        let places = found.iter().map(|beside| beside.nearest);
        write(
            &mut bytes,
            places.map(|nearest| nearest.map_or(NONE, |(_, place)| place as u32)),
        );
        let distances = found.iter().map(|beside| beside.nearest);
        let distances = distances.map(|nearest| nearest.map_or(0.0, |(distance, _)| distance));
        write(&mut bytes, distances.map(f32::to_bits));
        bytes
    }

    /// Reads what is nearest to these items.
    fn read(&self, bytes: &[u8], noise: &[u32]) -> Option<Vec<Beside>> {
        let mut reader = Reader::open(bytes, LINE)?;
        let medoids = reader.take(self.medoids.len())?;
        let items = reader.take(noise.len())?;
        let places = reader.take(noise.len())?;
        let distances = reader.distances(noise.len())?;
        let known = self.medoids.iter().map(|medoid| medoid.item);
        if !reader.is_done() || items != noise || !known.eq(medoids) {
            return None;
        }
        let beside = |((item, place), distance): ((u32, u32), f32)| {
            let mut nearest = None;
            if place != NONE {
                let medoid = self.medoids.get(place as usize)?;
                if self.homes.has_met(item, medoid) {
                    return None;
                }
                nearest = Some((distance, place as usize));
            }
            Some(Beside { item, nearest })
        };
        let found = items.into_iter().zip(places).zip(distances);
        found.map(beside).collect()
    }
}

impl Beside {
    /// Tells which cluster the item joins, if any.
    fn joined(&self, joining: Joining, medoids: &[Medoid]) -> Option<Joined> {
        let (distance, medoid) = self.nearest?;
        let limit = match joining {
            Joining::Within(radius) => radius.get(),
            Joining::WithinReach => medoids[medoid].reach,
            Joining::AsClustered => return None,
        };
        let noise = JoinedNoise {
            item: self.item,
            medoid: medoids[medoid].item,
            distance,
        };
        (distance <= limit).then_some(Joined { noise, medoid })
    }
}
