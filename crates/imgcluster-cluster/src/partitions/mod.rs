//! Sets too dear for comparing all pairs, clustered in partitions.
//!
//! One step a file: [`partition`] clusters each by itself, and [`pool`] the noise of all where that is
//! asked for → [`merge`] joins what belongs together by medoids → [`noise`] is compared with these.
//! [`method`] tells what each algorithm does with medoids, [`seen`] which rows it gets and [`tried`] what
//! a choice came to; [`log`] what is written down on the way, [`bytes`] and [`words`] how, and
//! [`outcome`] what is left to ask.

mod bytes;
mod log;
mod merge;
mod method;
mod noise;
mod outcome;
mod partition;
mod pool;
mod seen;
mod tried;
mod words;

use std::num::NonZeroUsize;
use std::ops::Range;

use imgcluster_core::{
    BoxError, Cancelled, Event, Job, Neighbors, Points, RememberError, RememberedNeighbors, Stage,
    UnitMatrix,
};

pub use log::{NoLog, PartitionLog, Place};
pub use method::{Joining, PartitionMethod, PartitionSetting};
pub use outcome::{
    JoinedNoise, PairsCompared, PartitionsOutcome, PartitionsTrials, Representative,
};
pub use partition::Partition;

use crate::Views;
use crate::part::Part;
use pool::Pool;

/// Nearest others that are noted of each item: as many as a map of perplexity 30 asks for.
const NEAREST: NonZeroUsize = NonZeroUsize::new(90).expect("ninety is not zero");

/// Clusters items in partitions, and merges the clusters by their medoids.
///
/// Items are cut into as few partitions of at most `size` as there can be, consecutive and of sizes
/// that differ by one at most ([`Partitions::ranges`]). Each is clustered by itself, its pairs
/// measured once and remembered meanwhile. Of each cluster the medoid is then its representative: the
/// member most alike to all others, ties by the first. Representatives are clustered with the same
/// method, and their clusters merged ([`PartitionMethod`]). At last every item that is noise in its
/// partition is compared with the medoids of the others, and joins the cluster of the nearest if
/// that is near enough ([`Joining`]).
///
/// With one partition the answer is exactly that of the method by itself. With more it is
/// approximate: pairs of different partitions are seen through medoids only. A chain from one
/// partition to another that passes beside the medoids is cut there, and a cluster that is spread
/// thinly over partitions, with less than a cluster of it in any, stays noise. In particular, two
/// items that are alike, and nothing else is like them, are found only if one partition has both;
/// [`Partitions::pool_noise`] finds them all. How far an answer agrees with that of all pairs is told
/// by [`PairAgreement`](crate::PairAgreement).
///
/// The order of items decides what is in one partition; the number of threads changes nothing.
/// Memory: 4 bytes a pair of one partition, 8 bytes an item and [`Partitions::nearest`]; where there are
/// rows a copy of those of one partition. A choice takes another copy at length one, 4 bytes a pair more
/// where its views measure differently, and what [`choose`](crate::choose) takes for one partition.
///
/// ```
/// use imgcluster_cluster::{Method, NoLog, PartitionMethod, Partitions, Threshold};
/// use imgcluster_core::{BitHash, HashNeighbors, Job};
/// use std::num::NonZeroUsize;
///
/// // Two pictures with copies in both partitions, and one with none.
/// let hashes = [0b0000, 0b0001, !0b0000, 0b0010, !0b0001, !0b0010, 0x00FF_00FF_00FF_00FF];
/// let neighbors = HashNeighbors::new(hashes.map(BitHash::Bits));
/// let method = PartitionMethod::of(&Method::Threshold(Threshold::default()));
/// let partitions = Partitions::new(NonZeroUsize::new(4).expect("not zero"), method);
/// let found = partitions.find(&neighbors, &NoLog, &Job::quiet())?;
/// assert_eq!((found.clustering.sizes(), found.clustering.noise()), (&[3, 3][..], 1));
/// assert!(found.pairs.total() < 21);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Partitions {
    /// The most items of a partition. Default: none; it is what the caller asks for.
    pub size: NonZeroUsize,
    /// How partitions and representatives are clustered.
    pub method: PartitionMethod,
    /// Whether the noise of all partitions makes a last partition, which is clustered like the
    /// others before clusters are merged. That finds what is spread thinly, and compares all pairs
    /// of noise, which are most pairs where most items are like no other; 4 bytes are kept for each
    /// within a partition. Default: no.
    pub pool_noise: bool,
    /// How many of the nearest items of its partition are noted of each item, for
    /// [`PartitionsOutcome::neighbors`]. Default: 90, three times the usual perplexity of a map.
    pub nearest: NonZeroUsize,
    /// The most bytes that remembered distances may take; pairs of what is larger are measured as
    /// often as they are asked for. Default: 4 GiB, which is enough for 46,000 items at a time.
    pub most_bytes: u64,
}

