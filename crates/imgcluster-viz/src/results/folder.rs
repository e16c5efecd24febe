//! A folder of results that is whole or not there.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use imgcluster_core::{Event, Job, RunRecord};
use serde::Serialize;

use super::staging::{Place, fresh_sibling, is_leftover, move_out};
use super::target::{Found, RECORD, is_mount_point, look, resolve};
use crate::VizError;

/// A results folder in the making: everything is written to a new folder beside it, which takes
/// its place at the end.
///
/// An empty folder that exists is kept: everything is written to a new folder in it and moved out
/// at the end, `run.json` last. So it may be a mount point, or lie where nothing else can be
/// written.
///
/// What was at the path before stays untouched until then, however the run ends. Dropped before
/// [`ResultsFolder::finish`], it leaves nothing behind.
#[derive(Debug)]
pub struct ResultsFolder {
    target: PathBuf,
    overwrite: bool,
    /// Files among earlier results that may go with them.
    known: BTreeSet<PathBuf>,
    place: Place,
    /// Made when the first file is written, so that nothing lies about during the run itself.
    staging: Option<PathBuf>,
    files: Vec<String>,
}

impl ResultsFolder {
    /// Checks, before any work, that results can go to `path` and that a folder can be made beside
    /// it, or in it if it is empty; parents are made where they are missing.
    ///
    /// A link is followed and stays one; a link to a folder that does not exist makes that folder.
    /// `..` is the folder above one that exists, links followed; above one that does not, it is an
    /// error.
    ///
    /// # Errors
    /// If something is at the path that must stay: a file; a folder that is not empty and was not
    /// made by this program; results without `overwrite`; results among which lies anything that
    /// they do not list, such as a user's file or a moved picture; results in a mount point, which
    /// cannot be replaced as a whole. If no folder can be made where it is needed.
    pub fn prepare(path: &Path, overwrite: bool) -> Result<Self, VizError> {
        Self::prepare_knowing(path, overwrite, BTreeSet::new())
    }

    /// Does what [`ResultsFolder::prepare`] does where further files lie among earlier results that
    /// they do not list, and that may go with them: `known`, by their paths below the folder.
    ///
    /// # Errors
    /// As [`ResultsFolder::prepare`].
    pub fn prepare_knowing(
        path: &Path,
        overwrite: bool,
        known: BTreeSet<PathBuf>,
    ) -> Result<Self, VizError> {
        let target = resolve(path)?;
        let found = look(&target, overwrite, &known)?;
        let Some(parent) = target.parent().filter(|_| target.file_name().is_some()) else {
            return Err(VizError::NoName(path.to_path_buf()));
        };
        if matches!(found, Found::Results(_)) && is_mount_point(&target) {
            return Err(VizError::MountPoint(target));
        }
        let place = match found {
            Found::Empty => Place::Inside,
            Found::Nothing | Found::Results(_) => Place::Beside,
        };
        fs::create_dir_all(parent).map_err(VizError::file("create the folder", parent))?;
        let trial = place.make(&target);
        let trial = trial.map_err(VizError::file(place.action(), &target))?;
        fs::remove_dir(&trial).map_err(VizError::file("remove the folder", &trial))?;
        Ok(Self {
            overwrite,
            known,
            place,
            staging: None,
            files: Vec::new(),
            target,
        })
    }

    /// Where the results will be.
    pub fn path(&self) -> &Path {
        &self.target
    }

    /// Writes one file, under a name relative to the folder, with `/` between its parts.
    ///
    /// # Errors
    /// If it cannot be written; the error names the file.
    pub fn write(
        &mut self,
        name: &str,
        fill: impl FnOnce(&mut (dyn Write + Send)) -> Result<(), VizError>,
    ) -> Result<(), VizError> {
        let shown = self.target.join(name);
        let created = self.create(name).map_err(VizError::file("write", &shown))?;
        let mut writer = BufWriter::new(created);
        fill(&mut writer).map_err(|error| match error {
            VizError::Write { source, .. } => VizError::file("write", &shown)(source),
            other => other,
        })?;
        writer.flush().map_err(VizError::file("write", &shown))
    }

    /// Opens a new file for writing and lists it.
    pub(super) fn create(&mut self, name: &str) -> io::Result<File> {
        let path = self.staging()?.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let file = File::create_new(path)?;
        self.files.push(name.to_owned());
        Ok(file)
    }

    /// The folder that is written to, made if it is not there yet.
    fn staging(&mut self) -> io::Result<&Path> {
        let made = match self.staging.take() {
            Some(made) => made,
            None => self.place.make(&self.target)?,
        };
        Ok(self.staging.insert(made))
    }

