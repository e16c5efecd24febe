//! Clusters cut up until no pair in them is too far apart.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use imgcluster_core::{Cancelled, ClusterId, Clustering, Job, Neighbors, Radius, UnionFind};

use crate::agglomerative::DistanceTable;
use crate::part::Part;
use crate::{Agglomerative, Linkage};

/// Splits every cluster that has a pair farther apart than a radius, until none has one.
///
/// Such a cluster becomes what complete linkage joins of its rows, up to the radius: by turns, the
/// two groups whose farthest pair is nearest join (as in [`Agglomerative`], from which this borrows
/// the algorithm and its way with ties). A part of two rows or more is a cluster; a row that is left
/// alone is noise, with strength 0: nothing of its cluster is near enough to it. Clusters with no
/// such pair stay as they are, whatever their size.
///
/// Complete linkage never joins two rows that no chain of near pairs connects, so each such chain
/// is looked at for itself: one exact sweep finds them, and which are near in every pair already.
/// Only a chain that is not takes a table of its distances ([`Agglomerative::table_bytes`]). Exact,
/// and the same at any number of threads; joining runs on one thread.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Split {
    /// The largest distance of a pair in one cluster, inclusive.
    pub radius: Radius,
    /// The most bytes that the table of distances of one chain may take; this is known, and refused,
    /// before it is made. [`Split::within`] takes 4 GiB, which is enough for 46,000 rows.
    pub most_bytes: u64,
}

/// Why clusters could not be split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SplitError {
    /// The job was cancelled.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// The distances of one chain do not fit.
    #[error(
        "the distances of {count} rows of one cluster take {} MiB, more than the {} MiB there are \
         for them",
        needed.div_ceil(1 << 20),
        allowed >> 20
    )]
    TooLarge {
        /// How many rows are chained together.
        count: usize,
        /// How many bytes their distances take.
        needed: u64,
        /// How many bytes they may take.
        allowed: u64,
    },
}

impl Split {
    /// Splits clusters with a pair farther apart than this, with 4 GiB for a table of distances.
    pub fn within(radius: Radius) -> Self {
        Self {
            radius,
            most_bytes: Agglomerative::default().most_bytes,
        }
    }

    /// Splits; a clustering in which every pair is near enough comes back as it was.
    ///
    /// # Errors
    /// A [`SplitError`].
    ///
    /// # Panics
    /// Panics if the clustering is not of these items.
    pub fn split(
        &self,
        clustering: Clustering,
        neighbors: &dyn Neighbors,
        job: &Job<'_>,
    ) -> Result<Clustering, SplitError> {
        assert_eq!(
            neighbors.len(),
            clustering.len(),
            "a clustering of these items"
        );
        let near = NearPairs::find(clustering.labels(), self.radius, neighbors, job)?;
        let (whole, hiding): (Vec<_>, Vec<_>) = clustering
            .members()
            .into_iter()
            .partition(|members| near.are_all_near(members));
        if hiding.is_empty() {
            return Ok(clustering);
        }
        let chains = hiding.iter().flat_map(|members| near.chains(members));
        let (mut parts, long): (Vec<_>, Vec<_>) =
            chains.partition(|chain| near.are_all_near(chain));
        long.iter()
            .try_for_each(|chain| self.refuse_too_large(chain))?;
        for chain in &long {
            parts.append(&mut self.cut(chain, neighbors, job)?);
        }
        parts.retain(|part| part.len() > 1);
        let mut groups: Vec<Option<u32>> = vec![None; clustering.len()];
        for members in whole.iter().chain(&parts) {
            for &member in members {
                groups[member as usize] = members.first().copied();
            }
        }
        Ok(regrouped(&clustering, &groups))
    }

    fn refuse_too_large(&self, chain: &[u32]) -> Result<(), SplitError> {
        let needed = Agglomerative::table_bytes(chain.len());
        if needed > self.most_bytes {
            return Err(self.too_large(chain));
        }
        Ok(())
    }

