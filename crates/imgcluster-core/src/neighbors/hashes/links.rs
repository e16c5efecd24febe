//! Near pairs for whoever only wants to know what hangs together.

use std::sync::atomic::{AtomicBool, Ordering};

use super::{BLOCK, HashNeighbors};
use crate::{Cancelled, ConcurrentUnionFind, Job, for_each_block};

/// Takes an item and others, all larger, that are near it.
type Found<'a> = &'a (dyn Fn(u32, &[u32]) + Sync);

impl HashNeighbors {
    /// Hands over the pairs that differ in at most `most` bits (below 64) and that `sets` does not
    /// hold in one set, as [`Neighbors::links`](crate::Neighbors::links) does.
    ///
    /// Equal items are looked at pair by pair only until they are all in one set, and so are those
    /// of two near hashes: a hundred thousand copies of a picture cost a few passes over them.
    pub(super) fn links_within(
        &self,
        most: u32,
        sets: &ConcurrentUnionFind,
        job: &Job<'_>,
        found: Found<'_>,
    ) -> Result<(), Cancelled> {
        let groups = self.groups.all().count();
        let links = Links {
            search: self,
            sets,
            joined: (0..groups).map(|_| AtomicBool::new(false)).collect(),
            found,
        };
        let items = self.groups.in_order();
        for_each_block(job, items.len(), BLOCK, Vec::new, |news, block| {
            for &item in &items[block] {
                links.equal(item, news);
            }
        })?;
        self.near_groups(most, job, &|near| {
            let mut news = Vec::new();
            for &(a, b, _) in near {
                if job.check().is_err() {
                    return;
                }
                links.between(a, b, &mut news);
            }
        })
    }
}

struct Links<'a> {
    search: &'a HashNeighbors,
    sets: &'a ConcurrentUnionFind,
    /// Whether all items of a group are known to be in one set.
    joined: Vec<AtomicBool>,
    found: Found<'a>,
}

impl Links<'_> {
    /// Hands over the later items that are equal to one.
    fn equal(&self, item: u32, news: &mut Vec<u32>) {
        let group = self.search.groups.of(item);
        if !self.is_joined(group) {
            self.hand_over(item, self.search.groups.members(group), news);
        }
    }

    /// Hands over the pairs of two groups.
    fn between(&self, a: u32, b: u32, news: &mut Vec<u32>) {
        let groups = &self.search.groups;
        let members = [groups.members(a), groups.members(b)];
        let in_one = |a: u32, b: u32| self.sets.is_under(b, self.sets.find(a));
        if self.is_joined(a) && self.is_joined(b) && in_one(members[0][0], members[1][0]) {
            return;
        }
        for [here, there] in [members, [members[1], members[0]]] {
            for &item in here {
                self.hand_over(item, there, news);
            }
        }
    }

    /// Hands over those of `others`, which ascend, that come after `item` and are news.
    fn hand_over(&self, item: u32, others: &[u32], news: &mut Vec<u32>) {
        let later = &others[others.partition_point(|other| *other <= item)..];
        let root = self.sets.find(item);
        news.clear();
        news.extend(
            later
                .iter()
                .filter(|other| !self.sets.is_under(**other, root)),
        );
        if !news.is_empty() {
            (self.found)(item, news);
        }
    }

    fn is_joined(&self, group: u32) -> bool {
        let joined = &self.joined[group as usize];
        if joined.load(Ordering::Relaxed) {
            return true;
        }
        let members = self.search.groups.members(group);
        let root = self.sets.find(members[0]);
        let all = members.iter().all(|item| self.sets.is_under(*item, root));
        if all {
            joined.store(true, Ordering::Relaxed);
        }
        all
    }
}