    /// Takes back the file that was opened last.
    pub(super) fn take_back(&mut self) -> io::Result<()> {
        match self.files.pop() {
            Some(name) => fs::remove_file(self.staging()?.join(name)),
            None => Ok(()),
        }
    }

    /// Writes `run.json` with the list of all files, puts the folder in its place and removes what
    /// it replaces; gives the folder's path.
    ///
    /// # Errors
    /// If the old results have got a file since that must stay, or the file system refuses; the
    /// old results are then still in their place.
    pub fn finish(self, run: &RunRecord, job: &Job<'_>) -> Result<PathBuf, VizError> {
        let mut run = run.clone();
        run.files = self.names();
        self.finish_with(&run, job)
    }

    /// Lists the files that were written, with the record that is yet to be.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names = self.files.clone();
        names.push(RECORD.to_owned());
        names
    }

    /// Does what [`ResultsFolder::finish`] does, with another record: one that also has `tool` and
    /// the list of all files.
    pub(crate) fn finish_with(
        mut self,
        record: &impl Serialize,
        job: &Job<'_>,
    ) -> Result<PathBuf, VizError> {
        self.write(RECORD, |file| {
            let written = serde_json::to_writer_pretty(&mut *file, record).map_err(io::Error::from);
            written
                .and_then(|()| file.write_all(b"\n"))
                .map_err(VizError::write(RECORD))
        })?;
        match (self.place, look(&self.target, self.overwrite, &self.known)?) {
            (Place::Inside, Found::Nothing | Found::Empty) => self.move_out(job)?,
            // They came while this run was at work.
            (Place::Inside, Found::Results(_)) => {
                return Err(VizError::Exists(self.target.clone()));
            }
            (Place::Beside, Found::Nothing | Found::Empty) => self.put_in_place()?,
            (Place::Beside, Found::Results(listed)) => {
                let old = self.move_old_away()?;
                if let Err(error) = self.put_in_place() {
                    // The first error is the one to tell; the old results are under `old` still.
                    fs::rename(&old, &self.target)
                        .map_err(VizError::file("put back the old results", &old))?;
                    return Err(error);
                }
                remove_listed(&old, &listed, job);
            }
        }
        Ok(self.target.clone())
    }

    /// Moves everything from the folder in the target to the target itself.
    fn move_out(&mut self, job: &Job<'_>) -> Result<(), VizError> {
        let target = self.target.clone();
        let failed = |error| VizError::file("put the results at", &target)(error);
        let staging = self.staging().map_err(failed)?;
        move_out(staging, &target, RECORD).map_err(failed)?;
        fs::remove_dir(staging).map_err(failed)?;
        for entry in fs::read_dir(&target).into_iter().flatten().flatten() {
            if is_leftover(&entry.file_name()) {
                let left = entry.path();
                let message = format!("`{}` is left of a run that was stopped", left.display());
                job.report(&Event::Warning { message: &message });
            }
        }
        Ok(())
    }

    fn put_in_place(&mut self) -> Result<(), VizError> {
        let target = self.target.clone();
        let staging = self
            .staging()
            .map_err(VizError::file("put the results at", &target))?;
        fs::rename(staging, &target).map_err(VizError::file("put the results at", &target))
    }

    fn move_old_away(&self) -> Result<PathBuf, VizError> {
        let moved = fresh_sibling(&self.target, "old", |candidate| {
            // An empty folder of that name would be replaced without a word.
            if fs::symlink_metadata(candidate).is_ok() {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            fs::rename(&self.target, candidate)
        });
        moved.map_err(|error| match error.kind() {
            // Mounted from a place on the same file system, which `is_mount_point` cannot tell.
            io::ErrorKind::ResourceBusy => VizError::MountPoint(self.target.clone()),
            _ => VizError::file("move away the old results in", &self.target)(error),
        })
    }
}

impl Drop for ResultsFolder {
    fn drop(&mut self) {
        // After `finish` it is gone; before, everything in it is ours. Nobody is left to tell.
        if let Some(staging) = &self.staging {
            let _ = fs::remove_dir_all(staging);
        }
    }
}

/// Removes old results that were moved away: only files that they list, then empty folders. What
/// cannot be removed is a warning, for the new results are in place.
fn remove_listed(old: &Path, listed: &BTreeSet<PathBuf>, job: &Job<'_>) {
    for name in listed {
        let path = old.join(name);
        // A listed name that leads out of the folder was not among the files that were checked.
        let inside = name
            .components()
            .all(|part| matches!(part, std::path::Component::Normal(_)));
        if inside {
            let _ = fs::remove_file(path);
        }
    }
    remove_empty(old);
    if old.exists() {
        let message = format!("old results are left in `{}`", old.display());
        job.report(&Event::Warning { message: &message });
    }
}

fn remove_empty(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_empty(&entry.path());
        }
    }
    let _ = fs::remove_dir(folder);
}
