//! Groups by density at all radii at once.
//!
//! One step a file: [`core_distance`] → [`spanning_tree`] → [`linkage`] → [`condense`] →
//! [`stability`] → [`select`] → [`label`] and [`outlier`].

mod condense;
mod core_distance;
mod edge;
mod label;
mod linkage;
mod outlier;
mod path_maximum;
mod select;
mod spanning_tree;
mod stability;

use std::num::NonZeroUsize;

use imgcluster_core::{BoxError, Cancelled, Clusterer, Clustering, Job, Neighbors, Points};

use crate::OptionsError;

/// How clusters are chosen from the tree of all clusters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Selection {
    /// The excess of mass: the clusters that last longest.
    #[default]
    Eom,
    /// The leaves of the tree: the smallest, most uniform clusters.
    Leaf,
}

/// Finds clusters of any density, without a radius.
///
/// Exact, with the results of scikit-learn's `HDBSCAN` but for ties. From `min_samples` 3 on many
/// edges of the spanning tree weigh the same, and that leaves their order open; here they are
/// ordered by distance, then by (smaller index, larger index). So the answer is one, and the order
/// of the rows changes nothing unless distances of different rows tie exactly as well.
///
/// Strengths are its `probabilities_` (so beside an exact copy, whose density is infinite, anything
/// merely near has strength 0), outlier scores are GLOSH. Rows that are all equal leave at once and
/// split nowhere: one cluster where a single one is allowed, noise where not.
///
/// Campello, Moulavi, Sander, *Density-based clustering based on hierarchical density estimates*,
/// PAKDD 2013; Campello, Moulavi, Zimek, Sander, *Hierarchical density estimates for data
/// clustering, visualization, and outlier detection*, TKDD 2015; `McInnes` and Healy,
/// *Accelerated hierarchical density based clustering*, ICDMW 2017.
///
/// Two passes over all pairs; memory beyond the search: a few hundred bytes a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hdbscan {
    /// The fewest rows of a cluster, at least 2. Default: 5.
    pub min_cluster_size: usize,
    /// How many rows, itself included, a row's core distance reaches; all where there are fewer.
    /// Default: 3.
    pub min_samples: NonZeroUsize,
    /// How clusters are chosen from the tree. Default: the excess of mass.
    pub selection: Selection,
    /// Whether all rows may form one cluster, under the excess of mass. Default: no.
    pub allow_single_cluster: bool,
    /// The most rows of a cluster, under the excess of mass; a larger one gives way to its parts.
    /// Default: no limit.
    pub max_cluster_size: Option<NonZeroUsize>,
}

impl Default for Hdbscan {
    fn default() -> Self {
        Self {
            min_cluster_size: 5,
            min_samples: NonZeroUsize::new(3).expect("three is not zero"),
            selection: Selection::Eom,
            allow_single_cluster: false,
            max_cluster_size: None,
        }
    }
}

impl Hdbscan {
    /// Checks that the options make sense together.
    ///
    /// # Errors
    /// Names the field that does not.
    pub fn validate(&self) -> Result<(), OptionsError> {
        let min = self.min_cluster_size;
        if min < 2 {
            return Err(OptionsError::MinClusterSize(min));
        }
        match self.max_cluster_size.map(NonZeroUsize::get) {
            Some(max) if max < min => Err(OptionsError::MaxClusterSize { max, min }),
            _ => Ok(()),
        }
    }

    /// Runs all steps; the options hold.
    fn run(&self, neighbors: &dyn Neighbors, job: &Job<'_>) -> Result<Clustering, Cancelled> {
        let count = neighbors.len();
        if count < self.min_cluster_size {
            let noise = Clustering::from_groups::<u32>(&vec![None; count]);
            return Ok(noise
                .with_strengths(vec![0.0; count])
                .with_outlier_scores(vec![0.0; count]));
        }
        let tree = ReachabilityTree::grow(neighbors, self.min_samples, job)?;
        Ok(self.pick(&tree))
    }

    /// Picks clusters from the tree of at least as many rows as make a cluster; the options hold.
    pub(crate) fn pick(&self, tree: &ReachabilityTree) -> Clustering {
        let merges = linkage::single_linkage(tree.count, &tree.edges);
        let tree = condense::condense(tree.count, &merges, self.min_cluster_size);
        let stabilities = stability::stabilities(&tree);
        let selected = select::select(&tree, &stabilities, self);
        let members = label::label(&tree, &selected);
        Clustering::from_groups(&members.clusters)
            .with_strengths(members.strengths)
            .with_outlier_scores(outlier::outlier_scores(&tree))
    }
}

/// The part of the work that only `min_samples` changes.
pub(crate) struct ReachabilityTree {
    count: usize,
    edges: Vec<edge::Edge>,
}

impl ReachabilityTree {
    pub(crate) fn grow(
        neighbors: &dyn Neighbors,
        min_samples: NonZeroUsize,
        job: &Job<'_>,
    ) -> Result<Self, Cancelled> {
        let nearest = core_distance::nearest(neighbors, min_samples, job)?;
        let core = core_distance::core_distances(&nearest, min_samples);
        let edges = spanning_tree::spanning_tree(neighbors, &nearest, &core, job)?;
        let count = neighbors.len();
        Ok(Self { count, edges })
    }
}

/// Finds the minimum spanning tree of the distances themselves: two rows and their distance an edge,
/// in order; ties go by the smaller, then by the larger row.
pub(crate) fn distance_spanning_tree(
    neighbors: &dyn Neighbors,
    job: &Job<'_>,
) -> Result<Vec<(u32, u32, f32)>, Cancelled> {
    reachability_spanning_tree(neighbors, &vec![0.0; neighbors.len()], job)
}

/// Finds the minimum spanning tree of how far rows reach each other: the largest of their distance
/// and their core distances. Two rows and that an edge, in order; ties go by the distance, then by
/// the smaller, then by the larger row.
pub(crate) fn reachability_spanning_tree(
    neighbors: &dyn Neighbors,
    core: &[f32],
    job: &Job<'_>,
) -> Result<Vec<(u32, u32, f32)>, Cancelled> {
    if neighbors.is_empty() {
        return Ok(Vec::new());
    }
    let nearest = core_distance::nearest(neighbors, NonZeroUsize::MIN, job)?;
    let edges = spanning_tree::spanning_tree(neighbors, &nearest, core, job)?;
    let edges = edges.into_iter();
    Ok(edges.map(|edge| (edge.a, edge.b, edge.weight)).collect())
}

impl Clusterer for Hdbscan {
    fn cluster(&self, points: &Points<'_>, job: &Job<'_>) -> Result<Clustering, BoxError> {
        self.validate()?;
        Ok(self.run(points.neighbors(), job)?)
    }
}
