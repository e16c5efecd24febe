//! Items with equal hashes, put together: their pairs need no search.

use crate::{BitHash, ContentHash};

/// Items by what is compared of them. Groups of hashes come first, in ascending order, then groups
/// of contents.
#[derive(Debug)]
pub(super) struct Groups {
    /// The group of each item.
    of_items: Vec<u32>,
    /// Where the members of each group begin, and where those of the last end.
    starts: Vec<u32>,
    /// The items, group by group, each group in ascending order.
    members: Vec<u32>,
    /// How many groups are of hashes.
    hashes: usize,
}

impl Groups {
    /// Puts equal items together; tells the hash of each group that has one.
    ///
    /// # Panics
    /// Panics if there are more items than `u32` counts.
    pub(super) fn new(items: impl Iterator<Item = BitHash>) -> (Self, Vec<u64>) {
        let mut hashes: Vec<(u64, u32)> = Vec::with_capacity(items.size_hint().0);
        let mut contents: Vec<(ContentHash, u32)> = Vec::new();
        let mut count = 0_u32;
        for item in items {
            match item {
                BitHash::Bits(hash) => hashes.push((hash, count)),
                BitHash::Only(content) => contents.push((content, count)),
            }
            count = count.checked_add(1).expect("no more items than u32 counts");
        }
        hashes.sort_unstable();
        contents.sort_unstable();
        let mut groups = Self {
            of_items: vec![0; count as usize],
            starts: Vec::new(),
            members: Vec::with_capacity(count as usize),
            hashes: 0,
        };
        let mut distinct = Vec::new();
        for equal in hashes.chunk_by(|a, b| a.0 == b.0) {
            distinct.push(equal[0].0);
            groups.push(equal.iter().map(|(_, item)| *item));
        }
        groups.hashes = distinct.len();
        for equal in contents.chunk_by(|a, b| a.0 == b.0) {
            groups.push(equal.iter().map(|(_, item)| *item));
        }
        groups.starts.push(count);
        (groups, distinct)
    }

    fn push(&mut self, members: impl Iterator<Item = u32>) {
        let group = self.starts.len() as u32;
        self.starts.push(self.members.len() as u32);
        for member in members {
            self.of_items[member as usize] = group;
            self.members.push(member);
        }
    }

    /// Counts the items.
    pub(super) fn items(&self) -> usize {
        self.of_items.len()
    }

    /// The items, group by group.
    pub(super) fn in_order(&self) -> &[u32] {
        &self.members
    }

    /// The group of an item.
    pub(super) fn of(&self, item: u32) -> u32 {
        self.of_items[item as usize]
    }

    /// Tells whether a group has a hash.
    pub(super) fn has_hash(&self, group: u32) -> bool {
        (group as usize) < self.hashes
    }

    /// The items of a group, in ascending order.
    pub(super) fn members(&self, group: u32) -> &[u32] {
        let group = group as usize;
        &self.members[self.starts[group] as usize..self.starts[group + 1] as usize]
    }

    /// Goes over all groups.
    pub(super) fn all(&self) -> impl Iterator<Item = &[u32]> {
        let ends = self.starts.windows(2);
        ends.map(|ends| &self.members[ends[0] as usize..ends[1] as usize])
    }
}
