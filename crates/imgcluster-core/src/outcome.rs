//! Everything a run found: what a [`Sink`](crate::Sink) gets.

use std::path::PathBuf;

use crate::{Clustering, ContentHash, Features, RunRecord};

/// One clustered picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// The path as reached from the argument.
    pub path: PathBuf,
    /// The hash of the file's bytes.
    pub content: ContentHash,
    /// Pixels in a row, upright.
    pub width: u32,
    /// Rows, upright.
    pub height: u32,
}

/// One file that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// The path as reached from the argument.
    pub path: PathBuf,
    /// Why, in one line.
    pub reason: String,
}

/// A place in the plane for every point, in order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Layout {
    /// The x and y of each point; finite.
    pub places: Vec<[f32; 2]>,
}

/// What is to be known of one cluster.
#[derive(Debug, Clone, PartialEq)]
pub struct ClusterSummary {
    /// The row that is most alike to all others.
    pub representative: u32,
    /// The similarity of the worst pair; 1 for a cluster of one.
    pub min_similarity: f32,
    /// Whether `min_similarity` is over all pairs; in a very large cluster it is over a sample.
    pub min_is_exact: bool,
    /// The mean similarity over all pairs; 1 for a cluster of one.
    pub mean_similarity: f32,
    /// Rows to show: the representative first, then rows unlike those already chosen.
    pub samples: Vec<u32>,
}

/// Everything a run found; row `i` is the same picture in all parts.
#[derive(Debug, Clone, Copy)]
pub struct Outcome<'a> {
    /// The pictures, in row order.
    pub images: &'a [Image],
    /// An encoded small picture of each, where there is one.
    pub thumbnails: &'a [Option<Vec<u8>>],
    /// The features of each.
    pub features: &'a Features,
    /// The cluster of each.
    pub clustering: &'a Clustering,
    /// One summary a cluster, the largest cluster first.
    pub summaries: &'a [ClusterSummary],
    /// Rows of noise to show.
    pub noise_samples: &'a [u32],
    /// The place of each on the map.
    pub layout: &'a Layout,
    /// What was left out.
    pub skipped: &'a [Skipped],
    /// What was run.
    pub run: &'a RunRecord,
}
