//! Items unlike each other.

use imgcluster_core::Neighbors;

/// Chooses up to `count` items: the one at place `first`, then by turns the one farthest from all
/// chosen (ties: the earlier).
pub(super) fn farthest_first(
    neighbors: &dyn Neighbors,
    items: &[u32],
    first: usize,
    count: usize,
) -> Vec<u32> {
    let count = count.min(items.len());
    let mut chosen = Vec::with_capacity(count);
    // Of each item, how far the nearest chosen one is; less than any distance once it is chosen.
    let mut nearest = vec![f32::INFINITY; items.len()];
    let mut next = first;
    while chosen.len() < count {
        let last = items[next];
        chosen.push(last);
        nearest[next] = f32::NEG_INFINITY;
        if chosen.len() == count {
            break;
        }
        next = 0;
        for (place, &item) in items.iter().enumerate() {
            if nearest[place] >= 0.0 {
                nearest[place] = nearest[place].min(neighbors.distance(last, item));
            }
            if nearest[place] > nearest[next] {
                next = place;
            }
        }
    }
    chosen
}
