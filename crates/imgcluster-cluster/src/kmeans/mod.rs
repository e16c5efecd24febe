//! Groups round a given number of centers.
//!
//! One step a file: [`seeding`] → [`lloyd`], as often as asked for; the best attempt counts.

mod lloyd;
mod seeding;

use std::num::NonZeroUsize;

use imgcluster_core::{
    BoxError, Cancelled, CenterSearch, Clusterer, Clustering, Job, Matrix, MatrixRef, Points,
};

use crate::attempts::attempts;
use crate::seeded::SplitMix64;
use crate::{OptionsError, PointsError};
use lloyd::Attempt;

/// Finds the centers that rows are nearest to, by Euclidean distance.
///
/// Every row gets a cluster. There are as many clusters as asked for, or as many as there are
/// different rows where that is less. Centers start spread out (greedy k-means++: Arthur and
/// Vassilvitskii, *k-means++: the advantages of careful seeding*, SODA 2007, §5), then by turns
/// rows go to their nearest center (ties: the smaller index) and centers to the mean of their rows
/// (Lloyd, *Least squares quantization in PCM*, 1982). A center that loses all rows takes over the
/// row farthest from its own.
///
/// Tiles only rule centers out, distances that decide and sums are in `f64` in a fixed order: the
/// same seed gives the same clusters on every machine and at any number of threads. The order of
/// rows, however, changes what is drawn. Memory: some 30 bytes a row, and the centers three times.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KMeans {
    /// How many clusters. Default: 8.
    pub clusters: NonZeroUsize,
    /// How often centers move at most. Default: 300.
    pub max_iterations: NonZeroUsize,
    /// How often to start from new centers; the attempt with the least inertia counts.
    /// Default: 20 times, fewer where one attempt is long (rows × clusters × values of a row above
    /// a hundred million), but 3 times at least.
    pub restarts: Option<NonZeroUsize>,
    /// Chooses the first centers. Default: 0.
    pub seed: u64,
    /// Centers rest once the squares of their moves sum up to this share of the mean variance of
    /// the columns; finite and at least 0. At 0 they rest when no row changes its cluster.
    /// Default: 0.0001.
    pub tolerance: f64,
}

impl Default for KMeans {
    fn default() -> Self {
        Self {
            clusters: NonZeroUsize::new(8).expect("eight is not zero"),
            max_iterations: NonZeroUsize::new(300).expect("not zero"),
            restarts: None,
            seed: 0,
            tolerance: 1e-4,
        }
    }
}

/// What k-means found.
#[derive(Debug, Clone, PartialEq)]
pub struct KMeansOutcome {
    /// The cluster of each row.
    pub clustering: Clustering,
    /// The center of each cluster, in the clusters' order.
    pub centers: Matrix,
    /// The sum of the squared distances of rows to their centers.
    pub inertia: f64,
    /// How often centers moved in the attempt that counts.
    pub iterations: usize,
}

impl KMeans {
    /// Checks that the options make sense.
    ///
    /// # Errors
    /// Names the field that does not.
    pub fn validate(&self) -> Result<(), OptionsError> {
        if self.tolerance.is_finite() && self.tolerance >= 0.0 {
            Ok(())
        } else {
            Err(OptionsError::Tolerance(self.tolerance))
        }
    }

    /// Finds the clusters and their centers.
    ///
    /// # Errors
    /// An [`OptionsError`], or [`Cancelled`] if the job was cancelled.
    pub fn find(&self, rows: MatrixRef<'_>, job: &Job<'_>) -> Result<KMeansOutcome, BoxError> {
        self.validate()?;
        job.check()?;
        Ok(self.best(rows, job)?)
    }

    /// Makes all attempts; the options hold.
    fn best(&self, rows: MatrixRef<'_>, job: &Job<'_>) -> Result<KMeansOutcome, Cancelled> {
        let search = CenterSearch::new(rows);
        let rest = self.tolerance * lloyd::mean_variance(rows);
        let mut random = SplitMix64::new(self.seed);
        let mut best: Option<Attempt> = None;
        let work = rows.values().len().saturating_mul(self.clusters.get());
        for _ in 0..attempts(self.restarts, work) {
            let centers = seeding::spread(&search, self.clusters, &mut random, job)?;
            let attempt = lloyd::settle(&search, centers, self.max_iterations, rest, job)?;
            // Of equal attempts the first counts.
            if best
                .as_ref()
                .is_none_or(|best| attempt.inertia < best.inertia)
            {
                best = Some(attempt);
            }
        }
        let best = best.expect("at least one attempt is made");
        Ok(outcome(best))
    }
}

impl Clusterer for KMeans {
    fn cluster(&self, points: &Points<'_>, job: &Job<'_>) -> Result<Clustering, BoxError> {
        let rows = points.rows().ok_or(PointsError::NoRows("k-means"))?;
        Ok(self.find(rows, job)?.clustering)
    }
}

/// Numbers the clusters as clusterings do, and brings the centers to that order.
fn outcome(attempt: Attempt) -> KMeansOutcome {
    let Attempt {
        centers,
        nearest,
        inertia,
        iterations,
    } = attempt;
    let groups: Vec<Option<u32>> = nearest.iter().copied().map(Some).collect();
    let clustering = Clustering::from_groups(&groups);
    let mut ordered = Vec::with_capacity(clustering.clusters() * centers.dim());
    for members in clustering.members() {
        let center = nearest[members[0] as usize];
        ordered.extend_from_slice(centers.row(center as usize));
    }
    KMeansOutcome {
        clustering,
        centers: Matrix::new(ordered, centers.dim()).expect("centers of finite rows are finite"),
        inertia,
        iterations,
    }
}
