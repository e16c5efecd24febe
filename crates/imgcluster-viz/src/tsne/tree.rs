//! A quadtree over the map, so that far crowds push as one.

use super::repulsion::Sources;

/// Points in a leaf at most, unless they share one cell of the finest grid.
const LEAF: usize = 32;
/// Halvings of the plane along each axis.
const DEPTH: u32 = 16;

/// A square of the plane and the points in it, `start..end` in the tree's order.
#[derive(Debug, Clone, Copy)]
struct Node {
    centre: [f32; 2],
    low: [f32; 2],
    high: [f32; 2],
    start: u32,
    end: u32,
    /// The node to go on with when this one is not opened.
    next: u32,
    leaf: bool,
}

/// Points sorted along the Z-curve, and the squares above them in depth-first order.
#[derive(Debug, Default)]
pub(super) struct Tree {
    /// The points' numbers in the order of the tree.
    pub(super) order: Vec<u32>,
    /// The points' places in that order.
    pub(super) places: Vec<[f32; 2]>,
    codes: Vec<(u32, u32)>,
    nodes: Vec<Node>,
}

impl Tree {
    /// Builds the tree anew over other places.
    pub(super) fn rebuild(&mut self, places: &[[f32; 2]]) {
        let (low, high) = bounds(places);
        let side = (high[0] - low[0]).max(high[1] - low[1]);
        let scale = if side > 0.0 {
            ((1_u32 << DEPTH) - 1) as f32 / side
        } else {
            0.0
        };
        let cell = |value: f32, low: f32| ((value - low) * scale) as u32;
        self.codes.clear();
        self.codes
            .extend(places.iter().zip(0_u32..).map(|(place, index)| {
                let (column, row) = (cell(place[0], low[0]), cell(place[1], low[1]));
                (interleave(column) | interleave(row) << 1, index)
            }));
        self.codes.sort_unstable();
        self.order.clear();
        self.order
            .extend(self.codes.iter().map(|(_, index)| *index));
        self.places.clear();
        let order = self.order.iter();
        self.places
            .extend(order.map(|index| places[*index as usize]));
        self.nodes.clear();
        if !places.is_empty() {
            self.grow(0, places.len(), 2 * DEPTH);
        }
    }

    /// Adds the node of `start..end`, whose codes agree above the lowest `bits`, and all below it.
    fn grow(&mut self, start: usize, end: usize, bits: u32) {
        let points = &self.places[start..end];
        let (low, high) = bounds(points);
        let leaf = end - start <= LEAF || bits == 0;
        let at = self.nodes.len();
        self.nodes.push(Node {
            centre: mean(points),
            low,
            high,
            start: start as u32,
            end: end as u32,
            next: 0,
            leaf,
        });
        if !leaf {
            let mut first = start;
            while first < end {
                let quarter = self.codes[first].0 >> (bits - 2);
                let same = |code: &(u32, u32)| code.0 >> (bits - 2) == quarter;
                let last = first + self.codes[first..end].partition_point(same);
                self.grow(first, last, bits - 2);
                first = last;
            }
        }
        self.nodes[at].next = self.nodes.len() as u32;
    }

    /// Lists the leaves as ranges of the tree's order; together they cover it.
    pub(super) fn leaves(&self) -> impl Iterator<Item = std::ops::Range<usize>> {
        let leaves = self.nodes.iter().filter(|node| node.leaf);
        leaves.map(|node| node.start as usize..node.end as usize)
    }

    /// Gathers everything that pushes the points of `leaf`.
    ///
    /// A square counts as one source if its side is less than `theta` times its centre's distance
    /// from the nearest corner or edge of the box round the leaf's points, so every point of the
    /// leaf is at least that far. Barnes and Hut, *A hierarchical O(N log N) force-calculation
    /// algorithm*, 1986; for whole leaves at once: Barnes, 1990.
    pub(super) fn gather(&self, leaf: std::ops::Range<usize>, theta: f32, sources: &mut Sources) {
        let (low, high) = bounds(&self.places[leaf]);
        sources.clear();
        let mut at = 0;
        while let Some(node) = self.nodes.get(at) {
            let side = (node.high[0] - node.low[0]).max(node.high[1] - node.low[1]);
            let away = |axis: usize| {
                let value = node.centre[axis];
                (low[axis] - value).max(value - high[axis]).max(0.0)
            };
            let (dx, dy) = (away(0), away(1));
            if side * side < theta * theta * (dx * dx + dy * dy) {
                sources.add(node.centre, (node.end - node.start) as f32);
                at = node.next as usize;
            } else if node.leaf {
                let points = &self.places[node.start as usize..node.end as usize];
                for place in points {
                    sources.add(*place, 1.0);
                }
                at = node.next as usize;
            } else {
                at += 1;
            }
        }
        sources.pad();
    }
}

