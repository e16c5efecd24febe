//! `--organize` and `--cap`: what the clusters mean for the files.
//!
//! A plan in the results folder, and then the same machinery as for `imgcluster apply`.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use imgcluster_cluster::Capped;
use imgcluster_core::ingest::Candidate;
use imgcluster_core::{Clustering, Image};
use imgcluster_organize::{
    Duplicates, Plan, PlannedFile, Sidecars, SortAction, SortRequest, ThinRequest, absolute,
    plan_sort, plan_thin, root_of,
};
use serde_json::{Value, json};

use super::Found;
use crate::arguments::{ClusterArguments, OrganizeName};
use crate::commands::files::{Work, as_json, carry_out};
use crate::failure::Refusal;
use crate::machine;
use crate::session::Session;

/// The plan of what is sorted, in the results folder.
pub(super) const SORTED: &str = "organize.json";
/// The plan of what `--cap` leaves no room for.
pub(super) const CAPPED: &str = "plan.json";

/// What is to be done with the files, if anything is.
pub(super) fn plan(
    found: &Found,
    arguments: &ClusterArguments,
    target: &Path,
    session: &Session,
) -> Result<Option<Plan>> {
    let organize = &arguments.organize;
    let Some(action) = organize.organize.action() else {
        return match organize.cap {
            Some(_) => cap_plan(found, arguments, session).map(Some),
            None => Ok(None),
        };
    };
    sort_plan(found, arguments, action, target, session).map(Some)
}

/// Pictures into a folder for each cluster, without those that a cluster has no room for.
fn sort_plan(
    found: &Found,
    arguments: &ClusterArguments,
    action: SortAction,
    target: &Path,
    session: &Session,
) -> Result<Plan> {
    let analysis = &found.analysis;
    let left_out = analysis.capped.iter().flat_map(|capped| &capped.left_out);
    let left_out: HashSet<u32> = left_out.map(|left_out| left_out.row).collect();
    let folders = folders(&analysis.clustering, arguments.organize.noise_name.folder());
    let request = SortRequest {
        machine: machine::here(),
        roots: roots(found, arguments)?,
        target: absolute(target)?,
        action,
        follow_symlinks: arguments.input.follow_symlinks && action != SortAction::Move,
        sidecars: !arguments.organize.no_sidecars,
        others: others(found)?,
    };
    let files = files(found)?;
    let pictures = files
        .into_iter()
        .zip(folders.iter().zip(0..))
        .map(|(file, (folder, row))| {
            (
                file,
                (!left_out.contains(&row)).then_some(Path::new(folder.as_ref())),
            )
        });
    let made = plan_sort(request, pictures.collect(), &session.job())?;
    for left in &made.left_out {
        session.printer.note(&format!("warning: {left}"));
    }
    Ok(Plan::Sort(made.plan))
}

/// The folder of each picture.
fn folders<'a>(clustering: &Clustering, noise: &'a str) -> Vec<Cow<'a, str>> {
    let labels = clustering.labels().iter();
    labels
        .map(|label| match label {
            Some(id) => Cow::Owned(format!("cluster_{}", id.0)),
            None => Cow::Borrowed(noise),
        })
        .collect()
}

/// What clusters have no room for goes, each for the sake of the kept one that is most like it.
fn cap_plan(found: &Found, arguments: &ClusterArguments, session: &Session) -> Result<Plan> {
    let files = files(found)?;
    let sidecars = if arguments.organize.no_sidecars {
        Sidecars::none(files.len())
    } else {
        let paths: Vec<&PathBuf> = files.iter().map(|file| &file.path).collect();
        Sidecars::scan(&paths, &others(found)?)?
    };
    let request = ThinRequest {
        machine: machine::here(),
        roots: roots(found, arguments)?,
        references: Vec::new(),
    };
    let capped = found.analysis.capped.iter();
    let groups: Vec<Duplicates> = capped.flat_map(one_for_each_kept).collect();
    let made = plan_thin(request, &files, &sidecars, &groups, &session.job())?;
    for left in &made.left_out {
        session.printer.note(&format!("warning: {left}"));
    }
    Ok(Plan::Thin(made.plan))
}

fn one_for_each_kept(capped: &Capped) -> impl Iterator<Item = Duplicates> {
    capped.kept.iter().filter_map(|&kept| {
        let like = capped
            .left_out
            .iter()
            .filter(|left_out| left_out.like == kept);
        let others: Vec<_> = like
            .map(|left_out| (left_out.row as usize, Some(left_out.similarity)))
            .collect();
        (!others.is_empty()).then(|| Duplicates {
            keep: kept as usize,
            reason: format!(
                "one of the {} most diverse of cluster_{}",
                capped.kept.len(),
                capped.cluster
            ),
            others,
            worst_similarity: None,
        })
    })
}

