//! Exact search over signatures, through bands of equal slots where that is faster.

use std::num::NonZeroUsize;

use imgcluster_core::{Cancelled, ContentHash, Job, Neighbors, Radius, for_each_block};

use super::slots::{SLOTS, Slots, count_equal};
use super::{Kept, MinHashSignature, share};

/// Rows handed to one thread at a time.
const BLOCK: NonZeroUsize = NonZeroUsize::new(16).expect("sixteen is not zero");

/// Bands of fewer slots are equal by chance so often that comparing all pairs is as fast or faster:
/// measured with 5,000 to 50,000 signatures, bands of three and more are 1.8 to 40 times as fast,
/// of two 0.4 to 5 times.
const SHORTEST_BAND: usize = 3;

/// Searches over signatures; the distance is the share of slots that differ.
#[derive(Debug)]
pub(super) struct MinHashNeighbors {
    /// Which of `slots` or pixels an item has.
    items: Vec<Item>,
    /// Slots next to each other, and whose they are.
    slots: Vec<Slots>,
    owners: Vec<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Item {
    Slots(u32),
    Only(ContentHash),
}

impl MinHashNeighbors {
    /// Searches over these signatures.
    pub(super) fn new(signatures: &[MinHashSignature]) -> Self {
        let (mut slots, mut owners) = (Vec::new(), Vec::new());
        let items = (0..)
            .zip(signatures)
            .map(|(owner, signature)| match &signature.0 {
                Kept::Only(pixels) => Item::Only(*pixels),
                Kept::Corners(kept) => {
                    slots.push(**kept);
                    owners.push(owner);
                    Item::Slots(slots.len() as u32 - 1)
                }
            });
        Self {
            items: items.collect(),
            slots,
            owners,
        }
    }

    fn between(&self, a: Item, b: Item) -> f32 {
        match (a, b) {
            (Item::Slots(a), Item::Slots(b)) => {
                let (a, b) = (&self.slots[a as usize], &self.slots[b as usize]);
                1.0 - share(count_equal(a, b))
            }
            (a, b) => f32::from(u8::from(a != b)),
        }
    }

    /// Calls `edge` for pairs with the same pixels and nothing else to compare.
    fn same_pixels(&self, edge: &(dyn Fn(u32, u32, f32) + Sync)) {
        let silent = (0_u32..).zip(&self.items);
        let silent = silent.filter(|(_, item)| matches!(item, Item::Only(_)));
        let mut silent: Vec<(Item, u32)> = silent.map(|(place, item)| (*item, place)).collect();
        silent.sort_unstable();
        for same in silent.chunk_by(|a, b| a.0 == b.0) {
            for (place, (_, a)) in same.iter().enumerate() {
                same[place + 1..]
                    .iter()
                    .for_each(|(_, b)| edge(*a, *b, 0.0));
            }
        }
    }

    /// Calls `edge` for each pair of slots with at least `least` equal ones, comparing all.
    pub(super) fn compare_all(
        &self,
        least: u16,
        job: &Job<'_>,
        edge: &(dyn Fn(u32, u32, f32) + Sync),
    ) -> Result<(), Cancelled> {
        for_each_block(
            job,
            self.slots.len(),
            BLOCK,
            || (),
            |(), rows| {
                for a in rows {
                    for (b, others) in (a + 1..).zip(&self.slots[a + 1..]) {
                        let equal = count_equal(&self.slots[a], others);
                        if equal >= least {
                            edge(self.owners[a], self.owners[b], 1.0 - share(equal));
                        }
                    }
                }
            },
        )
    }

