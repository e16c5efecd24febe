//! Groups as overlapping clouds.
//!
//! From the clusters of k-means, by turns: [`estimate`] the clouds from the shares that rows have in
//! them, and the shares from the [`density`] of the clouds.

mod density;
mod estimate;
mod triangle;

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use imgcluster_core::{
    BoxError, Cancelled, Clusterer, Clustering, Job, MatrixRef, Points, for_each_block,
};

use crate::attempts::attempts;
use crate::kmeans::KMeans;
use crate::seeded::SplitMix64;
use crate::{OptionsError, PointsError};
use density::Component;
use estimate::components;

/// Rows a thread takes at a time.
const BLOCK: NonZeroUsize = NonZeroUsize::new(32).expect("not zero");

/// Which shapes a component may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Covariance {
    /// Stretched along the axes: one variance a column.
    #[default]
    Diagonal,
    /// Any ellipsoid: a variance for each two columns, so time and memory grow with the square of
    /// the length of rows.
    Full,
}

/// Fits a mixture of normal distributions, and gives each row to the one it most likely comes from.
///
/// Every row gets a cluster; its strength is the probability that it belongs there. Starts from the
/// clusters of [`KMeans`] and maximises the likelihood by turns (Dempster, Laird, Rubin, *Maximum
/// likelihood from incomplete data via the EM algorithm*, JRSS B, 1977), as scikit-learn's
/// `GaussianMixture` does. A component that loses all rows is no cluster.
///
/// All in `f64` and in a fixed order: the same seed gives the same clusters at any number of
/// threads. Memory: 8 bytes a row and component.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GaussianMixture {
    /// How many distributions. Default: 8.
    pub components: NonZeroUsize,
    /// Which shapes they may have. Default: diagonal.
    pub covariance: Covariance,
    /// How often they are estimated at most after the start. Default: 100.
    pub max_iterations: NonZeroUsize,
    /// How often to start from other clusters; the attempt with the largest likelihood counts.
    /// Default: 20 times, fewer where one attempt is long (rows × components × variances of a
    /// component above a hundred million), but 3 times at least.
    pub restarts: Option<NonZeroUsize>,
    /// Chooses the first centers of k-means. Default: 0.
    pub seed: u64,
    /// The gain in mean log-likelihood that is too small to go on; finite and at least 0.
    /// Default: 0.001.
    pub tolerance: f64,
    /// Added to each variance, so that none vanishes; finite and above 0. Default: 0.000001.
    pub regularization: f64,
}

impl Default for GaussianMixture {
    fn default() -> Self {
        Self {
            components: NonZeroUsize::new(8).expect("eight is not zero"),
            covariance: Covariance::default(),
            max_iterations: NonZeroUsize::new(100).expect("not zero"),
            restarts: None,
            seed: 0,
            tolerance: 1e-3,
            regularization: 1e-6,
        }
    }
}

/// What a mixture says of the rows.
#[derive(Debug, Clone, PartialEq)]
pub struct MixtureOutcome {
    /// The cluster of each row, with strengths.
    pub clustering: Clustering,
    /// The mean over the rows of the logarithm of their density; 0 without rows.
    pub log_likelihood: f64,
    /// The Bayesian information criterion: the smaller, the better is the likelihood for so many
    /// parameters (Schwarz, *Estimating the dimension of a model*, 1978).
    pub bic: f64,
    /// How often the distributions were estimated after the start.
    pub iterations: usize,
}

/// The share that each row has in each component, and the logarithm of the row's density.
struct Shares {
    /// Row after row.
    shares: Vec<f64>,
    log_densities: Vec<f64>,
}

impl Shares {
    fn mean_log_density(&self) -> f64 {
        let count = self.log_densities.len().max(1) as f64;
        self.log_densities.iter().sum::<f64>() / count
    }
}

impl GaussianMixture {
    /// Checks that the options make sense.
    ///
    /// # Errors
    /// Names the field that does not.
    pub fn validate(&self) -> Result<(), OptionsError> {
        if !(self.tolerance.is_finite() && self.tolerance >= 0.0) {
            return Err(OptionsError::Tolerance(self.tolerance));
        }
        if !(self.regularization.is_finite() && self.regularization > 0.0) {
            return Err(OptionsError::Regularization(self.regularization));
        }
        Ok(())
    }

    /// Fits the mixture.
    ///
    /// # Errors
    /// An [`OptionsError`], or [`Cancelled`] if the job was cancelled.
    pub fn find(&self, rows: MatrixRef<'_>, job: &Job<'_>) -> Result<MixtureOutcome, BoxError> {
        self.validate()?;
        job.check()?;
        self.best(rows, job)
    }