impl std::fmt::Debug for Partitions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Partitions")
            .field("size", &self.size)
            .field("method", &self.method)
            .field("pool_noise", &self.pool_noise)
            .field("nearest", &self.nearest)
            .field("most_bytes", &self.most_bytes)
            .finish_non_exhaustive()
    }
}

/// Why items could not be clustered in partitions.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PartitionsError {
    /// The job was cancelled. What was saved need not be found again.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// The algorithm goes by rows, and there are none.
    #[error(
        "{0} cannot be run in partitions of these items: it computes with rows, not with pairs"
    )]
    NeedsRows(&'static str),
    /// The method refused a partition.
    #[error("partition {partition} could not be clustered")]
    Partition {
        /// Which, from 0.
        partition: usize,
        /// Why.
        #[source]
        source: BoxError,
    },
    /// The method refused the representatives.
    #[error("the representatives of the partitions could not be clustered")]
    Representatives(#[source] BoxError),
    /// The log failed.
    #[error("what was found in {place} could not be written down")]
    Log {
        /// Where it was found.
        place: Place,
        /// Why.
        #[source]
        source: BoxError,
    },
}

impl Partitions {
    /// Clusters in partitions of at most `size` items, with the defaults otherwise.
    pub fn new(size: NonZeroUsize, method: PartitionMethod) -> Self {
        Self {
            size,
            method,
            pool_noise: false,
            nearest: NEAREST,
            most_bytes: 4 << 30,
        }
    }

    /// Tells which items each partition has, of `count`: one partition at least, of none where there
    /// are none.
    pub fn ranges(&self, count: usize) -> Vec<Range<usize>> {
        let partitions = count.div_ceil(self.size.get()).max(1);
        let (least, longer) = (count / partitions, count % partitions);
        // The first partitions have one item more where it does not divide evenly.
        let start = |partition: usize| partition * least + partition.min(longer);
        (0..partitions)
            .map(|partition| start(partition)..start(partition + 1))
            .collect()
    }

    /// Tells how many pairs are compared within partitions, of `count` items. How many of
    /// representatives and noise follow is not known before.
    pub fn pairs_within(&self, count: usize) -> u64 {
        let ranges = self.ranges(count);
        ranges
            .iter()
            .map(|range| RememberedNeighbors::pairs(range.len()))
            .sum()
    }

    /// What medoids, their reaches, noise and near pairs are measured by: `views.euclidean` for one
    /// setting, as that is what it goes by; `views.cosine` for a choice, as that is what its scores and
    /// radii are of.
    pub fn measure<'a>(&self, views: &Views<'a>) -> &'a dyn Neighbors {
        match self.method {
            PartitionMethod::One(_) => views.euclidean.neighbors(),
            PartitionMethod::Best { .. } => views.cosine.neighbors(),
        }
    }

    /// Finds the clusters of items of which only the distances are known, as
    /// [`Partitions::find_in`] does.
    ///
    /// # Errors
    /// A [`PartitionsError`].
    pub fn find(
        &self,
        neighbors: &dyn Neighbors,
        log: &dyn PartitionLog,
        job: &Job<'_>,
    ) -> Result<PartitionsOutcome, PartitionsError> {
        let views = Views::pairwise(Points::pairwise(neighbors));
        self.find_in(&views, log, job)
    }

    /// Finds the clusters.
    ///
    /// One setting goes by `views.euclidean`, whatever the distance there is, and its rows; a choice
    /// by what [`choose`](crate::choose) goes by. Of each partition, and of the representatives, there
    /// are the rows as well, copied.
    ///
    /// What the log loads is not found again, and none of its pairs is measured; what is not of such a
    /// run, as far as that can be told, is found anew, with an [`Event::Warning`]. An
    /// [`Event::Advanced`] of [`Stage::Compare`] is reported now and then with the number of pairs
    /// compared; those that were compared before count, and those that a choice measures by both views
    /// count once. A choice reports an [`Event::Advanced`] of [`Stage::Cluster`] after every candidate.
    ///
    /// # Errors
    /// A [`PartitionsError`].
    ///
    /// # Panics
    /// Panics if the views are of different numbers of items.
    pub fn find_in(
        &self,
        views: &Views<'_>,
        log: &dyn PartitionLog,
        job: &Job<'_>,
    ) -> Result<PartitionsOutcome, PartitionsError> {
        let neighbors = self.measure(views);
        let count = views.unit.map_or(neighbors.len(), UnitMatrix::rows);
        let counts = [views.euclidean.len(), views.cosine.len(), count];
        assert_eq!(counts, [neighbors.len(); 3], "views of the same items");
        if let PartitionMethod::One(setting) = &self.method
            && let (Some(what), None) = (setting.needs_rows, views.euclidean.rows())
        {
            return Err(PartitionsError::NeedsRows(what));
        }
        let run = Run {
            options: self,
            views,
            neighbors,
            log,
            job,
        };
        let ranges = self.ranges(neighbors.len());
        let (cut, pools) = (ranges.len(), self.pool_noise && ranges.len() > 1);
        let mut partitions = Vec::with_capacity(cut + 1);
        for (number, range) in ranges.into_iter().enumerate() {
            let members: Vec<u32> = range.map(|item| item as u32).collect();
            let part = Part::new(neighbors, &members);
            partitions.push(run.partition(number, &members, &part, pools)?);
        }
        if pools {
            let pool = Pool::new(neighbors, &partitions);
            let pooled = run.partition(cut, pool.members(), &pool, false)?;
            partitions.push(pooled);
        }
        run.merge(partitions, cut)
    }
}

