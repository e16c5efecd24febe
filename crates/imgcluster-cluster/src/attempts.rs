//! How often to start anew where nobody says.

use std::num::NonZeroUsize;

/// Single attempts of k-means end up to a tenth above the least inertia, the best of twenty hardly
/// ever more than a hundredth; mixtures differ more.
const MOST: usize = 20;
const FEWEST: usize = 3;

/// Products that one iteration of each attempt may take together, unless that is too few attempts.
const WORK: usize = 1 << 31;

/// As many attempts as asked for, or as many as can be afforded when an iteration of one takes so
/// many products.
pub(crate) fn attempts(wanted: Option<NonZeroUsize>, work: usize) -> usize {
    let affordable = (WORK / work.max(1)).clamp(FEWEST, MOST);
    wanted.map_or(affordable, NonZeroUsize::get)
}
