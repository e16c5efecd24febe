//! Reading a plan: its words are turned into types, and what no plan may say is refused.

use std::io::Read;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use imgcluster_core::ContentHash;

use super::error::{InvalidPlan, Place, PlanError, Problem};
use super::raw::{self, Object, PathText};
use super::{Group, Placement, Plan, PlannedFile, Removal, SortAction, SortPlan, Survivor};
use super::{ThinPlan, paths};

/// The longest plan that is read: of ten million files and more.
const LONGEST: u64 = 4 << 30;

impl Plan {
    /// Reads a plan and checks all of it that can be checked without looking at its files.
    ///
    /// Gives the plan and the BLAKE3 hash of the bytes that it was read from.
    ///
    /// # Errors
    /// [`PlanError`] for a file that cannot be read, is of another version, has a field or a type
    /// that plans do not have, or asks for what [`Plan::check`] refuses.
    pub fn read(path: &Path) -> Result<(Self, ContentHash), PlanError> {
        let bytes = bytes_of(path)?;
        let hash = ContentHash(*blake3::hash(&bytes).as_bytes());
        let format = |source| PlanError::Format {
            path: path.to_owned(),
            source,
        };
        let Object(raw::Version { version }) = serde_json::from_slice(&bytes).map_err(format)?;
        if version != 1 {
            return Err(PlanError::Version {
                path: path.to_owned(),
                found: version,
            });
        }
        let Object(top) = serde_json::from_slice::<Object<raw::Top>>(&bytes).map_err(format)?;
        drop(bytes);
        let invalid = |source| PlanError::Invalid {
            path: path.to_owned(),
            source,
        };
        let plan = match kind_of(&top).map_err(format)? {
            Kind::Thin => Self::Thin(thin(top).map_err(invalid)?),
            Kind::Sort => Self::Sort(sort(top).map_err(invalid)?),
        };
        plan.check().map_err(invalid)?;
        Ok((plan, hash))
    }
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, PlanError> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes))
        .map_err(|source| PlanError::Read {
            path: path.to_owned(),
            source,
        })?;
    if bytes.len() as u64 > LONGEST {
        return Err(PlanError::TooLong {
            path: path.to_owned(),
            limit: LONGEST,
        });
    }
    Ok(bytes)
}

enum Kind {
    Thin,
    Sort,
}

/// Tells the kind by its fields, which must be those of one kind only.
fn kind_of(top: &raw::Top) -> Result<Kind, serde_json::Error> {
    let refuse = |words: String| Err(serde::de::Error::custom(words));
    let thin = [
        ("groups", top.groups.is_some()),
        ("references", top.references.is_some()),
        ("not_duplicates", top.not_duplicates.is_some()),
    ];
    let sort = [
        ("target", top.target.is_some()),
        ("action", top.action.is_some()),
        ("files", top.files.is_some()),
        ("follow_symlinks", top.follow_symlinks.is_some()),
    ];
    let (kind, needed, others) = if top.groups.is_some() {
        (Kind::Thin, &thin[..1], &sort[..])
    } else if top.files.is_some() {
        (Kind::Sort, &sort[..3], &thin[..])
    } else {
        return refuse("it has neither `groups` nor `files`".to_owned());
    };
    if let Some((field, _)) = others.iter().find(|(_, given)| *given) {
        let own = needed.last().map_or("", |(own, _)| own);
        return refuse(format!("unknown field `{field}` in a plan of `{own}`"));
    }
    match needed.iter().find(|(_, given)| !given) {
        Some((field, _)) => refuse(format!("missing field `{field}`")),
        None => Ok(kind),
    }
}