/// What every step needs.
struct Run<'a> {
    options: &'a Partitions,
    views: &'a Views<'a>,
    /// What medoids and noise are measured by.
    neighbors: &'a dyn Neighbors,
    log: &'a dyn PartitionLog,
    job: &'a Job<'a>,
}

impl Run<'_> {
    /// Loads a partition, or clusters and saves it. `part` is the search over its members.
    fn partition(
        &self,
        number: usize,
        members: &[u32],
        part: &dyn Neighbors,
        keeps_noise: bool,
    ) -> Result<Partition, PartitionsError> {
        self.job.check()?;
        let k = self.options.nearest.get();
        let read = |bytes: &[u8]| {
            let loaded = Partition::from_bytes(bytes);
            let is_found = |partition: &Partition| {
                partition.is_of(members, k, keeps_noise) && partition.is_by(&self.options.method)
            };
            loaded.filter(is_found)
        };
        let Some(loaded) = self.load(Place::Partition(number), read) else {
            return self.cluster(number, members.to_vec(), part, keeps_noise);
        };
        self.advance(RememberedNeighbors::pairs(members.len()));
        Ok(loaded)
    }

    /// Loads what was saved of a place, if it can be read.
    fn load<T>(&self, place: Place, read: impl FnOnce(&[u8]) -> Option<T>) -> Option<T> {
        let found = read(&self.log.load(place)?);
        if found.is_none() {
            let message = format!("what was kept of {place} is of another run; it is found again");
            self.job.report(&Event::Warning { message: &message });
        }
        found
    }

    fn save(&self, place: Place, found: &[u8]) -> Result<(), PartitionsError> {
        let saved = self.log.save(place, found);
        saved.map_err(|source| PartitionsError::Log { place, source })
    }

    /// Measures the distances of all pairs of a search, unless there is no room for them.
    fn remember(
        &self,
        neighbors: &dyn Neighbors,
    ) -> Result<Option<RememberedNeighbors>, Cancelled> {
        self.remember_by(neighbors, self.job)
    }

    fn remember_by(
        &self,
        neighbors: &dyn Neighbors,
        job: &Job<'_>,
    ) -> Result<Option<RememberedNeighbors>, Cancelled> {
        // The distances by both views are there at once.
        let tables = if self.has_two_searches() { 2 } else { 1 };
        if RememberedNeighbors::bytes(neighbors.len()) > self.options.most_bytes / tables {
            return Ok(None);
        }
        match RememberedNeighbors::new(neighbors, job) {
            Ok(remembered) => Ok(Some(remembered)),
            Err(RememberError::Cancelled(cancelled)) => Err(cancelled),
            Err(_) => Ok(None),
        }
    }

    /// Hands over the pairs of items that are near enough to be noted, in order, some at a time.
    fn note_near(
        &self,
        place: Place,
        items: &[u32],
        neighbors: &dyn Neighbors,
    ) -> Result<(), PartitionsError> {
        let Some(radius) = self.log.near_radius() else {
            return Ok(());
        };
        let mut near = Vec::new();
        let mut distances = vec![0.0; items.len()];
        for (row, &a) in items.iter().enumerate() {
            self.job.check()?;
            let later = &mut distances[row + 1..];
            neighbors.distances(row as u32, row as u32 + 1, later);
            let pairs = items[row + 1..].iter().zip(later.iter());
            let pairs = pairs.filter(|(_, distance)| **distance <= radius.get());
            near.extend(pairs.map(|(&b, &distance)| (a.min(b), a.max(b), distance)));
            if near.len() >= log::ENOUGH {
                self.near(place, &mut near)?;
            }
        }
        self.near(place, &mut near)
    }

    fn near(&self, place: Place, pairs: &mut Vec<(u32, u32, f32)>) -> Result<(), PartitionsError> {
        if !pairs.is_empty() {
            let noted = self.log.near(place, pairs);
            noted.map_err(|source| PartitionsError::Log { place, source })?;
            pairs.clear();
        }
        Ok(())
    }

    fn advance(&self, by: u64) {
        self.job.report(&Event::Advanced {
            stage: Stage::Compare,
            by,
        });
    }
}
