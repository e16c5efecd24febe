//! Disjoint sets that several threads join at once.

use std::sync::atomic::{AtomicU32, Ordering};

/// Disjoint sets of `0..n` as in [`UnionFind`](crate::UnionFind), for several threads at once and
/// without locks. The root of a set is its smallest member, so the outcome does not depend on the
/// order of the unions.
///
/// A parent is never larger than its child and only ever replaced by an ancestor, so threads that
/// see an older state still climb to the root. Anderson and Woll, *Wait-free parallel algorithms
/// for the union-find problem*, STOC 1991.
#[derive(Debug)]
pub struct ConcurrentUnionFind {
    parents: Vec<AtomicU32>,
}

impl ConcurrentUnionFind {
    /// Makes `count` sets of one member each.
    pub fn new(count: usize) -> Self {
        Self {
            parents: (0..count as u32).map(AtomicU32::new).collect(),
        }
    }

    /// Finds the smallest member of the set that `member` is in, at some moment of the call.
    ///
    /// # Panics
    /// Panics if there is no such member.
    pub fn find(&self, mut member: u32) -> u32 {
        let mut parent = self.parent(member);
        while parent != member {
            let grandparent = self.parent(parent);
            if grandparent != parent {
                // What another thread puts here meanwhile is an ancestor, too.
                self.parents[member as usize].store(grandparent, Ordering::Relaxed);
            }
            (member, parent) = (parent, grandparent);
        }
        member
    }

    /// Joins the sets of `a` and `b`.
    ///
    /// # Panics
    /// Panics if there is no such member.
    pub fn union(&self, a: u32, b: u32) {
        loop {
            let (a, b) = (self.find(a), self.find(b));
            if a == b {
                return;
            }
            let (root, child) = (a.min(b), a.max(b));
            // Fails if another thread joined the child to a set first.
            let order = Ordering::Relaxed;
            if self.parents[child as usize]
                .compare_exchange(child, root, order, order)
                .is_ok()
            {
                return;
            }
        }
    }

    /// Tells whether `a` is in the set that had the member `root` as its smallest. Sets only grow:
    /// a yes stays one, and a no may be late.
    ///
    /// # Panics
    /// Panics if there is no such member.
    pub fn is_under(&self, a: u32, root: u32) -> bool {
        self.parent(a) == root || self.find(a) == root
    }

    /// Counts the members.
    pub fn len(&self) -> usize {
        self.parents.len()
    }

    /// Tells whether there are no members.
    pub fn is_empty(&self) -> bool {
        self.parents.is_empty()
    }

    /// Gives the smallest member of each member's set, in order of the members.
    pub fn roots(&self) -> Vec<u32> {
        let members = 0..self.parents.len() as u32;
        members.map(|member| self.find(member)).collect()
    }

    fn parent(&self, member: u32) -> u32 {
        self.parents[member as usize].load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::UnionFind;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn several_threads_find_the_sets_of_one(
            edges in prop::collection::vec((0_u32..40, 0_u32..40), 0..80), threads in 1_usize..4,
        ) {
            let (sets, mut twin) = (ConcurrentUnionFind::new(40), UnionFind::new(40));
            for (a, b) in &edges {
                twin.union(*a, *b);
            }
            std::thread::scope(|scope| {
                for part in edges.chunks(edges.len().div_ceil(threads).max(1)) {
                    let sets = &sets;
                    scope.spawn(move || part.iter().for_each(|(a, b)| sets.union(*a, *b)));
                }
            });
            let roots = twin.roots();
            prop_assert_eq!(sets.roots(), &roots[..]);
            for (a, root) in (0..40).zip(&roots) {
                prop_assert!((0..40).all(|b| sets.is_under(b, *root) == twin.same(a, b)));
            }
        }
    }

    #[test]
    fn a_long_chain_joined_from_both_ends_becomes_one_set() {
        let sets = ConcurrentUnionFind::new(100_000);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for at in 1..60_000 {
                    sets.union(at, at - 1);
                }
            });
            scope.spawn(|| {
                for at in (40_000..100_000).rev() {
                    sets.union(at - 1, at);
                }
            });
        });
        assert!(sets.roots().iter().all(|root| *root == 0));
        assert!(ConcurrentUnionFind::new(0).is_empty());
    }
}
