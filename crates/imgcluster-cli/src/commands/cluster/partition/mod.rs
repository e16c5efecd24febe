//! `--partition`: clusters of parts of the pictures, joined by those most typical of each.

mod log;

use std::fs::File;
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use anyhow::Result;
use imgcluster_cluster::{
    Method, PairAgreement, PartitionMethod, Partitions, PartitionsError, PartitionsOutcome,
    PartitionsTrials, Views,
};
use imgcluster_core::{Image, Radius, Stage};
use imgcluster_embed::free_memory;
use imgcluster_embed::zoo::grouping_threshold;
use imgcluster_viz::{ResultsFolder, VizError, write_partition_csv, write_similarities_heading};
use serde_json::{Map, Value, json};

use super::analysis::{candidates, cluster};
use crate::arguments::{ClusterArguments, SearchName};
use crate::failure::Refusal;
use crate::session::Session;
use crate::settings::{Algorithm, How};
use log::FileLog;
pub(super) use log::beside;

/// Nearest others that are kept of each picture; the map asks for no more.
pub(super) const NEAREST: NonZeroUsize = NonZeroUsize::new(90).expect("not zero");

/// Refuses flags that do not go with partitions.
///
/// # Errors
/// A usage error.
pub(super) fn refuse(arguments: &ClusterArguments) -> Result<()> {
    if arguments.partition.partition.is_none() {
        return Ok(());
    }
    if arguments.search.search != SearchName::Exact {
        let message = "`--partition` does not go with `--search`, which looks among all pictures";
        return Err(Refusal::usage(message, "leave one of them out").into());
    }
    Ok(())
}

fn explain(error: PartitionsError) -> anyhow::Error {
    match error {
        PartitionsError::NeedsRows(_) => {
            let hint = "use `threshold`, `dbscan` or `hdbscan`, or add `--model classic`";
            Refusal::wrong_usage(error, hint).into()
        }
        other => other.into(),
    }
}

/// What was found in parts, and how far it agrees with all at once.
pub(super) struct Parted {
    pub(super) outcome: PartitionsOutcome,
    agreement: Option<PairAgreement>,
    log: FileLog,
}

/// What parts are made of, and what tells them from those of another run.
pub(super) struct Parting<'a> {
    pub(super) images: &'a [Image],
    pub(super) views: &'a Views<'a>,
    pub(super) algorithm: &'a Algorithm,
    /// The model, in words that differ for any two that compare differently.
    pub(super) model: String,
    /// Where the results will be.
    pub(super) output: &'a Path,
}

impl Parting<'_> {
    /// Clusters in parts of `size`; goes on where a run that was stopped had come to.
    pub(super) fn find(
        &self,
        arguments: &ClusterArguments,
        session: &Session,
    ) -> Result<Option<Parted>> {
        let flags = &arguments.partition;
        let Some(size) = flags.partition else {
            return Ok(None);
        };
        let method = match &self.algorithm.how {
            How::One(method) => PartitionMethod::of(method),
            How::Best { .. } => {
                let candidates = candidates(self.algorithm, self.views).unwrap_or_default();
                PartitionMethod::best(candidates.to_vec(), self.algorithm.split)
            }
        };
        let mut partitions = Partitions::new(size, method);
        partitions.nearest = NEAREST;
        partitions.pool_noise = flags.partition_noise;
        if let Some(free) = free_memory() {
            partitions.most_bytes = partitions.most_bytes.min(free / 2);
        }
        let near = flags
            .partition_keep
            .then(|| self.near(&arguments.model.model))
            .transpose()?;
        let log = FileLog::open(self, flags, near)?;
        let job = session.job();
        let count = self.views.euclidean.len();
        let parts = partitions.ranges(count).len();
        // What is left over makes one more.
        let all = parts + usize::from(flags.partition_noise && parts > 1);
        let tell = |line: String| session.printer.note(&line);
        if log.removed() > 0 {
            tell(format!(
                "{} of other pictures or settings in `{}` were removed",
                counted(log.removed(), "finished part"),
                log.folder().display()
            ));
        }
        if log.found() > 0 {
            tell(format!("going on after {} of {all} parts", log.found()));
        }
        let stage = job.stage(Stage::Compare, Some(partitions.pairs_within(count)));
        let found = partitions.find_in(self.views, &log, &job);
        let outcome = found.map_err(|error| {
            match log.finished() {
                0 => drop(log.remove()),
                kept => tell(format!(
                    "{kept} of {all} parts are kept in `{}`: the same command goes on with the next",
                    log.folder().display()
                )),
            }
            explain(error)
        })?;
        drop(stage);
        if parts > 1 {
            let compared = 100.0 * outcome.pairs.share(count);
            tell(format!(
                "{parts} parts: compared {compared:.1} % of all pairs; the clusters are approximate"
            ));
        }
        if let Some(trials) = &outcome.trials {
            tell_chosen(trials, session);
        }
        let alone = outcome.clustering.noise();
        if parts > 1 && alone > 0 && !flags.partition_noise {
            tell(format!(
                "{} in no cluster: those of different parts were not compared with each other \
                 (`--partition-noise` does)",
                counted(alone, "picture")
            ));
        }
        let agreement = flags
            .partition_agreement
            .then(|| self.agreement(&outcome, session));
        let agreement = agreement.transpose()?;
        Ok(Some(Parted {
            outcome,
            agreement,
            log,
        }))
    }

    /// How near a pair must be to be written down.
    fn near(&self, model: &str) -> Result<Radius> {
        Ok(match self.algorithm.how {
            How::One(Method::Threshold(threshold)) => threshold.radius,
            How::One(Method::Dbscan(dbscan)) => dbscan.radius,
            _ => Radius::from_similarity(grouping_threshold(model).unwrap_or(0.85))?,
        })
    }

    /// Clusters all pictures at once, and compares.
    fn agreement(&self, outcome: &PartitionsOutcome, session: &Session) -> Result<PairAgreement> {
        let job = session.job();
        let _stage = job.stage(Stage::Cluster, None);
        let (full, _) = cluster(self.views, self.algorithm, session, &job)?;
        let agreement = PairAgreement::of(&full, &outcome.clustering);
        session.printer.note(&format!(
            "of the pairs that clustering all at once puts together, {:.2} % are; {:.2} % of those that \
             are together are so there; adjusted Rand index {:.4}",
            100.0 * agreement.recall,
            100.0 * agreement.precision,
            agreement.adjusted_rand
        ));
        Ok(agreement)
    }
}

