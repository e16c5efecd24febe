//! How long clusters last.

use super::condense::CondensedTree;

/// Sums up, over the rows of each cluster, the range of densities at which they are its members.
///
/// Campello, Moulavi, Sander 2013, equation 3. Infinite for a cluster with enough exact copies;
/// never NaN, since births are finite.
pub(super) fn stabilities(tree: &CondensedTree) -> Vec<f64> {
    let mut stabilities = vec![0.0; tree.clusters.len()];
    let birth = |cluster: u32| tree.clusters[cluster as usize].birth;
    for (&cluster, lambda) in tree.row_clusters.iter().zip(&tree.row_lambdas) {
        stabilities[cluster as usize] += lambda - birth(cluster);
    }
    for child in &tree.clusters {
        if let Some(parent) = child.parent {
            stabilities[parent as usize] += (child.birth - birth(parent)) * f64::from(child.size);
        }
    }
    stabilities
}

/// The density at which each cluster ends: the largest at which a row or a child leaves it.
pub(super) fn deaths(tree: &CondensedTree) -> Vec<f64> {
    let mut deaths = vec![0.0_f64; tree.clusters.len()];
    let rows = tree.row_clusters.iter().zip(&tree.row_lambdas);
    let children = tree.clusters.iter();
    let children =
        children.filter_map(|child| child.parent.as_ref().map(|parent| (parent, &child.birth)));
    for (&cluster, lambda) in rows.chain(children) {
        let death = &mut deaths[cluster as usize];
        *death = death.max(*lambda);
    }
    deaths
}
