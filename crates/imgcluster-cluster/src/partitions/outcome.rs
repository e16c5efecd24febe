//! What came of partitions, and what can be asked of it.

use std::num::NonZeroUsize;

use imgcluster_core::{
    Cancelled, ClusterId, Clustering, FoundNeighbors, Job, Neighbors, RememberedNeighbors, Trial,
};

use super::tried::Tried;
use super::{Partition, PartitionMethod};

/// What was found in partitions.
#[derive(Debug, Clone, PartialEq)]
pub struct PartitionsOutcome {
    /// The clusters of all items. With one partition they are that partition's, with strengths and
    /// outlier scores where the method gives them; with more there are none: they would be relative to
    /// clusters of different partitions.
    pub clustering: Clustering,
    /// Each partition by itself. Where noise is pooled, the last is that of the noise.
    pub partitions: Vec<Partition>,
    /// The medoid of every cluster of every partition, in the order of partitions and their clusters.
    pub representatives: Vec<Representative>,
    /// The noise that joined a cluster of another partition, in order.
    pub joined: Vec<JoinedNoise>,
    /// How many pairs were compared, by this run or by those that saved partitions.
    pub pairs: PairsCompared,
    /// What was chosen from, where the best of several settings was.
    pub trials: Option<PartitionsTrials>,
}

/// What came of each setting: of each choice one trial a candidate, the best first, then those that are
/// not compared in their order. One is marked as chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct PartitionsTrials {
    /// Of each partition, in the order of [`PartitionsOutcome::partitions`].
    pub partitions: Vec<Vec<Trial>>,
    /// Of the representatives. Clusters and noise are those of all items that merging so would give,
    /// before noise joins, where there are rows; else those of representatives, where noise is what
    /// would be merged with none. Empty where there was nothing to choose: one partition, or fewer
    /// than two representatives, or no setting that could be run.
    pub representatives: Vec<Trial>,
}

impl PartitionsTrials {
    /// Puts in words what was tried.
    pub(super) fn of(
        method: &PartitionMethod,
        partitions: &[Partition],
        representatives: Option<&Tried>,
    ) -> Option<Self> {
        if let PartitionMethod::One(_) = method {
            return None;
        }
        let candidates = method.candidates();
        let of_partition = |partition: &Partition| {
            let tried = partition.tried.as_ref();
            tried.map_or_else(Vec::new, |tried| tried.trials(candidates))
        };
        let among = representatives.map(|tried| tried.trials(&method.candidates_among()));
        Some(Self {
            partitions: partitions.iter().map(of_partition).collect(),
            representatives: among.unwrap_or_default(),
        })
    }

    /// What was chosen for each partition, in order, and for the representatives, if anything was.
    ///
    /// # Panics
    /// Panics if the trials of a partition mark none as chosen; those of an outcome always do.
    pub fn chosen(&self) -> (Vec<&Trial>, Option<&Trial>) {
        let chosen = |trials: &'_ [Trial]| trials.iter().position(|trial| trial.is_chosen);
        let of_partition = |trials: &'_ Vec<Trial>| chosen(trials).expect("one is chosen");
        let partitions = self.partitions.iter();
        let partitions = partitions.map(|trials| &trials[of_partition(trials)]);
        let representatives = chosen(&self.representatives);
        (
            partitions.collect(),
            representatives.map(|place| &self.representatives[place]),
        )
    }
}

/// A cluster of a partition, and where it went.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Representative {
    /// The medoid.
    pub item: u32,
    /// Its partition, from 0.
    pub partition: usize,
    /// Its cluster there, from 0.
    pub cluster: usize,
    /// How far the farthest member of that cluster is from it.
    pub reach: f32,
    /// The cluster of all items that it was merged into.
    pub merged: ClusterId,
}

/// An item of noise that joined a cluster of another partition.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JoinedNoise {
    /// The item.
    pub item: u32,
    /// The medoid nearest to it.
    pub medoid: u32,
    /// How far that is.
    pub distance: f32,
}