    /// Calls `edge` for each pair of slots with at least `least` equal ones, comparing only those
    /// with a band in common.
    ///
    /// Nothing is missed: such a pair differs in at most 128 - `least` slots, and there is one band
    /// more than that, so at least one is without a difference (the pigeonhole principle).
    pub(super) fn compare_bands(
        &self,
        least: u16,
        job: &Job<'_>,
        edge: &(dyn Fn(u32, u32, f32) + Sync),
    ) -> Result<(), Cancelled> {
        let bands = Bands::new(&self.slots, SLOTS - usize::from(least) + 1, job)?;
        for_each_block(
            job,
            self.slots.len(),
            BLOCK,
            Vec::new,
            |near: &mut Vec<u32>, rows| {
                for a in rows {
                    near.clear();
                    bands.near(a, near);
                    near.sort_unstable();
                    near.dedup();
                    for b in near.iter().map(|b| *b as usize) {
                        let equal = count_equal(&self.slots[a], &self.slots[b]);
                        if equal >= least {
                            edge(self.owners[a], self.owners[b], 1.0 - share(equal));
                        }
                    }
                }
            },
        )
    }
}

impl Neighbors for MinHashNeighbors {
    fn len(&self) -> usize {
        self.items.len()
    }

    fn distance(&self, a: u32, b: u32) -> f32 {
        if a == b {
            return 0.0;
        }
        self.between(self.items[a as usize], self.items[b as usize])
    }

    fn within(
        &self,
        radius: Radius,
        job: &Job<'_>,
        edge: &(dyn Fn(u32, u32, f32) + Sync),
    ) -> Result<(), Cancelled> {
        let is_near = |equal: &u16| 1.0 - share(*equal) <= radius.get();
        let least = (0..=SLOTS as u16)
            .find(is_near)
            .expect("no radius is negative");
        if least == 0 {
            // Everything is near everything, what has no slots as well.
            return self.within_limits(0..self.len(), &|_, _| radius.get(), job, edge);
        }
        self.same_pixels(edge);
        let bands = SLOTS - usize::from(least) + 1;
        if SLOTS / bands >= SHORTEST_BAND {
            self.compare_bands(least, job, edge)
        } else {
            self.compare_all(least, job, edge)
        }
    }
}

/// Which slots are equal in a whole band.
struct Bands {
    /// One after another: rows with their key, sorted by it.
    sorted: Vec<Vec<u32>>,
    /// For each band, where a row lies in `sorted`, and where those with its key end.
    places: Vec<Vec<(u32, u32)>>,
}

impl Bands {
    /// Divides slots into `count` bands as equally long as can be, and sorts rows by each.
    fn new(slots: &[Slots], count: usize, job: &Job<'_>) -> Result<Self, Cancelled> {
        let (mut sorted, mut places) = (Vec::new(), Vec::new());
        for band in 0..count {
            job.check()?;
            let columns = band * SLOTS / count..(band + 1) * SLOTS / count;
            let key = |row: u32| &slots[row as usize][columns.clone()];
            let mut rows: Vec<u32> = (0..slots.len() as u32).collect();
            rows.sort_unstable_by(|a, b| key(*a).cmp(key(*b)).then(a.cmp(b)));
            let mut ends = vec![(0, 0); rows.len()];
            let mut start = 0;
            for equal in rows.chunk_by(|a, b| key(*a) == key(*b)) {
                let end = start + equal.len() as u32;
                for (place, row) in (start..).zip(equal) {
                    ends[*row as usize] = (place, end);
                }
                start = end;
            }
            sorted.push(rows);
            places.push(ends);
        }
        Ok(Self { sorted, places })
    }

    /// Lists later rows, among them all with a band in common with this one; some more than once.
    fn near(&self, row: usize, near: &mut Vec<u32>) {
        let bands = || self.sorted.iter().zip(&self.places);
        let count = |(_, places): (_, &Vec<(u32, u32)>)| {
            let (place, end) = places[row];
            (end - place - 1) as usize
        };
        let later = row as u32 + 1..self.places.first().map_or(0, Vec::len) as u32;
        if bands().map(count).sum::<usize>() >= later.len() {
            // Very many are alike here; each of them need be compared only once.
            near.extend(later);
            return;
        }
        for (sorted, places) in bands() {
            let (place, end) = places[row];
            near.extend(&sorted[place as usize + 1..end as usize]);
        }
    }
}
