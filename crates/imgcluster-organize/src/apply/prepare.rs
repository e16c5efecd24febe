//! Turns a picture of the plan into steps, with every name they will use.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::bundle::Unit;
use super::check::Source;
use super::run::Run;
use crate::Doing;
use crate::OrganizeError;
use crate::disk::{Disk, Metadata};
use crate::journal::{By, Exact, Record, Step, Task};

/// A step, and whether the journal has it.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) step: Step,
    pub(super) begun: bool,
    /// The file that it acts on, by its position in the unit.
    pub(super) file: usize,
}

/// A picture that can be acted on.
#[derive(Debug)]
pub(super) struct Prepared {
    /// Its position in the bundle.
    pub(super) position: usize,
    /// Folders that have to be there first; those that no picture before this one has made are
    /// pending.
    pub(super) folders: Vec<PathBuf>,
    pub(super) steps: Vec<Pending>,
}

/// Why a picture cannot be acted on.
#[derive(Debug)]
pub(super) enum Trouble {
    /// It should not be.
    Refused(&'static str),
    /// The system does not let us.
    Failed(io::Error),
    /// It is as it should be already.
    Needless,
    Stop(OrganizeError),
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<OrganizeError> for Trouble {
    fn from(error: OrganizeError) -> Self {
        Self::Stop(error)
    }
}

/// The steps of one picture, while they are gathered.
#[derive(Debug, Default)]
struct Gathered {
    folders: Vec<PathBuf>,
    tasks: Vec<(usize, Task)>,
}

impl Run<'_> {
    /// Finds the steps for a picture. With `transfer` files are copied and removed even where a
    /// rename should do.
    pub(super) fn prepare(
        &mut self,
        (position, unit): (usize, &Unit<'_>),
        sources: &[Source],
        keep: Option<&Source>,
        transfer: bool,
    ) -> Result<Prepared, Trouble> {
        let mut gathered = Gathered::default();
        match (self.doing, keep) {
            (Doing::ThinTrash, _) => self.bring_to_trash(&mut gathered, unit, sources, transfer)?,
            (Doing::ThinHardlink, Some(keep)) => {
                self.replace(&mut gathered, (&sources[0], keep), By::Hardlink)?;
            }
            (Doing::ThinSymlink, Some(keep)) => {
                self.replace(&mut gathered, (&sources[0], keep), By::Symlink)?;
            }
            (Doing::ThinReflink, Some(keep)) => {
                self.replace(&mut gathered, (&sources[0], keep), By::Reflink)?;
            }
            (Doing::ThinDelete, Some(keep)) => {
                let source = &sources[0];
                self.touch_folder_of(&source.path)?;
                let equal = keep.what.hash == source.what.hash;
                let task = Task::Delete {
                    path: source.path.clone(),
                    keep: equal.then(|| Exact(keep.path.clone())),
                    what: source.what,
                    metadata: metadata(self.disk, &source.path)?,
                };
                gathered.tasks.push((0, task));
            }
            _ => self.bring_to_target(&mut gathered, unit, sources, transfer)?,
        }
        let last = gathered.tasks.len().saturating_sub(1);
        let steps = gathered
            .tasks
            .into_iter()
            .enumerate()
            .map(|(at, (file, task))| Pending {
                step: Step {
                    number: 0,
                    unit: Some(unit.number),
                    last: at == last,
                    task,
                },
                begun: false,
                file,
            });
        Ok(Prepared {
            position,
            folders: gathered.folders,
            steps: steps.collect(),
        })
    }

    fn bring_to_trash(
        &mut self,
        gathered: &mut Gathered,
        unit: &Unit<'_>,
        sources: &[Source],
        transfer: bool,
    ) -> Result<(), Trouble> {
        let Some(trash) = &mut self.trash else {
            return Err(OrganizeError::NoTrash.into());
        };
        let place = trash.place(&sources[0].path, sources[0].seen.device)?;
        let files = place.files();
        let device = self.make_ready(gathered, &files, None, 0o700)?;
        self.make_ready(gathered, &place.folder.join("info"), None, 0o700)?;
        let wanted: Vec<_> = unit
            .files
            .iter()
            .map(|file| files.join(file.path.file_name().unwrap_or_default()))
            .collect();
        let wanted: Vec<_> = wanted.iter().map(PathBuf::as_path).collect();
        let info_of = |path: &Path| path.file_name().map(|name| place.info_of(name));
        let chosen = self.names.choose(self.disk, &wanted, info_of)?;
        for (at, (source, to)) in sources.iter().zip(chosen).enumerate() {
            let info = place.info_of(to.file_name().unwrap_or_default());
            self.touch_folder_of(&info)?;
            let note = Task::Note {
                path: info,
                text: place.note(&source.path, SystemTime::now()),
            };
            gathered.tasks.push((at, note));
            let transfer = transfer || source.seen.device != device;
            let moved = self.moving(source, to, transfer)?;
            gathered.tasks.push((at, moved));
        }
        Ok(())
    }

    fn bring_to_target(
        &mut self,
        gathered: &mut Gathered,
        unit: &Unit<'_>,
        sources: &[Source],
        transfer: bool,
    ) -> Result<(), Trouble> {
        let Some(target) = self.target.clone() else {
            return Ok(());
        };
        let mut wanted = Vec::new();
        for (at, file) in unit.files.iter().enumerate() {
            let to = match unit.to.get(at) {
                Some(to) => target.join(within(to)?),
                None => target.join(file.path.file_name().unwrap_or_default()),
            };
            wanted.push(to);
        }
        if wanted
            .iter()
            .zip(sources)
            .all(|(to, source)| *to == source.path)
        {
            return Err(Trouble::Needless);
        }
        let mut devices = Vec::new();
        for to in &wanted {
            let folder = to.parent().unwrap_or(&target);
            devices.push(self.make_ready(gathered, folder, Some(&target), 0o777)?);
        }
        let wanted: Vec<_> = wanted.iter().map(PathBuf::as_path).collect();
        let chosen = self.names.choose(self.disk, &wanted, |_| None)?;
        for (at, ((source, to), device)) in sources.iter().zip(chosen).zip(devices).enumerate() {
            let (from, what) = (source.path.clone(), source.what);
            let task = match self.doing {
                Doing::SortCopy => Task::Copy { from, to, what },
                Doing::SortHardlink => Task::Hardlink { from, to, what },
                Doing::SortSymlink => Task::Symlink { from, to },
                _ => self.moving(source, to, transfer || source.seen.device != device)?,
            };
            self.touch_folder_of(task.place())?;
            gathered.tasks.push((at, task));
        }
        Ok(())
    }

    fn replace(
        &mut self,
        gathered: &mut Gathered,
        (source, keep): (&Source, &Source),
        by: By,
    ) -> Result<(), Trouble> {
        if source.seen.same_file(&keep.seen) && by != By::Symlink {
            return Err(Trouble::Needless);
        }
        if source.seen.device != keep.seen.device && by == By::Hardlink {
            return Err(Trouble::Failed(io::ErrorKind::CrossesDevices.into()));
        }
        self.touch_folder_of(&source.path)?;
        let task = Task::Replace {
            path: source.path.clone(),
            by,
            keep: keep.path.clone(),
            what: source.what,
            metadata: metadata(self.disk, &source.path)?,
        };
        gathered.tasks.push((0, task));
        Ok(())
    }

    fn moving(&mut self, source: &Source, to: PathBuf, transfer: bool) -> Result<Task, Trouble> {
        self.touch_folder_of(&source.path)?;
        self.touch_folder_of(&to)?;
        let (from, what) = (source.path.clone(), source.what);
        Ok(if transfer {
            let metadata = metadata(self.disk, &from)?;
            Task::Transfer {
                from,
                to,
                what,
                metadata,
            }
        } else {
            Task::Rename { from, to, what }
        })
    }

    /// Plans to make a folder, with those above it, where they are not there. Returns the device
    /// that it is or will be on. Between the folder and `below` nothing may be a link.
    fn make_ready(
        &mut self,
        gathered: &mut Gathered,
        folder: &Path,
        below: Option<&Path>,
        mode: u32,
    ) -> Result<u64, Trouble> {
        let mut missing = Vec::new();
        let mut device = None;
        for folder in folder.ancestors() {
            match self.disk.look(folder)? {
                Some(seen) if seen.is_folder() => {
                    device = device.or(Some(seen.device));
                }
                Some(_) => {
                    return Err(Trouble::Refused(
                        "its place is not in a folder but in a file or behind a link",
                    ));
                }
                None => missing.push(folder),
            }
            if device.is_some() && below.is_none_or(|below| below.starts_with(folder)) {
                break;
            }
        }
        for folder in missing.into_iter().rev() {
            self.touch_folder_of(folder)?;
            gathered.folders.push(folder.to_owned());
            if self.names.reserve(folder) {
                let task = Task::Folder {
                    path: folder.to_owned(),
                    mode,
                };
                let pending = Pending {
                    step: Step {
                        number: 0,
                        unit: None,
                        last: false,
                        task,
                    },
                    begun: false,
                    file: 0,
                };
                self.folders.insert(folder.to_owned(), pending);
            }
        }
        device.ok_or_else(|| Trouble::Failed(io::ErrorKind::NotFound.into()))
    }

    /// Notes the times of the folder that holds this, before anything in it is touched.
    fn touch_folder_of(&mut self, path: &Path) -> Result<(), Trouble> {
        let Some(folder) = path.parent() else {
            return Ok(());
        };
        if self.touched.contains(folder) {
            return Ok(());
        }
        if let Some(seen) = self.disk.look(folder)? {
            self.journal.add(&Record::Times {
                folder: folder.to_owned(),
                accessed: seen.accessed,
                modified: seen.modified,
            })?;
        }
        self.touched.insert(folder.to_owned());
        Ok(())
    }
}

/// A place in the target, that does not lead out of it.
fn within(to: &Path) -> Result<&Path, Trouble> {
    let is_within = to.file_name().is_some()
        && to
            .components()
            .all(|part| matches!(part, std::path::Component::Normal(_)));
    if is_within {
        Ok(to)
    } else {
        Err(Trouble::Refused("its place is not inside the target"))
    }
}

fn metadata(disk: &Disk, path: &Path) -> io::Result<Metadata> {
    let file: File = disk.open(path)?;
    Metadata::read(&file)
}
