//! Exact search over 64-bit hashes.
//!
//! One step a file: [`groups`] puts equal hashes together, [`chunks`] cuts them into parts and
//! orders them by each, [`search`] finds near pairs, [`links`] those that are news, [`nearest`] the nearest
//! of each.

mod chunks;
mod groups;
mod links;
mod nearest;
mod search;
#[cfg(test)]
mod tests;

use std::num::NonZeroUsize;
use std::ops::Range;

use super::{KnnGraph, Neighbors, Radius};
use crate::{Cancelled, ConcurrentUnionFind, ContentHash, Job, for_each_block};
use chunks::{CHUNKS, Masks, Table, spread};
use groups::Groups;

/// Bits of a hash.
const BITS: u32 = 64;
/// Rows that a thread compares with all others at a time.
const BLOCK: NonZeroUsize = NonZeroUsize::new(16).expect("sixteen is not zero");
/// Others that a row is compared with in one go.
const COLUMNS: usize = 1 << 12;

/// What is compared of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BitHash {
    /// 64 bits: as far from others as the share of bits in which they differ.
    Bits(u64),
    /// An item whose bits say nothing: at distance 0 from those of the same content, and 1 from all
    /// others.
    Only(ContentHash),
}

/// Exact neighbours of 64-bit hashes: the distance is the share of bits in which two differ, so a
/// multiple of 1/64.
///
/// Hashes are cut into four parts of 16 bits; two that differ in few bits differ in fewer in one of
/// the parts, and those are found in tables of all hashes by each part (Norouzi, Punjani, Fleet,
/// *Fast search in Hamming space with multi-index hashing*, CVPR 2012). Where a radius is so large
/// that the tables lead to most hashes, all are compared instead. Equal hashes are searched for
/// once. Memory: 68 bytes a hash, and 1 MiB.
#[derive(Debug)]
pub struct HashNeighbors {
    groups: Groups,
    /// The hash of each item, spread; any for items that have none.
    hashes: Vec<u64>,
    /// The hashes of all groups that have one, by each part; the group of a hash is its place in
    /// the first.
    tables: [Table; CHUNKS as usize],
    masks: Masks,
}

impl HashNeighbors {
    /// Searches over these items.
    ///
    /// # Panics
    /// Panics if there are more items than `u32` counts.
    pub fn new(items: impl IntoIterator<Item = BitHash>) -> Self {
        let spread = |item| match item {
            BitHash::Bits(hash) => BitHash::Bits(spread(hash)),
            BitHash::Only(content) => BitHash::Only(content),
        };
        let (groups, distinct) = Groups::new(items.into_iter().map(spread));
        let mut hashes = vec![0; groups.items()];
        for (hash, members) in distinct.iter().zip(groups.all()) {
            for item in members {
                hashes[*item as usize] = *hash;
            }
        }
        Self {
            groups,
            hashes,
            tables: std::array::from_fn(|which| Table::new(&distinct, which as u32)),
            masks: Masks::new(),
        }
    }

    /// Calls `edge` for each pair of members of one group and of groups that differ in at most
    /// `most` bits, once.
    fn pairs(
        &self,
        most: u32,
        job: &Job<'_>,
        edge: &(dyn Fn(u32, u32, f32) + Sync),
    ) -> Result<(), Cancelled> {
        let items = self.groups.in_order();
        for_each_block(
            job,
            items.len(),
            BLOCK,
            || (),
            |(), block| {
                for &item in &items[block] {
                    let equal = self.groups.members(self.groups.of(item));
                    let later = equal.partition_point(|other| *other <= item);
                    equal[later..]
                        .iter()
                        .for_each(|other| edge(item, *other, 0.0));
                }
            },
        )?;
        self.near_groups(most, job, &|near| {
            for &(a, b, bits) in near {
                for &a in self.groups.members(a) {
                    if job.check().is_err() {
                        return;
                    }
                    for &b in self.groups.members(b) {
                        edge(a.min(b), a.max(b), distance(bits));
                    }
                }
            }
        })
    }
}

/// The distance of hashes that differ in so many bits.
fn distance(bits: u32) -> f32 {
    bits as f32 / BITS as f32
}

/// Tells in how many bits hashes within a distance differ at most; `None` if nothing is within it.
fn bits_within(distance: f32) -> Option<u32> {
    // Exact: 64 is a power of two.
    let bits = distance * BITS as f32;
    (bits >= 0.0).then_some((bits as u32).min(BITS))
}

impl Neighbors for HashNeighbors {
    fn len(&self) -> usize {
        self.groups.items()
    }

    fn distance(&self, a: u32, b: u32) -> f32 {
        let (one, two) = (self.groups.of(a), self.groups.of(b));
        if one == two {
            0.0
        } else if self.groups.has_hash(one) && self.groups.has_hash(two) {
            distance((self.hashes[a as usize] ^ self.hashes[b as usize]).count_ones())
        } else {
            1.0
        }
    }

    fn within(
        &self,
        radius: Radius,
        job: &Job<'_>,
        edge: &(dyn Fn(u32, u32, f32) + Sync),
    ) -> Result<(), Cancelled> {
        match bits_within(radius.get()) {
            Some(most) if most < BITS => self.pairs(most, job, edge),
            // Everything is within a distance of 1.
            _ => self.within_limits(0..self.len(), &|_, _| radius.get(), job, edge),
        }
    }

    fn links(
        &self,
        radius: Radius,
        groups: &ConcurrentUnionFind,
        job: &Job<'_>,
        found: &(dyn Fn(u32, &[u32]) + Sync),
    ) -> Result<(), Cancelled> {
        match bits_within(radius.get()) {
            Some(most) if most < BITS => self.links_within(most, groups, job, found),
            _ => self.within(radius, job, &|a, b, _distance| found(a, &[b])),
        }
    }

    fn within_ceilings(
        &self,
        rows: Range<usize>,
        ceilings: &[f32],
        limit: &(dyn Fn(u32, u32) -> f32 + Sync),
        job: &Job<'_>,
        edge: &(dyn Fn(u32, u32, f32) + Sync),
    ) -> Result<(), Cancelled> {
        self.below_ceilings(rows, ceilings, job, &|a, b| {
            let distance = self.distance(a, b);
            if distance <= limit(a, b) {
                edge(a, b, distance);
            }
        })
    }

    fn knn(&self, k: NonZeroUsize, job: &Job<'_>) -> Result<KnnGraph, Cancelled> {
        self.nearest(k, job)
    }
}
