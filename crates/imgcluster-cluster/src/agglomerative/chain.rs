//! The nearest-neighbour chain: all joins of a table of distances.

use imgcluster_core::{Cancelled, Job};

use super::table::DistanceTable;
use super::{Join, Linkage};

/// Lists the joins of all rows of a table, the nearest first.
///
/// Follows nearest neighbours until two groups are each other's, joins them, and goes on from the
/// rest of the chain (Müllner 2011, section 3.2; Murtagh 1983). Of equally near groups the one
/// before in the chain is taken, else the one with the smaller index. A group is known by one of
/// its rows. Distances of groups follow the recurrence of Lance and Williams, each computed in
/// `f64` and kept in `f32`. About 3 · n² steps.
///
/// For [`Linkage::Ward`] the table holds squared distances. Single linkage is not for tables.
///
/// # Errors
/// [`Cancelled`] if the job was cancelled on the way.
pub(super) fn joins(
    table: &mut DistanceTable,
    linkage: Linkage,
    job: &Job<'_>,
) -> Result<Vec<Join>, Cancelled> {
    let mut groups = Groups::new(table, linkage);
    let mut joins = Vec::with_capacity(groups.active.len().saturating_sub(1));
    let mut chain: Vec<u32> = Vec::new();
    while groups.active.len() > 1 {
        job.check()?;
        if chain.is_empty() {
            chain.push(groups.active[0]);
        }
        let last = chain[chain.len() - 1];
        let before = chain.len().checked_sub(2).map(|at| chain[at]);
        let (nearest, distance) = groups.nearest(last, before);
        if Some(nearest) == before {
            // Rounding may have led the chain through them more than once.
            let first = chain
                .iter()
                .position(|group| [last, nearest].contains(group));
            chain.truncate(first.unwrap_or(0));
            joins.push(groups.join(last, nearest, distance));
        } else {
            chain.push(nearest);
        }
    }
    // A stable order: what joined earlier is never farther apart than what it became part of.
    joins.sort_by(|x, y| x.distance.total_cmp(&y.distance));
    Ok(joins)
}

/// The groups that have not been joined to another, and how far apart they are.
struct Groups<'a> {
    table: &'a mut DistanceTable,
    linkage: Linkage,
    /// One row of each group, ascending.
    active: Vec<u32>,
    sizes: Vec<u32>,
    /// The distance of the last join within each group.
    heights: Vec<f32>,
    /// `1 / size` for each size that a group may have; a division costs more than looking it up.
    reciprocals: Vec<f64>,
    /// Distances from one group to each in `active`.
    from: Vec<f32>,
}

impl<'a> Groups<'a> {
    fn new(table: &'a mut DistanceTable, linkage: Linkage) -> Self {
        let count = table.count();
        Self {
            table,
            linkage,
            active: (0..count as u32).collect(),
            sizes: vec![1; count],
            heights: vec![0.0; count],
            reciprocals: (0..=count).map(|size| 1.0 / size as f64).collect(),
            from: Vec::with_capacity(count),
        }
    }

    /// Finds the group nearest to `group`, which has another; `before` where that is as near.
    fn nearest(&mut self, group: u32, before: Option<u32>) -> (u32, f32) {
        self.table.distances(group, &self.active, &mut self.from);
        let least = least(&self.from);
        if let Some(before) = before
            && self.table.distance(group, before) <= least
        {
            return (before, least);
        }
        let place = self.from.iter().position(|distance| *distance <= least);
        // Distances are finite, so one of them is the least.
        (self.active[place.unwrap_or(0)], least)
    }

    /// Joins `gone` to `kept`.
    fn join(&mut self, x: u32, y: u32, distance: f32) -> Join {
        let (kept, gone) = (x.min(y), x.max(y));
        let size = |group: u32| f64::from(self.sizes[group as usize]);
        let (size_kept, size_gone) = (size(kept), size(gone));
        if let Ok(place) = self.active.binary_search(&gone) {
            self.active.remove(place);
        }
        let (sizes, active) = (&self.sizes, &self.active);
        // One loop each, so that nothing is chosen within.
        match self.linkage {
            Linkage::Ward => {
                let (between, reciprocals) = (f64::from(distance), &self.reciprocals);
                let both = self.sizes[kept as usize] + self.sizes[gone as usize];
                self.table
                    .join(kept, gone, active, |other, to_kept, to_gone| {
                        let size = sizes[other as usize];
                        let size_other = f64::from(size);
                        let to_kept = (size_kept + size_other) * f64::from(to_kept);
                        let to_gone = (size_gone + size_other) * f64::from(to_gone);
                        let sum = to_kept + to_gone - size_other * between;
                        (sum * reciprocals[(both + size) as usize]) as f32
                    });
            }
            Linkage::Average => {
                let share = size_kept / (size_kept + size_gone);
                self.table.join(kept, gone, active, |_, to_kept, to_gone| {
                    let (to_kept, to_gone) = (f64::from(to_kept), f64::from(to_gone));
                    (share * to_kept + (1.0 - share) * to_gone) as f32
                });
            }
            Linkage::Complete => {
                let farther = |_, to_kept: f32, to_gone: f32| to_kept.max(to_gone);
                self.table.join(kept, gone, active, farther);
            }
            Linkage::Single => {
                let nearer = |_, to_kept: f32, to_gone: f32| to_kept.min(to_gone);
                self.table.join(kept, gone, active, nearer);
            }
        }
        self.sizes[kept as usize] += self.sizes[gone as usize];
        let height = distance
            .max(self.heights[kept as usize])
            .max(self.heights[gone as usize]);
        self.heights[kept as usize] = height;
        Join {
            a: kept,
            b: gone,
            distance: height,
        }
    }
}

/// The least of some values, none of which is NaN; infinite where there are none.
fn least(values: &[f32]) -> f32 {
    let less = |a: f32, b: f32| if b < a { b } else { a };
    // Sixteen at a time, so that no comparison waits for the one before.
    let (groups, rest) = values.as_chunks::<16>();
    let mut least = [f32::INFINITY; 16];
    for group in groups {
        for (least, value) in least.iter_mut().zip(group) {
            *least = less(*least, *value);
        }
    }
    least.iter().chain(rest).copied().fold(f32::INFINITY, less)
}