/// How many pairs were compared to find the clusters; what is asked of the outcome comes on top.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PairsCompared {
    /// Within partitions, that of pooled noise included.
    pub within_partitions: u64,
    /// Of representatives with each other.
    pub representatives: u64,
    /// Of noise with representatives.
    pub noise: u64,
}

impl PairsCompared {
    /// Counts all.
    pub fn total(&self) -> u64 {
        self.within_partitions + self.representatives + self.noise
    }

    /// Tells which share they are of all pairs of `count` items; 0 where there are none. Above 1 where
    /// partitions did not pay.
    pub fn share(&self, count: usize) -> f64 {
        match RememberedNeighbors::pairs(count) {
            0 => 0.0,
            all => self.total() as f64 / all as f64,
        }
    }
}

impl PartitionsOutcome {
    /// Looks for neighbours among what was compared, for a map of the items and for summing up
    /// clusters, without asking for all pairs. `exact` is what the clusters were found with:
    /// [`Partitions::measure`](super::Partitions::measure).
    ///
    /// Of each item the `k` nearest are kept of: the nearest of its own partition, up to
    /// [`Partitions::nearest`](super::Partitions::nearest) of them, which are known; and the medoids of
    /// the clusters its own was merged with, up to `k` of them, which are measured: about one pair an
    /// item and partition. Where that makes fewer than `k`, other medoids and then the first items
    /// are measured as well.
    ///
    /// So distances are exact wherever they are asked for, and neighbours are approximate: an item
    /// of another partition is found only if it is a medoid, or has the item as its neighbour. What that
    /// means: a map holds merged clusters together by their medoids. [`Split`](crate::Split) sees
    /// a pair of near members only if it is kept here, so it may part what all pairs would hold
    /// together. [`summarize`](crate::summarize) and [`cap`](crate::cap) measure what they need of each
    /// cluster, and are exact; that costs all pairs of every cluster, and can be bounded by
    /// `SummaryOptions::exact_up_to`. No more than `k` nearest others may be asked for: more are
    /// searched for among all pairs.
    ///
    /// # Errors
    /// [`Cancelled`] if the job was cancelled.
    ///
    /// # Panics
    /// Panics if `exact` is of another number of items.
    pub fn neighbors<'a>(
        &self,
        exact: &'a dyn Neighbors,
        k: NonZeroUsize,
        job: &Job<'_>,
    ) -> Result<FoundNeighbors<'a>, Cancelled> {
        let count = self.clustering.len();
        assert_eq!(
            exact.len(),
            count,
            "a search over the items of the partitions"
        );
        let mut medoids: Vec<Vec<u32>> = vec![Vec::new(); self.clustering.clusters()];
        for representative in &self.representatives {
            medoids[representative.merged.0 as usize].push(representative.item);
        }
        let labels = self.clustering.labels();
        let wanted = k.get().min(count.saturating_sub(1));
        let known = |item: u32, others: &mut Vec<(u32, f32)>| {
            for partition in &self.partitions {
                others.extend_from_slice(partition.nearest(item));
            }
            let same = labels[item as usize].map(|cluster| &medoids[cluster.0 as usize][..]);
            let same = same.unwrap_or_default().iter().copied();
            measure(exact, item, same.take(wanted), usize::MAX, others);
            let all = self.representatives.iter().map(|medoid| medoid.item);
            measure(exact, item, all, wanted, others);
        };
        FoundNeighbors::known(exact, k, known, job)
    }
}

/// Measures an item against others that it was not compared with, until it has `wanted` others.
fn measure(
    exact: &dyn Neighbors,
    item: u32,
    new: impl Iterator<Item = u32>,
    wanted: usize,
    others: &mut Vec<(u32, f32)>,
) {
    for other in new {
        if others.len() >= wanted {
            return;
        }
        let is_known = |known: &(u32, f32)| known.0 == other;
        if other != item && !others.iter().any(is_known) {
            others.push((other, exact.distance(item, other)));
        }
    }
}
