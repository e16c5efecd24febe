//! A plan that keeps one picture of each group.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use imgcluster_core::Job;

use super::{Made, MakeError, Seen, left_out, look, stuck};
use crate::plan::{Group, PlannedFile, Removal, Survivor, ThinPlan};
use crate::sidecars::{Leaving, Sidecars, Travel};

/// What a plan that thins says besides its groups.
#[derive(Debug, Clone, Default)]
pub struct ThinRequest {
    /// The machine that the plan holds on, if it has a name. Default: none.
    pub machine: Option<String>,
    /// The folders that were looked through, absolute; see [`root_of`](crate::root_of). Default:
    /// none, which allows no group.
    pub roots: Vec<PathBuf>,
    /// Folders of which no file is ever touched, absolute. Default: none.
    pub references: Vec<PathBuf>,
}

/// A group of pictures of which one is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Duplicates {
    /// Which of the pictures is kept.
    pub keep: usize,
    /// Why it is this one.
    pub reason: String,
    /// The others, each with its similarity to the one that is kept, if that is known.
    pub others: Vec<(usize, Option<f32>)>,
    /// The similarity of the two least alike, if it is known.
    pub worst_similarity: Option<f32>,
}

/// Plans to keep one picture of each group and do away with the others, keeping their order.
///
/// `pictures` are all pictures that are known, also those in no group, and `sidecars` what belongs to
/// each of them: [`Sidecars::scan`] of their paths, or [`Sidecars::none`]. A member of a group that
/// lies in a reference folder is not removed, nor is one that belongs to another picture (see
/// [`Sidecars::belongs`]): it goes with that one. A group of which nothing is removed is left out.
///
/// What belongs to several pictures goes only if one group removes them all, since groups are done
/// one by one. What is kept in some group never goes.
///
/// # Errors
/// What [`Plan::check`](crate::Plan::check) refuses, and being stopped.
///
/// # Panics
/// If `sidecars` is about another number of pictures, or a group names a picture that is not there.
pub fn plan_thin(
    request: ThinRequest,
    pictures: &[PlannedFile],
    sidecars: &Sidecars,
    groups: &[Duplicates],
    job: &Job<'_>,
) -> Result<Made<ThinPlan>, MakeError> {
    assert_eq!(sidecars.len(), pictures.len(), "sidecars of these pictures");
    let kept: HashSet<usize> = groups.iter().map(|group| group.keep).collect();
    let parts = parts(&request.references, pictures, sidecars, groups);
    let travel = sidecars.travel(&parts, Leaving::Gone);
    let seen = look(sidecars, &travel, pictures, job)?;
    let stuck = stuck(&travel, &seen, pictures.len());
    let mut left = Vec::new();
    let mut planned = Vec::new();
    for group in groups {
        let mut remove = Vec::new();
        let goes = |(picture, _): &&(usize, _)| parts[*picture].is_some();
        for &(picture, similarity) in group.others.iter().filter(goes) {
            let file = &pictures[picture];
            match stuck[picture] {
                Some(number) => {
                    left.push(left_out(file, sidecars.path(number), seen[number].as_ref()));
                }
                None => remove.push(Removal {
                    file: file.clone(),
                    similarity,
                    sidecars: removed_with(picture, &travel, &seen, &kept),
                }),
            }
        }
        if !remove.is_empty() {
            planned.push(Group {
                keep: Survivor {
                    file: pictures[group.keep].clone(),
                    reason: group.reason.clone(),
                },
                remove,
                worst_similarity: group.worst_similarity,
            });
        }
    }
    let plan = ThinPlan {
        machine: request.machine,
        roots: request.roots,
        references: request.references,
        groups: planned,
        not_duplicates: Vec::new(),
    };
    plan.check()?;
    Ok(Made {
        plan,
        left_out: left,
    })
}

/// Tells for each picture which group removes it, if one does.
fn parts(
    references: &[PathBuf],
    pictures: &[PlannedFile],
    sidecars: &Sidecars,
    groups: &[Duplicates],
) -> Vec<Option<u32>> {
    let references: HashSet<&Path> = references.iter().map(PathBuf::as_path).collect();
    let in_reference = |path: &Path| path.ancestors().any(|above| references.contains(above));
    let mut parts = vec![None; pictures.len()];
    for (number, group) in groups.iter().enumerate() {
        for &(picture, _) in &group.others {
            if !sidecars.belongs(picture) && !in_reference(&pictures[picture].path) {
                parts[picture] = Some(number as u32);
            }
        }
    }
    parts
}

/// What goes with a picture, is there, and is not itself kept.
fn removed_with(
    picture: usize,
    travel: &Travel<'_>,
    seen: &[Option<Seen>],
    kept: &HashSet<usize>,
) -> Vec<PlannedFile> {
    let goes = |it: Option<usize>| it.is_none_or(|it| !kept.contains(&it));
    let files = travel.with(picture).filter(|file| goes(file.picture));
    files
        .filter_map(|file| match &seen[file.number] {
            Some(Seen::File(file)) => Some(file.clone()),
            _ => None,
        })
        .collect()
}
