//! What earlier runs have done with files, by the journals in their results folder.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::Result;
use imgcluster_organize::{Doing, JournalStatus, UndoOptions, read_journal};

use super::journals;
use crate::arguments::SyncName;
use crate::failure::Refusal;
use crate::machine;
use crate::session::Session;

/// Files that earlier runs have sorted into the results folder.
#[derive(Default)]
pub(in crate::commands) struct Earlier {
    /// The results folder, and the names of the plans in it.
    place: Option<(PathBuf, Vec<String>)>,
    /// All journals.
    journals: Vec<PathBuf>,
    /// Journals of copies and links that are there still.
    open: Vec<PathBuf>,
    /// Everything of theirs, by its path below the folder.
    pub(in crate::commands) known: BTreeSet<PathBuf>,
}

impl Earlier {
    /// Looks at what plans of these names have left in a results folder that is to be replaced.
    ///
    /// # Errors
    /// If the way back of something would go with them: of pictures that were moved there, or that
    /// a plan has done away with. If a copy was changed since.
    pub(in crate::commands) fn look(output: &Path, plans: &[&str]) -> Result<Self> {
        let mut earlier = Self::default();
        let Ok(folder) = std::fs::canonicalize(output) else {
            return Ok(earlier);
        };
        let names = plans.iter().map(|name| (*name).to_owned()).collect();
        earlier.place = Some((folder.clone(), names));
        for name in plans {
            let plan = folder.join(name);
            let journals = journals(&plan);
            earlier.journals.extend(journals.iter().cloned());
            if plan.exists() {
                earlier.known.insert(name.into());
            }
            for journal in journals {
                let status = read_journal(&journal)?;
                if let Some(status) = status.filter(|status| status.in_effect > 0) {
                    earlier.add(&status, &journal, &folder)?;
                }
                earlier.known.extend(below(&journal, &folder));
            }
        }
        Ok(earlier)
    }

    fn add(&mut self, status: &JournalStatus, journal: &Path, folder: &Path) -> Result<()> {
        let is_copying = matches!(
            status.doing,
            Doing::SortCopy | Doing::SortHardlink | Doing::SortSymlink
        );
        if !is_copying {
            let message = format!(
                "`{}` tells where files were moved, or how to put them back, and would go with the \
                 results in `{}`",
                journal.display(),
                folder.display()
            );
            let hint = if status.doing == Doing::ThinDelete {
                "write elsewhere with `--output DIR`".to_owned()
            } else {
                format!(
                    "put everything back with `imgcluster undo '{}'`, or write elsewhere with \
                     `--output DIR`",
                    journal.display()
                )
            };
            return Err(Refusal::new(message, hint).into());
        }
        for file in &status.made {
            // What somebody has taken out is safe there.
            let is_gone = file.path.symlink_metadata().is_err();
            if !is_gone && !file.is_unchanged() {
                let message = format!(
                    "`{}` was changed since it was copied there, and would be lost",
                    file.path.display()
                );
                let hint = "move it out of the folder, or write elsewhere with `--output DIR`";
                return Err(Refusal::new(message, hint).into());
            }
            self.known.extend(below(&file.path, folder));
        }
        self.open.push(journal.to_owned());
        Ok(())
    }

    /// Removes the copies and links, now that new results are ready, and keeps everybody else from
    /// the journals until what is returned is dropped.
    ///
    /// # Errors
    /// If something has changed since [`Earlier::look`]: a copy, which stays, or a journal by which
    /// files were moved meanwhile.
    pub(in crate::commands) fn settle(&self, session: &Session) -> Result<Vec<File>> {
        let Some((folder, plans)) = &self.place else {
            return Ok(Vec::new());
        };
        let plans: Vec<&str> = plans.iter().map(String::as_str).collect();
        Self::look(folder, &plans)?.remove(session)?;
        let held: Result<Vec<File>> = self.journals.iter().map(|path| hold(path)).collect();
        let held = held?;
        let now = Self::look(folder, &plans)?;
        if now.open.is_empty() && now.journals == self.journals {
            return Ok(held);
        }
        let message = format!("files were sorted into `{}` meanwhile", folder.display());
        Err(Refusal::new(message, "write elsewhere with `--output DIR`").into())
    }

    /// Removes the copies and links.
    fn remove(&self, session: &Session) -> Result<()> {
        let options = UndoOptions {
            sync: SyncName::Batch.into(),
            machine: machine::here(),
        };
        for journal in &self.open {
            let undone = imgcluster_organize::undo(journal, &options, &session.job())?;
            if let Some(left) = undone.left.first() {
                let message = format!("`{}` stays: {}", left.path.display(), left.reason);
                let hint = "write elsewhere with `--output DIR`";
                return Err(Refusal::new(message, hint).into());
            }
        }
        Ok(())
    }
}

/// Takes a journal for ourselves, as `apply` and `undo` do.
fn hold(journal: &Path) -> Result<File> {
    let file = File::open(journal)?;
    if file.try_lock().is_err() {
        let message = format!("`{}` is in use by another run", journal.display());
        return Err(Refusal::new(message, "wait until the other run has ended").into());
    }
    Ok(file)
}

fn below(path: &Path, folder: &Path) -> Option<PathBuf> {
    path.strip_prefix(folder).ok().map(Path::to_owned)
}
