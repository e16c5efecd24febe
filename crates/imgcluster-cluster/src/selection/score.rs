//! How settings compare.

use imgcluster_core::{Cancelled, Clustering, Job, Trial};

use super::Views;
use super::method::Candidate;
use super::work::refuse_too_many_clusters;
use crate::{calinski_harabasz, cosine_silhouette, davies_bouldin, silhouette};

/// What is known of one setting's clusters; either all scores that the points allow, or a reason.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Scores {
    silhouette: Option<f64>,
    calinski_harabasz: Option<f64>,
    davies_bouldin: Option<f64>,
    noise_share: f64,
    pub(super) reason: Option<String>,
}

impl Scores {
    /// There is nothing to score.
    pub(super) fn without(reason: String) -> Self {
        Self {
            reason: Some(reason),
            ..Self::default()
        }
    }

    /// Scores clusters, unless there is nothing to compare.
    pub(super) fn of(
        clustering: &Clustering,
        views: &Views<'_>,
        job: &Job<'_>,
    ) -> Result<Self, Cancelled> {
        if let Some(reason) = incomparable(clustering) {
            return Ok(Self::without(reason.to_owned()));
        }
        let mut scores = Self {
            noise_share: clustering.noise() as f64 / clustering.len() as f64,
            ..Self::default()
        };
        if let Some(unit) = views.unit {
            let (count, rows) = (clustering.clusters(), unit.view());
            if let Err(long) = refuse_too_many_clusters(count, rows.rows(), rows.dim()) {
                return Ok(Self::without(format!(
                    "{count} clusters are too many: {long}"
                )));
            }
            scores.silhouette = cosine_silhouette(unit, clustering, job)?;
            scores.calinski_harabasz = calinski_harabasz(rows, clustering);
            job.check()?;
            scores.davies_bouldin = davies_bouldin(rows, clustering);
        } else {
            scores.silhouette = silhouette(views.cosine.neighbors(), clustering, job)?;
        }
        let reason = scores.not_worth_comparing();
        Ok(Self {
            reason: reason.map(str::to_owned),
            ..scores
        })
    }

    /// Tells why scored clusters are no answer all the same, if so.
    fn not_worth_comparing(&self) -> Option<&'static str> {
        if self.noise_share > 0.5 {
            Some("more than half is noise")
        } else if self.silhouette.is_none_or(|silhouette| silhouette <= 0.0) {
            Some("its members are no nearer to each other than to other clusters")
        } else {
            None
        }
    }

    /// Writes down what came of a setting.
    pub(super) fn trial(&self, candidate: &Candidate, clustering: Option<&Clustering>) -> Trial {
        Trial {
            algorithm: candidate.method.kind().name(),
            parameters: candidate.parameters.clone(),
            clusters: clustering.map(Clustering::clusters),
            noise: clustering.map(Clustering::noise),
            silhouette: self.silhouette,
            calinski_harabasz: self.calinski_harabasz,
            davies_bouldin: self.davies_bouldin,
            reason: self.reason.clone(),
            ..Trial::default()
        }
    }
}

/// Tells why a clustering has no scores, if so.
fn incomparable(clustering: &Clustering) -> Option<&'static str> {
    match clustering.sizes() {
        [] => Some("everything is noise"),
        [_] => Some("there is one cluster only"),
        [1, ..] => Some("no cluster has two members"),
        _ => None,
    }
}

/// What is scaled, as numbers of which the larger are better.
const PARTS: [fn(&Scores) -> Option<f64>; 3] = [
    |scores| scores.silhouette,
    // Its values lie orders of magnitude apart.
    |scores| {
        let index = scores.calinski_harabasz;
        index.map(|index| index.max(f64::MIN_POSITIVE).ln())
    },
    |scores| scores.davies_bouldin.map(|index| -index),
];

/// Makes one number of the scores of each setting that is compared.
pub(super) fn totals(all: &[&Scores]) -> Vec<Option<f64>> {
    let is_compared = |scores: &&&Scores| scores.reason.is_none();
    let scales = PARTS.map(|part| {
        let compared = all.iter().filter(is_compared);
        Scale::over(compared.filter_map(|scores| part(scores)))
    });
    let total = |scores: &Scores| {
        let mut sum = 0.0;
        let mut count = 0.0_f64;
        for (part, scale) in PARTS.iter().zip(&scales) {
            if let Some(value) = part(scores) {
                sum += scale.of(value);
                count += 1.0;
            }
        }
        sum / count.max(1.0) - scores.noise_share
    };
    let compared = all
        .iter()
        .map(|scores| scores.reason.is_none().then(|| total(scores)));
    compared.collect()
}

/// The range of values that become 0 to 1.
struct Scale {
    least: f64,
    most: f64,
}

impl Scale {
    fn over(values: impl Iterator<Item = f64>) -> Self {
        let none = Self {
            least: f64::INFINITY,
            most: f64::NEG_INFINITY,
        };
        values.fold(none, |scale, value| Self {
            least: scale.least.min(value),
            most: scale.most.max(value),
        })
    }

    fn of(&self, value: f64) -> f64 {
        let range = self.most - self.least;
        if range > 0.0 {
            (value - self.least) / range
        } else {
            1.0
        }
    }
}
