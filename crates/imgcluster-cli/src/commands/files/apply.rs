//! `apply`: carries a plan out.

use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use imgcluster_core::ContentHash;
use imgcluster_organize::{
    Applied, ApplyOptions, OrganizeError, Plan, SortAction, SortPlan, ThinAction, ThinPlan,
};
use serde_json::{Value, json};

use super::{list, tell, trash};
use crate::arguments::{ActionArgument, ApplyArguments, SyncName};
use crate::commands::{decisions, done};
use crate::failure::Refusal;
use crate::machine;
use crate::session::Session;

pub(in crate::commands) fn run(arguments: &ApplyArguments, session: &Session) -> Result<ExitCode> {
    let (plan, hash) = Plan::read(&arguments.plan).map_err(|error| {
        let hint = "give a plan of `imgcluster dedup`, or make it again";
        Refusal::because(error, hint)
    })?;
    let action = action(arguments, &plan)?;
    let here = machine::here();
    plan.check_machine(here.as_deref())
        .map_err(|error| Refusal::because(error, "make the plan again on this machine"))?;
    if arguments.dry_run {
        preview(&plan, action.as_ref(), session)?;
        return Ok(ExitCode::SUCCESS);
    }
    let work = Work {
        plan: &plan,
        path: &arguments.plan,
        hash,
        action,
        sync: arguments.sync.sync,
    };
    // A person's marks are worth keeping whatever becomes of the files.
    if let Plan::Thin(plan) = &plan {
        let decided = decisions::decisions_of(plan, &arguments.plan)?;
        decisions::remember_quietly(&decided, session)?;
    }
    let applied = carry_out(&work, session)?;
    report(&applied, work.action.as_ref(), session)?;
    if !applied.failed.is_empty()
        || applied.done + applied.done_before == 0 && !applied.refused.is_empty()
    {
        return Ok(ExitCode::FAILURE);
    }
    Ok(done(arguments.strict, applied.refused.len()))
}

/// The action that the flags ask for.
fn action(arguments: &ApplyArguments, plan: &Plan) -> Result<Option<ThinAction>, Refusal> {
    let action = arguments
        .action
        .as_ref()
        .map(|ActionArgument(action)| action.clone());
    if let (Plan::Sort(plan), Some(ActionArgument(_))) = (plan, &arguments.action) {
        let message = format!(
            "this plan sorts files into `{}`, which is its action",
            plan.target.display()
        );
        return Err(Refusal::usage(message, "leave `--action` out"));
    }
    let deletes = action == Some(ThinAction::Delete);
    match (deletes, arguments.permanently) {
        (true, false) => Err(Refusal::usage(
            "`--action delete` leaves no way back",
            "say `--action delete --permanently`, or leave both out to use the trash",
        )),
        (false, true) => Err(Refusal::usage(
            "`--permanently` is for `--action delete` alone",
            "leave it out, or add `--action delete`",
        )),
        _ => match action {
            Some(ThinAction::Move(folder)) => {
                let folder = imgcluster_organize::absolute(&folder).map_err(|error| {
                    let hint = "give an absolute path after `move:`";
                    Refusal::because(error, hint)
                })?;
                Ok(Some(ThinAction::Move(folder)))
            }
            other => Ok(other),
        },
    }
}

/// A plan to carry out.
pub(in crate::commands) struct Work<'a> {
    pub(in crate::commands) plan: &'a Plan,
    /// The journal lies beside it.
    pub(in crate::commands) path: &'a Path,
    /// Of the plan's file.
    pub(in crate::commands) hash: ContentHash,
    /// What is done with copies, if it is they that the plan is about.
    pub(in crate::commands) action: Option<ThinAction>,
    pub(in crate::commands) sync: SyncName,
}

/// Carries it out, and tells what was left alone.
///
/// # Errors
/// What stops the whole plan, with the way out.
pub(in crate::commands) fn carry_out(work: &Work<'_>, session: &Session) -> Result<Applied> {
    let trashes =
        matches!(work.plan, Plan::Thin(_)) && matches!(work.action, None | Some(ThinAction::Trash));
    let options = ApplyOptions {
        action: work.action.clone(),
        sync: work.sync.into(),
        trash: trashes.then(trash).transpose()?,
        machine: machine::here(),
    };
    let path = imgcluster_organize::absolute(work.path)?;
    let applied = imgcluster_organize::apply(work.plan, &path, work.hash, &options, &session.job());
    let applied = applied.map_err(|error| explain(error, "imgcluster apply"))?;
    for note in &applied.notes {
        session.printer.note(note);
    }
    tell("left alone", &applied.refused, session.printer);
    tell("could not be done:", &applied.failed, session.printer);
    Ok(applied)
}

