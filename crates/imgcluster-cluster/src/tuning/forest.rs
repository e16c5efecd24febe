//! The shortest edges that hold together what hangs together, from edges in any order.

use imgcluster_core::UnionFind;

use super::edge::Edge;

/// Edges that are held at least before they are reduced.
const HELD: usize = 1 << 20;

/// A minimum spanning forest that grows edge by edge.
///
/// Edges are held until there are too many, then reduced by Kruskal's algorithm: what closes a
/// cycle as its last edge is in no minimum spanning forest of any more edges either. By the order
/// of [`Edge::key`] the forest is unique, so the order of arrival changes nothing.
///
/// Memory: 12 bytes for each of 4 edges a row, or of 2²⁰.
#[derive(Debug)]
pub(super) struct Forest {
    count: usize,
    held: Vec<Edge>,
    room: usize,
    ceiling: f32,
}

impl Forest {
    /// Starts a forest of so many rows with no edges.
    pub(super) fn new(count: usize) -> Self {
        Self {
            count,
            held: Vec::new(),
            room: HELD.max(4 * count),
            ceiling: f32::INFINITY,
        }
    }

    #[cfg(test)]
    fn with_room(count: usize, room: usize) -> Self {
        Self {
            room,
            ..Self::new(count)
        }
    }

    /// A distance beyond which no edge is of use any more.
    pub(super) fn ceiling(&self) -> f32 {
        self.ceiling
    }

    /// Takes edges over, of which none came before.
    pub(super) fn take(&mut self, edges: &mut Vec<Edge>) {
        self.held.append(edges);
        if self.held.len() > self.room {
            self.reduce();
        }
    }

    fn reduce(&mut self) {
        self.held.sort_unstable_by_key(Edge::key);
        let mut groups = UnionFind::new(self.count);
        self.held.retain(|edge| groups.union(edge.a, edge.b));
        if self.held.len() + 1 == self.count
            && let Some(longest) = self.held.last()
        {
            self.ceiling = longest.distance;
        }
        // A forest that fills the room would be reduced at every edge.
        self.room = self.room.max(2 * self.held.len());
    }

    /// Gives the forest, shortest edge first.
    pub(super) fn finish(mut self) -> Vec<Edge> {
        self.reduce();
        self.held
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn reducing_on_the_way_gives_the_forest_of_all_edges_at_once(
            weights in prop::collection::vec(0_u8..12, 45), sizes in prop::collection::vec(1_usize..9, 1..45),
            room in 1_usize..60, turn in 0_usize..45,
        ) {
            let pairs = (0_u32..10).flat_map(|a| (a + 1..10).map(move |b| (a, b)));
            let edge = |((a, b), weight): ((u32, u32), &u8)| Edge { distance: f32::from(*weight), a, b };
            let mut edges: Vec<Edge> = pairs.zip(&weights).map(edge).collect();
            let mut all = Forest::new(10);
            all.take(&mut edges.clone());
            edges.rotate_left(turn);
            let mut some = Forest::with_room(10, room);
            for size in sizes.into_iter().cycle() {
                if edges.is_empty() {
                    break;
                }
                let mut part = edges.split_off(edges.len().saturating_sub(size));
                part.retain(|edge| edge.distance <= some.ceiling());
                some.take(&mut part);
            }
            prop_assert_eq!(some.finish(), all.finish());
        }
    }

    #[test]
    fn a_forest_of_nothing_has_no_edges() {
        assert!(Forest::new(0).finish().is_empty());
        assert!(Forest::new(3).finish().is_empty());
    }
}
