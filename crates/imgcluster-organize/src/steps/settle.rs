//! Finds what an interrupted step has come to, by looking at the disk.
//!
//! The process may have ended between any two calls to the system. Each task has been written so
//! that the names that are there tell how far it came.

use std::io;
use std::path::Path;

use super::{Hands, Settled, links_to, stuck};
use crate::disk::Seen;
use crate::journal::{By, Made, Step, Task, What};

impl Hands<'_> {
    /// Finishes a step that was begun, or removes what there is of it, whichever loses nothing.
    ///
    /// # Errors
    /// Those of the system, and one in words if somebody else's file is in the way. Everything is
    /// then as it was found or better, and it can be tried again.
    pub(crate) fn settle(&self, step: &Step) -> io::Result<Settled> {
        match &step.task {
            Task::Folder { path, .. } => Ok(match self.disk.look(path)? {
                Some(_) => Settled::Done(None),
                None => Settled::NotDone,
            }),
            Task::Note { path, text } => self.settle_note(path, text),
            Task::Rename { from, to, what } => self.settle_rename(from, to, what),
            Task::Transfer { from, to, what, .. } => self.settle_transfer(step, from, to, what),
            Task::Copy { to, what, .. } => {
                if self.settle_copy(step, to, what)? {
                    self.done(to)
                } else {
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
            (Some(from), Some(there)) if from.is_file() && from.same_file(&there) => {
                self.disk.unlink(to)?;
                Ok(Settled::NotDone)
            }
            (Some(_), Some(there)) if what.has_inode(&there) => Ok(Settled::Done(None)),
            // The new name was free when the step was begun: whatever has it now came from the
            // old one, even if somebody had put another file there.
            (None, Some(there)) if there.is_file() => Ok(Settled::Done(None)),
            _ => Ok(Settled::NotDone),
        }
    }

    /// Whether a copy is whole; one that is not is removed.
    fn settle_copy(&self, step: &Step, to: &Path, what: &What) -> io::Result<bool> {
        let part = self.part(step);
        if self.disk.look(&part)?.is_some() {
            // Only if renaming is linking and unlinking can both be there and be one.
            let renamed = self.same_file(&part, to)?;
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
            if self.same_file(&aside, from)? {
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
            // The file is still there, so the copy is one too many.
            Some(there) if returned || what.has_inode(&there) || self.has(from, what.hash)? => {
                self.disk.unlink(to)?;
                Ok(Settled::NotDone)
            }
            // It is gone, or somebody has put another in its place: the copy may be the last one.
            _ => self.done(to),
        }
    }

    fn settle_link(&self, from: &Path, to: &Path, what: &What) -> io::Result<Settled> {
        match self.disk.look(to)? {
            Some(there) if what.has_inode(&there) => Ok(Settled::Done(None)),
            Some(_) if self.same_file(from, to)? => {
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
            By::Hardlink => self.same_file(path, keep),
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
            (Some(taken), Some(there)) if taken.same_file(&there) => {
                self.disk.unlink(&aside)?;
                Ok(Settled::NotDone)
            }
            (Some(_), Some(_)) => Err(in_the_way(path, &aside)),
            (None, Some(there)) if what.has_inode(&there) => Ok(Settled::NotDone),
            (None, _) => Ok(Settled::Done(None)),
        }
    }

    /// Gives a file that was taken aside its name again.
    fn put_back(&self, aside: &Path, path: &Path) -> io::Result<()> {
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
