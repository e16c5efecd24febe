//! Items unlike each other.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use imgcluster_core::{Cancelled, Job, Neighbors, for_each_block};

/// Items a thread takes at a time.
const BLOCK: NonZeroUsize = NonZeroUsize::new(1024).expect("not zero");

/// Some of many items, unlike each other.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FarthestFirst {
    /// The chosen items, in the order they were chosen.
    pub(crate) chosen: Vec<u32>,
    /// Of each item the nearest chosen one (ties: the one chosen first).
    pub(crate) nearest: Vec<Nearest>,
}

/// The chosen item that is nearest to another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Nearest {
    /// How far it is; less than any distance where the item is itself chosen.
    pub(crate) distance: f32,
    /// The chosen item.
    pub(crate) item: u32,
}

/// Chooses up to `count` items: the one at place `first`, then by turns the one farthest from all
/// chosen (ties: the earlier). It measures each chosen one against all items.
pub(crate) fn farthest_first(
    neighbors: &dyn Neighbors,
    items: &[u32],
    first: usize,
    count: usize,
    job: &Job<'_>,
) -> Result<FarthestFirst, Cancelled> {
    let count = count.min(items.len());
    let mut chosen = Vec::with_capacity(count);
    let far = |item: &u32| Nearest {
        distance: f32::INFINITY,
        item: *item,
    };
    let mut nearest: Vec<Nearest> = items.iter().map(far).collect();
    let mut next = first;
    while chosen.len() < count {
        let item = items[next];
        chosen.push(item);
        nearest[next] = Nearest {
            distance: f32::NEG_INFINITY,
            item,
        };
        bring_nearer(neighbors, items, item, &mut nearest, job)?;
        next = farthest(&nearest);
    }
    Ok(FarthestFirst { chosen, nearest })
}

/// Notes of each item whether `chosen` is nearer than what was chosen before.
fn bring_nearer(
    neighbors: &dyn Neighbors,
    items: &[u32],
    chosen: u32,
    nearest: &mut Vec<Nearest>,
    job: &Job<'_>,
) -> Result<(), Cancelled> {
    let shared = Mutex::new(nearest);
    for_each_block(job, items.len(), BLOCK, Vec::new, |distances, places| {
        let of_block = items[places.clone()].iter();
        distances.clear();
        distances.extend(of_block.map(|&item| neighbors.distance(chosen, item)));
        let mut nearest = shared.lock().unwrap_or_else(PoisonError::into_inner);
        for (nearest, &distance) in nearest[places].iter_mut().zip(distances.iter()) {
            if distance < nearest.distance {
                *nearest = Nearest {
                    distance,
                    item: chosen,
                };
            }
        }
    })
}

/// The place of the item that is farthest from its nearest chosen one (ties: the first).
fn farthest(nearest: &[Nearest]) -> usize {
    let mut farthest = 0;
    for (place, candidate) in nearest.iter().enumerate() {
        if candidate.distance > nearest[farthest].distance {
            farthest = place;
        }
    }
    farthest
}