impl Parted {
    /// What goes into `run.json`.
    pub(super) fn record(&self) -> Map<String, Value> {
        let pairs = self.outcome.pairs;
        let agreement = self.agreement.map(|agreement| {
            json!({
                "recall": agreement.recall,
                "precision": agreement.precision,
                "adjusted-rand": agreement.adjusted_rand,
            })
        });
        let settings = self.outcome.trials.as_ref().map(|trials| {
            let (parts, _) = trials.chosen();
            parts
                .into_iter()
                .map(imgcluster_core::Trial::flags)
                .collect::<Vec<_>>()
        });
        let facts = [
            ("partition-settings", json!(settings)),
            ("partitions", json!(self.outcome.partitions.len())),
            ("pairs-compared", json!(pairs.total())),
            ("partition-agreement", json!(agreement)),
            ("similarities-from", json!(self.log.near_similarity())),
        ];
        let facts = facts
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value));
        facts.collect()
    }

    /// Leaves the clusters and similarities of each part among the results, if they were asked for.
    pub(super) fn keep(&self, images: &[Image], folder: &mut ResultsFolder) -> Result<()> {
        if !self.log.keeps() {
            return Ok(());
        }
        for (number, partition) in self.outcome.partitions.iter().enumerate() {
            let name = format!("partitions/partition_{number:04}");
            folder.write(&format!("{name}/clusters.csv"), |file| {
                write_partition_csv(images, partition.members(), partition.clustering(), file)
            })?;
            let near = std::iter::once(self.log.similarities(number));
            copy(near, &format!("{name}/similarities.csv"), folder)?;
        }
        copy(
            self.log.between(),
            "partitions/between/similarities.csv",
            folder,
        )
    }

    /// Tells that nothing of the work is lost where the results could not be written.
    pub(super) fn tell_kept(&self, session: &Session) {
        let (kept, folder) = (self.log.finished(), self.log.folder().display());
        if kept > 0 {
            session.printer.note(&format!(
                "all {kept} parts are kept in `{folder}`: the same command goes on from there"
            ));
        }
    }

    /// Does away with what was kept in case the run was stopped.
    pub(super) fn finish(&self, session: &Session) {
        if let Err(error) = self.log.remove() {
            session.printer.note(&format!("warning: {error:#}"));
        }
    }
}

/// Tells what was chosen in the parts, and for what is typical of them.
fn tell_chosen(trials: &PartitionsTrials, session: &Session) {
    let (parts, representatives) = trials.chosen();
    let mut settings: Vec<(String, usize)> = Vec::new();
    for trial in parts {
        let flags = trial.flags();
        match settings.iter_mut().find(|(known, _)| *known == flags) {
            Some((_, times)) => *times += 1,
            None => settings.push((flags, 1)),
        }
    }
    let settings = settings.iter().map(|(flags, times)| match times {
        1 => format!("`{flags}`"),
        times => format!("`{flags}` ({times} parts)"),
    });
    let settings: Vec<String> = settings.collect();
    session
        .printer
        .note(&format!("auto: chose {}", settings.join(", ")));
    if let Some(trial) = representatives {
        let flags = trial.flags();
        session
            .printer
            .note(&format!("auto: joined what the parts have by `{flags}`"));
    }
}

/// A number with its noun.
fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// Writes one table of the lines of several files.
fn copy(
    files: impl Iterator<Item = PathBuf>,
    name: &str,
    folder: &mut ResultsFolder,
) -> Result<()> {
    folder.write(name, |table| {
        write_similarities_heading(&mut *table)?;
        for file in files {
            let copied = match File::open(file) {
                Ok(mut lines) => io::copy(&mut lines, table).map(drop),
                Err(error) => Err(error),
            };
            copied.map_err(|source| VizError::Write {
                what: "similarities.csv",
                source,
            })?;
        }
        Ok(())
    })?;
    Ok(())
}
