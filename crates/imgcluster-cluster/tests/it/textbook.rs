//! HDBSCAN as the papers write it: sets of rows, recursion, every pair in a table.

use imgcluster_cluster::{Hdbscan, Selection};
use imgcluster_core::{Clusterer, Matrix, Neighbors, Points, RowNeighbors};
use proptest::prelude::*;

use crate::support::{count, groups, job};

/// Weight, distance, smaller and larger row: the order of the fields is that of the edges.
type Edge = (f32, f32, usize, usize);

/// A cluster, from its birth to where its last rows leave or it splits.
struct Cluster {
    birth: f64,
    rows: Vec<usize>,
    /// Rows that leave on the way, with the density at which they do.
    leaving: Vec<(usize, f64)>,
    children: Vec<Cluster>,
}

fn spanning_tree(neighbors: &dyn Neighbors, min_samples: usize) -> Vec<Edge> {
    let count = neighbors.len();
    let distance = |a: usize, b: usize| neighbors.distance(a as u32, b as u32);
    let core: Vec<f32> = (0..count)
        .map(|row| {
            let mut all: Vec<f32> = (0..count).map(|other| distance(row, other)).collect();
            all.sort_by(f32::total_cmp);
            all[(min_samples - 1).min(count - 1)]
        })
        .collect();
    let mut edges: Vec<Edge> = Vec::new();
    for b in 0..count {
        edges.extend((0..b).map(|a| {
            let distance = distance(a, b);
            (distance.max(core[a]).max(core[b]), distance, a, b)
        }));
    }
    edges.sort_by(|x, y| x.partial_cmp(y).unwrap());
    let mut group: Vec<usize> = (0..count).collect();
    edges.retain(|&(_, _, a, b)| {
        let (from, to) = (group[a], group[b]);
        group
            .iter_mut()
            .filter(|of| **of == from)
            .for_each(|of| *of = to);
        from != to
    });
    edges
}

/// Which of the rows hang together with the first.
fn part_of(first: usize, rows: &[usize], edges: &[Edge]) -> (Vec<usize>, Vec<usize>) {
    let mut part = vec![first];
    let mut at = 0;
    while at < part.len() {
        for &(_, _, a, b) in edges {
            let other = if a == part[at] { b } else { a };
            if (a == part[at] || b == part[at]) && !part.contains(&other) {
                part.push(other);
            }
        }
        at += 1;
    }
    let rest = rows
        .iter()
        .copied()
        .filter(|row| !part.contains(row))
        .collect();
    (part, rest)
}

fn inside(rows: &[usize], edges: &[Edge]) -> Vec<Edge> {
    edges
        .iter()
        .copied()
        .filter(|edge| rows.contains(&edge.2))
        .collect()
}

fn grow(rows: Vec<usize>, mut edges: Vec<Edge>, birth: f64, smallest: usize) -> Cluster {
    let mut cluster = Cluster {
        birth,
        rows: rows.clone(),
        leaving: vec![],
        children: vec![],
    };
    let mut rows = rows;
    while let Some((weight, _, a, _)) = edges.pop() {
        if weight == 0.0 {
            cluster
                .leaving
                .extend(rows.iter().map(|&row| (row, f64::INFINITY)));
            return cluster;
        }
        let lambda = 1.0 / f64::from(weight);
        let (left, right) = part_of(a, &rows, &edges);
        let (mut large, small): (Vec<_>, Vec<_>) = [left, right]
            .into_iter()
            .partition(|part| part.len() >= smallest);
        if large.len() == 2 {
            let child = |part: Vec<usize>| {
                let edges = inside(&part, &edges);
                grow(part, edges, lambda, smallest)
            };
            cluster.children = large.into_iter().map(child).collect();
            return cluster;
        }
        cluster
            .leaving
            .extend(small.into_iter().flatten().map(|row| (row, lambda)));
        rows = large.pop().unwrap_or_default();
        edges = inside(&rows, &edges);
    }
    cluster
}

impl Cluster {
    /// The density at which it splits or its last rows leave.
    fn death(&self) -> f64 {
        let leaving = self.leaving.iter().map(|(_, lambda)| *lambda);
        let births = self.children.iter().map(|child| child.birth);
        leaving.chain(births).fold(0.0, f64::max)
    }

    fn stability(&self) -> f64 {
        let leaving: f64 = self
            .leaving
            .iter()
            .map(|(_, lambda)| lambda - self.birth)
            .sum();
        let staying = |child: &Cluster| child.rows.len() as f64 * (child.birth - self.birth);
        leaving + self.children.iter().map(staying).sum::<f64>()
    }

