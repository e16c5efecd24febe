//! How long a setting takes, roughly and before it is run.

use imgcluster_core::MatrixRef;

use super::Views;
use super::method::Method;
use crate::attempts::attempts;
use crate::{Agglomerative, Covariance, Linkage, PointsError};

/// How many multiplications a setting may take, by estimate: 10¹³, one or two minutes a core for
/// what runs in tiles. A count and not a time, so that the same settings are tried on every machine.
pub const MOST_WORK: u64 = 10_000_000_000_000;

/// Moves of centers until k-means rests, as a rule.
const MOVES: u64 = 40;

/// How many multiplications of a tile take as long as one elsewhere.
const OUTSIDE_TILES: u64 = 8;

/// What is known to take too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too long for {rows} rows: about {work:.0e} multiplications, and {MOST_WORK:.0e} are the most", work = *work as f64, MOST_WORK = MOST_WORK as f64)]
pub(super) struct TooLong {
    rows: usize,
    work: u64,
}

impl TooLong {
    /// Refuses more work than a setting may take.
    pub(super) fn check(rows: usize, work: u64) -> Result<(), Self> {
        if work > MOST_WORK {
            return Err(Self { rows, work });
        }
        Ok(())
    }
}

/// Why a setting is not run.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    #[error(transparent)]
    TooLong(#[from] TooLong),
    #[error(transparent)]
    Points(#[from] PointsError),
}

/// Refuses what needs rows where there are none, and what would take too long.
pub(super) fn refuse_too_long(method: &Method, views: &Views<'_>) -> Result<(), Refused> {
    let rows = views.cosine.len();
    let columns = views.euclidean.rows().map(MatrixRef::dim);
    if columns.is_none() {
        refuse_rowless(method)?;
    }
    // Items without rows take about as long to compare as short rows.
    let columns = columns.unwrap_or(64);
    Ok(TooLong::check(rows, estimate(method, rows, columns))?)
}

fn refuse_rowless(method: &Method) -> Result<(), PointsError> {
    match method {
        Method::KMeans(_) => Err(PointsError::NoRows("k-means")),
        Method::GaussianMixture(_) => Err(PointsError::NoRows("a mixture")),
        Method::Agglomerative(Agglomerative {
            linkage: Linkage::Ward,
            ..
        }) => Err(PointsError::NoRows("ward linkage")),
        _ => Ok(()),
    }
}

/// Estimates the multiplications of a setting, in those of a tile.
fn estimate(method: &Method, rows: usize, columns: usize) -> u64 {
    let product = |factors: &[usize]| {
        let factors = factors.iter().map(|factor| *factor as u64);
        factors.fold(1, u64::saturating_mul)
    };
    let all_pairs = product(&[rows, rows, columns]);
    match method {
        Method::Dbscan(_) | Method::Threshold(_) => all_pairs / 2,
        Method::Hdbscan(_) => all_pairs,
        // Joining compares every two rows some times over.
        Method::Agglomerative(_) => {
            let joining = product(&[rows, rows]).saturating_mul(3 * OUTSIDE_TILES);
            (all_pairs / 2).saturating_add(joining)
        }
        Method::KMeans(options) => {
            let work = product(&[rows, columns, options.clusters.get()]);
            let moves = MOVES.min(options.max_iterations.get() as u64);
            let times = attempts(options.restarts, work as usize) as u64;
            work.saturating_mul(moves).saturating_mul(times)
        }
        Method::GaussianMixture(options) => {
            let variances = match options.covariance {
                Covariance::Diagonal => columns,
                Covariance::Full => columns.saturating_mul(columns),
            };
            let work = product(&[rows, variances, options.components.get()]);
            let rounds = options.max_iterations.get() as u64;
            let times = attempts(options.restarts, work as usize) as u64;
            // Estimating takes as long as measuring.
            work.saturating_mul(2 * rounds)
                .saturating_mul(times * OUTSIDE_TILES)
        }
    }
}

/// Refuses to compare so many clusters that it would take too long.
pub(super) fn refuse_too_many_clusters(
    clusters: usize,
    rows: usize,
    columns: usize,
) -> Result<(), TooLong> {
    let work = [rows, clusters, columns].map(|factor| factor as u64);
    let work = work.into_iter().fold(OUTSIDE_TILES, u64::saturating_mul);
    TooLong::check(rows, work)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dbscan, GaussianMixture, Hdbscan, KMeans, Threshold};

    #[test]
    fn twenty_thousand_rows_are_within_the_limit_and_a_million_only_for_k_means() {
        let methods = [
            Method::KMeans(KMeans::default()),
            Method::Hdbscan(Hdbscan::default()),
            Method::Dbscan(Dbscan::default()),
            Method::Threshold(Threshold::default()),
            Method::Agglomerative(Agglomerative::default()),
        ];
        for (at, method) in methods.iter().enumerate() {
            assert!(TooLong::check(20_000, estimate(method, 20_000, 512)).is_ok());
            let million = TooLong::check(1_000_000, estimate(method, 1_000_000, 512));
            assert_eq!(million.is_ok(), at == 0, "{method:?}");
        }
        let full = Method::GaussianMixture(GaussianMixture {
            covariance: Covariance::Full,
            ..GaussianMixture::default()
        });
        assert!(TooLong::check(20_000, estimate(&full, 20_000, 512)).is_err());
    }

    #[test]
    fn an_estimate_beyond_all_numbers_is_too_long_and_nothing_is_not() {
        let method = Method::Hdbscan(Hdbscan::default());
        assert_eq!(estimate(&method, 0, 512), 0);
        assert_eq!(estimate(&method, usize::MAX, 512), u64::MAX);
    }
}
