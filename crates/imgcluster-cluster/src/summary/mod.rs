//! What is to be known of each cluster: its middle, its worst pair, and members worth showing.

mod farthest_first;
mod similarity;

use imgcluster_core::{Cancelled, ClusterSummary, Clustering, Job, Neighbors, Points};

use crate::seeded::sample;
pub(crate) use farthest_first::farthest_first;
pub(crate) use similarity::{Middle, middle, unit_rows, worst_pair};

/// Members that stand in for all of a very large cluster.
pub(crate) const STAND_INS: usize = 1_000;

/// Noise rows among which a diverse choice is made.
const NOISE_CANDIDATES: usize = 2_000;

/// How clusters are summed up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SummaryOptions {
    /// How many members of each cluster to show. Default: 5.
    pub samples: usize,
    /// Chooses which members stand in for all of a very large cluster. Default: 0.
    pub seed: u64,
    /// The largest cluster of which every pair is measured. Default: 5,000.
    pub exact_up_to: usize,
}

impl Default for SummaryOptions {
    fn default() -> Self {
        Self {
            samples: 5,
            seed: 0,
            exact_up_to: 5_000,
        }
    }
}

/// Sums up each cluster, the largest first.
///
/// Similarity is 1 - distance; `points` are to answer in cosine distance if they have rows, and
/// those rows to be of length one, or in the distance of a pairwise likeness.
///
/// * The representative is the medoid: the member with the largest mean similarity to the others;
///   means within 10⁻⁶ of the largest count as equal, and the smallest row among them is taken.
/// * Samples are the representative, then by turns the member that is least like all chosen ones
///   (farthest-first traversal: Gonzalez, *Clustering to minimize the maximum intercluster
///   distance*, 1985; ties: the smaller row). Fewer where the cluster is smaller.
/// * In a cluster of more than `exact_up_to` members, the worst pair is sought among 1,000 members
///   chosen by the seed and from the representative to all. Without rows, the medoid and the mean
///   are then also relative to those.
///
/// # Errors
/// [`Cancelled`] if the job was cancelled.
pub fn summarize(
    points: &Points<'_>,
    clustering: &Clustering,
    options: &SummaryOptions,
    job: &Job<'_>,
) -> Result<Vec<ClusterSummary>, Cancelled> {
    let neighbors = points.neighbors();
    let rows = unit_rows(points);
    let one = |members: &Vec<u32>| {
        let exact = members.len() <= options.exact_up_to;
        let stand_ins = sample(
            members,
            if exact { members.len() } else { STAND_INS },
            options.seed,
        );
        let Middle { medoid, mean } = middle(neighbors, rows, members, &stand_ins, job)?;
        let representative = members[medoid];
        let mut worst = worst_pair(neighbors, &stand_ins, job)?;
        if !exact {
            worst = worst.min(worst_from(neighbors, representative, members));
        }
        Ok(ClusterSummary {
            representative,
            min_similarity: worst,
            min_is_exact: exact,
            // Rounding must not put the mean outside its range.
            mean_similarity: mean.clamp(worst.min(1.0), 1.0),
            samples: farthest_first(neighbors, members, medoid, options.samples, job)?.chosen,
        })
    };
    clustering.members().iter().map(one).collect()
}

/// Finds the similarity of one row to the member least like it.
fn worst_from(neighbors: &dyn Neighbors, from: u32, members: &[u32]) -> f32 {
    let similarities = members.iter().map(|&to| 1.0 - neighbors.distance(from, to));
    similarities.fold(1.0, f32::min)
}

/// Chooses up to `count` rows of noise that are unlike each other, the first noise row first.
///
/// Of more than 2,000 noise rows, 2,000 are chosen by the seed beforehand.
#[expect(clippy::missing_panics_doc, reason = "a quiet job is never cancelled")]
pub fn noise_samples(
    clustering: &Clustering,
    count: usize,
    points: &Points<'_>,
    seed: u64,
) -> Vec<u32> {
    let labels = (0_u32..).zip(clustering.labels());
    let noise: Vec<u32> = labels
        .filter(|(_, label)| label.is_none())
        .map(|(row, _)| row)
        .collect();
    let candidates = sample(&noise, NOISE_CANDIDATES, seed);
    farthest_first(points.neighbors(), &candidates, 0, count, &Job::quiet())
        .expect("a quiet job is never cancelled")
        .chosen
}