    fn best(&self, options: &Hdbscan, is_root: bool) -> (f64, Vec<&Cluster>) {
        let parts = self.children.iter().map(|child| child.best(options, false));
        let (mut of_parts, mut chosen) = (0.0, vec![]);
        for (stability, clusters) in parts {
            of_parts += stability;
            chosen.extend(clusters);
        }
        let limit = options.max_cluster_size.map_or(usize::MAX, Into::into);
        let refused = self.rows.len() > limit || (is_root && !options.allow_single_cluster);
        if refused || of_parts > self.stability() {
            (of_parts, chosen)
        } else {
            (self.stability(), vec![self])
        }
    }

    fn leaves(&self, is_root: bool) -> Vec<&Cluster> {
        if self.children.is_empty() && !is_root {
            return vec![self];
        }
        self.children
            .iter()
            .flat_map(|child| child.leaves(false))
            .collect()
    }

    /// The density at which each row leaves its last cluster, and that cluster's densest part.
    fn ends(&self, ends: &mut Vec<(usize, f64, f64)>) -> f64 {
        let start = self.children.iter().map(|child| child.ends(ends));
        let densest = start.fold(self.death(), f64::max);
        ends.extend(
            self.leaving
                .iter()
                .map(|&(row, lambda)| (row, lambda, densest)),
        );
        densest
    }
}

type Answer = (Vec<Option<usize>>, Vec<f64>, Vec<f64>);

fn textbook(neighbors: &dyn Neighbors, options: &Hdbscan) -> Answer {
    let count = neighbors.len();
    let mut answer = (vec![None; count], vec![0.0; count], vec![0.0; count]);
    if count < options.min_cluster_size {
        return answer;
    }
    let edges = spanning_tree(neighbors, options.min_samples.get());
    let root = grow((0..count).collect(), edges, 0.0, options.min_cluster_size);
    let mut ends = Vec::new();
    root.ends(&mut ends);
    ends.sort_by_key(|end| end.0);
    let chosen = match options.selection {
        Selection::Eom => root.best(options, true).1,
        Selection::Leaf => root.leaves(true),
    };
    let relative = |lambda: f64, to: f64| if lambda >= to { 1.0 } else { lambda / to };
    for (id, cluster) in chosen.iter().enumerate() {
        for &row in &cluster.rows {
            let lambda = ends[row].1;
            if cluster.rows.len() < count || lambda >= cluster.death() {
                answer.0[row] = Some(id);
                answer.1[row] = relative(lambda, cluster.death());
            }
        }
    }
    for (row, lambda, densest) in ends {
        answer.2[row] = 1.0 - relative(lambda, densest);
    }
    answer
}

pub(crate) fn options() -> impl Strategy<Value = Hdbscan> {
    let limit = prop::option::of(5_usize..30);
    (2_usize..6, 1_usize..5, any::<bool>(), any::<bool>(), limit).prop_map(
        |(min_cluster_size, min_samples, leaf, allow_single_cluster, limit)| Hdbscan {
            min_cluster_size,
            min_samples: count(min_samples),
            selection: if leaf {
                Selection::Leaf
            } else {
                Selection::Eom
            },
            allow_single_cluster,
            max_cluster_size: limit.map(count),
        },
    )
}

/// Rows round three places, one row in four the copy of an earlier one.
pub(crate) fn rows() -> impl Strategy<Value = Matrix> {
    let row = (0_u8..3, -1.0_f32..1.0, -1.0_f32..1.0, 0_u8..4);
    prop::collection::vec(row, 1..45).prop_map(|rows| {
        let mut values: Vec<[f32; 2]> = Vec::new();
        for (place, x, y, copied) in rows {
            let fresh = [f32::from(place) * 3.0 + x, y * f32::from(place + 1)];
            let copy = values.get(values.len() / 2).copied();
            values.push(copy.filter(|_| copied == 0).unwrap_or(fresh));
        }
        Matrix::new(values.concat(), 2).unwrap()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn hdbscan_gives_the_answer_of_the_textbook(rows in rows(), options in options()) {
        let neighbors = RowNeighbors::euclidean(rows.view());
        let found = options.cluster(&Points::pairwise(&neighbors), &job(2)).unwrap();
        let (labels, strengths, outliers) = textbook(&neighbors, &options);
        prop_assert_eq!(groups(found.labels()), groups(&labels));
        for row in 0..rows.rows() {
            let strength = f64::from(found.strengths().unwrap()[row]);
            prop_assert!((strength - strengths[row]).abs() < 1e-6);
            let outlier = f64::from(found.outlier_scores().unwrap()[row]);
            prop_assert!((outlier - outliers[row]).abs() < 1e-6);
        }
    }
}
