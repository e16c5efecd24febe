//! Puts everything back.

mod roots;

use std::collections::HashSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use imgcluster_core::{Job, Stage, StageGuard};

use crate::apply::{BATCH, check_machine, lock};
use crate::disk::{Disk, errno};
use crate::journal::{Contents, Journal, Made, Record, State, Step, Task, read};
use crate::steps::{Back, Hands, Settled, TAKEN, is_real};
use crate::{OrganizeError, Refused, SyncPolicy, UndoOptions, Undone};

/// Puts everything back that a journal says was done, the last step first, or goes on doing so.
///
/// Copies and links are removed if they are as they were made and their originals are still there;
/// files that were moved are put back if their old names are free, changed or not; folders that
/// were made are removed if they are empty; at last each folder gets the times that it had. Safe to
/// be stopped or killed at any moment. [`Stage::Undo`] is reported, a step each.
///
/// # Errors
/// What keeps the whole journal from being undone; see [`OrganizeError`]. What keeps one file is
/// reported in [`Undone`].
pub fn undo(journal: &Path, options: &UndoOptions, job: &Job<'_>) -> Result<Undone, OrganizeError> {
    undo_on(&Disk::default(), journal, options, job)
}

pub(crate) fn undo_on(
    disk: &Disk,
    path: &Path,
    options: &UndoOptions,
    job: &Job<'_>,
) -> Result<Undone, OrganizeError> {
    let mut journal = Journal::open(disk, path, options.sync)?;
    let mut contents = read(path)?;
    let Some(header) = contents.header.take() else {
        return Ok(Undone {
            already: true,
            ..Undone::default()
        });
    };
    check_machine(header.machine.as_ref(), options.machine.as_ref())?;
    let waiting: Vec<u32> = (0..contents.steps.len() as u32)
        .rev()
        .filter(|number| is_waiting(contents.steps[*number as usize].state))
        .collect();
    if waiting.is_empty() && (contents.undo_ended || contents.folders.is_empty()) {
        return Ok(Undone {
            already: true,
            ..Undone::default()
        });
    }
    let roots: Vec<PathBuf> = header.roots.into_iter().map(|root| root.0).collect();
    let target = header.target.map(|target| target.0);
    let locks = lock(disk, header.doing, &roots, target.as_deref())?;
    journal.continue_at(contents.length, contents.steps.len() as u32)?;
    journal.add(&Record::UndoBegin)?;
    let hidden = header.hidden;
    let mut undoing = Undoing {
        disk,
        hands: Hands {
            disk,
            hidden: &hidden,
        },
        journal,
        contents,
        roots,
        stays: HashSet::new(),
        out: Undone::default(),
    };
    let stage = job.stage(Stage::Undo, Some(waiting.len() as u64));
    undoing.run(&waiting, &stage, job)?;
    let whole = undoing.restore_folder_times();
    drop(locks);
    undoing.finish(whole)
}

fn is_waiting(state: State) -> bool {
    match state {
        State::Begun | State::Done | State::Undoing | State::Left => true,
        State::Failed | State::Undone => false,
    }
}

struct Undoing<'a> {
    disk: &'a Disk,
    hands: Hands<'a>,
    journal: Journal<'a>,
    contents: Contents,
    /// The real paths of the folders that files were in.
    roots: Vec<PathBuf>,
    /// The numbers of steps that could not be taken back.
    stays: HashSet<u32>,
    out: Undone,
}

