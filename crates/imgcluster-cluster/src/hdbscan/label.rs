//! Which rows the selected clusters have, and how firmly.

use super::condense::CondensedTree;
use super::stability::deaths;

/// The members of the selected clusters.
pub(super) struct Members {
    /// The selected cluster of each row, if any.
    pub(super) clusters: Vec<Option<u32>>,
    /// How firmly each row belongs to it, in [0, 1].
    pub(super) strengths: Vec<f32>,
}

/// Gives each row to the selected cluster that contains it, as scikit-learn does.
pub(super) fn label(tree: &CondensedTree, selected: &[bool]) -> Members {
    let owners = owners(tree, selected);
    let deaths = deaths(tree);
    let rows = tree.row_clusters.iter().zip(&tree.row_lambdas);
    let clusters: Vec<_> = rows
        .map(|(&cluster, &lambda)| {
            let owner = owners[cluster as usize]?;
            // The root has every row; its members are those that stay until it splits or ends.
            let stays = owner != 0 || lambda >= deaths[0];
            stays.then_some(owner)
        })
        .collect();
    let strengths = clusters
        .iter()
        .zip(&tree.row_lambdas)
        .map(|(owner, &lambda)| match owner {
            Some(owner) => strength(lambda, deaths[*owner as usize]),
            None => 0.0,
        })
        .collect();
    Members {
        clusters,
        strengths,
    }
}

/// Finds for each cluster the selected one that it is or is part of.
fn owners(tree: &CondensedTree, selected: &[bool]) -> Vec<Option<u32>> {
    let mut owners: Vec<Option<u32>> = Vec::with_capacity(selected.len());
    for (at, cluster) in tree.clusters.iter().enumerate() {
        let inherited = cluster.parent.and_then(|parent| owners[parent as usize]);
        owners.push(inherited.or_else(|| selected[at].then_some(at as u32)));
    }
    owners
}

/// The density at which a row leaves, relative to that at which its cluster ends.
fn strength(lambda: f64, death: f64) -> f32 {
    if lambda >= death {
        1.0
    } else {
        (lambda / death) as f32
    }
}
