//! Takes a step back that was done.
//!
//! Taking back may have been interrupted too: each branch begins by looking how far it came.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::Path;

use imgcluster_core::ContentHash;

use super::names::ELSEWHERE;
use super::{Hands, is_not_empty, links_to};
use crate::disk::{ATTRIBUTES, Metadata, Seen};
use crate::journal::{By, Exact, Made, Step, Task, What};

/// What has become of a step that was to be taken back.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Back {
    /// Everything is as before.
    Undone,
    /// The file is where it was, but for this.
    UndoneBut(&'static str),
    /// It stays done, because of this.
    Left(&'static str),
}

const CHANGED: &str = "it is where it was, with what was changed in it since";
const UNOWNED: &str = "it is where it was, but for its owner or system attributes";
/// The caller says which.
pub(crate) const TAKEN: &str = "another file has its old name";
const GONE: &str = "it is gone";
const LAST: &str = "the file that it was made from is gone or changed, so this may be the last one";
const EDITED: &str = "it was changed since";
const KEPT_CHANGED: &str = "the file that was kept is gone or changed, so its bytes are lost";
const DELETED: &str = "it was deleted, and no file with its bytes was kept";

impl Hands<'_> {
    /// Takes back a step that was done, or goes on doing so.
    ///
    /// # Errors
    /// Those of the system; it can be tried again.
    pub(crate) fn take_back(&self, step: &Step, made: Option<Made>) -> io::Result<Back> {
        if self.leads_elsewhere(step)? {
            return Ok(Back::Left(ELSEWHERE));
        }
        match &step.task {
            Task::Folder { path, .. } => match self.disk.remove_folder(path) {
                Ok(()) => Ok(Back::Undone),
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(Back::Undone),
                Err(error) if is_not_empty(&error) => Ok(Back::Left("something is in it")),
                Err(error) => Err(error),
            },
            Task::Note { path, text } => self.remove(step, path, |path: &Path| {
                Ok((std::fs::read(path)? != text.as_bytes()).then_some(EDITED))
            }),
            Task::Rename { from, to, what } => self.rename_back(from, to, what),
            Task::Transfer { .. } => self.transfer_back(step),
            Task::Copy { from, to, what } => self.remove_copy(step, from, to, (what, made)),
            Task::Hardlink { from, to, what } => {
                if self.are_two_names(from, to)? || self.are_two_names(from, &self.part(step))? {
                    return self.remove(step, to, |path| {
                        Ok((!self.are_two_names(from, path)?).then_some(EDITED))
                    });
                }
                let made = Made {
                    inode: what.inode,
                    size: what.size,
                    modified: what.modified,
                };
                self.remove_copy(step, from, to, (what, Some(made)))
            }
            Task::Symlink { from, to } => self.remove(step, to, |path| {
                Ok((!links_to(path, from)?).then_some(EDITED))
            }),
            Task::Replace { .. } => self.replace_back(step, made),
            Task::Delete {
                path,
                keep,
                what,
                metadata,
            } => self.restore(step, path, (keep.as_ref(), what, metadata)),
        }
    }

    fn rename_back(&self, from: &Path, to: &Path, what: &What) -> io::Result<Back> {
        match (self.disk.look(from)?, self.disk.look(to)?) {
            (Some(_), Some(_)) if self.are_two_names(from, to)? => {
                self.disk.unlink(to)?;
                Ok(Back::Undone)
            }
            // An inode may be used again, so that alone does not tell that the file is back.
            (Some(_), _) if self.has(from, what.hash)? => Ok(Back::Undone),
            (Some(back), None) if what.has_inode(&back) => Ok(Back::Undone),
            (Some(_), Some(_)) => Ok(Back::Left(TAKEN)),
            (None, Some(there)) if there.is_file() => {
                self.make_way(from)?;
                self.disk.rename(to, from)?;
                Ok(if what.is(&there) {
                    Back::Undone
                } else {
                    Back::UndoneBut(CHANGED)
                })
            }
            _ => Ok(Back::Left(GONE)),
        }
    }

    /// Removes a copy, if it is as it was made and not the last one.
    fn remove_copy(
        &self,
        step: &Step,
        from: &Path,
        to: &Path,
        (what, made): (&What, Option<Made>),
    ) -> io::Result<Back> {
        if self.disk.look(to)?.is_none() && self.disk.look(&self.part(step))?.is_none() {
            return Ok(Back::Undone);
        }
        self.remove(step, to, |path: &Path| {
            let as_made = match (self.disk.look(path)?, made) {
                (Some(seen), Some(made)) => made.is(&seen),
                (seen, _) => seen.is_some(),
            };
            Ok(if !as_made || !self.has(path, what.hash)? {
                Some(EDITED)
            } else if !self.has(from, what.hash)? {
                Some(LAST)
            } else {
                None
            })
        })
    }

    /// Removes what a step has made, if nothing speaks against it: it is taken out of reach first,
    /// and looked at again there.
    fn remove(
        &self,
        step: &Step,
        path: &Path,
        against: impl Fn(&Path) -> io::Result<Option<&'static str>>,
    ) -> io::Result<Back> {
        let part = self.part(step);
        if self.are_two_names(&part, path)? {
            // Where renaming is linking and unlinking, it was interrupted in between.
            self.disk.unlink(path)?;
        }
        if self.disk.look(&part)?.is_none() {
            if self.disk.look(path)?.is_none() {
                return Ok(Back::Undone);
            }
            if let Some(reason) = against(path)? {
                return Ok(Back::Left(reason));
            }
            self.disk.rename(path, &part)?;
        }
        if let Some(reason) = against(&part)? {
            self.disk.rename(&part, path)?;
            return Ok(Back::Left(reason));
        }
        self.disk.unlink(&part)?;
        Ok(Back::Undone)
    }

    fn transfer_back(&self, step: &Step) -> io::Result<Back> {
        let Task::Transfer {
            from,
            to,
            what,
            metadata,
        } = &step.task
        else {
            return Ok(Back::Undone);
        };
        let (aside, part) = (self.aside(step), self.part(step));
        if self.are_two_names(&part, to)? {
            self.disk.unlink(&part)?;
        } else if self.disk.look(&part)?.is_some() && self.disk.look(to)?.is_none() {
            // It was brought back and was about to be removed; that begins again.
            self.disk.rename(&part, to)?;
        }
        self.clear(&aside)?;
        let back = self.disk.hash_at(from)?;
        let Some(there) = self.disk.look(to)?.filter(Seen::is_file) else {
            return Ok(match back {
                Some(hash) if hash == what.hash => Back::Undone,
                _ => Back::Left(GONE),
            });
        };
        let file = self.disk.open(to)?;
        let hash = self.disk.hash(&file)?;
        let unchanged = hash == what.hash;
        let mut restored = Back::Undone;
        if back.is_none() {
            if self.disk.look(from)?.is_some() {
                return Ok(Back::Left(TAKEN));
            }
            let metadata = if unchanged {
                metadata
            } else {
                &Metadata::read(&file)?
            };
            self.make_way(from)?;
            restored = self.copy_back(&file, &aside, from, (metadata, hash))?;
        } else if back != Some(hash) {
            return Ok(Back::Left(TAKEN));
        } else if unchanged {
            restored = self.give(from, metadata)?;
        }
        let against = |path: &Path| {
            let same = self
                .disk
                .look(path)?
                .is_some_and(|seen| seen.same_bytes(&there));
            Ok((!same || !self.has(from, hash)?).then_some(EDITED))
        };
        match self.remove(step, to, against)? {
            Back::Undone if !unchanged => Ok(Back::UndoneBut(CHANGED)),
            Back::Undone => Ok(restored),
            other => Ok(other),
        }
    }

    /// Copies a file to a name that is free, by way of another; nothing is left of it if that
    /// fails.
    fn copy_back(
        &self,
        file: &File,
        by_way: &Path,
        to: &Path,
        (metadata, content): (&Metadata, ContentHash),
    ) -> io::Result<Back> {
        let copied = self.copy_whole(file, by_way, (metadata, content));
        let back = copied.and_then(|back| self.disk.rename(by_way, to).map(|()| back));
        if back.is_err() {
            // The next try removes it if this one cannot.
            let _ = self.clear(by_way);
        }
        if let Some(folder) = to.parent() {
            self.disk.sync_folder(folder)?;
        }
        back
    }

    /// Copies a file with all that belonged to it; what only some may give may be missing.
    fn copy_whole(
        &self,
        file: &File,
        to: &Path,
        (metadata, content): (&Metadata, ContentHash),
    ) -> io::Result<Back> {
        let missing = self.disk.copy(file, to, metadata, content)?;
        if missing.contains(&ATTRIBUTES) {
            Err(io::Error::other(
                "its extended attributes cannot be put back",
            ))
        } else if missing.is_empty() {
            Ok(Back::Undone)
        } else {
            Ok(Back::UndoneBut(UNOWNED))
        }
    }

    fn replace_back(&self, step: &Step, made: Option<Made>) -> io::Result<Back> {
        let Task::Replace {
            path,
            by,
            keep,
            what,
            metadata,
        } = &step.task
        else {
            return Ok(Back::Undone);
        };
        if *by == By::Reflink {
            // It has the bytes, the times and the rights that the file had.
            return Ok(Back::Undone);
        }
        let (aside, part) = (self.aside(step), self.part(step));
        let is_link = |path: &Path| match by {
            By::Symlink => links_to(path, keep),
            _ => self.is_second_name(path, keep, what, made),
        };
        // A hard link has the bytes itself, whatever has become of the file that was kept.
        let source = if *by == By::Symlink { keep } else { path };
        if self.disk.look(&aside)?.is_some() {
            if self.disk.look(path)?.is_none() {
                self.disk.rename(&aside, path)?;
            } else if is_link(&aside)? {
                self.disk.unlink(&aside)?;
            }
        }
        self.clear(&part)?;
        if self.disk.look(path)?.is_some() {
            if !is_link(path)? {
                return if self.has(path, what.hash)? {
                    self.give(path, metadata)
                } else {
                    Ok(Back::Left(TAKEN))
                };
            }
            if !self.has(source, what.hash)? {
                return Ok(Back::Left(KEPT_CHANGED));
            }
            let file = self.disk.open(source)?;
            let back = self.copy_whole(&file, &part, (metadata, what.hash));
            if back.is_err() {
                let _ = self.clear(&part);
            }
            let back = back?;
            self.disk.rename(path, &aside)?;
            if !is_link(&aside)? {
                self.disk.rename(&aside, path)?;
                self.clear(&part)?;
                return Ok(Back::Left(TAKEN));
            }
            self.disk.rename(&part, path)?;
            self.disk.unlink(&aside)?;
            return Ok(back);
        }
        let keep = Exact(keep.clone());
        self.restore(step, path, (Some(&keep), what, metadata))
    }

    /// Whether a name was given to the file that is kept, and not yet to one of its own again. Where
    /// another file has been put in the place of the one that was kept, its old self is told by its
    /// inode, which was in use while the file was made again.
    fn is_second_name(
        &self,
        path: &Path,
        keep: &Path,
        what: &What,
        made: Option<Made>,
    ) -> io::Result<bool> {
        if self.are_two_names(path, keep)? {
            return Ok(true);
        }
        let Some(seen) = self.disk.look(path)?.filter(Seen::is_file) else {
            return Ok(false);
        };
        let is_it = made.is_some_and(|made| made.inode == seen.inode);
        Ok(is_it && self.has(path, what.hash)?)
    }

    /// Makes a file again from one with the same bytes.
    fn restore(
        &self,
        step: &Step,
        path: &Path,
        (keep, what, metadata): (Option<&Exact>, &What, &Metadata),
    ) -> io::Result<Back> {
        let part = self.part(step);
        self.clear(&part)?;
        if self.disk.look(path)?.is_some() {
            return if self.has(path, what.hash)? {
                self.give(path, metadata)
            } else {
                Ok(Back::Left(TAKEN))
            };
        }
        let Some(Exact(keep)) = keep else {
            return Ok(Back::Left(DELETED));
        };
        if !self.has(keep, what.hash)? {
            return Ok(Back::Left(KEPT_CHANGED));
        }
        self.make_way(path)?;
        self.copy_back(&self.disk.open(keep)?, &part, path, (metadata, what.hash))
    }

    /// Gives a file what belonged to it besides its bytes, as whoever brought it back need not have:
    /// not if it has another name too, whose it is then.
    fn give(&self, path: &Path, metadata: &Metadata) -> io::Result<Back> {
        let file = self.disk.open(path)?;
        if Seen::new(&file.metadata()?).links > 1 || Metadata::read(&file)? == *metadata {
            return Ok(Back::Undone);
        }
        Ok(if self.disk.set_metadata(&file, metadata)?.is_empty() {
            Back::Undone
        } else {
            Back::UndoneBut(UNOWNED)
        })
    }

    /// Makes the folders again that a file was in, if somebody has removed them since; whether
    /// those of the plan are there is for the caller to see to.
    fn make_way(&self, path: &Path) -> io::Result<()> {
        let missing: Vec<_> = path
            .ancestors()
            .skip(1)
            .take_while(|folder| matches!(self.disk.look(folder), Ok(None)))
            .collect();
        for folder in missing.into_iter().rev() {
            self.disk.make_folder(folder, 0o777)?;
        }
        Ok(())
    }
}
