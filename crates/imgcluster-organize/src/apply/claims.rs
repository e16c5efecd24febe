//! Which files the plan keeps and which it acts on, wherever its paths lead.

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::bundle::{self, Unit};
use crate::disk::{Disk, Seen};
use crate::plan::Plan;

/// A name in a folder, whatever way leads there: the device and the inode of the folder.
type Entry = (u64, u64, OsString);

/// What a plan that thins asks of each file, by what its paths lead to before the first step.
///
/// Letters alone do not tell: with a folder `link` that leads to `a`, `link/x.jpg` is `a/x.jpg`.
#[derive(Debug, Default)]
pub(super) struct Claims {
    kept: HashSet<Entry>,
    /// Device and inode of kept files that have one name, however else that may be written.
    kept_alone: HashSet<(u64, u64)>,
    /// The first place in the plan where a file is to go: the unit, and the position in it.
    going: HashMap<Entry, (u32, usize)>,
}

impl Claims {
    /// Resolves all files of a plan; one that cannot be is refused when it is its turn.
    pub(super) fn new(disk: &Disk, plan: &Plan, with_sidecars: bool) -> Self {
        let mut claims = Self::default();
        if matches!(plan, Plan::Sort(_)) {
            return claims;
        }
        let mut folders = HashMap::new();
        for bundle in bundle::bundles(plan, with_sidecars) {
            if let Some(keep) = bundle.keep {
                let path = &keep.file.path;
                claims.kept.extend(entry(path, &mut folders));
                if let Ok(Some(seen)) = disk.look(path)
                    && seen.links < 2
                {
                    claims.kept_alone.insert((seen.device, seen.inode));
                }
            }
            for unit in &bundle.units {
                for (position, file) in unit.files.iter().enumerate() {
                    if let Some(entry) = entry(&file.path, &mut folders) {
                        let place = (unit.number, position);
                        claims.going.entry(entry).or_insert(place);
                    }
                }
            }
        }
        claims
    }

    /// Why a file of a unit must not be acted on, if so; its path is its real one.
    pub(super) fn forbid(
        &self,
        (path, seen): (&Path, &Seen),
        (unit, position): (&Unit<'_>, usize),
    ) -> Option<&'static str> {
        if self.kept.is_empty() && self.going.is_empty() {
            return None;
        }
        let Some(entry) = entry(path, &mut HashMap::new()) else {
            return Some("its folder cannot be looked at");
        };
        if self.kept.contains(&entry) || self.kept_alone.contains(&(seen.device, seen.inode)) {
            return Some("it is a file that another group keeps");
        }
        match self.going.get(&entry) {
            Some(first) if *first != (unit.number, position) => {
                Some("the plan names it twice, by two paths that lead to it")
            }
            _ => None,
        }
    }
}

/// The entry that a path leads to; the last part of it is not followed.
fn entry(path: &Path, folders: &mut HashMap<PathBuf, Option<(u64, u64)>>) -> Option<Entry> {
    let (folder, name) = (path.parent()?, path.file_name()?);
    let known = folders.get(folder).copied();
    let (device, inode) = known.unwrap_or_else(|| {
        let found = identify(folder);
        folders.insert(folder.to_owned(), found);
        found
    })?;
    Some((device, inode, name.to_owned()))
}

/// Device and inode of what a path leads to.
pub(super) fn identify(path: &Path) -> Option<(u64, u64)> {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.dev(), metadata.ino()))
}
