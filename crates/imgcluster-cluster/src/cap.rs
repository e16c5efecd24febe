//! Clusters thinned to a number of rows that are unlike each other.

use std::num::NonZeroUsize;

use imgcluster_core::{Cancelled, Clustering, Job, Points};

use crate::seeded::sample;
use crate::summary::{STAND_INS, SummaryOptions, farthest_first, middle, unit_rows};

/// A cluster that had more rows than it may have.
#[derive(Debug, Clone, PartialEq)]
pub struct Capped {
    /// The number of the cluster, from 0.
    pub cluster: usize,
    /// The rows that are kept: the medoid, then by turns the row least like all of them.
    pub kept: Vec<u32>,
    /// The others, in order.
    pub left_out: Vec<LeftOut>,
}

/// A row that its cluster has no room for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LeftOut {
    /// The row.
    pub row: u32,
    /// The kept row that is most like it (ties: the one kept first).
    pub like: u32,
    /// How alike the two are: 1 - distance.
    pub similarity: f32,
}

/// Keeps at most `most` rows of every cluster, as unlike each other as can be.
///
/// Only clusters with more rows are in the answer, in their order; noise is never capped. What is
/// kept is what [`summarize`](crate::summarize) shows as samples: the medoid first, then
/// farthest-first traversal (Gonzalez, *Clustering to minimize the maximum intercluster distance*,
/// 1985), so every row left out is at most twice as far from a kept one as in the best choice of
/// so many. Each kept row is measured against its whole cluster: `most · size` distances, on the
/// job's threads. Without rows of length one the medoid of a cluster of more than 5,000 is sought
/// by its likeness to 1,000 members. Deterministic; memory: 16 bytes a row.
///
/// # Errors
/// [`Cancelled`] if the job was cancelled.
///
/// # Panics
/// Panics if the clustering is not of these points.
pub fn cap(
    points: &Points<'_>,
    clustering: &Clustering,
    most: NonZeroUsize,
    job: &Job<'_>,
) -> Result<Vec<Capped>, Cancelled> {
    assert_eq!(
        points.len(),
        clustering.len(),
        "a clustering of these points"
    );
    let rows = unit_rows(points);
    let neighbors = points.neighbors();
    let SummaryOptions {
        seed, exact_up_to, ..
    } = SummaryOptions::default();
    let one = |(cluster, members): (usize, &Vec<u32>)| {
        let exact = members.len() <= exact_up_to;
        let count = if exact { members.len() } else { STAND_INS };
        let stand_ins = sample(members, count, seed);
        let medoid = middle(neighbors, rows, members, &stand_ins, job)?.medoid;
        let found = farthest_first(neighbors, members, medoid, most.get(), job)?;
        let nearest = members.iter().zip(&found.nearest);
        let left_out = nearest.filter(|(_, nearest)| nearest.distance >= 0.0);
        Ok(Capped {
            cluster,
            left_out: left_out
                .map(|(&row, nearest)| LeftOut {
                    row,
                    like: nearest.item,
                    similarity: 1.0 - nearest.distance,
                })
                .collect(),
            kept: found.chosen,
        })
    };
    let members = clustering.members();
    let over = members.iter().enumerate();
    over.filter(|(_, members)| members.len() > most.get())
        .map(one)
        .collect()
}
