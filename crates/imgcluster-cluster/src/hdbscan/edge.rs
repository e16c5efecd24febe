//! One edge of the mutual reachability graph, and the order that makes its spanning tree unique.

use std::cmp::Ordering;

/// An edge between rows `a < b`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Edge {
    pub(super) weight: f32,
    /// How far apart the two rows are: at most the weight.
    pub(super) distance: f32,
    pub(super) a: u32,
    pub(super) b: u32,
}

impl Edge {
    /// Makes the edge of two rows: as heavy as their distance, or as the larger of their core
    /// distances where that is more.
    pub(super) fn between(a: u32, b: u32, distance: f32, core: &[f32]) -> Self {
        Self {
            weight: distance.max(core[a as usize]).max(core[b as usize]),
            distance,
            a: a.min(b),
            b: a.max(b),
        }
    }

    /// Orders by weight, then by distance, then by the smaller and by the larger row: no two edges
    /// are equal.
    ///
    /// From `min_samples` 3 on, many edges weigh exactly a core distance. Their distances tell them
    /// apart whatever the order of the rows; indices decide only where these tie as well.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        self.weight
            .total_cmp(&other.weight)
            .then(self.distance.total_cmp(&other.distance))
            .then(self.a.cmp(&other.a))
            .then(self.b.cmp(&other.b))
    }

    /// Gives the largest distance at which an edge may still come before this one, if `core` is
    /// the larger of the core distances at its ends; -1 where none may.
    ///
    /// No edge that comes before is longer; one within the limit still has to be compared.
    pub(super) fn limit(&self, core: f32) -> f32 {
        match core.total_cmp(&self.weight) {
            Ordering::Less => self.weight,
            // It weighs as much as this one at best, and then the distance decides.
            Ordering::Equal => self.distance,
            Ordering::Greater => -1.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// An edge and the larger core distance at its ends, of few values, so that all tie often.
    fn edge() -> impl Strategy<Value = (Edge, f32)> {
        let value = || (0_u8..4).prop_map(f32::from);
        (value(), value(), value(), 0_u32..2, 2_u32..4).prop_map(|(distance, one, two, a, b)| {
            let core = [one, one, two, two];
            (Edge::between(a, b, distance, &core), one.max(two))
        })
    }

    proptest! {
        #[test]
        fn the_limit_loses_no_edge_that_comes_before(
            (edge, core) in edge(), (other, _) in edge(),
        ) {
            let is_within = edge.distance <= other.limit(core);
            prop_assert!(is_within || edge.order(&other).is_ge());
            // Nor is it loose: what it admits is no heavier, and nearer where a core decides both.
            let may_precede = edge.weight <= other.weight
                && (core < other.weight || edge.distance <= other.distance);
            prop_assert!(!is_within || may_precede);
        }
    }

    #[test]
    fn equal_weights_are_ordered_by_distance_before_any_index() {
        let core = [2.0, 2.0, 2.0];
        let far = Edge::between(0, 1, 1.5, &core);
        let near = Edge::between(1, 2, 0.5, &core);
        assert_eq!(near.order(&far), Ordering::Less);
        let as_near = Edge::between(2, 0, 0.5, &core);
        assert_eq!(as_near.order(&near), Ordering::Less);
    }
}
