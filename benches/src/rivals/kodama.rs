//! kodama, as its documentation uses it: a loop writes the table of distances. We call the same
//! crate with a table of our own, so this shows what the table is worth.

use imgcluster_core::{Clustering, UnionFind, UnitMatrix};
use kodama::{Dendrogram, Method, linkage};

use crate::{Run, Task};

type Distance = fn(&[f32], &[f32]) -> f32;

pub(crate) fn prepare<'a>(task: &Task, rows: &'a UnitMatrix) -> Option<Run<'a>> {
    let (method, distance, clusters) = match *task {
        Task::Ward { clusters } => (Method::Ward, euclidean as Distance, clusters),
        Task::Average { clusters } => (Method::Average, cosine as Distance, clusters),
        _ => return None,
    };
    Some(Box::new(move || {
        let count = rows.rows();
        let mut table = Vec::with_capacity(count * count.saturating_sub(1) / 2);
        for (at, row) in rows.view().iter().enumerate() {
            let later = rows.view().iter().skip(at + 1);
            table.extend(later.map(|other| distance(row, other)));
        }
        let joins = linkage(&mut table, count, method);
        Ok(cut(&joins, count, clusters.get()).into())
    }))
}

fn euclidean(a: &[f32], b: &[f32]) -> f32 {
    let squares = a.iter().zip(b).map(|(a, b)| (a - b) * (a - b));
    squares.sum::<f32>().sqrt()
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    1.0 - a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>()
}

/// The clusters that are left when so many are.
fn cut(joins: &Dendrogram<f32>, count: usize, clusters: usize) -> Clustering {
    let mut groups = UnionFind::new(count);
    // Of each cluster, by its number in the dendrogram, one row.
    let mut row_of: Vec<u32> = (0..count as u32).collect();
    for join in &joins.steps()[..count.saturating_sub(clusters)] {
        let (a, b) = (row_of[join.cluster1], row_of[join.cluster2]);
        groups.union(a, b);
        row_of.push(a);
    }
    let roots: Vec<_> = groups.roots().into_iter().map(Some).collect();
    Clustering::from_groups(&roots)
}
