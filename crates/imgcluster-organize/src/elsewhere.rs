//! Where the system is not Unix: nothing is touched, as names cannot be taken there without the
//! risk of overwriting, nor files told apart for certain, by what this crate uses.

use std::path::Path;

use imgcluster_core::{ContentHash, Job};

use crate::{Applied, ApplyOptions, JournalStatus, OrganizeError, Plan, UndoOptions, Undone};

/// Would carry out a plan.
///
/// # Errors
/// Always [`OrganizeError::Unsupported`].
pub fn apply(
    _plan: &Plan,
    _plan_path: &Path,
    _plan_hash: ContentHash,
    _options: &ApplyOptions,
    _job: &Job<'_>,
) -> Result<Applied, OrganizeError> {
    Err(OrganizeError::Unsupported)
}

/// Would put everything back.
///
/// # Errors
/// Always [`OrganizeError::Unsupported`].
pub fn undo(
    _journal: &Path,
    _options: &UndoOptions,
    _job: &Job<'_>,
) -> Result<Undone, OrganizeError> {
    Err(OrganizeError::Unsupported)
}

/// Would read what a journal has left in place.
///
/// # Errors
/// Always [`OrganizeError::Unsupported`].
pub fn read_journal(_path: &Path) -> Result<Option<JournalStatus>, OrganizeError> {
    Err(OrganizeError::Unsupported)
}
