//! Makes a step.

use std::fs::File;
use std::path::Path;

use super::{Halt, Hands, Kept, links_to};
use crate::disk::Metadata;
use crate::journal::{By, Made, Step, Task, What};

impl Hands<'_> {
    /// Makes a step, from the beginning. What the copy could not keep is added to `missing`. After
    /// an error some of it may have been done; [`settle`](Self::settle) tells.
    pub(super) fn act(
        &self,
        step: &Step,
        keep: Option<&Kept>,
        missing: &mut Vec<&'static str>,
    ) -> Result<Option<Made>, Halt> {
        match &step.task {
            Task::Folder { path, mode } => {
                self.disk.make_folder(path, *mode)?;
                Ok(None)
            }
            Task::Note { path, text } => {
                let file = self.disk.create(path)?;
                self.disk.write(&file, text.as_bytes())?;
                self.disk.sync(&file)?;
                Ok(None)
            }
            Task::Rename { from, to, what } => self.move_name(from, to, what, keep),
            Task::Transfer {
                from,
                to,
                what,
                metadata,
            } => {
                let file = self.open_checked(from, what)?;
                self.copy_to(step, to, (&file, what, metadata), missing)?;
                let aside = self.aside(step);
                if let Err(halt) = self.take_aside(step, from, what, keep) {
                    if self.disk.look(&aside)?.is_some() {
                        self.put_back(&aside, from)?;
                    }
                    // Nobody but us has touched the copy, and the file is where it was.
                    self.disk.unlink(to)?;
                    return Err(halt);
                }
                self.disk.unlink(&aside)?;
                // Open until now, so that its inode was no other's.
                drop(file);
                self.made(to)
            }
            Task::Copy { from, to, what } => {
                let file = self.open_checked(from, what)?;
                let metadata = Metadata::read(&file)?;
                self.copy_to(step, to, (&file, what, &metadata), missing)?;
                self.made(to)
            }
            Task::Hardlink { from, to, what } => {
                self.expect(from, what)?;
                self.disk.link(from, to)?;
                self.expect(to, what)?;
                Ok(None)
            }
            Task::Symlink { from, to } => {
                self.disk.symlink(from, to)?;
                Ok(None)
            }
            Task::Replace { .. } => self.replace(step, keep, missing),
            Task::Delete { path, what, .. } => {
                self.take_aside(step, path, what, keep)?;
                self.disk.unlink(&self.aside(step))?;
                Ok(None)
            }
        }
    }

    fn move_name(
        &self,
        from: &Path,
        to: &Path,
        what: &What,
        keep: Option<&Kept>,
    ) -> Result<Option<Made>, Halt> {
        self.expect(from, what)?;
        self.disk.rename(from, to)?;
        let moved = self.expect(to, what).and_then(|()| self.still_kept(keep));
        if let Err(halt) = moved {
            self.disk.rename(to, from)?;
            return Err(halt);
        }
        Ok(None)
    }

    fn copy_to(
        &self,
        step: &Step,
        to: &Path,
        (file, what, metadata): (&File, &What, &Metadata),
        missing: &mut Vec<&'static str>,
    ) -> Result<(), Halt> {
        let part = self.part(step);
        missing.extend(self.disk.copy(file, &part, metadata, what.hash)?);
        self.disk.rename(&part, to)?;
        if let Some(folder) = to.parent() {
            self.disk.sync_folder(folder)?;
        }
        Ok(())
    }

    fn replace(
        &self,
        step: &Step,
        keep: Option<&Kept>,
        missing: &mut Vec<&'static str>,
    ) -> Result<Option<Made>, Halt> {
        let Task::Replace {
            path,
            by,
            keep: by_what,
            what,
            metadata,
        } = &step.task
        else {
            return Ok(None);
        };
        if *by == By::Reflink {
            let file = self.disk.open(by_what)?;
            let part = self.part(step);
            match self.disk.reflink(&file, &part, metadata, what.hash)? {
                Some(lost) => missing.extend(lost),
                None => return Err(Halt::CannotShare),
            }
        }
        self.take_aside(step, path, what, keep)?;
        match by {
            By::Hardlink => {
                self.disk.link(by_what, path)?;
                self.check_link(step, (path, by_what, what), keep)?;
            }
            By::Symlink => {
                self.disk.symlink(by_what, path)?;
                self.check_link(step, (path, by_what, what), keep)?;
            }
            By::Reflink => self.disk.rename(&self.part(step), path)?,
        }
        self.disk.unlink(&self.aside(step))?;
        self.made(path)
    }

    /// Holds if what was just made leads to the bytes of the file that was taken aside for it; else
    /// that gets its name again.
    fn check_link(
        &self,
        step: &Step,
        (path, by_what, what): (&Path, &Path, &What),
        keep: Option<&Kept>,
    ) -> Result<(), Halt> {
        let linked = self.are_two_names(by_what, path)?;
        let is_symlink = links_to(path, by_what)?;
        let halt = match self.still_kept(keep) {
            Ok(()) if (linked || is_symlink) && self.has(by_what, what.hash)? => return Ok(()),
            Ok(()) => Halt::Changed("the file that is kept was changed just now"),
            Err(halt) => halt,
        };
        // What is lost with the link is there under another name, or led nowhere of its own.
        if linked || is_symlink || self.has(path, what.hash)? {
            self.disk.unlink(path)?;
            self.put_back(&self.aside(step), path)?;
        }
        Err(halt)
    }

    /// Brings a file out of everybody's reach, and reads it again there.
    fn take_aside(
        &self,
        step: &Step,
        path: &Path,
        what: &What,
        keep: Option<&Kept>,
    ) -> Result<(), Halt> {
        let aside = self.aside(step);
        self.expect(path, what)?;
        self.disk.rename(path, &aside)?;
        if !self.is_exactly(&aside, what)? {
            return Err(Halt::Changed("it was changed just now"));
        }
        self.still_kept(keep)
    }

    /// Opens the file that was looked at, and no other.
    fn open_checked(&self, path: &Path, what: &What) -> Result<File, Halt> {
        self.expect(path, what)?;
        let file = self.disk.open(path)?;
        if what.is(&crate::disk::Seen::new(&file.metadata()?)) {
            Ok(file)
        } else {
            Err(Halt::Changed("it was changed just now"))
        }
    }

    /// Holds if the name has the file that was looked at.
    fn expect(&self, path: &Path, what: &What) -> Result<(), Halt> {
        match self.disk.look(path)? {
            Some(seen) if what.is(&seen) => Ok(()),
            Some(_) => Err(Halt::Changed("it was changed just now")),
            None => Err(Halt::Changed("it is gone")),
        }
    }

    fn still_kept(&self, keep: Option<&Kept>) -> Result<(), Halt> {
        let Some(keep) = keep else { return Ok(()) };
        match self.disk.look(&keep.path)? {
            Some(seen) if seen.same_bytes(&keep.seen) => Ok(()),
            _ => Err(Halt::Changed("the file that is kept was changed just now")),
        }
    }

    fn made(&self, path: &Path) -> Result<Option<Made>, Halt> {
        Ok(self.disk.look(path)?.map(|seen| Made::new(&seen)))
    }
}