/// The pictures as plans have them.
fn files(found: &Found) -> Result<Vec<PlannedFile>> {
    let mut left = found.candidates.iter();
    let file = |image: &Image| {
        // Images are candidates, in their order.
        let candidate = left.find(|candidate: &&Candidate| candidate.path == image.path);
        let stamp = candidate.map(|candidate| candidate.stamp);
        Ok(PlannedFile {
            path: absolute(&image.path)?,
            content: image.content,
            size: stamp.map(|stamp| stamp.size),
            modified_ns: stamp.map(|stamp| stamp.modified_ns),
        })
    };
    found.ingested.images.iter().map(file).collect()
}

/// Files that may be pictures and could not be read.
fn others(found: &Found) -> Result<Vec<PathBuf>> {
    let skipped = found.ingested.skipped.iter();
    let paths: std::io::Result<Vec<PathBuf>> = skipped.map(|it| absolute(&it.path)).collect();
    paths.context("cannot tell where the skipped files are")
}

/// The folders that were named; a file of a list stands for the folder that it is in.
fn roots(found: &Found, arguments: &ClusterArguments) -> Result<Vec<PathBuf>> {
    let mut roots = Vec::new();
    for argument in &arguments.input.paths {
        roots.push(root_of(argument).with_context(|| argument.display().to_string())?);
    }
    for image in &found.ingested.images {
        let path = absolute(&image.path)?;
        if !roots.iter().any(|root| path.starts_with(root)) {
            roots.extend(path.parent().map(Path::to_owned));
        }
    }
    roots.sort();
    roots.dedup();
    Ok(roots)
}

/// What came of the files.
pub(super) struct Organized {
    /// For people.
    pub(super) line: String,
    /// For programs.
    pub(super) document: Value,
    /// What keeps the run from being a success.
    pub(super) failure: Option<Refusal>,
}

/// Plans what is to be done with the files, writes the plan into the results folder, and carries it
/// out if it sorts.
pub(super) fn run(
    found: &Found,
    arguments: &ClusterArguments,
    folder: &Path,
    session: &Session,
) -> Result<Option<Organized>> {
    match plan(found, arguments, folder, session)? {
        Some(plan) => follow(&plan, folder, arguments, session).map(Some),
        None => Ok(None),
    }
}

fn follow(
    plan: &Plan,
    folder: &Path,
    arguments: &ClusterArguments,
    session: &Session,
) -> Result<Organized> {
    let name = match plan {
        Plan::Sort(_) => SORTED,
        Plan::Thin(_) => CAPPED,
    };
    let path = folder.join(name);
    let file =
        File::create_new(&path).with_context(|| format!("cannot write `{}`", path.display()))?;
    plan.write(std::io::BufWriter::new(&file))
        .and_then(|()| file.sync_all())
        .with_context(|| format!("cannot write `{}`", path.display()))?;
    let (plan, hash) = Plan::read(&path)?;
    let shown = path.display();
    if let Plan::Thin(plan) = &plan {
        let going: usize = plan.groups.iter().map(|group| group.remove.len()).sum();
        return Ok(Organized {
            line: format!(
                "`--cap` has no room for {going} pictures; to do away with them: imgcluster apply '{shown}'\n"
            ),
            document: json!({"plan": path.to_string_lossy(), "over_cap": going}),
            failure: None,
        });
    }
    let work = Work {
        plan: &plan,
        path: &path,
        hash,
        action: None,
        sync: arguments.organize.sync.sync,
    };
    let applied = carry_out(&work, session)?;
    let (journal, left) = (applied.journal.display(), applied.refused.len());
    let failed = applied.failed.len();
    let failure = (failed > 0 || left > 0 && applied.done == 0).then(|| {
        let message = format!("{} files could not be sorted", left + failed);
        let hint = format!("imgcluster apply '{shown}' tries them again");
        Refusal::new(message, hint)
    });
    Ok(Organized {
        line: format!(
            "{} files sorted, {} left alone; to put everything back: imgcluster undo '{journal}'\n",
            applied.done,
            left + failed
        ),
        document: as_json(&applied),
        failure,
    })
}

/// Refuses a dry run of nothing, before any work.
pub(super) fn refuse(arguments: &ClusterArguments) -> Result<(), Refusal> {
    let organize = &arguments.organize;
    if organize.dry_run && organize.organize == OrganizeName::None && organize.cap.is_none() {
        let message =
            "`--dry-run` tells what `--organize` or `--cap` would do, and neither is given";
        return Err(Refusal::usage(message, "add `--organize copy`"));
    }
    Ok(())
}
