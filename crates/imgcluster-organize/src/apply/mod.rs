//! Carries out a plan.

mod bundle;
mod check;
mod claims;
mod names;
mod prepare;
mod resume;
mod run;
mod start;
mod tally;

use std::path::Path;

use imgcluster_core::{ContentHash, Job, Stage};

use crate::Doing;
use crate::disk::Disk;
use crate::journal::Record;
use crate::plan::Plan;
use crate::{Applied, ApplyOptions, OrganizeError, Refused, SyncPolicy};
use bundle::Bundle;
use claims::Claims;
use resume::Past;
use run::{Ready, Run};
pub(crate) use start::{check_machine, lock, real};

/// How many steps the journal gets at once, where that is the policy.
pub(crate) const BATCH: usize = 256;

/// Carries out a plan, or goes on with it.
///
/// The journal lies beside `plan_path`: `plan.json` has `plan.journal-1.jsonl`, then `-2`. One of
/// the same plan (by `plan_hash`, of its file's bytes) and action that was not undone is gone on
/// with: pictures that are done stay done, all others are tried. Safe to be stopped or killed at
/// any moment.
///
/// Each file is read again just before something is done with it or its group, and again after it
/// was taken out of reach where it is to be removed. Nothing is ever overwritten: a taken name
/// gets `~2`. Folders of the plan are locked. In the order of the plan; [`Stage::Apply`] is
/// reported, a step a picture.
///
/// # Errors
/// What keeps the whole plan from being carried out; see [`OrganizeError`]. What keeps one file or
/// group is reported in [`Applied`].
pub fn apply(
    plan: &Plan,
    plan_path: &Path,
    plan_hash: ContentHash,
    options: &ApplyOptions,
    job: &Job<'_>,
) -> Result<Applied, OrganizeError> {
    apply_on(&Disk::default(), (plan, plan_path, plan_hash), options, job)
}

pub(crate) fn apply_on(
    disk: &Disk,
    plan: (&Plan, &Path, ContentHash),
    options: &ApplyOptions,
    job: &Job<'_>,
) -> Result<Applied, OrganizeError> {
    let mut begun = start::start(disk, plan, options)?;
    let hidden = begun.hidden.clone();
    let mut run = start::run(disk, &hidden, options, &mut begun)?;
    let past = match &mut begun.contents {
        Some(contents) => resume::recover(&mut run, contents, bundle::count(plan.0))?,
        None => vec![Past::Open; bundle::count(plan.0)],
    };
    run.carry_out(plan.0, &past, job)?;
    run.finish()
}

impl Run<'_> {
    fn carry_out(
        &mut self,
        plan: &Plan,
        past: &[Past],
        job: &Job<'_>,
    ) -> Result<(), OrganizeError> {
        let stage = job.stage(Stage::Apply, Some(bundle::count(plan) as u64));
        let with_sidecars = bundle::takes_sidecars(self.doing);
        self.claims = Claims::new(self.disk, plan, with_sidecars);
        let limit = match self.journal.policy() {
            SyncPolicy::Step => 1,
            SyncPolicy::Batch => BATCH,
        };
        let (mut batch, mut steps, mut units) = (Vec::new(), 0, 0);
        for mut bundle in bundle::bundles(plan, with_sidecars) {
            job.check()?;
            units += bundle.units.len() as u64;
            self.leave_out(&mut bundle, past)?;
            if let Some(ready) = self.make_bundle_ready(bundle)? {
                steps += ready
                    .prepared
                    .iter()
                    .map(|unit| unit.steps.len())
                    .sum::<usize>();
                batch.push(ready);
            }
            if steps >= limit {
                self.do_batch(&mut batch, job)?;
                stage.advance(std::mem::take(&mut units));
                steps = 0;
            }
        }
        self.do_batch(&mut batch, job)?;
        stage.advance(units);
        Ok(())
    }

    fn do_batch(&mut self, batch: &mut Vec<Ready<'_>>, job: &Job<'_>) -> Result<(), OrganizeError> {
        self.begin_all(batch)?;
        for ready in batch.drain(..) {
            job.check()?;
            self.do_bundle(ready)?;
        }
        self.end_all()
    }

    /// Leaves out what is done already, and what the action must not be done with.
    fn leave_out(&mut self, bundle: &mut Bundle<'_>, past: &[Past]) -> Result<(), OrganizeError> {
        let links = matches!(
            self.doing,
            Doing::ThinHardlink | Doing::ThinSymlink | Doing::ThinReflink
        );
        let mut refused = Vec::new();
        let kept = bundle.keep.map(|keep| keep.file.content);
        let mut before = 0;
        bundle.units.retain(|unit| {
            match past[unit.number as usize] {
                Past::Open => {}
                Past::Stuck => return false,
                Past::Done => {
                    before += unit.files.len();
                    return false;
                }
            }
            let differs = links && Some(unit.files[0].content) != kept;
            if differs {
                refused.push(unit.files[0].path.clone());
            }
            !differs
        });
        self.out.done_before += before;
        for path in refused {
            self.refuse(Refused {
                path,
                reason: "its bytes differ from those of the file that is kept, and would be lost"
                    .to_owned(),
            })?;
        }
        Ok(())
    }

    /// Looks at the files of a bundle and finds their steps; `None` if there is nothing to do.
    fn make_bundle_ready<'p>(
        &mut self,
        bundle: Bundle<'p>,
    ) -> Result<Option<Ready<'p>>, OrganizeError> {
        if bundle.units.is_empty() {
            return Ok(None);
        }
        let found = match check::look(self.disk, (&self.bounds, &self.claims), &bundle) {
            Ok(found) => found,
            Err(changed) => {
                for unit in &bundle.units {
                    self.refuse_unit(unit, &changed)?;
                }
                return Ok(None);
            }
        };
        let mut prepared = Vec::new();
        for (position, unit) in bundle.units.iter().enumerate() {
            let sources = &found.units[position];
            match self.prepare((position, unit), sources, found.keep.as_ref(), false) {
                Ok(unit) => prepared.push(unit),
                Err(trouble) => self.report(trouble, unit.files[0].path.clone())?,
            }
        }
        Ok(Some(Ready {
            bundle,
            found,
            prepared,
        }))
    }

    fn finish(mut self) -> Result<Applied, OrganizeError> {
        let tally = std::mem::take(&mut self.tally);
        self.out.notes.extend(tally.lines());
        self.journal.add(&Record::End {
            done: self.out.done as u64,
            refused: self.out.refused.len() as u64,
            failed: self.out.failed.len() as u64,
        })?;
        self.journal.sync()?;
        Ok(self.out)
    }
}
