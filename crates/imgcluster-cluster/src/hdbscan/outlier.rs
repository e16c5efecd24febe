//! How far out rows lie.

use super::condense::CondensedTree;
use super::stability::deaths;

/// Scores each row by how early it leaves its cluster, relative to the densest of the cluster and
/// its parts: 0 in the core, 1 far out.
///
/// The global-local outlier score from hierarchies (GLOSH): Campello and others 2015, section 6.
pub(super) fn outlier_scores(tree: &CondensedTree) -> Vec<f32> {
    let mut deaths = deaths(tree);
    for (at, cluster) in tree.clusters.iter().enumerate().rev() {
        if let Some(parent) = cluster.parent {
            deaths[parent as usize] = deaths[parent as usize].max(deaths[at]);
        }
    }
    let rows = tree.row_clusters.iter().zip(&tree.row_lambdas);
    rows.map(|(&cluster, &lambda)| {
        let death = deaths[cluster as usize];
        if lambda >= death {
            0.0
        } else {
            (1.0 - lambda / death) as f32
        }
    })
    .collect()
}
