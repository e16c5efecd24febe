//! Clusters of partitions, joined by their medoids, and noise beside them.

use std::collections::HashMap;

use imgcluster_core::{
    BoxError, Cancelled, ClusterId, Clustering, Event, Job, Neighbors, RememberedNeighbors,
    UnionFind,
};

use super::noise::Joined;
use super::outcome::{PairsCompared, PartitionsOutcome, PartitionsTrials, Representative};
use super::tried::Tried;
use super::words::{Reader, halves, write};
use super::{
    Joining, Partition, PartitionMethod, PartitionSetting, PartitionsError, Place, Run, method,
};
use crate::part::Part;
use crate::selection::choose_finished;
use crate::{Method, Split, Views};

/// What is kept of merged medoids begins with this.
const LINE: &[u8] = b"imgcluster representatives 2\n";

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
        let method = &self.options.method;
        let (mut joined, mut tried) = (Vec::new(), None);
        let mut clustering = partitions[0].clustering.clone();
        if cut > 1 {
            let homes = Homes::new(self.neighbors.len(), &partitions, &medoids);
            let merged = self.merged(&medoids, &homes)?;
            pairs.representatives = RememberedNeighbors::pairs(medoids.len());
            let joinings = partitions.iter().map(|partition| partition.joining(method));
            let joinings: Vec<Joining> = joinings.collect();
            joined = self.join_noise(&homes, &medoids, &joinings, &mut pairs)?;
            clustering = homes.clustering(&joined, &merged.groups);
            tried = merged.tried;
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
            trials: PartitionsTrials::of(method, &partitions, tried.as_ref()),
            clustering,
            partitions,
            pairs,
        })
    }

    /// Loads which medoids are merged, or finds and saves it.
    fn merged(&self, medoids: &[Medoid], homes: &Homes) -> Result<Merged, PartitionsError> {
        let items: Vec<u32> = medoids.iter().map(|medoid| medoid.item).collect();
        let read = |bytes: &[u8]| self.read(bytes, &items);
        if let Some(merged) = self.load(Place::Representatives, read) {
            self.advance(RememberedNeighbors::pairs(items.len()));
            return Ok(merged);
        }
        let part = Part::new(self.neighbors, &items);
        let remembered = self.remember(&part)?;
        let view: &dyn Neighbors = match &remembered {
            Some(remembered) => remembered,
            None => &part,
        };
        let among = Among {
            medoids,
            items: &items,
            homes,
            view,
        };
        let merged = match &self.options.method {
            PartitionMethod::One(setting) => self.merged_by_one(setting, &among)?,
            PartitionMethod::Best { split, .. } => self.merged_by_best(split.as_ref(), &among)?,
        };
        self.note_near(Place::Representatives, &items, view)?;
        self.save(Place::Representatives, &self.written(&items, &merged))?;
        Ok(merged)
    }

    /// Merges the medoids that one setting puts together.
    fn merged_by_one(
        &self,
        setting: &PartitionSetting,
        among: &Among<'_>,
    ) -> Result<Merged, PartitionsError> {
        let clustered = self.by_one(&*setting.representatives, among.items, among.view);
        self.job.check()?;
        let clustered = clustered.map_err(PartitionsError::Representatives)?;
        let mut groups = among.together(&clustered, setting.joining, self.job)?;
        Ok(Merged {
            groups: groups.roots(),
            tried: None,
        })
    }

    /// Merges the medoids that the best setting puts together; none where none can be run.
    fn merged_by_best(
        &self,
        split: Option<&Split>,
        among: &Among<'_>,
    ) -> Result<Merged, PartitionsError> {
        let apart = || Merged {
            groups: (0..among.items.len() as u32).collect(),
            tried: None,
        };
        if among.items.len() < 2 {
            return Ok(apart());
        }
        let candidates = self.options.method.candidates_among();
        let by_items = self.views.unit.is_some();
        let finish = |method: &Method, clustering| -> Result<Clustering, BoxError> {
            let clustering = match split {
                Some(split) => split.split(clustering, among.view, self.job)?,
                None => clustering,
            };
            let joining = match method::among(method).1 {
                // Chains from one outlier to the next would score as one cluster and what is left.
                Joining::Within(_) if by_items => Joining::WithinReach,
                other => other,
            };
            let mut groups = among.together(&clustering, joining, self.job)?;
            let roots = groups.roots();
            if by_items {
                return Ok(among.homes.clustering(&[], &roots));
            }
            Ok(Clustering::from_groups(&labels(&roots)))
        };
        let choose = |views: &Views<'_>| {
            let scored = if by_items { self.views } else { views };
            choose_finished(&candidates, views, scored, &finish, self.job)
        };
        let found = self.see(among.items, among.view, choose)?;
        self.job.check()?;
        match found {
            Ok((choice, order)) => {
                let (tried, clustering) = Tried::of(choice, &order);
                let place = |(place, item): (usize, &u32)| {
                    if by_items { *item as usize } else { place }
                };
                let places = among.items.iter().enumerate().map(place);
                let labels = places.map(|place| clustering.labels()[place]);
                Ok(Merged {
                    groups: firsts(&labels.collect::<Vec<_>>()),
                    tried: Some(tried),
                })
            }
            Err(error) => {
                let message = format!("the clusters of partitions are not merged: {error}");
                self.job.report(&Event::Warning { message: &message });
                Ok(apart())
            }
        }
    }

    /// Writes down which medoids are merged.
    fn written(&self, items: &[u32], merged: &Merged) -> Vec<u8> {
        let mut bytes = LINE.to_vec();
        write(&mut bytes, halves(self.options.method.fingerprint()));
        write(&mut bytes, items.iter().chain(&merged.groups).copied());
        if let Some(tried) = &merged.tried {
            tried.write(&mut bytes);
        }
        bytes
    }

    /// Reads which of these medoids are merged.
    fn read(&self, bytes: &[u8], items: &[u32]) -> Option<Merged> {
        let mut reader = Reader::open(bytes, LINE)?;
        let method = &self.options.method;
        let is_by = reader.array()? == halves(method.fingerprint());
        let known = reader.take(items.len())?;
        let groups = reader.take(items.len())?;
        let tried = if reader.is_done() {
            None
        } else {
            Some(Tried::read(&mut reader)?)
        };
        let is_first = |(place, first): (usize, &u32)| {
            *first as usize <= place && groups[*first as usize] == *first
        };
        let is_chosen = tried
            .as_ref()
            .is_none_or(|tried| tried.is_of(method.candidates_among().len()));
        let holds = is_by && is_chosen && known == items;
        let holds = holds && groups.iter().enumerate().all(is_first);
        (holds && reader.is_done()).then_some(Merged { groups, tried })
    }
}

