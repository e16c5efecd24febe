//! Which pictures are copies of which, and which one is kept.

use std::collections::BTreeMap;

use anyhow::Result;
use imgcluster_cluster::{DuplicateGroup, Duplicates as Seeker};
use imgcluster_core::{Decisions, Neighbors, Radius, Stage, Store, count_copies};
use imgcluster_embed::zoo::duplicate_threshold;
use imgcluster_organize::{Duplicates, KeepOptions, KeepRule, UnknownKeepRule, absolute, choose};

use super::facts::Facts;
use super::pictures::Pictures;
use crate::failure::Refusal;
use crate::session::{OpenStore, Session};

/// What tells which pictures are alike, and how alike copies are.
pub(super) struct Likeness<'a> {
    pub(super) neighbors: &'a dyn Neighbors,
    pub(super) radius: Radius,
}

/// Copies, by the rows of their pictures.
pub(super) struct Copies {
    /// In the order of what is kept.
    pub(super) groups: Vec<Duplicates>,
    /// What is known of the pictures in groups.
    pub(super) facts: Facts,
    /// Groups that a person has found to be none.
    pub(super) settled: usize,
}

/// Reads the rules of what to keep.
///
/// # Errors
/// A usage error that lists the rules, for one that does not exist.
pub(super) fn rules(typed: &[String]) -> Result<Vec<KeepRule>> {
    let rule = |text: &String| -> Result<KeepRule> {
        let rule: Result<KeepRule, UnknownKeepRule> = text.parse();
        let rule = rule.map_err(|error| {
            let hint = "write rules in a list, such as `--keep in:originals,resolution,oldest`";
            Refusal::wrong_usage(error, hint)
        })?;
        Ok(match rule {
            KeepRule::In(folder) => KeepRule::In(absolute(&folder)?),
            other => other,
        })
    };
    typed.iter().map(rule).collect()
}

/// Reads the similarity that was asked for.
///
/// # Errors
/// A usage error if it is none.
pub(super) fn threshold(typed: Option<f64>) -> Result<Option<Radius>> {
    let radius = |similarity: f64| {
        Radius::from_similarity(similarity).map_err(|error| {
            let message = format!("`{similarity}` is no value for `--threshold`");
            Refusal::usage(message, error.to_string()).into()
        })
    };
    typed.map(radius).transpose()
}

/// The distance of copies by a model: what was asked for, else what was found to suit the model.
pub(super) fn radius(asked: Option<Radius>, model: &str, session: &Session) -> Result<Radius> {
    if let Some(asked) = asked {
        return Ok(asked);
    }
    let threshold = duplicate_threshold(model);
    if !threshold.is_calibrated {
        session.printer.note(&format!(
            "the threshold {} for `{model}` is a guess: look at the report, and try `--threshold`",
            threshold.similarity
        ));
    }
    Ok(Radius::from_similarity(threshold.similarity)?)
}

impl Copies {
    /// Finds copies, chooses what is kept of each group, and leaves out what is settled.
    pub(super) fn find(
        pictures: &Pictures,
        likeness: &Likeness<'_>,
        rules: &[KeepRule],
        store: &OpenStore,
        session: &Session,
    ) -> Result<Self> {
        let job = session.job();
        let mut seeker = Seeker::new(likeness.neighbors, likeness.radius);
        let allowed = |a: u32, b: u32| pictures.allowed(a, b);
        let is_reference = |row: u32| pictures.is_reference(row);
        (seeker.allowed, seeker.is_reference) = (&allowed, &is_reference);
        let chains = {
            let _stage = job.stage(Stage::Cluster, None);
            seeker.chains(&job)?
        };
        let facts = Facts::read(pictures, chains.iter().flatten().copied(), session)?;
        let mut options = KeepOptions {
            references: pictures.references.clone(),
            ..KeepOptions::default()
        };
        if !rules.is_empty() {
            options.rules = rules.to_vec();
        }
        let mut reasons = BTreeMap::new();
        let mut prefer = |rows: &[u32]| {
            let copies = facts.copies(pictures, rows);
            let mut sharpness = |at: usize| facts.sharpness(pictures, rows[at]);
            let choice = choose(&copies, &options, &mut sharpness);
            let (index, reason) = choice.map_or((0, String::new()), |it| (it.index, it.reason));
            reasons.insert(rows[index], reason);
            rows[index]
        };
        let groups = seeker.groups(&chains, &mut prefer, &job)?;
        let decisions = store.wait(store.store.decisions())?;
        let decisions = Decisions::new(decisions.iter().map(|stored| &stored.decision));
        let count = groups.len();
        let groups = groups
            .into_iter()
            .filter(|group| !is_settled(group, pictures, &decisions));
        let groups: Vec<Duplicates> = groups
            .map(|group| described(&group, &mut reasons))
            .collect();
        Ok(Self {
            settled: count - groups.len(),
            groups,
            facts,
        })
    }
}

/// Whether a person has found that the pictures of a group are no duplicates.
fn is_settled(group: &DuplicateGroup, pictures: &Pictures, decisions: &Decisions) -> bool {
    let rows = group.copies.iter().map(|copy| copy.row);
    let rows = rows.chain([group.survivor]);
    let contents = rows.map(|row| pictures.files[row as usize].content);
    decisions.settles(&count_copies(contents))
}

fn described(group: &DuplicateGroup, reasons: &mut BTreeMap<u32, String>) -> Duplicates {
    let copies = group.copies.iter();
    Duplicates {
        keep: group.survivor as usize,
        reason: reasons.remove(&group.survivor).unwrap_or_default(),
        others: copies
            .map(|copy| (copy.row as usize, Some(copy.similarity)))
            .collect(),
        worst_similarity: Some(group.worst_similarity),
    }
}
