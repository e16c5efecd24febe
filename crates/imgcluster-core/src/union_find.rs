//! Disjoint sets.

/// Disjoint sets of `0..n`, with path halving; the root of a set is its smallest member, so the
/// outcome does not depend on the order of the unions.
///
/// Tarjan and van Leeuwen, *Worst-case analysis of set union algorithms*, 1984.
#[derive(Debug, Clone)]
pub struct UnionFind {
    parents: Vec<u32>,
}

impl UnionFind {
    /// Makes `count` sets of one member each.
    pub fn new(count: usize) -> Self {
        Self {
            parents: (0..count as u32).collect(),
        }
    }

    /// Finds the smallest member of the set that `member` is in.
    ///
    /// # Panics
    /// Panics if there is no such member.
    pub fn find(&mut self, mut member: u32) -> u32 {
        while self.parents[member as usize] != member {
            let grandparent = self.parents[self.parents[member as usize] as usize];
            self.parents[member as usize] = grandparent;
            member = grandparent;
        }
        member
    }

    /// Joins the sets of `a` and `b`; tells whether they were apart.
    ///
    /// # Panics
    /// Panics if there is no such member.
    pub fn union(&mut self, a: u32, b: u32) -> bool {
        let (a, b) = (self.find(a), self.find(b));
        self.parents[a.max(b) as usize] = a.min(b);
        a != b
    }

    /// Tells whether `a` and `b` are in one set.
    ///
    /// # Panics
    /// Panics if there is no such member.
    pub fn same(&mut self, a: u32, b: u32) -> bool {
        self.find(a) == self.find(b)
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
    pub fn roots(&mut self) -> Vec<u32> {
        (0..self.parents.len() as u32)
            .map(|member| self.find(member))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_roots_do_not_depend_on_the_order_of_the_unions(
            edges in prop::collection::vec((0_u32..30, 0_u32..30), 0..60),
        ) {
            let (mut forward, mut backward) = (UnionFind::new(30), UnionFind::new(30));
            for (a, b) in &edges {
                forward.union(*a, *b);
            }
            for (a, b) in edges.iter().rev() {
                backward.union(*b, *a);
            }
            prop_assert_eq!(forward.roots(), backward.roots());
        }
    }

    #[test]
    fn a_chain_becomes_one_set() {
        let mut sets = UnionFind::new(4);
        assert!(sets.union(2, 1) && sets.union(1, 0) && !sets.union(0, 2));
        assert_eq!(sets.roots(), [0, 0, 0, 3]);
    }
}
