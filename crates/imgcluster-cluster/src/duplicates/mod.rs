//! Copies of one picture, and which of them is kept.

mod star;

use imgcluster_core::{
    BitHash, Cancelled, ConcurrentUnionFind, ContentHash, HashNeighbors, Job, Neighbors, Radius,
};

use crate::SummaryOptions;

/// Finds copies among items: groups in which every one is alike to the one that is kept.
///
/// That is done in two steps, so that whoever chooses what to keep need look only at items that are
/// like another one:
/// 1. [`Duplicates::chains`] finds what hangs together by pairs within the radius.
/// 2. [`Duplicates::groups`] parts each chain: the item that is preferred of all stays, those within
///    the radius *of it* are its copies, and the rest of the chain is treated the same way. So a
///    chain of many small differences never makes a picture the copy of one it is not like.
///
/// Exact and deterministic, at any number of threads.
///
/// ```
/// use imgcluster_cluster::Duplicates;
/// use imgcluster_core::{BitHash, HashNeighbors, Job, Radius};
///
/// // Each is like the next; the first and the last are not alike.
/// let hashes = [0b0000_0000, 0b0000_1111, 0b1111_1111].map(BitHash::Bits);
/// let neighbors = HashNeighbors::new(hashes);
/// let duplicates = Duplicates::new(&neighbors, Radius::from_similarity(0.9)?);
/// let chains = duplicates.chains(&Job::quiet())?;
/// assert_eq!(chains, [[0, 1, 2]]);
///
/// let groups = duplicates.groups(&chains, &mut |rows| rows[0], &Job::quiet())?;
/// assert_eq!((groups.len(), groups[0].survivor, groups[0].copies.len()), (1, 0, 1));
/// assert_eq!(groups[0].copies[0].row, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
pub struct Duplicates<'a> {
    /// The items.
    pub neighbors: &'a dyn Neighbors,
    /// The largest distance of a copy from what is kept, inclusive.
    pub radius: Radius,
    /// Tells of two items whether one may be the copy of the other (the order does not matter): to
    /// look only across folders, say. [`Duplicates::new`] allows all.
    pub allowed: &'a (dyn Fn(u32, u32) -> bool + Sync),
    /// Tells whether an item always stays. Such items are never copies, and are kept before all
    /// others. [`Duplicates::new`] has none.
    pub is_reference: &'a (dyn Fn(u32) -> bool + Sync),
    /// The largest group of which every pair is measured for [`DuplicateGroup::worst_similarity`].
    /// [`Duplicates::new`] takes 5,000, as [`SummaryOptions`] do.
    pub exact_up_to: usize,
}

/// An item that stays, and its copies.
#[derive(Debug, Clone, PartialEq)]
pub struct DuplicateGroup {
    /// The item that stays.
    pub survivor: u32,
    /// Its copies, at least one, in order.
    pub copies: Vec<Duplicate>,
    /// The similarity of the pair least alike, the survivor among them. Two copies may be less alike
    /// than each is to the survivor.
    pub worst_similarity: f32,
    /// Whether every pair was measured. In a group larger than [`Duplicates::exact_up_to`] the worst
    /// pair is sought among 1,000 members and from the survivor to all.
    pub worst_is_exact: bool,
}

/// A copy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Duplicate {
    /// The item.
    pub row: u32,
    /// How alike it is to what stays: 1 - distance.
    pub similarity: f32,
}

impl<'a> Duplicates<'a> {
    /// Finds copies within this distance, with no other conditions.
    pub fn new(neighbors: &'a dyn Neighbors, radius: Radius) -> Self {
        Self {
            neighbors,
            radius,
            allowed: &|_, _| true,
            is_reference: &|_| false,
            exact_up_to: SummaryOptions::default().exact_up_to,
        }
    }

    /// Finds what hangs together by allowed pairs within the radius: two items or more each, in
    /// order, by their first. No pair is kept in memory.
    ///
    /// # Errors
    /// [`Cancelled`] if the job was cancelled.
    pub fn chains(&self, job: &Job<'_>) -> Result<Vec<Vec<u32>>, Cancelled> {
        let count = self.neighbors.len();
        let sets = ConcurrentUnionFind::new(count);
        let join = |row: u32, others: &[u32]| {
            for &other in others.iter().filter(|other| self.permits(row, **other)) {
                sets.union(row, other);
            }
        };
        self.neighbors.links(self.radius, &sets, job, &join)?;
        let mut keyed: Vec<(u32, u32)> = sets.roots().into_iter().zip(0..).collect();
        keyed.sort_unstable();
        let chains = keyed.chunk_by(|a, b| a.0 == b.0);
        let mut chains: Vec<Vec<u32>> = chains
            .filter(|chain| chain.len() > 1)
            .map(|chain| chain.iter().map(|(_, row)| *row).collect())
            .collect();
        chains.sort_unstable();
        Ok(chains)
    }

    /// Parts chains into what is kept and its copies; in the order of what is kept. An item that
    /// is left with no copy is in no group.
    ///
    /// `prefer` chooses one of the items it is given, two or more in order: the one to keep. It is
    /// asked again of what is left of a chain, so a chain of `n` items costs at most `n` rounds over
    /// them. While a chain has references, it is asked of these alone.
    ///
    /// # Errors
    /// [`Cancelled`] if the job was cancelled.
    ///
    /// # Panics
    /// Panics if `prefer` gives an item it was not given.
    pub fn groups(
        &self,
        chains: &[Vec<u32>],
        prefer: &mut dyn FnMut(&[u32]) -> u32,
        job: &Job<'_>,
    ) -> Result<Vec<DuplicateGroup>, Cancelled> {
        let mut groups = Vec::new();
        for chain in chains {
            self.part(chain, prefer, &mut groups, job)?;
        }
        groups.sort_unstable_by_key(|group: &DuplicateGroup| group.survivor);
        Ok(groups)
    }

    /// Tells whether two items may be copies of each other, as far as the rules go.
    fn permits(&self, a: u32, b: u32) -> bool {
        !((self.is_reference)(a) && (self.is_reference)(b)) && (self.allowed)(a, b)
    }
}

/// Looks for equal contents alone: items of equal content are at distance 0, all others at 1.
///
/// With [`Duplicates`] and any radius below 1 this finds the files that are equal byte by byte.
pub fn same_content(contents: impl IntoIterator<Item = ContentHash>) -> HashNeighbors {
    HashNeighbors::new(contents.into_iter().map(BitHash::Only))
}
