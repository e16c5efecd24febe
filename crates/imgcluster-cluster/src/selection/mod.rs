//! Which algorithm, with which options: all of a grid are tried, and the best by three scores kept.
//!
//! One step a file: [`grid`] → [`method`] runs each → [`score`] compares them. [`work`] tells
//! beforehand what would take too long.

mod grid;
mod method;
mod score;
mod work;

use imgcluster_core::{
    BoxError, Cancelled, Clustering, Event, Job, Points, Stage, Trial, UnitMatrix,
};

pub use grid::Grid;
pub use method::{AlgorithmKind, Candidate, Method};
pub use work::MOST_WORK;

use crate::Split;
use method::Runner;
use score::{Scores, totals};

/// The same points as algorithms see them.
#[derive(Debug, Clone, Copy)]
pub struct Views<'a> {
    /// By Euclidean distance, with rows where there are any: for HDBSCAN, k-means, agglomerative
    /// clustering and mixtures.
    pub euclidean: Points<'a>,
    /// By cosine distance, or by the only distance there is: for DBSCAN and thresholds, for
    /// splitting, and for the silhouette where there are no rows.
    pub cosine: Points<'a>,
    /// The rows at length one, where there are any: all scores are of these.
    pub unit: Option<&'a UnitMatrix>,
}

impl<'a> Views<'a> {
    /// Views points that have only distances.
    pub fn pairwise(points: Points<'a>) -> Self {
        Self {
            euclidean: points,
            cosine: points,
            unit: None,
        }
    }
}

/// The clusters of the best setting, and what all settings gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// The very clusters that were scored.
    pub clustering: Clustering,
    /// One trial a candidate: the best first, then those that are not compared in their order. One
    /// is chosen.
    pub trials: Vec<Trial>,
}

impl Choice {
    /// The trial whose clusters these are.
    ///
    /// # Panics
    /// Panics if no trial is marked as chosen; [`choose`] always marks one.
    pub fn chosen(&self) -> &Trial {
        let mut trials = self.trials.iter();
        trials
            .find(|trial| trial.is_chosen)
            .expect("a choice has chosen")
    }
}

/// Why nothing could be chosen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChoiceError {
    /// The job was cancelled.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// There was no candidate.
    #[error("there is no setting to try")]
    Nothing,
    /// No candidate could be run.
    #[error("none of the {count} settings could be tried; `{flags}`: {reason}")]
    NothingRan {
        /// How many candidates there are.
        count: usize,
        /// The first of them.
        flags: String,
        /// Why that was not run.
        reason: String,
    },
}

/// Runs every candidate, scores its clusters, and keeps those that score best.
///
/// With noise left out, clusters are scored by their silhouette by cosine distance, and by the
/// indices of Caliński and Harabasz (its logarithm) and of Davies and Bouldin on rows at length one;
/// without rows by the silhouette alone. Each is scaled over the compared candidates, from 0 for the
/// worst to 1 for the best (all 1 where they are equal). The score is the mean of these less the
/// share of rows that are noise. The best wins, of equal ones the first.
///
/// Not compared, with the reason in [`Trial::reason`], are candidates whose options contradict each
/// other, that compute with rows where there are none, that would take too long ([`MOST_WORK`]) or
/// too much memory, that find no two clusters, or none of two rows, that leave more than half of the
/// rows as noise, and whose silhouette is not above 0. If none can be compared, the clusters of the
/// first that ran are kept.
///
/// With `split`, clusters are split before they are scored. An [`Event::Advanced`] of
/// [`Stage::Cluster`] is reported after every candidate. Deterministic. Memory: up to 16 bytes a row
/// and candidate, beside that of the algorithms.
///
/// # Errors
/// A [`ChoiceError`].
pub fn choose(
    candidates: &[Candidate],
    views: &Views<'_>,
    split: Option<&Split>,
    job: &Job<'_>,
) -> Result<Choice, ChoiceError> {
    let finish = |_: &Method, clustering| match split {
        Some(split) => Ok(split.split(clustering, views.cosine.neighbors(), job)?),
        None => Ok(clustering),
    };
    let (choice, _) = choose_finished(candidates, views, views, &finish, job)?;
    Ok(choice)
}