impl Undoing<'_> {
    fn run(
        &mut self,
        waiting: &[u32],
        stage: &StageGuard<'_>,
        job: &Job<'_>,
    ) -> Result<(), OrganizeError> {
        let size = match self.journal.policy() {
            SyncPolicy::Step => 1,
            SyncPolicy::Batch => BATCH,
        };
        for numbers in waiting.chunks(size) {
            job.check()?;
            let mut steps = Vec::with_capacity(numbers.len());
            for number in numbers {
                if let Some(step) = self.settled(*number)? {
                    self.journal.add(&Record::Undoing { step: *number })?;
                    steps.push(step);
                }
            }
            self.journal.sync()?;
            for (step, made) in steps {
                self.take_back(&step, made)?;
            }
            stage.advance(numbers.len() as u64);
        }
        Ok(())
    }

    /// Reads a step that is to be taken back; one that was interrupted is settled first. `None` if
    /// nothing of it is left, or if it cannot be settled.
    fn settled(&mut self, number: u32) -> Result<Option<(Step, Option<Made>)>, OrganizeError> {
        let step = self.contents.step(number)?;
        if self.contents.steps[number as usize].state != State::Begun {
            let made = self.contents.made(number)?;
            return Ok(Some((step, made)));
        }
        match self.hands.settle(&step) {
            Ok(Settled::Done(made)) => {
                self.journal.add(&Record::Done { step: number, made })?;
                Ok(Some((step, made)))
            }
            Ok(Settled::NotDone) => {
                let reason = "it was interrupted".to_owned();
                self.journal.add(&Record::Failed {
                    step: number,
                    reason,
                })?;
                Ok(None)
            }
            Err(error) => {
                self.stays.insert(number);
                self.leave(&step, error.to_string());
                Ok(None)
            }
        }
    }

    fn take_back(&mut self, step: &Step, made: Option<Made>) -> Result<(), OrganizeError> {
        let number = step.number;
        if matches!(step.task, Task::Note { .. }) && self.stays.contains(&(number + 1)) {
            // It says where the file that stays in the trash was.
            self.stays.insert(number);
            let reason = "its file is still there".to_owned();
            return self.journal.end(&Record::Left {
                step: number,
                reason,
            });
        }
        let back = match roots::against(self.disk, &self.roots, step) {
            Ok(None) => self.hands.take_back(step, made),
            Ok(Some(reason)) => Ok(Back::Left(reason)),
            Err(error) => Err(error),
        };
        let reason = match back {
            Ok(Back::Undone) => {
                self.count(step);
                return self.journal.end(&Record::Undone { step: number });
            }
            Ok(Back::UndoneBut(what)) => {
                self.count(step);
                let path = step.task.source().unwrap_or(step.task.place());
                self.out.notes.push(format!("`{}`: {what}", path.display()));
                return self.journal.end(&Record::Undone { step: number });
            }
            Ok(Back::Left(TAKEN)) => {
                let path = step.task.source().unwrap_or(step.task.place());
                format!("{TAKEN}: `{}`", path.display())
            }
            Ok(Back::Left(reason)) => reason.to_owned(),
            Err(error) => error.to_string(),
        };
        self.stays.insert(number);
        self.leave(step, reason.clone());
        self.journal.end(&Record::Left {
            step: number,
            reason,
        })
    }

    fn count(&mut self, step: &Step) {
        if step.task.source().is_some() {
            self.out.restored += 1;
        }
    }

    fn leave(&mut self, step: &Step, reason: String) {
        if let Task::Folder { path, .. } = &step.task {
            let note = format!(
                "the folder `{}` was made and stays: {reason}",
                path.display()
            );
            self.out.notes.push(note);
            return;
        }
        self.out.left.push(Refused {
            path: step.task.place().to_owned(),
            reason,
        });
    }

    /// Gives each folder the times that it had, the deepest first; `false` if another try might do
    /// better.
    fn restore_folder_times(&mut self) -> bool {
        let mut whole = true;
        let mut folders: Vec<_> = self.contents.folders.drain().collect();
        folders.sort_by(|one, other| other.0.cmp(&one.0));
        for (folder, (accessed, modified)) in folders {
            // What has its name now, or is reached by it, need not be the folder that it was.
            let set = match is_real(&folder) {
                Ok(true) => self.disk.set_folder_times(&folder, accessed, modified),
                Ok(false) => Ok(()),
                Err(error) => Err(error),
            };
            match set {
                Ok(()) => {}
                Err(error)
                    if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
                // Those of a folder that is not ours need not be ours to set.
                Err(error) if errno(&error) == Some(rustix::io::Errno::PERM) => {}
                Err(error) => {
                    whole = false;
                    self.out.left.push(Refused {
                        path: folder,
                        reason: format!("its times could not be put back: {error}"),
                    });
                }
            }
        }
        whole
    }

    fn finish(mut self, whole: bool) -> Result<Undone, OrganizeError> {
        if whole {
            self.journal.add(&Record::UndoEnd {
                undone: self.out.restored as u64,
                left: self.out.left.len() as u64,
            })?;
        }
        self.journal.sync()?;
        Ok(self.out)
    }
}