fn thin(top: raw::Top) -> Result<ThinPlan, InvalidPlan> {
    let groups = top.groups.unwrap_or_default().into_iter().enumerate();
    let sets = top.not_duplicates.unwrap_or_default();
    Ok(ThinPlan {
        machine: top.machine,
        roots: folders(top.roots, Place::Root)?,
        references: folders(top.references.unwrap_or_default(), Place::Reference)?,
        groups: groups
            .map(|(at, Object(group))| group_of(group, at))
            .collect::<Result<_, _>>()?,
        not_duplicates: numbered(sets, |set, files| {
            numbered(files, |at, Object(file)| {
                planned(file, Place::NotDuplicate(set, at))
            })
        })?,
    })
}

fn group_of(group: raw::Group, number: usize) -> Result<Group, InvalidPlan> {
    let (file, reason) = group.keep.0.split();
    Ok(Group {
        keep: Survivor {
            file: planned(file, Place::Keep(number))?,
            reason,
        },
        remove: numbered(group.remove, |at, Object(removal)| {
            let (file, similarity, sidecars) = removal.split();
            Ok(Removal {
                file: planned(file, Place::Remove(number, at))?,
                similarity: similarity.map(|value| value as f32),
                sidecars: numbered(sidecars, |sidecar, Object(file)| {
                    planned(file, Place::RemoveSidecar(number, at, sidecar))
                })?,
            })
        })?,
        worst_similarity: group.worst_similarity.map(|value| value as f32),
    })
}

fn sort(top: raw::Top) -> Result<SortPlan, InvalidPlan> {
    Ok(SortPlan {
        machine: top.machine,
        roots: folders(top.roots, Place::Root)?,
        target: top
            .target
            .map(|target| path_of(target, Place::Target))
            .transpose()?
            .unwrap_or_default(),
        action: match top.action {
            None | Some(raw::Action::Copy) => SortAction::Copy,
            Some(raw::Action::Move) => SortAction::Move,
            Some(raw::Action::Hardlink) => SortAction::Hardlink,
            Some(raw::Action::Symlink) => SortAction::Symlink,
        },
        follow_symlinks: top.follow_symlinks.unwrap_or(false),
        files: numbered(top.files.unwrap_or_default(), |at, Object(placement)| {
            placement_of(placement, at)
        })?,
    })
}

fn placement_of(placement: raw::Placement, at: usize) -> Result<Placement, InvalidPlan> {
    let (file, to, sidecars) = placement.split();
    Ok(Placement {
        file: planned(file, Place::File(at))?,
        to: path_of(to, Place::File(at))?,
        sidecars: numbered(sidecars, |sidecar, Object(placed)| {
            let place = Place::FileSidecar(at, sidecar);
            let (file, to) = placed.split();
            Ok((planned(file, place)?, path_of(to, place)?))
        })?,
    })
}

fn numbered<T, U>(
    list: Vec<T>,
    each: impl Fn(usize, T) -> Result<U, InvalidPlan>,
) -> Result<Vec<U>, InvalidPlan> {
    let items = list.into_iter().enumerate();
    items.map(|(at, item)| each(at, item)).collect()
}

fn folders(list: Vec<PathText>, place: fn(usize) -> Place) -> Result<Vec<PathBuf>, InvalidPlan> {
    numbered(list, |at, folder| path_of(folder, place(at)))
}

fn planned(file: raw::File, place: Place) -> Result<PlannedFile, InvalidPlan> {
    let text = PathText {
        path: file.path,
        path_base64: file.path_base64,
    };
    Ok(PlannedFile {
        path: path_of(text, place)?,
        content: file.hash,
        size: file.size,
        modified_ns: file.modified_ns,
    })
}

fn path_of(text: PathText, place: Place) -> Result<PathBuf, InvalidPlan> {
    let Some(base64) = text.path_base64 else {
        return Ok(text.path.into());
    };
    let decoded = STANDARD.decode(&base64).ok().and_then(paths::from_bytes);
    let problem = match decoded {
        Some(path) if paths::shown(&path) == text.path => return Ok(path),
        Some(bytes) => Problem::Base64Differs {
            shown: text.path,
            bytes,
        },
        None => Problem::Base64(base64),
    };
    Err(InvalidPlan { place, problem })
}
