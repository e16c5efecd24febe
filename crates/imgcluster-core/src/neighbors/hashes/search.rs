//! Near pairs: by tables where that looks at fewer hashes, else among all.

use std::num::NonZeroUsize;
use std::ops::Range;

use super::chunks::{CHUNKS, Scan, chunk, reach};
use super::{BLOCK, COLUMNS, HashNeighbors, bits_within};
use crate::{Cancelled, Job, for_each_block};

/// Hashes that a thread looks up at a time.
const LOOKUPS: NonZeroUsize = NonZeroUsize::new(256).expect("not zero");
/// Hashes whose candidates are counted before a way is chosen.
const PROBES: usize = 512;
/// Looking up one value of a part takes as long as comparing so many hashes side by side. Measured
/// by `examples/hash_speed` on a Zen 5: 17 ns at 100,000 hashes, against 0.06 ns a pair where bits
/// are counted eight hashes at a time.
pub(super) const LOOKUP: usize = 256;
/// Pairs collected before they are handed over, and of one hash never more than there are.
const BATCH: usize = 1 << 12;

/// Two groups, and the bits in which they differ.
pub(super) type NearGroups = (u32, u32, u32);

/// Takes pairs of groups.
pub(super) type Visit<'a> = &'a (dyn Fn(&[NearGroups]) + Sync);

impl HashNeighbors {
    /// Calls `visit` with pairs of groups that differ in at most `most` bits (below 64), and in how
    /// many; each pair is in one call, once. The calls come from several threads.
    pub(super) fn near_groups(
        &self,
        most: u32,
        job: &Job<'_>,
        visit: Visit<'_>,
    ) -> Result<(), Cancelled> {
        if self.tables_pay(most) {
            for which in 0..CHUNKS {
                self.near_by_table(which, most, job, visit)?;
            }
            Ok(())
        } else {
            self.near_by_scan(most, job, visit)
        }
    }

    /// Tells whether the tables lead to so few hashes that they are faster than comparing all:
    /// by the candidates of some hashes, evenly chosen.
    pub(super) fn tables_pay(&self, most: u32) -> bool {
        let hashes = self.tables[0].hashes();
        let masks: Vec<&[u16]> = (0..CHUNKS)
            .map(|which| reach(most, which).map_or(&[][..], |reach| self.masks.up_to(reach)))
            .collect();
        let lookups: usize = masks.iter().map(|masks| masks.len()).sum();
        if lookups * LOOKUP >= hashes.len() {
            return false;
        }
        let probes = hashes.iter().step_by(hashes.len().div_ceil(PROBES).max(1));
        let asked = probes.len();
        let candidates = |hash: &u64| -> usize {
            let tables = self.tables.iter().zip(&masks);
            tables
                .map(|(table, masks)| table.candidates(*hash, masks))
                .sum()
        };
        let candidates: usize = probes.map(candidates).sum();
        candidates + asked * lookups * LOOKUP < asked * hashes.len()
    }

    /// Finds the pairs that are near in one part and in none before it.
    pub(super) fn near_by_table(
        &self,
        which: u32,
        most: u32,
        job: &Job<'_>,
        visit: Visit<'_>,
    ) -> Result<(), Cancelled> {
        let Some(reach_here) = reach(most, which) else {
            return Ok(());
        };
        let (table, masks) = (&self.tables[which as usize], self.masks.up_to(reach_here));
        let is_first = |differing: u64| {
            let near = |part| {
                let bits = chunk(differing, part).count_ones();
                reach(most, part).is_some_and(|reach| bits <= reach)
            };
            !(0..which).any(near)
        };
        let scratch = || (Scan::default(), Vec::new());
        let count = table.hashes().len();
        for_each_block(job, count, LOOKUPS, scratch, |(scan, pairs), block| {
            for place in block {
                let hash = table.hashes()[place];
                table.near_later(place, masks, most, scan, |other| {
                    let differing = hash ^ table.hashes()[other];
                    if is_first(differing) {
                        let groups = (table.group(place), table.group(other));
                        pairs.push((groups.0, groups.1, differing.count_ones()));
                    }
                });
                hand_over(pairs, BATCH, visit);
            }
            hand_over(pairs, 1, visit);
        })
    }

    /// Finds all pairs by comparing all: the slow twin, and the faster one at large radii.
    pub(super) fn near_by_scan(
        &self,
        most: u32,
        job: &Job<'_>,
        visit: Visit<'_>,
    ) -> Result<(), Cancelled> {
        let hashes = self.tables[0].hashes();
        let scratch = || (Scan::default(), Vec::new());
        for_each_block(job, hashes.len(), BLOCK, scratch, |(scan, pairs), block| {
            // A stretch of hashes is compared with all of the block while it is in the cache.
            for start in (block.start..hashes.len()).step_by(COLUMNS) {
                let end = hashes.len().min(start + COLUMNS);
                for a in block.clone() {
                    let start = start.max(a + 1).min(end);
                    scan.near(hashes[a], &hashes[start..end], most);
                    for b in scan.places.iter().map(|place| start + *place as usize) {
                        let bits = (hashes[a] ^ hashes[b]).count_ones();
                        pairs.push((a as u32, b as u32, bits));
                    }
                    hand_over(pairs, BATCH, visit);
                }
            }
            hand_over(pairs, 1, visit);
        })
    }

    /// Calls `visit` for each pair of an item of `rows` and a later one that may be no farther
    /// apart than the larger of their ceilings.
    pub(super) fn below_ceilings(
        &self,
        rows: Range<usize>,
        ceilings: &[f32],
        job: &Job<'_>,
        visit: &(dyn Fn(u32, u32) + Sync),
    ) -> Result<(), Cancelled> {
        let count = self.hashes.len();
        debug_assert_eq!(ceilings.len(), count, "one ceiling an item");
        // Where nothing is within, equal hashes pass all the same: the limit rules them out.
        let most = |ceiling: &f32| bits_within(*ceiling).unwrap_or(0) as u8;
        let mosts: Vec<u8> = ceilings.iter().map(most).collect();
        for_each_block(job, rows.len(), BLOCK, Scan::default, |scan, block| {
            let rows = rows.start + block.start..rows.start + block.end;
            for start in (rows.start..count).step_by(COLUMNS) {
                let end = count.min(start + COLUMNS);
                for a in rows.clone() {
                    let start = start.max(a + 1).min(end);
                    let (others, others_most) = (&self.hashes[start..end], &mosts[start..end]);
                    scan.near_each(self.hashes[a], others, mosts[a], others_most);
                    let has_hash = self.groups.has_hash(self.groups.of(a as u32));
                    for b in scan.places.iter().map(|place| start as u32 + place) {
                        // Of items without a hash only those within all 64 bits are sure to pass.
                        if has_hash || !self.equal(a as u32, b) {
                            visit(a as u32, b);
                        }
                    }
                }
            }
            for a in rows.map(|row| row as u32) {
                let group = self.groups.of(a);
                if !self.groups.has_hash(group) {
                    let equal = self.groups.members(group).iter();
                    equal.filter(|b| **b > a).for_each(|b| visit(a, *b));
                }
            }
        })
    }

    fn equal(&self, a: u32, b: u32) -> bool {
        self.groups.of(a) == self.groups.of(b)
    }
}

/// Hands the pairs over if there are at least so many.
fn hand_over(pairs: &mut Vec<NearGroups>, least: usize, visit: Visit<'_>) {
    if pairs.len() >= least {
        visit(pairs);
        pairs.clear();
    }
}
