//! One partition, clustered by itself.

use std::num::NonZeroUsize;

use imgcluster_core::{Cancelled, ClusterId, Clustering, Job, KnnGraph, Neighbors};

use super::method::among;
use super::pool::{all_apart, pairs};
use super::tried::Tried;
use super::{Joining, PartitionMethod, PartitionsError, Place, Run};
use crate::summary::middle;

/// What was found in one partition.
#[derive(Debug, Clone, PartialEq)]
pub struct Partition {
    pub(super) members: Vec<u32>,
    pub(super) clustering: Clustering,
    pub(super) medoids: Vec<u32>,
    pub(super) reaches: Vec<f32>,
    pub(super) nearest: Nearest,
    /// How far its noise is apart, each item from all later ones, if that is kept for a pool.
    pub(super) apart: Vec<f32>,
    /// A fingerprint of the method it was found with.
    pub(super) method: u64,
    /// What its clusters were chosen from, if they were.
    pub(super) tried: Option<Tried>,
}

/// The nearest others of each member, within its partition.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Nearest {
    /// How many each has.
    pub(super) k: usize,
    /// Those of all members, one after the other, by their numbers among all items.
    pub(super) others: Vec<(u32, f32)>,
}

impl Partition {
    /// The items, in order, by their numbers among all items.
    pub fn members(&self) -> &[u32] {
        &self.members
    }

    /// The clusters of the members, as the method found them with nothing else there: one label a
    /// member, with strengths and outlier scores where the method gives them.
    pub fn clustering(&self) -> &Clustering {
        &self.clustering
    }

    /// The member most alike to all others of each cluster, the largest cluster first; by its number
    /// among all items.
    pub fn medoids(&self) -> &[u32] {
        &self.medoids
    }

    /// How far the farthest member of each cluster is from its medoid.
    pub fn reaches(&self) -> &[f32] {
        &self.reaches
    }

    /// The items that are noise here, by their numbers among all items.
    pub fn noise(&self) -> impl Iterator<Item = u32> {
        let labels = self.clustering.labels().iter();
        let labelled = self.members.iter().zip(labels);
        labelled
            .filter(|(_, label)| label.is_none())
            .map(|(member, _)| *member)
    }

    /// The items that have a cluster here, by their numbers among all items, with that cluster.
    pub(super) fn clustered(&self) -> impl Iterator<Item = (u32, ClusterId)> {
        let labels = self.clustering.labels().iter();
        let labelled = self.members.iter().zip(labels);
        labelled.filter_map(|(member, label)| label.map(|label| (*member, label)))
    }

    /// Lists the nearest others of a member that were noted, nearest first, ties by the smaller
    /// number: items by their numbers among all items, and their distances. Empty if there is no
    /// such member.
    pub fn nearest(&self, item: u32) -> &[(u32, f32)] {
        match self.members.binary_search(&item) {
            Ok(place) => &self.nearest.others[place * self.nearest.k..][..self.nearest.k],
            Err(_) => &[],
        }
    }

    /// Tells whether this is of these items, with `k` nearest others or all, and with how far its
    /// noise is apart.
    pub(super) fn is_of(&self, members: &[u32], k: usize, keeps_noise: bool) -> bool {
        let kept = if keeps_noise {
            pairs(self.clustering.noise())
        } else {
            0
        };
        self.members == members
            && self.nearest.k == k.min(members.len().saturating_sub(1))
            && self.apart.len() == kept
    }

    /// Tells whether this was found by this method.
    pub(super) fn is_by(&self, method: &PartitionMethod) -> bool {
        let candidates = method.candidates().len();
        let is_whole = match (method, &self.tried) {
            (PartitionMethod::One(_), tried) => tried.is_none(),
            (PartitionMethod::Best { .. }, tried) => {
                tried.as_ref().is_some_and(|tried| tried.is_of(candidates))
            }
        };
        is_whole && self.method == method.fingerprint()
    }

    /// Tells how its noise joins clusters of others.
    pub(super) fn joining(&self, method: &PartitionMethod) -> Joining {
        match (method, &self.tried) {
            (PartitionMethod::Best { candidates, .. }, Some(tried)) => {
                among(&candidates[tried.chosen()].method).1
            }
            (PartitionMethod::Best { .. }, None) => Joining::AsClustered,
            (PartitionMethod::One(setting), _) => setting.joining,
        }
    }
}

impl Run<'_> {
    /// Clusters a partition and saves it. `part` is the search over its members.
    pub(super) fn cluster(
        &self,
        number: usize,
        members: Vec<u32>,
        part: &dyn Neighbors,
        keeps_noise: bool,
    ) -> Result<Partition, PartitionsError> {
        let remembered = self.remember(part)?;
        let view: &dyn Neighbors = match &remembered {
            Some(remembered) => remembered,
            None => part,
        };
        let (clustering, tried) = self.clustered(number, &members, view)?;
        let labels = (0_u32..).zip(clustering.labels());
        let noise = labels.filter(|(_, label)| keeps_noise && label.is_none());
        let noise: Vec<u32> = noise.map(|(place, _)| place).collect();
        let (medoids, reaches) = middles(view, &clustering, self.job)?;
        let nearest = nearest(view, self.options.nearest, &members, self.job)?;
        self.note_near(Place::Partition(number), &members, view)?;
        let found = Partition {
            medoids: medoids
                .iter()
                .map(|place| members[*place as usize])
                .collect(),
            reaches,
            nearest,
            apart: all_apart(view, &noise),
            clustering,
            members,
            method: self.options.method.fingerprint(),
            tried,
        };
        self.save(Place::Partition(number), &found.to_bytes())?;
        Ok(found)
    }
}

/// Finds the medoid of each cluster, and how far its farthest member is.
fn middles(
    neighbors: &dyn Neighbors,
    clustering: &Clustering,
    job: &Job<'_>,
) -> Result<(Vec<u32>, Vec<f32>), Cancelled> {
    let mut middles = (Vec::new(), Vec::new());
    for members in clustering.members() {
        let medoid = members[middle(neighbors, None, &members, &members, job)?.medoid];
        let distances = members
            .iter()
            .map(|member| neighbors.distance(medoid, *member));
        middles.0.push(medoid);
        middles.1.push(distances.fold(0.0, f32::max));
    }
    Ok(middles)
}

/// Finds the nearest others of each member, by their numbers among all items.
fn nearest(
    neighbors: &dyn Neighbors,
    k: NonZeroUsize,
    members: &[u32],
    job: &Job<'_>,
) -> Result<Nearest, Cancelled> {
    let graph: KnnGraph = neighbors.knn(k, job)?;
    let mut others = Vec::with_capacity(graph.len() * graph.k());
    for item in 0..graph.len() {
        let named = graph
            .others(item)
            .iter()
            .map(|place| members[*place as usize]);
        others.extend(named.zip(graph.distances(item).iter().copied()));
    }
    Ok(Nearest {
        k: graph.k(),
        others,
    })
}
