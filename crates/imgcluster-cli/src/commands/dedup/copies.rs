//! Which pictures are copies of which, and which one is kept.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use imgcluster_cluster::{Duplicate, DuplicateGroup, Duplicates as Seeker};
use imgcluster_core::{Decisions, Neighbors, Radius, Stage, Store, count_copies};
use imgcluster_embed::zoo::duplicate_threshold;
use imgcluster_organize::{Choice, Duplicates, KeepOptions, KeepRule, UnknownKeepRule, choose};

use super::facts::Facts;
use super::pictures::Pictures;
use crate::failure::Refusal;
use crate::session::{OpenStore, Session};

/// The most copies of which every pair is measured once more.
const MOST_MEASURED: usize = 1_000;

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
    /// Copies that stay as they are links, or lie behind one.
    pub(super) behind_links: usize,
}

/// Reads the rules of what to keep.
///
/// # Errors
/// A usage error that lists the rules, for one that does not exist, and one for a folder that does
/// not.
pub(super) fn rules(typed: &[String]) -> Result<Vec<KeepRule>> {
    let rule = |text: &String| -> Result<KeepRule> {
        let rule: Result<KeepRule, UnknownKeepRule> = text.parse();
        let rule = rule.map_err(|error| {
            let hint = "write rules in a list, such as `--keep in:originals,resolution,oldest`";
            Refusal::wrong_usage(error, hint)
        })?;
        Ok(match rule {
            KeepRule::In(folder) => KeepRule::In(real_folder(&folder)?),
            other => other,
        })
    };
    typed.iter().map(rule).collect()
}

fn real_folder(folder: &Path) -> Result<PathBuf> {
    let real = fs::canonicalize(folder).ok().filter(|real| real.is_dir());
    real.ok_or_else(|| {
        let message = format!("`{}` is no folder", folder.display());
        let hint = "give `--keep in:DIR` a folder that is there, such as `--keep in:originals`";
        Refusal::usage(message, hint).into()
    })
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
        // What lies behind a link is kept for no other file's sake, nor done away with.
        let is_reference = |row: u32| pictures.is_reference(row) && !pictures.is_linked(row);
        (seeker.allowed, seeker.is_reference) = (&allowed, &is_reference);
        let chains = {
            let _stage = job.stage(Stage::Cluster, None);
            seeker.chains(&job)?
        };
        let facts = Facts::read(pictures, chains.iter().flatten().copied(), session)?;
        let choice = Choosing {
            pictures,
            facts: &facts,
            options: KeepOptions {
                references: pictures.real_references.clone(),
                ..KeepOptions::led_by(rules.to_vec())
            },
        };
        let decisions = store.wait(store.store.decisions())?;
        let mut parts = Parts {
            choice: &choice,
            decisions: Decisions::new(decisions.iter().map(|stored| &stored.decision)),
            neighbors: likeness.neighbors,
            words: BTreeMap::new(),
            groups: Vec::new(),
            settled: 0,
            behind_links: 0,
        };
        let mut chains = chains;
        // What was decided to be no copy of a survivor may still be one of another.
        while !chains.is_empty() {
            let mut prefer = |rows: &[u32]| parts.prefer(rows);
            let groups = seeker.groups(&chains, &mut prefer, &job)?;
            let apart = groups.into_iter().map(|group| parts.take(group));
            chains = apart.filter(|chain| chain.len() > 1).collect();
        }
        let Parts {
            mut groups,
            settled,
            behind_links,
            ..
        } = parts;
        groups.sort_unstable_by_key(|group| group.keep);
        Ok(Self {
            groups,
            facts,
            settled,
            behind_links,
        })
    }
}

/// Groups in the making.
struct Parts<'a> {
    choice: &'a Choosing<'a>,
    decisions: Decisions,
    neighbors: &'a dyn Neighbors,
    /// Why each survivor was chosen.
    words: BTreeMap<u32, String>,
    groups: Vec<Duplicates>,
    settled: usize,
    behind_links: usize,
}

