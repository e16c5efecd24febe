//! A plan that sorts pictures into folders.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use imgcluster_core::Job;

use super::{Made, MakeError, Seen, left_out, look, stuck};
use crate::names::{Unit, UnitName, name_units};
use crate::plan::{Placement, PlannedFile, SortAction, SortPlan};
use crate::sidecars::{Leaving, Sidecars, Travel};

/// What a plan that sorts says besides its files.
#[derive(Debug, Clone)]
pub struct SortRequest {
    /// The machine that the plan holds on, if it has a name.
    pub machine: Option<String>,
    /// The folders that the pictures come from, absolute; see [`root_of`](crate::root_of).
    pub roots: Vec<PathBuf>,
    /// The folder that they are sorted into, absolute.
    pub target: PathBuf,
    /// How they get there.
    pub action: SortAction,
    /// Whether pictures may be symbolic links, that stand for what they lead to.
    pub follow_symlinks: bool,
    /// Whether what belongs to a picture goes with it.
    pub sidecars: bool,
    /// Pictures of the same folders that stay where they are and are not known by content, such as
    /// those that could not be decoded: what belongs to one of them too is not moved.
    pub others: Vec<PathBuf>,
}

/// Plans to sort pictures into folders, keeping their order.
///
/// `pictures` are all pictures that are known, each with the folder that it goes to (relative, as
/// `cluster_0`), or none if it stays. Each comes to lie directly in its folder, and what belongs to
/// it beside it; see [`Sidecars`] for what that is. A name that is taken, also one with other large
/// and small letters, gets `~2` between stem and extension, or the next number that is free; all
/// files of one photo get the same.
///
/// What belongs to several pictures goes with them if they all go to the same folder; otherwise it
/// stays if they are moved, and goes with each if they are copied or linked to. A RAW file that is
/// one of the pictures goes where the picture beside it goes.
///
/// # Errors
/// A folder that cannot be listed, what [`Plan::check`](crate::Plan::check) refuses, and being stopped.
pub fn plan_sort(
    request: SortRequest,
    pictures: Vec<(PlannedFile, Option<&Path>)>,
    job: &Job<'_>,
) -> Result<Made<SortPlan>, MakeError> {
    let (files, folders): (Vec<PlannedFile>, Vec<Option<&Path>>) = pictures.into_iter().unzip();
    let (parts, folders) = number_folders(&folders);
    let sidecars = if request.sidecars {
        let paths: Vec<&Path> = files.iter().map(|file| file.path.as_path()).collect();
        Sidecars::scan(&paths, &request.others)?
    } else {
        Sidecars::none(files.len())
    };
    let leaving = match request.action {
        SortAction::Move => Leaving::Gone,
        SortAction::Copy | SortAction::Hardlink | SortAction::Symlink => Leaving::Doubled,
    };
    let travel = sidecars.travel(&parts, leaving);
    let seen = look(&sidecars, &travel, &files, job)?;
    let stuck = stuck(&travel, &seen, files.len());
    let mut left = Vec::new();
    let mut going = Vec::new();
    for (picture, file) in files.iter().enumerate() {
        let Some(part) = parts[picture].filter(|_| !travel.carried(picture)) else {
            continue;
        };
        match stuck[picture] {
            None => going.push((picture, part)),
            Some(number) => left.push(left_out(file, sidecars.path(number), seen[number].as_ref())),
        }
    }
    let plan = SortPlan {
        machine: request.machine,
        roots: request.roots,
        target: request.target,
        action: request.action,
        follow_symlinks: request.follow_symlinks,
        files: Arrival {
            files: &files,
            folders: &folders,
            travel: &travel,
            seen: &seen,
        }
        .placements(&going),
    };
    plan.check()?;
    Ok(Made {
        plan,
        left_out: left,
    })
}

/// Numbers folders in the order in which they come first.
fn number_folders<'a>(folders: &[Option<&'a Path>]) -> (Vec<Option<u32>>, Vec<&'a Path>) {
    let mut numbers = HashMap::new();
    let mut list = Vec::new();
    let parts = folders.iter().map(|folder| {
        folder.map(|folder| {
            *numbers.entry(folder).or_insert_with(|| {
                list.push(folder);
                list.len() as u32 - 1
            })
        })
    });
    (parts.collect(), list)
}

/// What is known when names are given.
struct Arrival<'a> {
    files: &'a [PlannedFile],
    folders: &'a [&'a Path],
    travel: &'a Travel<'a>,
    seen: &'a [Option<Seen>],
}

impl<'a> Arrival<'a> {
    /// Gives each of the pictures, which go to the folder of that number, its place.
    fn placements(&self, going: &[(usize, u32)]) -> Vec<Placement> {
        let mut units: Vec<Unit<'a>> = Vec::new();
        let mut unit_of: HashMap<usize, usize> = HashMap::new();
        // For each picture where its own name is: which unit, and the how manieth there.
        let mut at = Vec::with_capacity(going.len());
        for &(picture, folder) in going {
            let unit = *unit_of
                .entry(self.travel.family(picture))
                .or_insert_with(|| {
                    units.push(Unit {
                        folder,
                        names: Vec::new(),
                    });
                    units.len() - 1
                });
            let names = &mut units[unit].names;
            let owner = names.len();
            at.push((unit, owner));
            let own = std::iter::once(&self.files[picture]);
            names.extend(own.chain(self.with(picture)).map(|file| UnitName {
                name: file.path.file_name().map_or(&[], OsStr::as_encoded_bytes),
                owner,
            }));
        }
        let names = name_units(&units);
        let place = |&((picture, folder), (unit, own)): &((usize, u32), (usize, usize))| {
            let folder = self.folders[folder as usize];
            let place = |at: usize| folder.join(&names[unit][at]);
            let with = self.with(picture).zip(own + 1..);
            Placement {
                file: self.files[picture].clone(),
                to: place(own),
                sidecars: with.map(|(file, at)| (file.clone(), place(at))).collect(),
            }
        };
        going
            .iter()
            .copied()
            .zip(at)
            .map(|both| place(&both))
            .collect()
    }

    /// What goes with a picture and is there.
    fn with(&self, picture: usize) -> impl Iterator<Item = &'a PlannedFile> {
        let seen = self.seen;
        self.travel
            .with(picture)
            .filter_map(move |file| match &seen[file.number] {
                Some(Seen::File(file)) => Some(file),
                _ => None,
            })
    }
}
