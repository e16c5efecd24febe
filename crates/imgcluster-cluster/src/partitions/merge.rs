//! Clusters of partitions, joined by their medoids, and noise beside them.

use imgcluster_core::{Clustering, Neighbors, Points, RememberedNeighbors, UnionFind};

use super::noise::Joined;
use super::outcome::{PairsCompared, PartitionsOutcome, Representative};
use super::words::{Reader, write};
use super::{Joining, Partition, PartitionsError, Place, Run};
use crate::part::Part;

/// What is kept of merged medoids begins with this.
const LINE: &[u8] = b"imgcluster representatives 1\n";

/// A medoid, as it is compared with others.
#[derive(Clone, Copy)]
pub(super) struct Medoid {
    pub(super) item: u32,
    pub(super) partition: usize,
    pub(super) cluster: usize,
    pub(super) reach: f32,
}

impl Run<'_> {
    /// Merges the clusters of partitions; the first `cut` hold every item once.
    pub(super) fn merge(
        &self,
        partitions: Vec<Partition>,
        cut: usize,
    ) -> Result<PartitionsOutcome, PartitionsError> {
        let medoids: Vec<Medoid> = (0..).zip(&partitions).flat_map(medoids).collect();
        let mut pairs = PairsCompared {
            within_partitions: within(&partitions, cut),
            ..PairsCompared::default()
        };
        let mut joined = Vec::new();
        let mut clustering = partitions[0].clustering.clone();
        if cut > 1 {
            let merged = self.merged(&medoids)?;
            pairs.representatives = RememberedNeighbors::pairs(medoids.len());
            let homes = Homes::new(self.neighbors.len(), &partitions, &medoids);
            joined = self.join_noise(&homes, &medoids, &mut pairs)?;
            clustering = homes.clustering(&joined, &merged);
        }
        let labels = clustering.labels();
        let representative = |medoid: &Medoid| Representative {
            item: medoid.item,
            partition: medoid.partition,
            cluster: medoid.cluster,
            reach: medoid.reach,
            merged: labels[medoid.item as usize].expect("a medoid has a cluster"),
        };
        Ok(PartitionsOutcome {
            representatives: medoids.iter().map(representative).collect(),
            joined: joined.into_iter().map(|joined| joined.noise).collect(),
            clustering,
            partitions,
            pairs,
        })
    }

    /// Loads which medoids are merged, or finds and saves it: of each the first it is merged with.
    fn merged(&self, medoids: &[Medoid]) -> Result<Vec<u32>, PartitionsError> {
        let items: Vec<u32> = medoids.iter().map(|medoid| medoid.item).collect();
        if let Some(merged) = self.load(Place::Representatives, |bytes| read(bytes, &items)) {
            self.advance(RememberedNeighbors::pairs(items.len()));
            return Ok(merged);
        }
        let part = Part::new(self.neighbors, &items);
        let remembered = self.remember(&part)?;
        let view: &dyn Neighbors = match &remembered {
            Some(remembered) => remembered,
            None => &part,
        };
        let points = Points::pairwise(view);
        let method = &self.options.method;
        let clustered = method.representatives.cluster(&points, self.job);
        self.job.check()?;
        let clustered = clustered.map_err(PartitionsError::Representatives)?;
        let mut groups = UnionFind::new(items.len());
        for together in clustered.members() {
            if method.joining == Joining::WithinReach {
                self.join_reached(&together, medoids, view, &mut groups)?;
            } else {
                together.windows(2).for_each(|two| {
                    groups.union(two[0], two[1]);
                });
            }
        }
        self.note_near(Place::Representatives, &items, view)?;
        let merged = groups.roots();
        self.save(Place::Representatives, &written(&items, &merged))?;
        Ok(merged)
    }

    /// Joins those medoids of different partitions that are in reach of each other.
    fn join_reached(
        &self,
        together: &[u32],
        medoids: &[Medoid],
        neighbors: &dyn Neighbors,
        groups: &mut UnionFind,
    ) -> Result<(), PartitionsError> {
        for (place, &a) in together.iter().enumerate() {
            self.job.check()?;
            for &b in &together[place + 1..] {
                let (one, other) = (&medoids[a as usize], &medoids[b as usize]);
                let reach = one.reach.min(other.reach);
                if one.partition != other.partition && neighbors.distance(a, b) <= reach {
                    groups.union(a, b);
                }
            }
        }
        Ok(())
    }
}

