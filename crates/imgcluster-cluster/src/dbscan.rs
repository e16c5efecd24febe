//! Groups by density at one radius.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use imgcluster_core::{
    BoxError, Cancelled, Clusterer, Clustering, ConcurrentUnionFind, Job, Neighbors, Points, Radius,
};

/// Grows clusters from rows that have many others around them.
///
/// A row with at least `min_samples` rows within `radius`, itself included, is a core row. Core
/// rows within the radius of each other share a cluster; any other row within the radius of a core
/// row is a border row and goes to the cluster of its *nearest* core row (ties: the smaller
/// index), which does not depend on the order of rows; the rest is noise.
///
/// Ester, Kriegel, Sander, Xu, *A density-based algorithm for discovering clusters in large
/// spatial databases with noise*, KDD 1996. One pass over the near pairs; memory beyond the
/// search: at most `min_samples - 2` links of 4 bytes a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dbscan {
    /// How far a neighbour may be, inclusive. Default: 0.3.
    pub radius: Radius,
    /// How many rows within the radius, itself included, make a core row. Default: 2.
    pub min_samples: NonZeroUsize,
}

impl Default for Dbscan {
    fn default() -> Self {
        Self {
            radius: Radius::new(0.3).expect("0.3 is a radius"),
            min_samples: NonZeroUsize::new(2).expect("two is not zero"),
        }
    }
}

/// What DBSCAN found.
#[derive(Debug, Clone, PartialEq)]
pub struct DbscanOutcome {
    /// The cluster of each row.
    pub clustering: Clustering,
    /// Whether each row is a core row.
    pub core: Vec<bool>,
}

impl Dbscan {
    /// Finds the clusters and tells which rows are their cores.
    ///
    /// # Errors
    /// [`Cancelled`] if the job was cancelled.
    pub fn find(
        &self,
        neighbors: &dyn Neighbors,
        job: &Job<'_>,
    ) -> Result<DbscanOutcome, Cancelled> {
        let groups = ConcurrentUnionFind::new(neighbors.len());
        let growing = Mutex::new(Growing::new(&groups, self.min_samples.get()));
        let link = |row, others: &[u32]| {
            let mut growing = growing.lock().unwrap_or_else(PoisonError::into_inner);
            for other in others {
                growing.link(row, *other);
            }
        };
        neighbors.links(self.radius, &groups, job, &link)?;
        let growing = growing.into_inner().unwrap_or_else(PoisonError::into_inner);
        growing.finish(neighbors, job)
    }
}

impl Clusterer for Dbscan {
    fn cluster(&self, points: &Points<'_>, job: &Job<'_>) -> Result<Clustering, BoxError> {
        Ok(self.find(points.neighbors(), job)?.clustering)
    }
}

/// The state while pairs arrive, in any order.
///
/// A row that is not yet core keeps all its links, of which there are too few to make it core; a
/// core row keeps none. A link between two core rows is thus seen by the later of them. Only core
/// rows are in groups with others, so no link of another row is spared.
struct Growing<'a> {
    links: Vec<Vec<u32>>,
    core: Vec<bool>,
    groups: &'a ConcurrentUnionFind,
    /// How many others make a row core.
    others: usize,
}

impl<'a> Growing<'a> {
    fn new(groups: &'a ConcurrentUnionFind, min_samples: usize) -> Self {
        let count = groups.len();
        Self {
            links: vec![Vec::new(); count],
            core: vec![min_samples == 1; count],
            groups,
            others: min_samples - 1,
        }
    }

    fn link(&mut self, a: u32, b: u32) {
        if self.core[a as usize] && self.core[b as usize] {
            self.groups.union(a, b);
            return;
        }
        self.keep(a, b);
        self.keep(b, a);
    }

    /// Keeps a link on the side of `row`, and turns it core if that is one enough.
    fn keep(&mut self, row: u32, other: u32) {
        let at = row as usize;
        if self.core[at] {
            return;
        }
        self.links[at].push(other);
        if self.links[at].len() < self.others {
            return;
        }
        self.core[at] = true;
        for other in std::mem::take(&mut self.links[at]) {
            if self.core[other as usize] {
                self.groups.union(row, other);
            }
        }
    }

    /// Finds the nearest core row of those that are not core, and numbers the groups.
    fn finish(self, neighbors: &dyn Neighbors, job: &Job<'_>) -> Result<DbscanOutcome, Cancelled> {
        let core = self.core;
        let mut groups = Vec::with_capacity(core.len());
        for (row, links) in (0_u32..).zip(&self.links) {
            let nearest = if core[row as usize] {
                Some(row)
            } else {
                job.check()?;
                let cores = links.iter().filter(|other| core[**other as usize]);
                let cores = cores.map(|other| (neighbors.distance(row, *other), *other));
                let nearest = cores.min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
                nearest.map(|(_, other)| other)
            };
            groups.push(nearest.map(|other| self.groups.find(other)));
        }
        Ok(DbscanOutcome {
            clustering: Clustering::from_groups(&groups),
            core,
        })
    }
}
