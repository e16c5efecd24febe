//! Sets clustered in partitions, beside runs over all pairs and slow twins.

mod choosing;
mod keeping;
mod merging;
mod whole;

use std::sync::atomic::{AtomicU64, Ordering};

use imgcluster_cluster::{
    Agglomerative, Cut, Dbscan, Hdbscan, Linkage, Method, NoLog, PartitionMethod, Partitions,
    PartitionsOutcome, Threshold,
};
use imgcluster_core::{BitHash, HashNeighbors, Neighbors};

use crate::support::{count, job, radius};

/// Every algorithm that can be run in partitions, with options that find something in few items.
fn methods(near: f64) -> Vec<(&'static str, Method)> {
    let radius = radius(near);
    let agglomerative = |linkage, cut| {
        Method::Agglomerative(Agglomerative {
            linkage,
            cut,
            ..Agglomerative::default()
        })
    };
    let hdbscan = Hdbscan {
        min_cluster_size: 3,
        min_samples: count(2),
        ..Hdbscan::default()
    };
    let dbscan = |min_samples| {
        Method::Dbscan(Dbscan {
            radius,
            min_samples: count(min_samples),
        })
    };
    vec![
        ("threshold", Method::Threshold(Threshold { radius })),
        ("dbscan", dbscan(2)),
        ("dbscan of three", dbscan(3)),
        ("hdbscan", Method::Hdbscan(hdbscan)),
        (
            "average linkage",
            agglomerative(Linkage::Average, Cut::Clusters(count(3))),
        ),
        (
            "complete linkage",
            agglomerative(Linkage::Complete, Cut::Distance(radius)),
        ),
        (
            "single linkage",
            agglomerative(Linkage::Single, Cut::Distance(radius)),
        ),
    ]
}

fn threshold(near: f64) -> Method {
    Method::Threshold(Threshold {
        radius: radius(near),
    })
}

fn partitions(size: usize, method: &Method) -> Partitions {
    Partitions::new(count(size), PartitionMethod::of(method))
}

fn find(neighbors: &dyn Neighbors, size: usize, method: &Method) -> PartitionsOutcome {
    let partitions = partitions(size, method);
    partitions.find(neighbors, &NoLog, &job(2)).unwrap()
}

/// Places on a line, or in a plane if there are two numbers each.
struct Line(Vec<f32>);

impl Neighbors for Line {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn distance(&self, a: u32, b: u32) -> f32 {
        (self.0[a as usize] - self.0[b as usize]).abs()
    }
}

/// Counts how many pairs are measured.
struct Counting<'a> {
    inner: &'a dyn Neighbors,
    asked: AtomicU64,
}

impl<'a> Counting<'a> {
    fn new(inner: &'a dyn Neighbors) -> Self {
        Self {
            inner,
            asked: AtomicU64::new(0),
        }
    }

    fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }
}

impl Neighbors for Counting<'_> {
    fn len(&self) -> usize {
        self.inner.len()
    }

    fn distance(&self, a: u32, b: u32) -> f32 {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.inner.distance(a, b)
    }
}

/// Hashes of groups of copies and of items that are like no other, in no order: item `i` is of group
/// `groups[i]`, and alone where that is not below `copied`.
fn copies(groups: &[u32], most_bits: u32) -> HashNeighbors {
    let mut state = 1_u64;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u32
    };
    let hash = |group: &u32| {
        let mut hash = u64::from(*group).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        for _ in 0..next() % (most_bits + 1) {
            hash ^= 1 << (next() % 64);
        }
        BitHash::Bits(hash)
    };
    HashNeighbors::new(groups.iter().map(hash))
}