impl Parts<'_> {
    fn prefer(&mut self, rows: &[u32]) -> u32 {
        let (row, reason) = self.choice.prefer(rows);
        self.words.insert(row, reason);
        row
    }

    /// Takes what can go of a group, and gives what was decided to be no copy of its survivor.
    fn take(&mut self, mut group: DuplicateGroup) -> Vec<u32> {
        let pictures = self.choice.pictures;
        if is_settled(&group, pictures, &self.decisions) {
            self.settled += 1;
            return Vec::new();
        }
        let count = group.copies.len();
        let apart = part_decided(&mut group, pictures, &self.decisions);
        if group.copies.is_empty() {
            self.settled += 1;
            return apart;
        }
        let undecided = group.copies.len();
        group.copies.retain(|copy| !pictures.is_linked(copy.row));
        self.behind_links += undecided - group.copies.len();
        if group.copies.is_empty() {
            return apart;
        }
        if group.copies.len() < count {
            measure(&mut group, self.neighbors);
        }
        let reason = self.words.remove(&group.survivor).unwrap_or_default();
        self.groups.push(self.choice.described(&group, &reason));
        apart
    }
}

/// How what is kept is chosen.
struct Choosing<'a> {
    pictures: &'a Pictures,
    facts: &'a Facts,
    options: KeepOptions,
}

impl Choosing<'_> {
    /// Chooses one of some pictures, and tells why. A link is kept only among links: no file is
    /// done away with for its sake.
    fn prefer(&self, rows: &[u32]) -> (u32, String) {
        let files = rows.iter().copied();
        let mut left: Vec<u32> = files.filter(|row| !self.pictures.is_linked(*row)).collect();
        if left.is_empty() {
            left = rows.to_vec();
        }
        let choice = self.choose(&left);
        choice.map_or_else(
            || (rows[0], String::new()),
            |choice| (left[choice.index], choice.reason),
        )
    }

    fn choose(&self, rows: &[u32]) -> Option<Choice> {
        let copies = self.facts.copies(self.pictures, rows);
        let mut sharpness = |at: usize| self.facts.sharpness(self.pictures, rows[at]);
        choose(&copies, &self.options, &mut sharpness)
    }

    /// A group as the plan has it. Why its survivor is kept is told by its own copies alone; only if
    /// these would have chosen another, by all that it was chosen from.
    fn described(&self, group: &DuplicateGroup, of_all: &str) -> Duplicates {
        let copies = group.copies.iter().map(|copy| copy.row);
        let rows: Vec<u32> = [group.survivor].into_iter().chain(copies).collect();
        let choice = self.choose(&rows).filter(|choice| choice.index == 0);
        Duplicates {
            keep: group.survivor as usize,
            reason: choice.map_or_else(
                || format!("of all that hang together: {of_all}"),
                |choice| choice.reason,
            ),
            others: group
                .copies
                .iter()
                .map(|copy| (copy.row as usize, Some(copy.similarity)))
                .collect(),
            worst_similarity: Some(group.worst_similarity),
        }
    }
}

/// Whether a person has found that the pictures of a group are no duplicates.
fn is_settled(group: &DuplicateGroup, pictures: &Pictures, decisions: &Decisions) -> bool {
    let rows = group.copies.iter().map(|copy| copy.row);
    settles(rows.chain([group.survivor]), pictures, decisions)
}

fn settles(rows: impl Iterator<Item = u32>, pictures: &Pictures, decisions: &Decisions) -> bool {
    let contents = rows.map(|row| pictures.files[row as usize].content);
    decisions.settles(&count_copies(contents))
}

/// Takes out of a group what a person has found to be no duplicate of its survivor.
fn part_decided(
    group: &mut DuplicateGroup,
    pictures: &Pictures,
    decisions: &Decisions,
) -> Vec<u32> {
    if decisions.is_empty() {
        return Vec::new();
    }
    let survivor = group.survivor;
    let is_apart =
        |copy: &Duplicate| settles([survivor, copy.row].into_iter(), pictures, decisions);
    let (apart, copies): (Vec<_>, Vec<_>) = group.copies.iter().partition(|copy| is_apart(copy));
    group.copies = copies;
    apart.into_iter().map(|copy| copy.row).collect()
}

/// Measures the pair least alike of a group that has become smaller; of a large one, only from its
/// survivor to its copies.
fn measure(group: &mut DuplicateGroup, neighbors: &dyn Neighbors) {
    let to_survivor = group.copies.iter().map(|copy| copy.similarity);
    let mut worst = to_survivor.fold(1.0, f32::min);
    if group.copies.len() <= MOST_MEASURED {
        for (at, a) in group.copies.iter().enumerate() {
            for b in &group.copies[at + 1..] {
                worst = worst.min(1.0 - neighbors.distance(a.row, b.row));
            }
        }
    }
    group.worst_similarity = worst;
}
