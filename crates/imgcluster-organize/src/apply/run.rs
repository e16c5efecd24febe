//! Carries out steps in order, and takes back those of a picture that cannot be finished.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

use super::bundle::{Bundle, Unit};
use super::check::{self, Bounds, Found};
use super::claims::Claims;
use super::names::Names;
use super::prepare::{Pending, Prepared, Trouble};
use super::tally::Tally;
use crate::Doing;
use crate::disk::Disk;
use crate::journal::{Journal, Made, Record, Step, Task};
use crate::steps::{Back, Halt, Hands, Tried};
use crate::trash::Trash;
use crate::{Applied, Refused};
use crate::{OrganizeError, SyncPolicy};

/// How many names are tried where others keep taking them.
const TRIES: usize = 8;

/// A plan that is being carried out.
#[derive(Debug)]
pub(super) struct Run<'a> {
    pub(super) disk: &'a Disk,
    pub(super) hands: Hands<'a>,
    pub(super) journal: Journal<'a>,
    pub(super) bounds: Bounds,
    pub(super) claims: Claims,
    pub(super) doing: Doing,
    /// The real path of the folder that files are brought to.
    pub(super) target: Option<PathBuf>,
    pub(super) trash: Option<Trash<'a>>,
    pub(super) names: Names,
    /// Folders that pictures need and that none of them has made yet.
    pub(super) folders: BTreeMap<PathBuf, Pending>,
    /// Folders whose times are in the journal.
    pub(super) touched: HashSet<PathBuf>,
    pub(super) out: Applied,
    pub(super) tally: Tally,
}

/// A bundle that is ready to be done.
#[derive(Debug)]
pub(super) struct Ready<'p> {
    pub(super) bundle: Bundle<'p>,
    pub(super) found: Found,
    pub(super) prepared: Vec<Prepared>,
}

/// What has become of a picture.
enum End {
    Done,
    /// It may work with another name, or by copying.
    Again {
        transfer: bool,
    },
    Refused(Refused),
    Failed,
}