/// What becomes of the clusters of a setting before they are scored.
pub(crate) type Finish<'a> = dyn Fn(&Method, Clustering) -> Result<Clustering, BoxError> + 'a;

/// Chooses as [`choose`] does, whatever becomes of clusters before they are scored, if need be clusters
/// of the `whole` that these are of; and tells of each trial its place among the candidates.
pub(crate) fn choose_finished(
    candidates: &[Candidate],
    views: &Views<'_>,
    whole: &Views<'_>,
    finish: &Finish<'_>,
    job: &Job<'_>,
) -> Result<(Choice, Vec<usize>), ChoiceError> {
    let mut runner = Runner::default();
    let mut tried = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        job.check()?;
        let found = match run(candidate, views, finish, &mut runner, job) {
            Ok(clustering) => Ok(clustering),
            Err(refused) => {
                // Whatever it says, a cancelled job is the reason.
                job.check()?;
                Err(refused.to_string())
            }
        };
        let scores = match &found {
            Ok(clustering) => Scores::of(clustering, whole, job)?,
            Err(reason) => Scores::without(reason.clone()),
        };
        tried.push((found.ok(), scores));
        job.report(&Event::Advanced {
            stage: Stage::Cluster,
            by: 1,
        });
    }
    best(candidates, tried)
}

/// Runs one candidate, unless it would take too long.
fn run(
    candidate: &Candidate,
    views: &Views<'_>,
    finish: &Finish<'_>,
    runner: &mut Runner,
    job: &Job<'_>,
) -> Result<Clustering, BoxError> {
    let method = &candidate.method;
    work::refuse_too_long(method, views)?;
    finish(method, runner.run(method, views, job)?)
}

/// Ranks what was tried and keeps the best.
fn best(
    candidates: &[Candidate],
    mut tried: Vec<(Option<Clustering>, Scores)>,
) -> Result<(Choice, Vec<usize>), ChoiceError> {
    let scores: Vec<&Scores> = tried.iter().map(|(_, scores)| scores).collect();
    let totals = totals(&scores);
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    // A stable sort: of equal ones the first stays first.
    order.sort_by(|a, b| {
        let score = |at: &usize| totals[*at].unwrap_or(f64::NEG_INFINITY);
        score(b).total_cmp(&score(a))
    });
    let compared = order.first().copied().filter(|at| totals[*at].is_some());
    let ran = || {
        tried
            .iter()
            .position(|(clustering, _)| clustering.is_some())
    };
    let Some(chosen) = compared.or_else(ran) else {
        return Err(nothing_ran(candidates, &tried));
    };
    let trial = |at: &usize| {
        let (clustering, scores) = &tried[*at];
        let trial = scores.trial(&candidates[*at], clustering.as_ref());
        Trial {
            score: totals[*at],
            is_chosen: *at == chosen,
            ..trial
        }
    };
    let trials = order.iter().map(trial).collect();
    let clustering = tried.swap_remove(chosen).0;
    let choice = Choice {
        clustering: clustering.expect("what is chosen has run"),
        trials,
    };
    Ok((choice, order))
}

fn nothing_ran(candidates: &[Candidate], tried: &[(Option<Clustering>, Scores)]) -> ChoiceError {
    match (candidates.first(), tried.first()) {
        (Some(candidate), Some((_, scores))) => ChoiceError::NothingRan {
            count: candidates.len(),
            flags: scores.trial(candidate, None).flags(),
            reason: scores.reason.clone().unwrap_or_default(),
        },
        _ => ChoiceError::Nothing,
    }
}
