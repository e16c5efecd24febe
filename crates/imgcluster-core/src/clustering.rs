//! The answer of every algorithm.

use std::collections::HashMap;
use std::hash::Hash;

/// A cluster's number: 0 is the largest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClusterId(pub u32);

/// One label a row: its cluster, or noise.
///
/// Clusters are numbered densely from 0, the largest first; ties go to the cluster with the
/// smaller first member. A clustering is therefore the same however an algorithm came to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Clustering {
    labels: Vec<Option<ClusterId>>,
    sizes: Vec<usize>,
    strengths: Option<Vec<f32>>,
    outlier_scores: Option<Vec<f32>>,
}

impl Clustering {
    /// Numbers the groups that rows were put in; `None` is noise, and any key names a group.
    pub fn from_groups<K: Eq + Hash + Copy>(groups: &[Option<K>]) -> Self {
        // (size, first member) of each group, in order of first members
        let mut indices: HashMap<K, usize> = HashMap::new();
        let mut found: Vec<(usize, usize)> = Vec::new();
        for (row, key) in groups.iter().enumerate() {
            let Some(key) = key else { continue };
            let index = *indices.entry(*key).or_insert_with(|| {
                found.push((0, row));
                found.len() - 1
            });
            found[index].0 += 1;
        }
        let mut order: Vec<usize> = (0..found.len()).collect();
        order.sort_by_key(|&index| (std::cmp::Reverse(found[index].0), found[index].1));
        let mut ids = vec![ClusterId(0); found.len()];
        for (id, &index) in order.iter().enumerate() {
            ids[index] = ClusterId(id as u32);
        }
        let labels = groups
            .iter()
            .map(|key| key.as_ref().map(|key| ids[indices[key]]))
            .collect();
        let sizes = order.iter().map(|&index| found[index].0).collect();
        Self {
            labels,
            sizes,
            strengths: None,
            outlier_scores: None,
        }
    }

    /// Adds how firmly each row belongs to its cluster, in [0, 1]; 0 for noise.
    ///
    /// # Panics
    /// Panics if there is not one strength a row.
    #[must_use]
    pub fn with_strengths(mut self, strengths: Vec<f32>) -> Self {
        assert_eq!(strengths.len(), self.labels.len(), "one strength a row");
        self.strengths = Some(strengths);
        self
    }

    /// Adds how much of an outlier each row is, in [0, 1]; 1 is farthest out.
    ///
    /// # Panics
    /// Panics if there is not one score a row.
    #[must_use]
    pub fn with_outlier_scores(mut self, scores: Vec<f32>) -> Self {
        assert_eq!(scores.len(), self.labels.len(), "one score a row");
        self.outlier_scores = Some(scores);
        self
    }

    /// One label a row, in order; `None` is noise.
    pub fn labels(&self) -> &[Option<ClusterId>] {
        &self.labels
    }

    /// Counts the rows.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Tells whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Counts the clusters.
    pub fn clusters(&self) -> usize {
        self.sizes.len()
    }

    /// How many rows each cluster has, the largest first.
    pub fn sizes(&self) -> &[usize] {
        &self.sizes
    }

    /// Counts the rows that are noise.
    pub fn noise(&self) -> usize {
        self.labels.len() - self.sizes.iter().sum::<usize>()
    }

    /// How firmly each row belongs, if the algorithm says.
    pub fn strengths(&self) -> Option<&[f32]> {
        self.strengths.as_deref()
    }

    /// How much of an outlier each row is, if the algorithm says.
    pub fn outlier_scores(&self) -> Option<&[f32]> {
        self.outlier_scores.as_deref()
    }

    /// Lists the rows of each cluster in order, the largest cluster first.
    pub fn members(&self) -> Vec<Vec<u32>> {
        let mut members: Vec<Vec<u32>> = self
            .sizes
            .iter()
            .map(|&size| Vec::with_capacity(size))
            .collect();
        for (row, label) in self.labels.iter().enumerate() {
            if let Some(ClusterId(id)) = label {
                members[*id as usize].push(row as u32);
            }
        }
        members
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_cluster_is_zero_and_ties_go_to_the_first_member() {
        let groups = [
            Some('x'),
            None,
            Some('y'),
            Some('z'),
            Some('z'),
            Some('y'),
            Some('z'),
        ];
        let clustering = Clustering::from_groups(&groups);
        let labels: Vec<_> = clustering
            .labels()
            .iter()
            .map(|l| l.map(|id| id.0))
            .collect();
        assert_eq!(
            labels,
            [Some(2), None, Some(1), Some(0), Some(0), Some(1), Some(0)]
        );
        assert_eq!(clustering.sizes(), [3, 2, 1]);
        assert_eq!(clustering.noise(), 1);
        assert_eq!(clustering.members(), [vec![3, 4, 6], vec![2, 5], vec![0]]);
    }

    #[test]
    fn nothing_and_only_noise_have_no_clusters() {
        assert_eq!(Clustering::from_groups::<u8>(&[]).clusters(), 0);
        let noise = Clustering::from_groups::<u8>(&[None, None]);
        assert_eq!((noise.clusters(), noise.noise()), (0, 2));
    }
}