    /// Makes all attempts; the options hold.
    fn best(&self, rows: MatrixRef<'_>, job: &Job<'_>) -> Result<MixtureOutcome, BoxError> {
        let mut random = SplitMix64::new(self.seed);
        let variances = self.variances(rows.dim()) as usize;
        let work = [rows.rows(), self.components.get(), variances];
        let work = work.into_iter().fold(1, usize::saturating_mul);
        let mut best: Option<MixtureOutcome> = None;
        for _ in 0..attempts(self.restarts, work) {
            let start = KMeans {
                clusters: self.components,
                restarts: Some(NonZeroUsize::MIN),
                seed: random.next(),
                ..KMeans::default()
            };
            let start = start.find(rows, job)?.clustering;
            let found = self.fit(rows, &start, job)?;
            // Of equal attempts the first counts.
            let is_better = |best: &MixtureOutcome| found.log_likelihood > best.log_likelihood;
            if best.as_ref().is_none_or(is_better) {
                best = Some(found);
            }
        }
        Ok(best.expect("at least one attempt is made"))
    }

    /// Maximises the likelihood from the clusters of k-means; the options hold.
    fn fit(
        &self,
        rows: MatrixRef<'_>,
        start: &Clustering,
        job: &Job<'_>,
    ) -> Result<MixtureOutcome, Cancelled> {
        let count = start.clusters();
        if count == 0 {
            return Ok(MixtureOutcome {
                clustering: start.clone().with_strengths(Vec::new()),
                log_likelihood: 0.0,
                bic: 0.0,
                iterations: 0,
            });
        }
        let mut shares = vec![0.0; rows.rows() * count];
        for (shares, label) in shares.chunks_exact_mut(count).zip(start.labels()) {
            if let Some(id) = label {
                shares[id.0 as usize] = 1.0;
            }
        }
        let mut fitted = components(self, rows, &shares, count, job)?;
        let mut found = expect(rows, &fitted, job)?;
        let mut iterations = 0;
        while iterations < self.max_iterations.get() {
            fitted = components(self, rows, &found.shares, count, job)?;
            let before = found.mean_log_density();
            found = expect(rows, &fitted, job)?;
            iterations += 1;
            if (found.mean_log_density() - before).abs() < self.tolerance {
                break;
            }
        }
        Ok(self.outcome(rows, &found, count, iterations))
    }

    fn outcome(
        &self,
        rows: MatrixRef<'_>,
        found: &Shares,
        components: usize,
        iterations: usize,
    ) -> MixtureOutcome {
        let likeliest = |shares: &[f64]| {
            let numbered = (0_u32..).zip(shares.iter().copied());
            let larger =
                |best: (u32, f64), next: (u32, f64)| if next.1 > best.1 { next } else { best };
            numbered.reduce(larger).unwrap_or((0, 1.0))
        };
        let chosen = found.shares.chunks_exact(components).map(likeliest);
        let (groups, strengths): (Vec<_>, Vec<_>) = chosen
            .map(|(group, share)| (Some(group), share as f32))
            .unzip();
        let log_likelihood = found.mean_log_density();
        let count = rows.rows() as f64;
        let parameters = self.parameters(components, rows.dim());
        MixtureOutcome {
            clustering: Clustering::from_groups(&groups).with_strengths(strengths),
            log_likelihood,
            bic: parameters * count.ln() - 2.0 * count * log_likelihood,
            iterations,
        }
    }

    /// Counts what is estimated: weights that sum up to one, means and variances.
    fn parameters(&self, components: usize, dim: usize) -> f64 {
        let components = components as f64;
        components * (dim as f64 + self.variances(dim)) + components - 1.0
    }

    /// Counts the variances of a component.
    fn variances(&self, dim: usize) -> f64 {
        let dim = dim as f64;
        match self.covariance {
            Covariance::Diagonal => dim,
            Covariance::Full => dim * (dim + 1.0) / 2.0,
        }
    }
}

impl Clusterer for GaussianMixture {
    fn cluster(&self, points: &Points<'_>, job: &Job<'_>) -> Result<Clustering, BoxError> {
        let rows = points.rows().ok_or(PointsError::NoRows("a mixture"))?;
        Ok(self.find(rows, job)?.clustering)
    }
}

/// Computes the share that each row has in each component.
fn expect(
    rows: MatrixRef<'_>,
    components: &[Component],
    job: &Job<'_>,
) -> Result<Shares, Cancelled> {
    let width = components.len();
    let found = Mutex::new(Shares {
        shares: vec![0.0; rows.rows() * width],
        log_densities: vec![0.0; rows.rows()],
    });
    let scratch = || (Vec::new(), Vec::new(), Vec::new());
    for_each_block(
        job,
        rows.rows(),
        BLOCK,
        scratch,
        |(logs, sums, offset), block| {
            logs.clear();
            sums.clear();
            for row in block.clone() {
                let first = logs.len();
                let of_row = components.iter();
                logs.extend(of_row.map(|component| component.log_density(rows.row(row), offset)));
                sums.push(to_shares(&mut logs[first..]));
            }
            let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
            found.shares[block.start * width..block.end * width].copy_from_slice(logs);
            found.log_densities[block].copy_from_slice(sums);
        },
    )?;
    Ok(found.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// Turns logarithms of densities into shares of their sum, and gives its logarithm.
fn to_shares(logs: &mut [f64]) -> f64 {
    let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = logs.iter().map(|log| (log - largest).exp()).sum();
    let log = largest + sum.ln();
    for share in logs {
        *share = (*share - log).exp();
    }
    log
}