/// Of each medoid the first it is merged with, and what that was chosen from.
struct Merged {
    groups: Vec<u32>,
    tried: Option<Tried>,
}

/// Medoids, and the search over them.
struct Among<'a> {
    medoids: &'a [Medoid],
    items: &'a [u32],
    homes: &'a Homes,
    view: &'a dyn Neighbors,
}

impl Among<'_> {
    /// Puts together what is merged of medoids that are clustered so.
    fn together(
        &self,
        clustered: &Clustering,
        joining: Joining,
        job: &Job<'_>,
    ) -> Result<UnionFind, Cancelled> {
        let mut groups = UnionFind::new(self.items.len());
        for together in clustered.members() {
            if joining == Joining::WithinReach {
                self.join_reached(&together, &mut groups, job)?;
            } else {
                together.windows(2).for_each(|two| {
                    groups.union(two[0], two[1]);
                });
            }
        }
        Ok(groups)
    }

    /// Joins those medoids of different partitions that are in reach of each other.
    fn join_reached(
        &self,
        together: &[u32],
        groups: &mut UnionFind,
        job: &Job<'_>,
    ) -> Result<(), Cancelled> {
        for (place, &a) in together.iter().enumerate() {
            job.check()?;
            for &b in &together[place + 1..] {
                let (one, other) = (&self.medoids[a as usize], &self.medoids[b as usize]);
                let reach = one.reach.min(other.reach);
                if one.partition != other.partition && self.view.distance(a, b) <= reach {
                    groups.union(a, b);
                }
            }
        }
        Ok(())
    }
}

/// The first with the label of each; itself where it has none.
fn firsts(labels: &[Option<ClusterId>]) -> Vec<u32> {
    let mut first = HashMap::new();
    let places = (0_u32..).zip(labels);
    let root = |(place, label): (u32, &Option<ClusterId>)| match label {
        Some(label) => *first.entry(*label).or_insert(place),
        None => place,
    };
    places.map(root).collect()
}

/// Labels groups of two and more; what is alone is noise.
fn labels(roots: &[u32]) -> Vec<Option<u32>> {
    let mut sizes = vec![0_u32; roots.len()];
    for root in roots {
        sizes[*root as usize] += 1;
    }
    let label = |root: &u32| (sizes[*root as usize] > 1).then_some(*root);
    roots.iter().map(label).collect()
}

/// Counts the pairs compared within partitions. Those of pooled noise that are of one partition were
/// compared there.
fn within(partitions: &[Partition], cut: usize) -> u64 {
    let pairs = |partition: &Partition| RememberedNeighbors::pairs(partition.members.len());
    let apart = |partition: &Partition| partition.apart.len() as u64;
    let known = partitions[..cut].iter().map(apart).sum::<u64>();
    partitions.iter().map(pairs).sum::<u64>() - known
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

    /// The partition that an item was cut into.
    pub(super) fn partition(&self, item: u32) -> usize {
        self.partitions[item as usize]
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
