//! What came of the settings that were tried, as it is kept.

use imgcluster_core::{Clustering, Trial};

use super::words::{Reader, write, write_number, write_text};
use crate::{Candidate, Choice};

/// Where nothing ran.
const NONE: u32 = u32::MAX;
/// Set where it is what was chosen; below it a bit for each score, and for a reason.
const CHOSEN: u32 = 1 << 5;
const REASON: u32 = 1 << 4;

/// One trial a candidate, the best first; one is chosen.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tried(Vec<One>);

/// What came of one candidate.
#[derive(Debug, Clone, PartialEq)]
struct One {
    /// Its place among the candidates.
    candidate: u32,
    clusters: Option<u32>,
    noise: Option<u32>,
    /// Silhouette, the indices of Caliński and Harabasz and of Davies and Bouldin, and the total.
    scores: [Option<f64>; 4],
    reason: Option<String>,
    is_chosen: bool,
}

impl Tried {
    /// Notes a choice; `order` tells of each trial which candidate it is of.
    pub(super) fn of(choice: Choice, order: &[usize]) -> (Self, Clustering) {
        let noted = |(trial, candidate): (Trial, &usize)| One {
            candidate: *candidate as u32,
            clusters: trial.clusters.map(|clusters| clusters as u32),
            noise: trial.noise.map(|noise| noise as u32),
            scores: [
                trial.silhouette,
                trial.calinski_harabasz,
                trial.davies_bouldin,
                trial.score,
            ],
            reason: trial.reason,
            is_chosen: trial.is_chosen,
        };
        let all = choice.trials.into_iter().zip(order).map(noted);
        (Self(all.collect()), choice.clustering)
    }

    /// The place of what was chosen among the candidates.
    pub(super) fn chosen(&self) -> usize {
        let mut all = self.0.iter();
        let chosen = all.find(|one| one.is_chosen);
        chosen.expect("one is chosen").candidate as usize
    }

    /// Tells whether these are of so many candidates.
    pub(super) fn is_of(&self, candidates: usize) -> bool {
        self.0.len() == candidates
    }

    /// Tells what came of each, in words.
    pub(super) fn trials(&self, candidates: &[Candidate]) -> Vec<Trial> {
        let trial = |one: &One| {
            let candidate = &candidates[one.candidate as usize];
            let [silhouette, calinski_harabasz, davies_bouldin, score] = one.scores;
            Trial {
                algorithm: candidate.method.kind().name(),
                parameters: candidate.parameters.clone(),
                clusters: one.clusters.map(|clusters| clusters as usize),
                noise: one.noise.map(|noise| noise as usize),
                silhouette,
                calinski_harabasz,
                davies_bouldin,
                score,
                reason: one.reason.clone(),
                is_chosen: one.is_chosen,
            }
        };
        self.0.iter().map(trial).collect()
    }

    /// Writes all down.
    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        write(bytes, [self.0.len() as u32]);
        for one in &self.0 {
            let mut flags = if one.is_chosen { CHOSEN } else { 0 };
            for (score, value) in one.scores.iter().enumerate() {
                flags |= u32::from(value.is_some()) << score;
            }
            if one.reason.is_some() {
                flags |= REASON;
            }
            let counts = [one.clusters, one.noise].map(|count| count.unwrap_or(NONE));
            write(bytes, [one.candidate, flags].into_iter().chain(counts));
            let scores = one.scores.iter().flatten();
            scores.for_each(|score| write_number(bytes, *score));
            if let Some(reason) = &one.reason {
                write_text(bytes, reason);
            }
        }
    }

    /// Reads all back: every candidate once, and one chosen that ran.
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let [count] = reader.array()?;
        let mut all = Vec::new();
        for _ in 0..count {
            all.push(read(reader)?);
        }
        let mut places: Vec<u32> = all.iter().map(|one: &One| one.candidate).collect();
        places.sort_unstable();
        let is_each = places.into_iter().eq(0..count);
        let mut chosen = all.iter().filter(|one| one.is_chosen);
        let has_run = chosen.next().is_some_and(|one| one.clusters.is_some());
        (is_each && has_run && chosen.next().is_none()).then_some(Self(all))
    }
}

fn read(reader: &mut Reader<'_>) -> Option<One> {
    let [candidate, flags, clusters, noise] = reader.array()?;
    let has = |flag: u32| flags & flag != 0;
    let mut scores = [None; 4];
    for (place, score) in scores.iter_mut().enumerate() {
        if has(1 << place) {
            *score = Some(reader.number()?);
        }
    }
    let reason = if has(REASON) {
        Some(reader.text()?)
    } else {
        None
    };
    let count = |count: u32| (count != NONE).then_some(count);
    (flags < CHOSEN << 1).then_some(One {
        candidate,
        clusters: count(clusters),
        noise: count(noise),
        scores,
        reason,
        is_chosen: has(CHOSEN),
    })
}
