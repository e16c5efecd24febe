//! Some of the items, as algorithms see them: with rows of their own.

use std::ops::Range;

use imgcluster_core::{
    BoxError, CancelToken, Cancelled, Clusterer, Clustering, Job, Matrix, MatrixRef, Neighbors,
    Points, Quiet, UnitMatrix,
};

use super::tried::Tried;
use super::{PartitionMethod, PartitionsError, Run};
use crate::Views;
use crate::part::Part;
use crate::selection::choose_finished;

impl Run<'_> {
    /// Clusters the items of a partition; `measured` is the search over them.
    pub(super) fn clustered(
        &self,
        partition: usize,
        items: &[u32],
        measured: &dyn Neighbors,
    ) -> Result<(Clustering, Option<Tried>), PartitionsError> {
        let found = match &self.options.method {
            PartitionMethod::One(setting) => {
                let found = self.by_one(&*setting.parts, items, measured);
                found.map(|clustering| (clustering, None))
            }
            PartitionMethod::Best { candidates, split } => {
                let choose = |views: &Views<'_>| {
                    let finish = |_: &_, clustering| match split {
                        Some(split) => {
                            Ok(split.split(clustering, views.cosine.neighbors(), self.job)?)
                        }
                        None => Ok(clustering),
                    };
                    choose_finished(candidates, views, views, &finish, self.job)
                };
                self.see(items, measured, choose)?
                    .map(|(choice, order)| {
                        let (tried, clustering) = Tried::of(choice, &order);
                        (clustering, Some(tried))
                    })
                    .map_err(BoxError::from)
            }
        };
        // Whatever it says, a cancelled job is the reason.
        self.job.check()?;
        found.map_err(|source| PartitionsError::Partition { partition, source })
    }

    /// Clusters items by one setting.
    pub(super) fn by_one(
        &self,
        clusterer: &dyn Clusterer,
        items: &[u32],
        measured: &dyn Neighbors,
    ) -> Result<Clustering, BoxError> {
        let Some(rows) = self.views.euclidean.rows() else {
            return clusterer.cluster(&Points::pairwise(measured), self.job);
        };
        if self.are_all(items) {
            return clusterer.cluster(&self.views.euclidean, self.job);
        }
        let rows = gather(rows, items);
        clusterer.cluster(&Points::with_rows(measured, rows.view()), self.job)
    }

    /// Looks at items, of which `measured` is the search that medoids and noise go by.
    pub(super) fn see<T>(
        &self,
        items: &[u32],
        measured: &dyn Neighbors,
        look: impl FnOnce(&Views<'_>) -> T,
    ) -> Result<T, Cancelled> {
        let all = self.views;
        let rows = all.euclidean.rows();
        // With no rows, pairs are dear, and remembered by now.
        if rows.is_some() && self.are_all(items) {
            return Ok(look(all));
        }
        let rows = rows.map(|rows| gather(rows, items));
        let unit = all.unit.map(|unit| {
            let unit = UnitMatrix::normalize(gather(unit.view(), items));
            unit.expect("they were of length one")
        });
        let part = Part::new(all.euclidean.neighbors(), items);
        let remembered = if self.has_two_searches() {
            let quietly = Quietly {
                part: &part,
                job: self.job,
            };
            let unwatched = Job::new(&Quiet, CancelToken::default(), self.job.threads());
            Some(self.remember_by(&quietly, &unwatched)?)
        } else {
            None
        };
        let euclidean: &dyn Neighbors = match &remembered {
            None => measured,
            Some(None) => &part,
            Some(Some(remembered)) => remembered,
        };
        Ok(look(&Views {
            euclidean: match &rows {
                Some(rows) => Points::with_rows(euclidean, rows.view()),
                None => Points::pairwise(euclidean),
            },
            cosine: Points::pairwise(measured),
            unit: unit.as_ref(),
        }))
    }

    /// Tells whether these are all items, in order.
    fn are_all(&self, items: &[u32]) -> bool {
        let is_in_place = |(place, item): (usize, &u32)| place == *item as usize;
        items.len() == self.neighbors.len() && items.iter().enumerate().all(is_in_place)
    }

    /// Tells whether some settings go by another search than medoids do.
    pub(super) fn has_two_searches(&self) -> bool {
        let [one, other] = [&self.views.euclidean, &self.views.cosine].map(Points::neighbors);
        let is_best = matches!(self.options.method, PartitionMethod::Best { .. });
        is_best && !std::ptr::addr_eq(one, other)
    }
}

/// Copies rows.
fn gather(rows: MatrixRef<'_>, items: &[u32]) -> Matrix {
    let values = items.iter().flat_map(|item| rows.row(*item as usize));
    let gathered = Matrix::new(values.copied().collect(), rows.dim());
    gathered.expect("they were whole and finite")
}

/// A search that a job can stop which nobody is told the steps of: that the same pairs were compared is
/// told where they are measured first.
struct Quietly<'a> {
    part: &'a Part<'a>,
    job: &'a Job<'a>,
}

impl Neighbors for Quietly<'_> {
    fn len(&self) -> usize {
        self.part.len()
    }

    fn distance(&self, a: u32, b: u32) -> f32 {
        self.part.distance(a, b)
    }

    fn distances(&self, from: u32, first: u32, out: &mut [f32]) {
        self.part.distances(from, first, out);
    }

    fn within_limits(
        &self,
        rows: Range<usize>,
        limit: &(dyn Fn(u32, u32) -> f32 + Sync),
        _: &Job<'_>,
        edge: &(dyn Fn(u32, u32, f32) + Sync),
    ) -> Result<(), Cancelled> {
        self.part.within_limits(rows, limit, self.job, edge)
    }
}
