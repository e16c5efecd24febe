//! Which items to look at where there are too many.

use crate::seeded;

/// Draws `count` of the numbers from 0 to `total`, which itself is not among them, by chance and
/// without putting any back; all where there are no more. In order, and decided by the seed alone.
///
/// ```
/// use imgcluster_cluster::sample;
///
/// assert_eq!(sample(3, 5, 0), [0, 1, 2]);
/// assert_eq!(sample(1_000, 5, 7).len(), 5);
/// ```
///
/// # Panics
/// Panics if there are 2³² or more.
pub fn sample(total: usize, count: usize, seed: u64) -> Vec<usize> {
    let end = u32::try_from(total).expect("no list of files is that long");
    let all: Vec<u32> = (0..end).collect();
    let drawn = seeded::sample(&all, count, seed);
    drawn.into_iter().map(|item| item as usize).collect()
}