/// Spreads the low 16 bits over the even places.
fn interleave(value: u32) -> u32 {
    let mut bits = value & 0xffff;
    bits = (bits | bits << 8) & 0x00ff_00ff;
    bits = (bits | bits << 4) & 0x0f0f_0f0f;
    bits = (bits | bits << 2) & 0x3333_3333;
    (bits | bits << 1) & 0x5555_5555
}

fn bounds(places: &[[f32; 2]]) -> ([f32; 2], [f32; 2]) {
    let start = ([f32::INFINITY; 2], [f32::NEG_INFINITY; 2]);
    places.iter().fold(start, |(low, high), place| {
        (
            [low[0].min(place[0]), low[1].min(place[1])],
            [high[0].max(place[0]), high[1].max(place[1])],
        )
    })
}

fn mean(places: &[[f32; 2]]) -> [f32; 2] {
    let count = places.len() as f64;
    [0, 1].map(|axis| {
        let sum: f64 = places.iter().map(|place| f64::from(place[axis])).sum();
        (sum / count) as f32
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    fn cloud(count: usize) -> Vec<[f32; 2]> {
        let mut random = Random::new(5);
        let mut place = |spread: f64| (random.symmetric().powi(3) * spread) as f32;
        (0..count).map(|_| [place(40.0), place(10.0)]).collect()
    }

    fn exact(places: &[[f32; 2]]) -> Sources {
        let mut sources = Sources::default();
        for place in places {
            sources.add(*place, 1.0);
        }
        sources.pad();
        sources
    }

    #[test]
    fn a_tree_of_nothing_has_no_leaves() {
        let mut tree = Tree::default();
        tree.rebuild(&[]);
        assert_eq!(tree.leaves().count(), 0);
    }

    #[test]
    fn leaves_hold_every_point_once_even_when_all_are_equal() {
        for places in [vec![[1.0, 2.0]; 500], cloud(500), cloud(1)] {
            let mut tree = Tree::default();
            tree.rebuild(&places);
            let covered: Vec<usize> = tree.leaves().flatten().collect();
            assert_eq!(covered, (0..places.len()).collect::<Vec<_>>());
            let mut order = tree.order.clone();
            order.sort_unstable();
            assert!(order.into_iter().eq(0..places.len() as u32));
        }
    }

    #[test]
    fn the_tree_pushes_like_every_pair_within_one_percent() {
        let places = cloud(3000);
        let (mut tree, every) = (Tree::default(), exact(&places));
        tree.rebuild(&places);
        let mut sources = Sources::default();
        let (mut error, mut size) = (0.0, 0.0);
        let (mut norm, mut true_norm) = (0.0, 0.0);
        for leaf in tree.leaves() {
            tree.gather(leaf.clone(), 0.5, &mut sources);
            for place in &tree.places[leaf] {
                let (near, true_push) = (sources.push(*place), every.push(*place));
                norm += near.norm;
                true_norm += true_push.norm;
                for axis in 0..2 {
                    error += (near.force[axis] - true_push.force[axis]).powi(2);
                    size += true_push.force[axis].powi(2);
                }
            }
        }
        let (error, norm_error) = ((error / size).sqrt(), norm / true_norm - 1.0);
        assert!(
            error < 0.01 && norm_error.abs() < 0.01,
            "{error} {norm_error}"
        );
    }

    #[test]
    fn nothing_is_lumped_together_at_theta_zero() {
        let places = cloud(300);
        let mut tree = Tree::default();
        tree.rebuild(&places);
        let (mut sources, every) = (Sources::default(), exact(&places));
        tree.gather(0..1, 0.0, &mut sources);
        let (near, far) = (sources.push(tree.places[0]), every.push(tree.places[0]));
        assert!((near.norm - far.norm).abs() < 1e-3);
    }
}
