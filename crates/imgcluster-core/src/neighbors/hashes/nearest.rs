//! The nearest others of every item.

use std::num::NonZeroUsize;

use super::chunks::{CHUNKS, Scan, chunk};
use super::search::LOOKUP;
use super::{BITS, COLUMNS, HashNeighbors, distance};
use crate::neighbors::knn_graph::KnnSink;
use crate::neighbors::{KnnGraph, Neighbors};
use crate::{Cancelled, Job};

/// Items that a thread searches for at a time.
const BLOCK: NonZeroUsize = NonZeroUsize::new(64).expect("not zero");
/// Hashes that are compared before the first bound is known.
const FIRST: usize = 64;
/// Searches by tables given up in a row after which only one in [`RETRY`] starts with tables.
const FAILURES: u32 = 8;
const RETRY: u32 = 32;

impl HashNeighbors {
    /// Finds the nearest others of every item; see [`Neighbors::knn`](crate::Neighbors::knn).
    pub(super) fn nearest(&self, k: NonZeroUsize, job: &Job<'_>) -> Result<KnnGraph, Cancelled> {
        let count = self.groups.items();
        let wanted = k.get().min(count.saturating_sub(1));
        let scratch = || Nearest::new(wanted);
        // Group by group, so that equal hashes are searched for once.
        let items = self.groups.in_order();
        KnnGraph::build(count, k, job, BLOCK, scratch, |nearest, places, sink| {
            for &item in &items[places] {
                let group = self.groups.of(item);
                if !self.groups.has_hash(group) {
                    self.put_alone(item, wanted, sink);
                } else if nearest.find(self, group) {
                    let others = nearest.items.iter().copied();
                    sink.put(item as usize, others.filter(|(other, _)| *other != item));
                } else {
                    let others = (0..count as u32).filter(|other| *other != item);
                    let distance = |other| (other, self.distance(item, other));
                    sink.put(item as usize, others.map(distance));
                }
            }
        })
    }

    /// Puts the nearest of an item without a hash: its equals, then whatever comes first.
    fn put_alone(&self, item: u32, wanted: usize, sink: &mut KnnSink) {
        let group = self.groups.of(item);
        let equal = self.groups.members(group).iter();
        let equal = equal.filter(|other| **other != item).take(wanted);
        let others = 0..self.groups.items() as u32;
        let others = others.filter(|other| self.groups.of(*other) != group);
        let equal = equal.map(|other| (*other, 0.0));
        let others = others.map(|other| (other, 1.0));
        sink.put(item as usize, equal.chain(others).take(wanted));
    }
}

/// The search for the nearest of one group; one for each thread.
struct Nearest {
    scan: Scan,
    /// Items that a search has to find: those wanted, and the one that it is for.
    needed: usize,
    /// The last group that was searched for, and whether its nearest are known.
    group: Option<(u32, bool)>,
    /// Groups near it, and in how many bits they differ.
    found: Vec<(u32, u32)>,
    /// Items found, by the bits in which they differ.
    counts: [usize; BITS as usize],
    /// How many searches by tables were given up in a row, and how many were asked for since.
    failures: u32,
    asked: u32,
    /// The nearest items, itself included, in no order.
    items: Vec<(u32, f32)>,
}

impl Nearest {
    fn new(wanted: usize) -> Self {
        Self {
            scan: Scan::default(),
            needed: wanted + 1,
            group: None,
            found: Vec::new(),
            counts: [0; BITS as usize],
            failures: 0,
            asked: 0,
            items: Vec::new(),
        }
    }

