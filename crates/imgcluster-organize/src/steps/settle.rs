//! Finds what an interrupted step has come to, by looking at the disk.
//!
//! The process may have ended between any two calls to the system. Each task has been written so
//! that the names that are there tell how far it came.

use std::io;
use std::path::Path;

use super::names::ELSEWHERE;
use super::{Hands, Settled, links_to, stuck};
use crate::disk::{Seen, Time};
use crate::journal::{By, Made, Step, Task, What};

impl Hands<'_> {
    /// Finishes a step that was begun, or removes what there is of it, whichever loses nothing.
    ///
    /// # Errors
    /// Those of the system, and one in words if somebody else's file is in the way. Everything is
    /// then as it was found or better, and it can be tried again.
    pub(crate) fn settle(&self, step: &Step) -> io::Result<Settled> {
        if self.leads_elsewhere(step)? {
            return Err(stuck(ELSEWHERE.to_owned()));
        }
        match &step.task {
            Task::Folder { path, .. } => Ok(match self.disk.look(path)? {
                Some(_) => Settled::Done(None),
                None => Settled::NotDone,
            }),
            Task::Note { path, text } => self.settle_note(path, text),
            Task::Rename { from, to, what } => self.settle_rename(from, to, what),
            Task::Transfer { from, to, what, .. } => self.settle_transfer(step, from, to, what),
            Task::Copy { to, what, .. } => {
                let copied = self.settle_copy(step, to, what)?;
                if copied && self.has_time(to, what.modified)? {
                    self.done(to)
                } else {
                    // If a file of these bytes is there, somebody else has made it.
                    Ok(Settled::NotDone)
                }
            }
            Task::Hardlink { from, to, what } => self.settle_link(from, to, what),
            Task::Symlink { from, to } => Ok(if links_to(to, from)? {
                Settled::Done(None)
            } else {
                Settled::NotDone
            }),
            Task::Replace { .. } => self.settle_replace(step),
            Task::Delete { path, what, .. } => self.settle_delete(step, path, what),
        }
    }

    fn done(&self, path: &Path) -> io::Result<Settled> {
        let made = self.disk.look(path)?.map(|seen| Made::new(&seen));
        Ok(Settled::Done(made))
    }

    fn settle_note(&self, path: &Path, text: &str) -> io::Result<Settled> {
        match self.disk.look(path)? {
            Some(seen) if seen.is_file() && seen.size <= text.len() as u64 => {
                let found = std::fs::read(path)?;
                if found == text.as_bytes() {
                    return Ok(Settled::Done(None));
                }
                if text.as_bytes().starts_with(&found) {
                    self.disk.unlink(path)?;
                }
            }
            _ => {}
        }
        Ok(Settled::NotDone)
    }

    fn settle_rename(&self, from: &Path, to: &Path, what: &What) -> io::Result<Settled> {
        match (self.disk.look(from)?, self.disk.look(to)?) {
            // Where renaming is linking and unlinking, it was interrupted in between.
            (Some(_), Some(_)) if self.are_two_names(from, to)? => {
                self.disk.unlink(to)?;
                Ok(Settled::NotDone)
            }
            (_, Some(there)) if what.has_inode(&there) => Ok(Settled::Done(None)),
            // The file itself is not to be told any more, but what it was is there.
            (None, Some(_)) if self.has(to, what.hash)? => Ok(Settled::Done(None)),
            // What has the new name came from somewhere else.
            _ => Ok(Settled::NotDone),
        }
    }

    /// Whether a file has the time that a copy of it would get, as fine as the file system keeps it.
    fn has_time(&self, path: &Path, time: Time) -> io::Result<bool> {
        /// FAT keeps even seconds.
        const COARSEST: u64 = 2_000_000_000;
        Ok(self.disk.look(path)?.is_some_and(|seen| {
            seen.modified.nanoseconds().abs_diff(time.nanoseconds()) < COARSEST
        }))
    }

    /// Whether a copy is whole; one that is not is removed.
    fn settle_copy(&self, step: &Step, to: &Path, what: &What) -> io::Result<bool> {
        let part = self.part(step);
        if self.disk.look(&part)?.is_some() {
            // Only if renaming is linking and unlinking can both be there and be one.
            let renamed = self.are_two_names(&part, to)?;
            self.disk.unlink(&part)?;
            return Ok(renamed);
        }
        self.has(to, what.hash)
    }

    fn settle_transfer(
        &self,
        step: &Step,
        from: &Path,
        to: &Path,
        what: &What,
    ) -> io::Result<Settled> {
        let copied = self.settle_copy(step, to, what)?;
        let aside = self.aside(step);
        let mut returned = false;
        if self.disk.look(&aside)?.is_some() {
            if self.are_two_names(&aside, from)? {
                // Where renaming is linking and unlinking, taking it aside was interrupted.
                self.disk.unlink(&aside)?;
            } else if copied && self.is_exactly(&aside, what)? {
                self.disk.unlink(&aside)?;
                return self.done(to);
            } else {
                // It was changed after it was copied, or the copy is gone.
                self.put_back(&aside, from)?;
            }
            returned = true;
        }
        if !copied {
            return Ok(Settled::NotDone);
        }
        match self.disk.look(from)? {
            // It was out of everybody's reach until just now, so it is no other; or another has its
            // bytes. The copy is one too many, if it is ours.
            Some(there) if returned && what.has_inode(&there) || self.has(from, what.hash)? => {
                if self.has_time(to, what.modified)? {
                    self.disk.unlink(to)?;
                }
                Ok(Settled::NotDone)
            }
            // It is gone or changed, or somebody has put another in its place, for which the system
            // may have used its inode again: the copy may be the last one.
            _ => self.done(to),
        }
    }

    fn settle_link(&self, from: &Path, to: &Path, what: &What) -> io::Result<Settled> {
        match self.disk.look(to)? {
            Some(there) if what.has_inode(&there) => {
                // An inode may be used again; two names of one file, or its bytes, are no accident.
                let ours = self.are_two_names(from, to)? || self.has(to, what.hash)?;
                Ok(if ours {
                    Settled::Done(None)
                } else {
                    Settled::NotDone
                })
            }
            Some(_) if self.are_two_names(from, to)? => {
                self.disk.unlink(to)?;
                Ok(Settled::NotDone)
            }
            _ => Ok(Settled::NotDone),
        }
    }

    fn settle_replace(&self, step: &Step) -> io::Result<Settled> {
        let Task::Replace {
            path,
            by,
            keep,
            what,
            ..
        } = &step.task
        else {
            return Ok(Settled::NotDone);
        };
        let (aside, part) = (self.aside(step), self.part(step));
        let (taken, there) = (self.disk.look(&aside)?, self.disk.look(path)?);
        match (taken, there) {
            (Some(_), None) => {
                self.put_back(&aside, path)?;
                self.clear(&part)?;
                Ok(Settled::NotDone)
            }
            (Some(taken), Some(there)) => {
                // Where renaming is linking and unlinking, taking it aside was interrupted.
                if taken.same_file(&there) && !self.is_ours(path, *by, keep, what, &there)? {
                    self.disk.unlink(&aside)?;
                    self.clear(&part)?;
                    return Ok(Settled::NotDone);
                }
                if !self.is_ours(path, *by, keep, what, &there)? {
                    return Err(in_the_way(path, &aside));
                }
                if self.is_exactly(&aside, what)? && self.has(keep, what.hash)? {
                    self.clear(&part)?;
                    self.disk.unlink(&aside)?;
                    return self.done(path);
                }
                // What was taken aside is not what has this link's bytes.
                self.disk.unlink(path)?;
                self.put_back(&aside, path)?;
                self.clear(&part)?;
                Ok(Settled::NotDone)
            }
            (None, Some(there)) => {
                let ours = self.is_ours(path, *by, keep, what, &there)?;
                self.clear(&part)?;
                if ours {
                    self.done(path)
                } else {
                    Ok(Settled::NotDone)
                }
            }
            (None, None) => {
                self.clear(&part)?;
                Ok(Settled::NotDone)
            }
        }
    }

    /// Whether the name has what was to take the place of the file.
    pub(super) fn is_ours(
        &self,
        path: &Path,
        by: By,
        keep: &Path,
        what: &What,
        there: &Seen,
    ) -> io::Result<bool> {
        match by {
            By::Hardlink => self.are_two_names(path, keep),
            By::Symlink => links_to(path, keep),
            By::Reflink => Ok(!what.has_inode(there) && self.has(path, what.hash)?),
        }
    }

    fn settle_delete(&self, step: &Step, path: &Path, what: &What) -> io::Result<Settled> {
        let aside = self.aside(step);
        match (self.disk.look(&aside)?, self.disk.look(path)?) {
            (Some(_), None) => {
                self.put_back(&aside, path)?;
                Ok(Settled::NotDone)
            }
            (Some(_), Some(_)) if self.are_two_names(&aside, path)? => {
                self.disk.unlink(&aside)?;
                Ok(Settled::NotDone)
            }
            (Some(_), Some(_)) => Err(in_the_way(path, &aside)),
            (None, Some(_)) if self.has(path, what.hash)? => Ok(Settled::NotDone),
            // Either it was changed since, or it was deleted and the system has used its inode again.
            (None, Some(there)) if what.has_inode(&there) => Err(stuck(format!(
                "`{}` has other bytes than the file had that was to be deleted",
                path.display()
            ))),
            (None, _) => Ok(Settled::Done(None)),
        }
    }

    /// Gives a file that was taken aside its name again.
    pub(super) fn put_back(&self, aside: &Path, path: &Path) -> io::Result<()> {
        match self.disk.rename(aside, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(in_the_way(path, aside))
            }
            other => other,
        }
    }
}

fn in_the_way(path: &Path, aside: &Path) -> io::Error {
    stuck(format!(
        "another file has taken the name `{}`; the one that had it is `{}`",
        path.display(),
        aside.display()
    ))
}
