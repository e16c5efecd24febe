//! The page on which a person looks at the plan.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use anyhow::Result;
use imgcluster_core::{ContentHash, Decoder, RunRecord, Store};
use imgcluster_embed::FileDecoder;
use imgcluster_organize::{Duplicates, PlannedFile, ThinPlan};
use imgcluster_viz::{
    DuplicateGroup, DuplicatePicture, DuplicatesReport, ResultsFolder, write_duplicates_report,
};
use serde_json::Value;

use super::Found;
use crate::session::OpenStore;

/// Writes `report.html`.
pub(super) fn write(
    folder: &mut ResultsFolder,
    found: &Found,
    (plan, document): (&ThinPlan, &str),
    record: &RunRecord,
    store: &OpenStore,
) -> Result<()> {
    let shown = Shown::of(found, plan);
    let thumbnails = Thumbnails::load(shown.files(), store)?;
    let mut sidecars = OwnSidecars::of(found, plan, &shown);
    let groups: Result<Vec<DuplicateGroup<'_>>> = shown
        .groups
        .iter()
        .map(|members| {
            let mut picture = |member: &Member<'_>| {
                let facts = found.copies.facts.get(&member.file.content);
                let is_reference = member
                    .row
                    .is_some_and(|row| found.pictures.is_reference(row));
                Ok(DuplicatePicture {
                    width: facts.map_or(0, |facts| facts.width),
                    height: facts.map_or(0, |facts| facts.height),
                    format: facts.map_or("", |facts| facts.format),
                    is_reference,
                    thumbnail: thumbnails.of(&member.file.content),
                    file: member
                        .is_beside
                        .then(|| member.file.to_json())
                        .transpose()?,
                    similarity: member.similarity.filter(|_| member.is_beside),
                    sidecars: sidecars.of_row(member.row)?,
                })
            };
            Ok(DuplicateGroup {
                pictures: members.iter().map(&mut picture).collect::<Result<_>>()?,
                worst_pair: None,
            })
        })
        .collect();
    let groups = groups?;
    let report = DuplicatesReport {
        version: &record.version,
        command: &record.command,
        started: &record.started,
        model: &record.model,
        threshold: found.threshold.map(|threshold| threshold as f32),
        details: &details(record),
        images: record.counts.images,
        skipped: &found.pictures.skipped,
        plan: document,
        groups: &groups,
    };
    folder.write("report.html", |file| write_duplicates_report(&report, file))?;
    Ok(())
}

/// The small pictures of a plan's files.
struct Thumbnails(HashMap<ContentHash, Vec<u8>>);

impl Thumbnails {
    /// From the store; what that has none of is decoded.
    fn load<'a>(files: impl Iterator<Item = &'a PlannedFile>, store: &OpenStore) -> Result<Self> {
        let files: BTreeMap<ContentHash, &Path> = files
            .map(|file| (file.content, file.path.as_path()))
            .collect();
        let contents: Vec<ContentHash> = files.keys().copied().collect();
        let known = store.wait(store.store.contents(&contents, true))?;
        let decoder = FileDecoder::default();
        let made = |content: &ContentHash, path: &Path| {
            let picture = decoder.decode(path, content).ok()?;
            decoder.thumbnail(&picture.pixels)
        };
        let thumbnails = files
            .iter()
            .zip(known)
            .filter_map(|((content, path), known)| {
                let thumbnail = known.and_then(|known| known.thumbnail);
                let thumbnail = thumbnail.or_else(|| made(content, path))?;
                Some((*content, thumbnail))
            });
        Ok(Self(thumbnails.collect()))
    }

    fn of(&self, content: &ContentHash) -> Option<&[u8]> {
        self.0.get(content).map(Vec::as_slice)
    }
}

/// The settings that are worth a look.
fn details(record: &RunRecord) -> Vec<(String, String)> {
    let shown = ["keep", "reference", "across", "within", "sidecars"];
    let settings = shown.iter().filter_map(|name| {
        let text = match record.parameters.get(*name)? {
            Value::Array(list) if list.is_empty() => return None,
            Value::Array(list) => {
                let words = list.iter().filter_map(Value::as_str);
                words.collect::<Vec<_>>().join(", ")
            }
            Value::Bool(true) => "yes".to_owned(),
            Value::Bool(false) if *name == "sidecars" => "stay".to_owned(),
            _ => return None,
        };
        Some(((*name).to_owned(), text))
    });
    settings
        .filter(|(name, text)| name != "sidecars" || text == "stay")
        .collect()
}