    /// Finds the nearest items of a group, or tells that there are too few that differ from it in
    /// fewer than all bits.
    fn find(&mut self, all: &HashNeighbors, group: u32) -> bool {
        if let Some((last, known)) = self.group
            && last == group
        {
            return known;
        }
        self.clear();
        self.put(all, 0, group);
        let is_known = self.bits().is_some() || self.try_tables(all, group);
        if !is_known {
            self.compare_all(all, group);
        }
        let bits = self.bits();
        if let Some(bits) = bits {
            self.items.clear();
            let near = self
                .found
                .iter()
                .filter(|(differing, _)| *differing <= bits);
            for &(differing, group) in near {
                let members = all.groups.members(group).iter().take(self.needed);
                let items = members.map(|member| (*member, distance(differing)));
                self.items.extend(items);
            }
        }
        self.group = Some((group, bits.is_some()));
        bits.is_some()
    }

    fn clear(&mut self) {
        self.found.clear();
        self.counts.fill(0);
    }

    fn put(&mut self, all: &HashNeighbors, bits: u32, group: u32) {
        self.found.push((bits, group));
        self.counts[bits as usize] += all.groups.members(group).len();
    }

    /// Tells within how many bits enough items were found, if so.
    fn bits(&self) -> Option<u32> {
        let mut sum = 0;
        let mut counts = (0..).zip(&self.counts);
        let enough = counts.find(|(_, count)| {
            sum += *count;
            sum >= self.needed
        });
        enough.map(|(bits, _)| bits)
    }

    /// Searches by tables, unless that was of no use lately.
    fn try_tables(&mut self, all: &HashNeighbors, group: u32) -> bool {
        self.asked = self.asked.wrapping_add(1);
        if self.failures >= FAILURES && !self.asked.is_multiple_of(RETRY) {
            return false;
        }
        let found = self.look_up(all, group);
        self.failures = if found { 0 } else { self.failures + 1 };
        found
    }

    /// Looks up values of the parts ever farther from those of the hash, each part in turn: once
    /// `bits + 1` steps are done, all hashes within `bits` were found (Norouzi, Punjani, Fleet,
    /// section 3.2). Gives up where comparing all would have been faster.
    fn look_up(&mut self, all: &HashNeighbors, group: u32) -> bool {
        let hashes = all.tables[0].hashes();
        let hash = hashes[group as usize];
        let mut spent = 0;
        for step in 0..BITS {
            let (which, shell) = (step % CHUNKS, step / CHUNKS);
            let (table, masks) = (&all.tables[which as usize], all.masks.of(shell));
            spent += masks.len() * LOOKUP;
            if spent >= hashes.len() {
                return false;
            }
            let most = self.bits().unwrap_or(BITS - 1);
            let mut scan = std::mem::take(&mut self.scan);
            spent += table.near(hash, masks, most, &mut scan, |place| {
                let (differing, other) = (hash ^ table.hashes()[place], table.group(place));
                if other != group && step_of(differing) == step {
                    self.put(all, differing.count_ones(), other);
                }
            });
            self.scan = scan;
            if self.bits().is_some_and(|bits| bits <= step) {
                return true;
            }
        }
        false
    }

    /// Compares the hash with all: the slow twin, and the faster one where there are few.
    fn compare_all(&mut self, all: &HashNeighbors, group: u32) {
        let hashes = all.tables[0].hashes();
        let hash = hashes[group as usize];
        let mut most = self.bits().unwrap_or(BITS - 1);
        self.clear();
        let (mut start, mut length) = (0, FIRST);
        while start < hashes.len() {
            let stretch = &hashes[start..hashes.len().min(start + length)];
            let mut scan = std::mem::take(&mut self.scan);
            scan.near(hash, stretch, most);
            for other in scan.places.iter().map(|place| start + *place as usize) {
                self.put(all, (hash ^ hashes[other]).count_ones(), other as u32);
            }
            self.scan = scan;
            if let Some(bits) = self.bits() {
                most = bits;
                self.found.retain(|(bits, _)| *bits <= most);
            }
            (start, length) = (start + length, COLUMNS.min(2 * length));
        }
    }
}

/// The step of [`Nearest::look_up`] that finds hashes that differ like this.
fn step_of(differing: u64) -> u32 {
    let steps = (0..CHUNKS).map(|which| chunk(differing, which).count_ones() * CHUNKS + which);
    steps.min().expect("a hash has parts")
}
