//! Which clusters of the condensed tree are the answer.

use super::condense::CondensedTree;
use super::{Hdbscan, Selection};

/// Tells of each cluster whether it is selected. No two selected ones contain each other.
pub(super) fn select(tree: &CondensedTree, stabilities: &[f64], options: &Hdbscan) -> Vec<bool> {
    match options.selection {
        Selection::Eom => excess_of_mass(tree, stabilities, options),
        Selection::Leaf => leaves(tree),
    }
}

/// Takes a cluster rather than its parts unless they last longer together.
///
/// Campello, Moulavi, Sander 2013, algorithm 3. As in scikit-learn, a tie goes to the larger
/// cluster, and one above the size limit gives way whatever its stability. Unlike there, the root
/// counts with all its rows and not only with those of its children.
fn excess_of_mass(tree: &CondensedTree, stabilities: &[f64], options: &Hdbscan) -> Vec<bool> {
    let limit = options.max_cluster_size.map_or(usize::MAX, Into::into);
    let mut selected = vec![false; tree.clusters.len()];
    let mut of_parts = vec![0.0; tree.clusters.len()];
    for (at, cluster) in tree.clusters.iter().enumerate().rev() {
        let parts_win = of_parts[at] > stabilities[at] || cluster.size as usize > limit;
        selected[at] = !parts_win;
        let best = if parts_win {
            of_parts[at]
        } else {
            stabilities[at]
        };
        match cluster.parent {
            Some(parent) => of_parts[parent as usize] += best,
            None => selected[at] &= options.allow_single_cluster,
        }
    }
    deselect_parts(tree, &mut selected);
    selected
}

/// Leaves only the outermost of clusters that contain each other.
fn deselect_parts(tree: &CondensedTree, selected: &mut [bool]) {
    let mut inside = vec![false; selected.len()];
    for (at, cluster) in tree.clusters.iter().enumerate() {
        let parent = cluster.parent.map(|parent| parent as usize);
        inside[at] = parent.is_some_and(|parent| inside[parent] || selected[parent]);
        selected[at] &= !inside[at];
    }
}

/// Takes the clusters that do not split; the root is none of them, as in scikit-learn.
fn leaves(tree: &CondensedTree) -> Vec<bool> {
    let mut selected = vec![true; tree.clusters.len()];
    selected[0] = false;
    for parent in tree.clusters.iter().filter_map(|cluster| cluster.parent) {
        selected[parent as usize] = false;
    }
    selected
}