/// Adds the way out.
pub(super) fn explain(error: OrganizeError, command: &str) -> anyhow::Error {
    let hint = match &error {
        OrganizeError::Locked { .. } => "wait until the other run has ended".to_owned(),
        OrganizeError::Unfinished { journal } | OrganizeError::HalfUndone { journal } => {
            format!("imgcluster undo '{}'", journal.display())
        }
        OrganizeError::WriteJournal { .. } => format!(
            "make room and say the same `{command}` again, which goes on where it stopped, or put \
             everything back with `imgcluster undo`"
        ),
        OrganizeError::Garbage { .. } | OrganizeError::OutOfOrder { .. } => {
            "take out what was changed in it; until then nothing is touched".to_owned()
        }
        OrganizeError::NoTrash => "choose another `--action`, such as `move:DIR`".to_owned(),
        OrganizeError::Cancelled(_) => return error.into(),
        _ => "nothing was touched; correct it and say the same again".to_owned(),
    };
    Refusal::because(error, hint).into()
}

/// Tells what came of it; the journal last.
fn report(applied: &Applied, action: Option<&ThinAction>, session: &Session) -> Result<()> {
    let journal = applied.journal.display();
    let before = match applied.done_before {
        0 => String::new(),
        count => format!(" ({count} before)"),
    };
    session.printer.details(&format!(
        "files: {} done{before}, {} left alone, {} failed\n",
        applied.done,
        applied.refused.len(),
        applied.failed.len()
    ))?;
    if action == Some(&ThinAction::Delete) {
        let back = "only what has the bytes of a file that was kept can be made again";
        session
            .printer
            .details(&format!("{back}: imgcluster undo '{journal}'\n"))?;
    } else if applied.done + applied.done_before > 0 {
        let line = format!("to put everything back: imgcluster undo '{journal}'\n");
        session.printer.details(&line)?;
    }
    session.printer.answer(&format!("{journal}\n"))?;
    session.printer.json(&as_json(applied))
}

/// What came of a plan, for programs.
pub(in crate::commands) fn as_json(applied: &Applied) -> Value {
    json!({
        "journal": applied.journal.to_string_lossy(),
        "done": applied.done,
        "done_before": applied.done_before,
        "refused": list(&applied.refused),
        "failed": list(&applied.failed),
        "notes": applied.notes,
        "resumed": applied.resumed,
    })
}

/// Tells what would be done with which file.
pub(in crate::commands) fn preview(
    plan: &Plan,
    action: Option<&ThinAction>,
    session: &Session,
) -> Result<()> {
    let mut document = Vec::new();
    plan.write(&mut document)?;
    session.printer.json(&serde_json::from_slice(&document)?)?;
    session.printer.answer(&match plan {
        Plan::Sort(plan) => sorted(plan)?,
        Plan::Thin(plan) => thinned(plan, action)?,
    })
}

fn sorted(plan: &SortPlan) -> Result<String> {
    let mut text = String::new();
    let verb = action_name(plan.action);
    for placement in &plan.files {
        let own = [(&placement.file, &placement.to)];
        let sidecars = placement.sidecars.iter().map(|(file, to)| (file, to));
        for (file, to) in own.into_iter().chain(sidecars) {
            let (from, to) = (file.path.display(), plan.target.join(to));
            writeln!(text, "{verb} {from} -> {}", to.display())?;
        }
    }
    Ok(text)
}

fn thinned(plan: &ThinPlan, action: Option<&ThinAction>) -> Result<String> {
    let replaces = matches!(
        action,
        Some(ThinAction::Hardlink | ThinAction::Symlink | ThinAction::Reflink)
    );
    let action = ActionArgument(action.cloned().unwrap_or_default());
    let mut text = String::new();
    for group in &plan.groups {
        writeln!(text, "keep {}", group.keep.file.path.display())?;
        for removal in &group.remove {
            let path = removal.file.path.display();
            if replaces && removal.file.content != group.keep.file.content {
                writeln!(text, "  left alone, as its bytes are others: {path}")?;
                continue;
            }
            writeln!(text, "  {action} {path}")?;
            for sidecar in removal.sidecars.iter().filter(|_| !replaces) {
                writeln!(text, "    with {}", sidecar.path.display())?;
            }
        }
    }
    Ok(text)
}

fn action_name(action: SortAction) -> &'static str {
    match action {
        SortAction::Copy => "copy",
        SortAction::Move => "move",
        SortAction::Hardlink => "hardlink",
        SortAction::Symlink => "symlink",
    }
}