/// A picture of a group of the page.
struct Member<'a> {
    file: &'a PlannedFile,
    row: Option<u32>,
    /// To what is kept.
    similarity: Option<f32>,
    /// Whether it stays beside what is kept, and the plan does not name it.
    is_beside: bool,
}

/// What the page shows: for each group of the plan what is kept, what is removed, and what stays
/// beside it.
struct Shown<'a> {
    groups: Vec<Vec<Member<'a>>>,
}

impl<'a> Shown<'a> {
    fn of(found: &'a Found, plan: &'a ThinPlan) -> Self {
        let files = &found.pictures.files;
        let rows: HashMap<&Path, u32> = files.iter().map(|it| it.path.as_path()).zip(0..).collect();
        let by_keep = found
            .copies
            .groups
            .iter()
            .map(|group| (group.keep as u32, group));
        let by_keep: HashMap<u32, &Duplicates> = by_keep.collect();
        let member = |file: &'a PlannedFile, similarity| Member {
            file,
            row: rows.get(file.path.as_path()).copied(),
            similarity,
            is_beside: false,
        };
        let group = |group: &'a imgcluster_organize::Group| {
            let keep = member(&group.keep.file, None);
            let others = keep.row.and_then(|row| by_keep.get(&row));
            let mut members = vec![keep];
            let removed = group.remove.iter();
            members.extend(removed.map(|removal| member(&removal.file, removal.similarity)));
            let planned: HashSet<u32> = members.iter().filter_map(|member| member.row).collect();
            let others = others
                .map(|group| group.others.as_slice())
                .unwrap_or_default();
            let beside = others
                .iter()
                .filter(|(row, _)| !planned.contains(&(*row as u32)));
            // What belongs to another picture goes with that one.
            let beside = beside.filter(|(row, _)| !found.pictures.sidecars.belongs(*row));
            members.extend(beside.map(|&(row, similarity)| Member {
                is_beside: true,
                ..member(&files[row], similarity)
            }));
            members
        };
        Self {
            groups: plan.groups.iter().map(group).collect(),
        }
    }

    fn members(&self) -> impl Iterator<Item = &Member<'a>> {
        self.groups.iter().flatten()
    }

    fn files(&self) -> impl Iterator<Item = &'a PlannedFile> {
        self.members().map(|member| member.file)
    }
}

/// What belongs to pictures of the page, and to none that is not there.
struct OwnSidecars<'a> {
    found: &'a Found,
    shown: HashSet<u32>,
    /// Those that the plan knows, or that were looked at.
    known: HashMap<PathBuf, Option<Value>>,
}

impl<'a> OwnSidecars<'a> {
    fn of(found: &'a Found, plan: &ThinPlan, shown: &Shown<'_>) -> Self {
        let removals = plan.groups.iter().flat_map(|group| &group.remove);
        let planned = removals.flat_map(|removal| &removal.sidecars);
        Self {
            found,
            shown: shown.members().filter_map(|member| member.row).collect(),
            known: planned
                .map(|file| (file.path.clone(), file.to_json().ok()))
                .collect(),
        }
    }

    fn of_row(&mut self, row: Option<u32>) -> Result<Vec<Value>> {
        let Some(row) = row else {
            return Ok(Vec::new());
        };
        let mut sidecars = Vec::new();
        for (path, owners) in self.found.pictures.sidecars.with_owners(row as usize) {
            if !owners.iter().all(|owner| self.shown.contains(owner)) {
                continue;
            }
            // One that cannot be read stays where it is.
            let look = || {
                PlannedFile::look(path)
                    .ok()
                    .map(|file| file.to_json())
                    .transpose()
            };
            let known = match self.known.get(path) {
                Some(known) => known.clone(),
                None => look()?,
            };
            self.known.insert(path.to_owned(), known.clone());
            sidecars.extend(known);
        }
        Ok(sidecars)
    }
}