/// Counts the pairs compared within partitions. Those of pooled noise that are of one partition were
/// compared there.
fn within(partitions: &[Partition], cut: usize) -> u64 {
    let pairs = |partition: &Partition| RememberedNeighbors::pairs(partition.members.len());
    let apart = |partition: &Partition| partition.apart.len() as u64;
    let known = partitions[..cut].iter().map(apart).sum::<u64>();
    partitions.iter().map(pairs).sum::<u64>() - known
}

/// Writes down which medoids are merged.
fn written(items: &[u32], merged: &[u32]) -> Vec<u8> {
    let mut bytes = LINE.to_vec();
    write(&mut bytes, items.iter().chain(merged).copied());
    bytes
}

/// Reads which of these medoids are merged.
fn read(bytes: &[u8], items: &[u32]) -> Option<Vec<u32>> {
    let mut reader = Reader::open(bytes, LINE)?;
    let known = reader.take(items.len())?;
    let merged = reader.take(items.len())?;
    let is_first = |(place, first): (usize, &u32)| {
        *first as usize <= place && merged[*first as usize] == *first
    };
    let holds = known == items && merged.iter().enumerate().all(is_first);
    (holds && reader.is_done()).then_some(merged)
}

fn medoids((partition, found): (usize, &Partition)) -> impl Iterator<Item = Medoid> {
    let both = found.medoids.iter().zip(&found.reaches);
    both.enumerate()
        .map(move |(cluster, (&item, &reach))| Medoid {
            item,
            partition,
            cluster,
            reach,
        })
}

/// Where each item is.
pub(super) struct Homes {
    /// The place of the medoid of each item's cluster; `None` is noise.
    medoids: Vec<Option<usize>>,
    /// The partition that each item was cut into.
    partitions: Vec<usize>,
    /// The partition of pooled noise, if there is one.
    pool: Option<usize>,
}

impl Homes {
    fn new(count: usize, partitions: &[Partition], medoids: &[Medoid]) -> Self {
        let mut homes = Self {
            medoids: vec![None; count],
            partitions: vec![usize::MAX; count],
            pool: None,
        };
        let mut first = 0;
        for (number, partition) in partitions.iter().enumerate() {
            for (item, cluster) in partition.clustered() {
                homes.medoids[item as usize] = Some(first + cluster.0 as usize);
            }
            for member in &partition.members {
                let of_member = &mut homes.partitions[*member as usize];
                if *of_member == usize::MAX {
                    *of_member = number;
                } else {
                    homes.pool = Some(number);
                }
            }
            first += partition.medoids.len();
        }
        debug_assert_eq!(first, medoids.len(), "one medoid a cluster");
        homes
    }

    /// Lists the items that have no cluster in any partition, in order.
    pub(super) fn noise(&self) -> Vec<u32> {
        let homes = (0_u32..).zip(&self.medoids);
        homes
            .filter(|(_, home)| home.is_none())
            .map(|(item, _)| item)
            .collect()
    }

    /// Tells whether an item of noise was in one partition with a medoid.
    pub(super) fn has_met(&self, item: u32, medoid: &Medoid) -> bool {
        self.partitions[item as usize] == medoid.partition || self.pool == Some(medoid.partition)
    }

    /// Numbers the merged clusters.
    fn clustering(&self, joined: &[Joined], merged: &[u32]) -> Clustering {
        let mut homes = self.medoids.clone();
        for joined in joined {
            homes[joined.noise.item as usize] = Some(joined.medoid);
        }
        let group = |home: &Option<usize>| home.map(|home| merged[home]);
        let groups: Vec<Option<u32>> = homes.iter().map(group).collect();
        Clustering::from_groups(&groups)
    }
}