impl Run<'_> {
    /// Writes all steps into the journal at once, where that is the policy.
    pub(super) fn begin_all(&mut self, ready: &mut [Ready<'_>]) -> Result<(), OrganizeError> {
        if self.journal.policy() == SyncPolicy::Step {
            return Ok(());
        }
        for prepared in ready.iter_mut().flat_map(|ready| &mut ready.prepared) {
            for folder in &prepared.folders {
                match self.folders.get_mut(folder) {
                    Some(pending) if !pending.begun => {
                        self.journal.begin(&mut pending.step)?;
                        pending.begun = true;
                    }
                    _ => {}
                }
            }
            for pending in &mut prepared.steps {
                self.journal.begin(&mut pending.step)?;
                pending.begun = true;
            }
        }
        self.journal.sync()
    }

    /// Notes that the folders which no picture has made will not be made.
    pub(super) fn end_all(&mut self) -> Result<(), OrganizeError> {
        let mut folders = std::mem::take(&mut self.folders);
        self.give_up(folders.values_mut(), "nothing was brought there")?;
        self.names.settle();
        Ok(())
    }

    /// Does all pictures of a bundle, if all its files are as the plan says.
    pub(super) fn do_bundle(&mut self, ready: Ready<'_>) -> Result<(), OrganizeError> {
        let Ready {
            bundle,
            mut found,
            prepared,
        } = ready;
        let mut changed = check::read(self.disk, &bundle, &mut found).err();
        for mut prepared in prepared {
            let unit = &bundle.units[prepared.position];
            if changed.is_some() {
                self.give_up(prepared.steps.iter_mut(), "its group was refused")?;
            } else {
                changed = self.do_unit(&bundle, &mut found, prepared)?;
            }
            if let Some(changed) = &changed {
                self.refuse_unit(unit, changed)?;
            }
        }
        Ok(())
    }

    /// Reports a picture that is left alone as a file of its group is not as it should be.
    pub(super) fn refuse_unit(
        &mut self,
        unit: &Unit<'_>,
        changed: &Refused,
    ) -> Result<(), OrganizeError> {
        let path = unit.files[0].path.clone();
        let reason = if path == changed.path {
            changed.reason.clone()
        } else {
            let which = changed.path.display();
            format!("its group was left alone: `{which}`: {}", changed.reason)
        };
        self.refuse(Refused { path, reason })
    }

    /// Reports a file that is not as it should be.
    pub(super) fn refuse(&mut self, refused: Refused) -> Result<(), OrganizeError> {
        self.journal.add(&Record::Refused {
            path: refused.path.clone(),
            reason: refused.reason.clone(),
        })?;
        self.out.refused.push(refused);
        Ok(())
    }

    /// Does a picture with what belongs to it; returns why its group cannot go on, if so.
    fn do_unit(
        &mut self,
        bundle: &Bundle<'_>,
        found: &mut Found,
        mut prepared: Prepared,
    ) -> Result<Option<Refused>, OrganizeError> {
        let position = prepared.position;
        let unit = &bundle.units[position];
        let mut transfer = false;
        for _ in 0..TRIES {
            match self.run_unit(bundle, found, prepared)? {
                End::Done => {
                    self.out.done += unit.files.len();
                    self.tally.sidecars += unit.left_sidecars;
                    return Ok(None);
                }
                End::Refused(refused) => return Ok(Some(refused)),
                End::Failed => return Ok(None),
                End::Again { transfer: by_copy } => transfer |= by_copy,
            }
            let sources = &found.units[position];
            match self.prepare((position, unit), sources, found.keep.as_ref(), transfer) {
                Ok(again) => prepared = again,
                Err(trouble) => {
                    self.report(trouble, unit.files[0].path.clone())?;
                    return Ok(None);
                }
            }
        }
        self.fail(unit.files[0].path.clone(), &Halt::Taken.reason());
        Ok(None)
    }

    /// Reports why a picture was not acted on.
    pub(super) fn report(&mut self, trouble: Trouble, path: PathBuf) -> Result<(), OrganizeError> {
        match trouble {
            Trouble::Refused(reason) => self.refuse(Refused {
                path,
                reason: reason.to_owned(),
            }),
            Trouble::Failed(error) => {
                self.fail(path, &Halt::from(error).reason());
                Ok(())
            }
            Trouble::Needless => {
                self.tally.needless += 1;
                Ok(())
            }
            Trouble::Stop(error) => Err(error),
        }
    }

    fn fail(&mut self, path: PathBuf, reason: &str) {
        self.out.failed.push(Refused {
            path,
            reason: reason.to_owned(),
        });
    }

    fn run_unit(
        &mut self,
        bundle: &Bundle<'_>,
        found: &mut Found,
        mut prepared: Prepared,
    ) -> Result<End, OrganizeError> {
        let position = prepared.position;
        let unit = &bundle.units[position];
        if let Some(reason) = self.make_folders(&prepared.folders)? {
            self.give_up(prepared.steps.iter_mut(), &reason)?;
            self.fail(unit.files[0].path.clone(), &reason);
            return Ok(End::Failed);
        }
        let mut done = Vec::new();
        let mut steps = prepared.steps.into_iter();
        while let Some(mut pending) = steps.next() {
            let shown = &unit.files[pending.file].path;
            self.begin(&mut pending)?;
            if let Err(refused) = self.check_again(bundle, found, (position, pending.file)) {
                self.give_up(
                    std::iter::once(&mut pending).chain(steps.as_mut_slice()),
                    "refused",
                )?;
                self.roll_back(done)?;
                return Ok(End::Refused(refused));
            }
            let tried = self.hands.try_step(&pending.step, found.kept().as_ref());
            if let Tried::Done(made, missing) = tried {
                self.journal.end(&Record::Done {
                    step: pending.step.number,
                    made,
                })?;
                for what in missing {
                    *self.tally.not_kept.entry(what).or_default() += 1;
                }
                done.push((pending.step, made));
                continue;
            }
            self.give_up(steps.as_mut_slice(), "one before it failed")?;
            return self.end_early(tried, &pending, done, shown.clone());
        }
        Ok(End::Done)
    }

    /// Ends a picture one step of which was not done.
    fn end_early(
        &mut self,
        tried: Tried,
        pending: &Pending,
        done: Vec<(Step, Option<Made>)>,
        path: PathBuf,
    ) -> Result<End, OrganizeError> {
        match tried {
            Tried::Done(..) => Ok(End::Done),
            Tried::NotDone(halt) => {
                self.journal.end(&Record::Failed {
                    step: pending.step.number,
                    reason: halt.reason(),
                })?;
                if self.roll_back(done)? {
                    Ok(self.end_of(halt, pending, path))
                } else {
                    self.fail(path, &halt.reason());
                    Ok(End::Failed)
                }
            }
            // The next run tries to settle it, and takes back what was done before it.
            Tried::Stuck(halt, error) => {
                let reason = format!("{}; it is left half done: {error}", halt.reason());
                self.fail(path, &reason);
                Ok(End::Failed)
            }
        }
    }

    fn end_of(&mut self, halt: Halt, pending: &Pending, path: PathBuf) -> End {
        use crate::journal::Task;
        match halt {
            Halt::Taken => End::Again { transfer: false },
            Halt::OtherDisk if matches!(pending.step.task, Task::Rename { .. }) => {
                End::Again { transfer: true }
            }
            Halt::Changed(reason) => End::Refused(Refused {
                path,
                reason: reason.to_owned(),
            }),
            Halt::CannotShare => {
                self.tally.unshared += 1;
                End::Failed
            }
            halt => {
                self.fail(path, &halt.reason());
                End::Failed
            }
        }
    }

    /// Looks once more at the file that is acted on next, and at the one that is kept.
    fn check_again(
        &self,
        bundle: &Bundle<'_>,
        found: &mut Found,
        (position, file): (usize, usize),
    ) -> Result<(), Refused> {
        if let (Some(keep), Some(source)) = (bundle.keep, &mut found.keep) {
            check::read_again(self.disk, &keep.file.path, source)?;
        }
        let shown = &bundle.units[position].files[file].path;
        check::read_again(self.disk, shown, &mut found.units[position][file])
    }

    /// Writes a step into the journal, unless it is there.
    fn begin(&mut self, pending: &mut Pending) -> Result<(), OrganizeError> {
        if !pending.begun {
            self.journal.begin(&mut pending.step)?;
            self.journal.sync()?;
            pending.begun = true;
        }
        Ok(())
    }

    /// Makes the folders that a picture needs, where no other has made them; returns why that is
    /// not possible, if so. One that cannot be made is tried again by the next picture.
    fn make_folders(&mut self, folders: &[PathBuf]) -> Result<Option<String>, OrganizeError> {
        for folder in folders {
            let Some(mut pending) = self.folders.remove(folder) else {
                continue;
            };
            self.begin(&mut pending)?;
            let step = pending.step.number;
            let record = match self.hands.try_step(&pending.step, None) {
                Tried::Done(made, _) => Record::Done { step, made },
                Tried::NotDone(Halt::Taken) => {
                    let reason = "it was there already".to_owned();
                    Record::Failed { step, reason }
                }
                Tried::NotDone(halt) | Tried::Stuck(halt, _) => {
                    self.folders.insert(folder.clone(), pending);
                    return Ok(Some(halt.reason()));
                }
            };
            self.journal.end(&record)?;
        }
        Ok(None)
    }

    /// Notes that steps which are in the journal will not be done.
    fn give_up<'b>(
        &mut self,
        pending: impl IntoIterator<Item = &'b mut Pending>,
        reason: &str,
    ) -> Result<(), OrganizeError> {
        for pending in pending.into_iter().filter(|pending| pending.begun) {
            self.journal.add(&Record::Failed {
                step: pending.step.number,
                reason: reason.to_owned(),
            })?;
        }
        Ok(())
    }

    /// Takes back the steps of a picture that cannot be finished, the last one first.
    pub(super) fn roll_back(
        &mut self,
        mut done: Vec<(Step, Option<Made>)>,
    ) -> Result<bool, OrganizeError> {
        let mut whole = true;
        // What was not taken back last, which is the step that follows.
        let mut kept = None;
        while let Some((step, made)) = done.pop() {
            let number = step.number;
            if matches!(step.task, Task::Note { .. }) && kept == Some(number + 1) {
                // The trash needs it for as long as it has the file.
                continue;
            }
            self.journal.add(&Record::Undoing { step: number })?;
            self.journal.sync()?;
            let path = step.task.source().unwrap_or(step.task.place());
            let reason = match self.hands.take_back(&step, made) {
                Ok(Back::Undone | Back::UndoneBut(_)) => {
                    self.journal.end(&Record::Undone { step: number })?;
                    continue;
                }
                Ok(Back::Left(reason)) => reason.to_owned(),
                Err(error) => error.to_string(),
            };
            whole = false;
            kept = Some(number);
            let at = step.task.place().display();
            let reason = format!("it could not be put back from `{at}`: {reason}");
            self.fail(path.to_owned(), &reason);
            self.journal.end(&Record::Left {
                step: number,
                reason,
            })?;
        }
        Ok(whole)
    }
}
