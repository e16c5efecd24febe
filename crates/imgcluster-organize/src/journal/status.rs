//! What a journal has left in place, for those who do not act on it.

use std::path::Path;

use super::{State, Task, read};
use crate::{JournalStatus, MadeFile, OrganizeError};

/// Reads what a journal has left in place; `None` if nothing was ever begun with it.
///
/// # Errors
/// If it cannot be read, or is no journal of this program; see [`OrganizeError`].
pub fn read_journal(path: &Path) -> Result<Option<JournalStatus>, OrganizeError> {
    let mut contents = read(path)?;
    let Some(header) = contents.header.take() else {
        return Ok(None);
    };
    let mut made = Vec::new();
    let mut in_effect = 0;
    for number in 0..contents.steps.len() as u32 {
        let state = contents.steps[number as usize].state;
        if matches!(state, State::Failed | State::Undone) {
            continue;
        }
        in_effect += 1;
        let at_end = contents.made(number)?;
        let step = contents.step(number)?;
        let (is_original, what) = match &step.task {
            Task::Rename { what, .. } | Task::Transfer { what, .. } => (true, Some(what)),
            Task::Copy { what, .. } | Task::Hardlink { what, .. } => (false, Some(what)),
            Task::Symlink { .. } => (false, None),
            Task::Folder { .. }
            | Task::Note { .. }
            | Task::Replace { .. }
            | Task::Delete { .. } => continue,
        };
        let as_made = match (at_end, what) {
            (Some(made), Some(_)) => Some((made.size, made.modified.nanoseconds())),
            (_, what) => what.map(|what| (what.size, what.modified.nanoseconds())),
        };
        made.push(MadeFile {
            path: step.task.place().to_owned(),
            source: step.task.source().unwrap_or(Path::new("")).to_owned(),
            is_original,
            as_made,
        });
    }
    Ok(Some(JournalStatus {
        plan: header.plan,
        plan_hash: header.plan_hash,
        doing: header.doing,
        target: header.target.map(|target| target.0),
        finished: contents.ended,
        half_undone: contents.undo_begun && !contents.undo_ended,
        undone: contents.undo_ended,
        in_effect,
        made,
    }))
}