    fn too_large(&self, chain: &[u32]) -> SplitError {
        SplitError::TooLarge {
            count: chain.len(),
            needed: Agglomerative::table_bytes(chain.len()),
            allowed: self.most_bytes,
        }
    }

    /// Cuts a chain of rows into what complete linkage joins of it up to the radius.
    fn cut(
        &self,
        chain: &[u32],
        neighbors: &dyn Neighbors,
        job: &Job<'_>,
    ) -> Result<Vec<Vec<u32>>, SplitError> {
        let table = DistanceTable::with_room(chain.len()).ok_or_else(|| self.too_large(chain))?;
        let table = table.fill(&Part::new(neighbors, chain), job)?;
        let mut groups = UnionFind::new(chain.len());
        let joins = table.joins(Linkage::Complete, job)?.into_iter();
        for join in joins.take_while(|join| join.distance <= self.radius.get()) {
            groups.union(join.a, join.b);
        }
        let roots = groups.roots();
        Ok(parted(roots.into_iter().zip(chain.iter().copied())))
    }
}

/// The pairs of rows of one cluster that are near enough.
struct NearPairs {
    /// How many such pairs each row is in.
    degrees: Vec<u32>,
    /// The first row of the chain of such pairs that each row is in.
    chains: Vec<u32>,
}

impl NearPairs {
    fn find(
        labels: &[Option<ClusterId>],
        radius: Radius,
        neighbors: &dyn Neighbors,
        job: &Job<'_>,
    ) -> Result<Self, Cancelled> {
        let degrees: Vec<AtomicU32> = labels.iter().map(|_| AtomicU32::new(0)).collect();
        let groups = Mutex::new(UnionFind::new(labels.len()));
        let count = |a: u32, b: u32, _distance: f32| {
            let label = labels[a as usize];
            if label.is_none() || label != labels[b as usize] {
                return;
            }
            degrees[a as usize].fetch_add(1, Ordering::Relaxed);
            degrees[b as usize].fetch_add(1, Ordering::Relaxed);
            let mut groups = groups.lock().unwrap_or_else(PoisonError::into_inner);
            groups.union(a, b);
        };
        neighbors.within(radius, job, &count)?;
        let mut groups = groups.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(Self {
            degrees: degrees.into_iter().map(AtomicU32::into_inner).collect(),
            chains: groups.roots(),
        })
    }

    /// Tells whether every pair of these rows is near; no other row of their cluster is near any.
    fn are_all_near(&self, members: &[u32]) -> bool {
        let others = members.len().saturating_sub(1);
        let has_all = |member: &u32| self.degrees[*member as usize] as usize == others;
        members.iter().all(has_all)
    }

    /// Parts the rows of a cluster by their chains.
    fn chains(&self, members: &[u32]) -> Vec<Vec<u32>> {
        let chain_of = |member: &u32| (self.chains[*member as usize], *member);
        parted(members.iter().map(chain_of))
    }
}

/// Parts rows by their keys, in the order of these.
fn parted(keyed: impl Iterator<Item = (u32, u32)>) -> Vec<Vec<u32>> {
    let mut keyed: Vec<(u32, u32)> = keyed.collect();
    keyed.sort_unstable();
    let parts = keyed.chunk_by(|a, b| a.0 == b.0);
    parts
        .map(|part| part.iter().map(|(_, row)| *row).collect())
        .collect()
}

/// Makes a clustering of other groups, with the strengths and outlier scores that rows had.
fn regrouped(clustering: &Clustering, groups: &[Option<u32>]) -> Clustering {
    let mut split = Clustering::from_groups(groups);
    if let Some(strengths) = clustering.strengths() {
        let kept = strengths.iter().zip(groups);
        let kept = kept.map(|(strength, group)| group.map_or(0.0, |_| *strength));
        split = split.with_strengths(kept.collect());
    }
    if let Some(scores) = clustering.outlier_scores() {
        split = split.with_outlier_scores(scores.to_vec());
    }
    split
}
