//! A folder of results that is whole or not there.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use imgcluster_core::{Event, Job, RunRecord};
use serde::Deserialize;

use crate::VizError;

/// The file that marks a folder as made by this program, and lists the others.
const RECORD: &str = "run.json";
/// What its `tool` must be.
const TOOL: &str = "imgcluster";

/// A results folder in the making: everything is written to a new folder beside it, which takes
/// its place at the end.
///
/// What was at the path before stays untouched until then, however the run ends. Dropped before
/// [`ResultsFolder::finish`], it leaves nothing behind.
#[derive(Debug)]
pub struct ResultsFolder {
    target: PathBuf,
    overwrite: bool,
    /// Made when the first file is written, so that nothing lies about during the run itself.
    staging: Option<PathBuf>,
    files: Vec<String>,
}

/// What of a [`RunRecord`] matters here; other fields may change between versions.
#[derive(Deserialize)]
struct Record {
    tool: String,
    #[serde(default)]
    files: BTreeSet<String>,
}

impl ResultsFolder {
    /// Checks, before any work, that results can go to `path` and that a folder can be made beside
    /// it; parents are made where they are missing.
    ///
    /// # Errors
    /// If something is at the path that must stay: a file; a folder that is not empty and was not
    /// made by this program; results without `overwrite`; results among which lies anything that
    /// they do not list, such as a user's file or a moved picture. If the folder beside it cannot
    /// be made.
    pub fn prepare(path: &Path, overwrite: bool) -> Result<Self, VizError> {
        let target = resolve(path)?;
        check(&target, overwrite)?;
        let Some(parent) = target.parent().filter(|_| target.file_name().is_some()) else {
            return Err(VizError::NoName(path.to_path_buf()));
        };
        fs::create_dir_all(parent).map_err(VizError::file("create the folder", parent))?;
        let trial = fresh_sibling(&target, "partial", |candidate| fs::create_dir(candidate))?;
        fs::remove_dir(&trial).map_err(VizError::file("remove the folder", &trial))?;
        Ok(Self {
            overwrite,
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
        fill: impl FnOnce(&mut dyn Write) -> Result<(), VizError>,
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
            None => fresh_sibling(&self.target, "partial", |candidate| {
                fs::create_dir(candidate)
            })
            .map_err(io::Error::other)?,
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
    pub fn finish(mut self, run: &RunRecord, job: &Job<'_>) -> Result<PathBuf, VizError> {
        let mut run = run.clone();
        run.files = self.files.clone();
        run.files.push(RECORD.to_owned());
        self.write(RECORD, |file| {
            let written = serde_json::to_writer_pretty(&mut *file, &run).map_err(io::Error::from);
            written
                .and_then(|()| file.write_all(b"\n"))
                .map_err(VizError::write(RECORD))
        })?;
        let replaced = check(&self.target, self.overwrite)?;
        match replaced {
            None => self.put_in_place()?,
            Some(listed) => {
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

    fn put_in_place(&mut self) -> Result<(), VizError> {
        let target = self.target.clone();
        let staging = self
            .staging()
            .map_err(VizError::file("put the results at", &target))?;
        fs::rename(staging, &target).map_err(VizError::file("put the results at", &target))
    }

    fn move_old_away(&self) -> Result<PathBuf, VizError> {
        fresh_sibling(&self.target, "old", |candidate| {
            // An empty folder of that name would be replaced without a word.
            if fs::symlink_metadata(candidate).is_ok() {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            fs::rename(&self.target, candidate)
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

/// Follows links to the folder itself, so that a link stays one, and makes the path absolute.
fn resolve(path: &Path) -> Result<PathBuf, VizError> {
    match fs::symlink_metadata(path) {
        Ok(_) => fs::canonicalize(path).map_err(VizError::file("look at", path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            std::path::absolute(path).map_err(VizError::file("look at", path))
        }
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            let file = path.ancestors().skip(1).find(|part| part.is_file());
            Err(VizError::NotAFolder(file.unwrap_or(path).to_path_buf()))
        }
        Err(error) => Err(VizError::file("look at", path)(error)),
    }
}

/// Checks that what is at the path may go; gives the files of old results, if there are any.
fn check(target: &Path, overwrite: bool) -> Result<Option<BTreeSet<String>>, VizError> {
    let look = |error| VizError::file("look at", target)(error);
    match fs::metadata(target) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(look(error)),
        Ok(metadata) if !metadata.is_dir() => {
            return Err(VizError::NotAFolder(target.to_path_buf()));
        }
        Ok(_) => {}
    }
    if fs::read_dir(target).map_err(look)?.next().is_none() {
        return Ok(None);
    }
    let record = fs::read(target.join(RECORD)).ok();
    let record = record.and_then(|bytes| serde_json::from_slice::<Record>(&bytes).ok());
    let Some(record) = record.filter(|record| record.tool == TOOL) else {
        return Err(VizError::Foreign(target.to_path_buf()));
    };
    if !overwrite {
        return Err(VizError::Exists(target.to_path_buf()));
    }
    let mut listed = record.files;
    listed.insert(RECORD.to_owned());
    for file in files_below(target)? {
        if relative(target, &file).is_none_or(|name| !listed.contains(&name)) {
            return Err(VizError::Kept {
                file,
                folder: target.to_path_buf(),
            });
        }
    }
    Ok(Some(listed))
}

/// A file's path below a folder, with `/` between its parts; `None` if it is not UTF-8.
fn relative(folder: &Path, file: &Path) -> Option<String> {
    let parts = file.strip_prefix(folder).ok()?.components();
    let parts: Option<Vec<&str>> = parts.map(|part| part.as_os_str().to_str()).collect();
    Some(parts?.join("/"))
}

/// Lists everything below a folder that is not a folder itself, in order; links are not followed.
fn files_below(folder: &Path) -> Result<Vec<PathBuf>, VizError> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).map_err(VizError::file("look at", folder))? {
        let entry = entry.map_err(VizError::file("look at", folder))?;
        let kind = entry
            .file_type()
            .map_err(VizError::file("look at", folder))?;
        entries.push((entry.path(), kind.is_dir()));
    }
    entries.sort();
    let mut files = Vec::new();
    for (path, is_folder) in entries {
        if is_folder {
            files.extend(files_below(&path)?);
        } else {
            files.push(path);
        }
    }
    Ok(files)
}

/// Makes or moves something to `.NAME.WORD-PID` beside the target, counting up where that exists.
fn fresh_sibling(
    target: &Path,
    word: &str,
    mut make: impl FnMut(&Path) -> io::Result<()>,
) -> Result<PathBuf, VizError> {
    let mut count = 0_u32;
    loop {
        let mut sibling = std::ffi::OsString::from(".");
        sibling.push(target.file_name().unwrap_or_default());
        sibling.push(format!(".{word}-{}", std::process::id()));
        if count > 0 {
            sibling.push(format!("-{count}"));
        }
        let candidate = target.with_file_name(sibling);
        match make(&candidate) {
            Ok(()) => return Ok(candidate),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && count < 1000 => {
                count += 1;
            }
            Err(error) => return Err(VizError::file("make a folder beside", target)(error)),
        }
    }
}

/// Removes old results that were moved away: only files that they list, then empty folders. What
/// cannot be removed is a warning, for the new results are in place.
fn remove_listed(old: &Path, listed: &BTreeSet<String>, job: &Job<'_>) {
    for name in listed {
        let path = old.join(name);
        // A listed name that leads out of the folder was not among the files that were checked.
        let inside = Path::new(name)
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
